"""Writes the tables of `docs/files.md` anew: `python -m tests.files`."""

from tests.files.docs import PAGE, with_tables

PAGE.write_text(with_tables(PAGE.read_text()))
