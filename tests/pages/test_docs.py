"""The documentation sites do in a browser what they are for."""

import pytest

from penstock.marts import docs_site
from tests import samples
from tests.pages.conftest import Visitor
from tests.pages.site import Site


def test_a_person_tries_a_route_in_the_reference(filled: Site, visitor: Visitor) -> None:
    visit = visitor(filled)
    frame = visit.opened("/docs/api")
    frame.get_by_role("button", name="Authorize").click()
    frame.locator("input#auth-bearer-value").fill(filled.secrets["viewer"])
    frame.locator(".modal-btn.authorize").click()
    frame.locator(".btn-done").click()
    route = frame.locator("#operations-files-list_files_files_get")
    route.locator(".opblock-summary-control").click()
    route.get_by_role("button", name="Try it out").click()
    route.get_by_role("button", name="Execute").click()
    answer = route.locator(".live-responses-table .response").first
    assert answer.locator(".response-col_status").inner_text().startswith("200")
    assert '"dataset"' in answer.locator(".response-col_description").inner_text()
    assert visit.faults == []


def test_the_documentation_is_searched_as_a_person_types(filled: Site, visitor: Visitor) -> None:
    visit = visitor(filled)
    frame = visit.opened("/docs")
    frame.get_by_role("searchbox").press_sequentially("quarantine replay")
    found = frame.get_by_role("link", name="Mend and replay")
    frame.locator("#found mark").first.wait_for()
    found.click()
    frame.wait_for_url("**/docs/penstock/how-to/mend-and-replay.md")
    visit.check(frame, "Mend and replay")


def test_dbts_site_works_in_its_sandbox(
    filled: Site, built: dict[str, str], visitor: Visitor
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        samples.enter(patch, built)
        docs_site.build()
    visit = visitor(filled)
    frame = visit.go("/docs/dbt/")
    assert frame.evaluate("origin") == "null"  # it cannot act for the reader
    frame.get_by_role("heading", name="Penstock").wait_for()
    frame.get_by_placeholder("Search for models").press_sequentially("votes")
    frame.get_by_text("search results").wait_for()
    assert visit.faults == []
