"""What htmx asks for: parts of pages."""

import pytest
from starlette.testclient import TestClient

from penstock.site import nav
from tests.integration.site.conftest import partial

PATHS = [link.path for links in nav.SECTIONS.values() for link in links]


@pytest.mark.parametrize("path", PATHS)
def test_the_results_of_a_page_come_alone(full_site: TestClient, path: str) -> None:
    whole = full_site.get(f"/ui{path}").text
    part = full_site.get(f"/ui{path}", headers=partial("results"))
    assert part.status_code == 200
    assert ("<html" in part.text) == ('id="results"' not in whole)
