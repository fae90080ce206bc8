"""The command line starts at once, and ends at once."""

import subprocess
import sys

HEAVY = {"pandas", "numpy", "pyarrow", "great_expectations", "dbt", "alembic", "sqlalchemy"}


def test_nothing_heavy_is_imported_at_the_start() -> None:
    code = f"import sys, penstock.cli.app; print(sorted({HEAVY} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_interrupt_at_the_start_ends_without_a_traceback() -> None:
    code = """
import builtins, penstock.cli
given = builtins.__import__
def interrupted(name, *rest):
    if name == "penstock.cli.app":
        raise KeyboardInterrupt
    return given(name, *rest)
builtins.__import__ = interrupted
penstock.cli.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")
