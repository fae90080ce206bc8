"""Casts the text columns of a block, and validates each row with Great Expectations.

The import takes seconds, because of Great Expectations: a process that forks workers calls `warm`
first.
"""

from penstock.validate.late import put_off

put_off("scipy.stats", "altair")

from penstock.validate.verdict import Verdict, validate, warm  # noqa: E402 - now GX can come

__all__ = ["Verdict", "validate", "warm"]
