"""The command line, without Airflow. Exit codes: 0 success, 1 failure, 2 wrong usage."""

import os
import sys
import traceback


def main() -> None:
    """Run the command line. A user's mistake or Ctrl-C ends it without a traceback."""
    try:
        _run()
    except KeyboardInterrupt:  # during imports; later, Typer handles it
        raise SystemExit(130) from None


def _run() -> None:
    from penstock.cli.app import app
    from penstock.errors import faults

    try:
        with faults.told():
            try:
                app()
            finally:
                _flush()
    except Exception:
        faults.to_stderr("what follows is a bug in Penstock; please report it")
        faults.to_stderr(traceback.format_exc())
        raise SystemExit(1) from None


def _flush() -> None:
    """Flush standard output, which may be closed or on a full disk."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # Python flushes again at exit
        error.filename = "standard output"
        raise
