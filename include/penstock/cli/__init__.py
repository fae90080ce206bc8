"""The command line: the library without Airflow. Exit codes: 0 done, 1 not done, 2 misused."""

import os
import sys
import traceback


def main() -> None:
    """Run the command line. A user's mistake, and Ctrl-C, end it without a traceback."""
    try:
        _run()
    except KeyboardInterrupt:  # while modules are imported: later, Typer handles it
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
    """Standard output may be a full disk, too, or closed."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python tries again
        error.filename = "standard output"
        raise
