"""Great Expectations' Data Docs: the suite of each dataset, and the validation of each file.

Nothing is validated again: the pages show the results that the ledger has from the load. Great
Expectations takes seconds to import, so it is imported only when pages are written.
"""

from pathlib import Path

from penstock.settings import settings

NEWEST = 100
"""The default number of files of a dataset that have a page."""


def folder() -> Path:
    """The folder of the site."""
    return settings().home / "docs" / "gx"


def build(newest: int = NEWEST) -> Path:
    """Update the site from the ledger and return the path of its index page.

    The `newest` files of each dataset have a page. Only missing pages are rendered, so the cost
    depends on the number of new files. Pages of older files are deleted.
    """
    from penstock.data_docs.site import update

    return update(folder(), newest)
