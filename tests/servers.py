"""Throw-away Postgres servers older than the embedded one."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def debian_postgres() -> Iterator[str]:
    """The URL of a cluster of Debian's PostgreSQL, as its superuser."""
    (*_, initdb) = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    with tempfile.TemporaryDirectory(prefix="penstock-debian-") as place:
        if os.geteuid() == 0:
            os.chown(place, 65534, 65534)
        data = f"--pgdata={place}/data"
        options = f"-c listen_addresses='' -c unix_socket_directories={place}"
        _as_nobody(initdb, data, "--username=admin", "--auth=trust", "--encoding=UTF8")
        ctl = initdb.with_name("pg_ctl")
        _as_nobody(ctl, "start", data, "--wait", f"--log={place}/log", f"--options={options}")
        try:
            yield f"postgresql://admin@/postgres?host={place}"
        finally:
            _as_nobody(ctl, "stop", data, "--mode=immediate")


def _as_nobody(program: Path, *arguments: str) -> None:
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [program, *arguments], stdout=said, stderr=said, cwd="/", check=False, **user
        )
        said.seek(0)
        assert done.returncode == 0, said.read()
