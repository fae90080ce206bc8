"""Write missing pages of the site and delete old ones."""

import re
import shutil
from importlib import resources
from itertools import islice
from pathlib import Path

from psycopg import Connection

from penstock import ledger
from penstock.data_docs import pages
from penstock.data_docs.offline import STYLES
from penstock.datasets import all_datasets
from penstock.files.atomic import atomic_write
from penstock.warehouse.connect import connect

# Pictures of other servers, and maps that only tools of developers read.
_REFERENCE = re.compile(r"""background: url\(['"]?https?:[^;]*;|/\*# sourceMappingURL.*?\*/""")
_BATCH = 100  # files whose results are in memory


def update(site: Path, newest: int) -> Path:
    """Update the site in `site` to the `newest` files of each dataset; returns its index page."""
    datasets = all_datasets()
    if not (site / "static").exists():
        shutil.rmtree(
            site, ignore_errors=True
        )  # its pages are of a version that had no style sheets
    with connect("reader") as connection:
        files = [
            file for name in datasets for file in ledger.validated_files(connection, name, newest)
        ]
        _render(connection, site, [file for file in files if not _page(site, file).exists()])
    _delete_old(site, {_page(site, file) for file in files})
    for name, dataset in datasets.items():
        _write(site / "expectations" / f"{name}.html", pages.suite_page(dataset))
    _write_styles(site / "static")
    files.sort(key=lambda file: file.file_id, reverse=True)
    addressed = [(file, _page(site, file).relative_to(site).as_posix()) for file in files]
    index = site / "index.html"
    _write(index, pages.index_page(list(datasets.values()), addressed))
    return index


def _write_styles(folder: Path) -> None:
    """Write the style sheets of Bootstrap, of Great Expectations, and ours."""
    bootstrap = (
        resources.files("django_static_bootstrap") / "static/bootstrap/css/bootstrap.min.css"
    )
    own = resources.files("penstock.data_docs") / "templates/data_docs.css"
    sources = (bootstrap.read_text(), pages.styles(), own.read_text())
    for name, text in zip(STYLES, sources, strict=True):
        _write(folder / name, _REFERENCE.sub("", text))


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
