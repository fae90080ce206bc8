"""Cast a block of text columns, let Great Expectations judge each row, say what is wrong with it.

Importing this costs seconds (Great Expectations): a process that forks workers calls `warm` first.
"""

from penstock.validate.late import put_off

put_off("scipy.stats", "altair")

from penstock.validate.verdict import Verdict, validate, warm  # noqa: E402 - now GX can come

__all__ = ["Verdict", "validate", "warm"]
