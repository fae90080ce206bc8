"""dbt's documentation site, written as one file that needs nothing else."""

import base64
import mimetypes
from pathlib import Path

from penstock.files.atomic import atomic_write
from penstock.marts import dbt
from penstock.settings import settings

# dbt's page asks for these before its script has filled in their addresses, and for a favicon that
# does not exist. A browser would report each as an error.
_CORRECTED = {
    'xlink:href="{{': 'ng-attr-xlink:href="{{',
    """<link rel="shortcut icon" href="${require('./assets/favicons/favicon.ico')}"/>""": "",
}


def folder() -> Path:
    """The folder of the site."""
    return settings().home / "docs" / "dbt"


def build() -> Path:
    """Write the site and return the path of its page.

    Raises:
        PenstockError: dbt failed; an older page stays.
    """
    dbt.run("docs", ["docs", "generate", "--static"])
    made = dbt.work_folder("docs")
    page = (made / "static_index.html").read_text()
    for wrong, right in _CORRECTED.items():
        page = page.replace(wrong, right)
    for picture in (made / "assets").iterdir():
        page = page.replace(f"assets/{picture.name}", _embedded(picture))
    with atomic_write(folder() / "index.html") as draft:
        draft.write_text(page)
    return folder() / "index.html"


def _embedded(picture: Path) -> str:
    """The address of a picture that holds its content."""
    content = base64.b64encode(picture.read_bytes()).decode()
    return f"data:{mimetypes.guess_type(picture.name)[0]};base64,{content}"
