"""Which pages there are: written when new, taken away when no longer wanted."""

import shutil
from itertools import islice
from pathlib import Path

from psycopg import Connection

from penstock import ledger
from penstock.data_docs import pages
from penstock.datasets import all_datasets
from penstock.files.atomic import atomic_write
from penstock.warehouse.connect import connect

_BATCH = 100  # files whose results are held at once


def update(site: Path, newest: int) -> Path:
    """Make the site in `site` show the `newest` files of each dataset; returns its index page."""
    datasets = all_datasets()
    with connect("reader") as connection:
        files = [
            file for name in datasets for file in ledger.validated_files(connection, name, newest)
        ]
        _render(connection, site, [file for file in files if not _page(site, file).exists()])
    _forget(site, {_page(site, file) for file in files})
    for name, dataset in datasets.items():
        _write(site / "expectations" / f"{name}.html", pages.suite_page(dataset))
    files.sort(key=lambda file: file.file_id, reverse=True)
    addressed = [(file, _page(site, file).relative_to(site).as_posix()) for file in files]
    index = site / "index.html"
    _write(index, pages.index_page(list(datasets.values()), addressed))
    return index


def _page(site: Path, file: ledger.ValidatedFile) -> Path:
    """A file whose state changes gets another page. As deep as GX's links expect."""
    return site / "validations" / file.dataset / str(file.file_id) / file.state / "result.html"


def _render(connection: Connection, site: Path, files: list[ledger.ValidatedFile]) -> None:
    left = iter(files)
    while batch := list(islice(left, _BATCH)):
        found = ledger.check_results(connection, [file.file_id for file in batch])
        for file in batch:
            _write(_page(site, file), pages.file_page(file, found.get(file.file_id, [])))


def _forget(site: Path, wanted: set[Path]) -> None:
    for page in (site / "validations").glob("*/*/*/result.html"):
        if page not in wanted:
            shutil.rmtree(page.parent, ignore_errors=True)
            if not any(page.parents[1].iterdir()):
                page.parents[1].rmdir()


def _write(page: Path, html: str) -> None:
    """Readers see the page as it was or as it is to be."""
    with atomic_write(page) as draft:
        draft.write_text(html)
