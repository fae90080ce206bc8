"""Write missing pages of the site and delete old ones."""

import shutil
from itertools import islice
from pathlib import Path

from psycopg import Connection

from penstock import ledger
from penstock.data_docs import pages
from penstock.datasets import all_datasets
from penstock.files.atomic import atomic_write
from penstock.warehouse.connect import connect

_BATCH = 100  # files whose results are in memory


def update(site: Path, newest: int) -> Path:
    """Update the site in `site` to the `newest` files of each dataset; returns its index page."""
    datasets = all_datasets()
    with connect("reader") as connection:
        files = [
            file for name in datasets for file in ledger.validated_files(connection, name, newest)
        ]
        _render(connection, site, [file for file in files if not _page(site, file).exists()])
    _delete_old(site, {_page(site, file) for file in files})
    for name, dataset in datasets.items():
        _write(site / "expectations" / f"{name}.html", pages.suite_page(dataset))
    files.sort(key=lambda file: file.file_id, reverse=True)
    addressed = [(file, _page(site, file).relative_to(site).as_posix()) for file in files]
    index = site / "index.html"
    _write(index, pages.index_page(list(datasets.values()), addressed))
    return index


def _page(site: Path, file: ledger.ValidatedFile) -> Path:
    """The page of a file in its state. The depth of the path is that of the links in GX's pages."""
    return site / "validations" / file.dataset / str(file.file_id) / file.state / "result.html"


def _render(connection: Connection, site: Path, files: list[ledger.ValidatedFile]) -> None:
    left = iter(files)
    while batch := list(islice(left, _BATCH)):
        found = ledger.check_results(connection, [file.file_id for file in batch])
        for file in batch:
            _write(_page(site, file), pages.file_page(file, found.get(file.file_id, [])))


def _delete_old(site: Path, wanted: set[Path]) -> None:
    for page in (site / "validations").glob("*/*/*/result.html"):
        if page not in wanted:
            shutil.rmtree(page.parent, ignore_errors=True)
            if not any(page.parents[1].iterdir()):
                page.parents[1].rmdir()


def _write(page: Path, html: str) -> None:
    """Replace a page atomically."""
    with atomic_write(page) as draft:
        draft.write_text(html)
