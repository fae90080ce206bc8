"""Great Expectations' Data Docs: each dataset's suite, and what each file's validation found.

Nothing is validated again: the pages are made of what the ledger kept while the file was loaded.
Importing this is light; Great Expectations (seconds) is imported when pages are made.
"""

from pathlib import Path

from penstock.settings import settings

NEWEST = 100
"""Files of a dataset that have a page, if nobody says otherwise."""


def folder() -> Path:
    """Where the site is."""
    return settings().home / "docs" / "gx"


def build(newest: int = NEWEST) -> Path:
    """Bring the site to what the ledger says and return its index page.

    Of each dataset the `newest` files have a page; only those that have none yet are rendered, and
    pages of older files go, so that the cost follows what is new.
    """
    from penstock.data_docs.site import update

    return update(folder(), newest)
