"""Writes docs/reference: `python -m tools.reference`, or with `ledger` that page alone."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.reference.commands import commands_page
from tools.reference.datasets import datasets_page
from tools.reference.modules import modules_page
from tools.reference.routes import routes_page
from tools.reference.settings import settings_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "api.md": routes_page,
    "datasets.md": datasets_page,
    "modules.md": modules_page,
}


def write() -> None:
    """Write the pages that need no warehouse."""
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text())


def write_ledger() -> None:
    """Write the ledger's page, from an embedded Postgres that is made and migrated for it."""
    import psycopg
    from tools.reference.ledger import ledger_page

    from penstock.schema.migrate import migrate
    from penstock.warehouse import dsn, embedded

    with tempfile.TemporaryDirectory(prefix="penstock-docs-") as home:
        os.environ["PENSTOCK_HOME"] = home
        os.environ.pop("PENSTOCK_WAREHOUSE_URL", None)
        try:
            migrate()
            with psycopg.connect(dsn()) as connection:
                (FOLDER / "ledger.md").write_text(ledger_page(connection))
        finally:
            embedded.stop(Path(home))


if __name__ == "__main__":
    os.environ.pop("PENSTOCK_DATASETS", None)  # only the datasets of this repository
    if sys.argv[1:] == ["ledger"]:
        write_ledger()
    else:
        write()
