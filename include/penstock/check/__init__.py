"""Validate a file without loading it, and without a warehouse: `check`, `dataset_for`, `page`.

Importing this loads Great Expectations, which takes seconds.
"""

from penstock.check.check import check, check_all, judged
from penstock.check.page import page
from penstock.check.report import Example, Reason, Report
from penstock.check.which import dataset_for

__all__ = ["Example", "Reason", "Report", "check", "check_all", "dataset_for", "judged", "page"]
