"""Programs as people run them: what they print, and how they end."""

import contextlib
import logging
import os
import random
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import psutil

from penstock.settings import settings

ROOT = Path(__file__).parents[1]
PENSTOCK = Path(sys.executable).with_name("penstock")

Done = subprocess.CompletedProcess[str]


def run(*command: str | Path, **env: str) -> Done:
    """Run a program, with `env` added to the environment, until it ends."""
    merged = os.environ | env
    return subprocess.run(command, capture_output=True, text=True, check=False, env=merged)


def penstock(*arguments: str | Path, **env: str) -> Done:
    """Run the command line as `run` does, in a fork of this process: its imports cost seconds."""

    def main() -> None:
        from penstock import cli

        os.environ |= env
        settings.cache_clear()
        sys.argv = command
        logging.getLogger().handlers.clear()  # pytest's; a new process has none
        cli.main()

    command = ["penstock", *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = run_forked(main, out, err)
        return Done(command, code, _text(out), _text(err))


def free_port() -> int:
    """A port that nobody listens on, and that the kernel gives to no connection meanwhile."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)  # below the ephemeral ports
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


def command_line(process: psutil.Process) -> str:
    """The command line of a process, or nothing if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def run_forked(main: Callable[[], None], out: BinaryIO, err: BinaryIO) -> int:
    """Run `main` as the program of a forked process; its exit code."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 1
    try:
        _redirect(out, err)
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # the process ends here, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(out: BinaryIO, err: BinaryIO) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", 1)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()
