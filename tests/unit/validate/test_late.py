"""What Great Expectations imports for nothing stays out of a loader's memory, and still works."""

import subprocess
import sys

ASK = """
import sys
from penstock.validate import warm
warm()
heavy = {"altair.vegalite", "scipy.stats._stats_py"}
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
import altair
from scipy import stats
assert stats.norm.cdf(0) == 0.5
assert altair.Chart.__module__.startswith("altair.")
assert heavy <= sys.modules.keys()
import scipy.stats
assert scipy.stats.norm is stats.norm
try:
    stats.no_such_thing
except AttributeError as error:
    assert "no_such_thing" in str(error)
else:
    raise AssertionError
"""


STILL_NEEDED = """
import sys
import great_expectations.expectations
assert {"altair.vegalite", "scipy.stats._stats_py"} <= sys.modules.keys()
"""


def test_a_module_is_imported_when_something_is_asked_of_it() -> None:
    assert _run(ASK) == (0, "")


def test_great_expectations_still_imports_what_it_does_not_need() -> None:
    """When this fails, delete `penstock.validate.late`."""
    assert _run(STILL_NEEDED) == (0, "")


def _run(program: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr
