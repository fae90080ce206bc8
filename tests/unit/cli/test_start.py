"""The command line starts at once: what only a load needs is imported by a load."""

import subprocess
import sys

HEAVY = {"pandas", "numpy", "pyarrow", "great_expectations", "dbt", "alembic", "sqlalchemy"}


def test_nothing_heavy_is_imported_at_the_start() -> None:
    code = f"import sys, penstock.cli; print(sorted({HEAVY} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
