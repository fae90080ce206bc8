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


def test_a_module_is_imported_when_something_is_asked_of_it() -> None:
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
