"""Every page that the site has a route for, found by the links that lead there."""

import pytest

from tests.pages import addresses
from tests.pages.browser import LIGHT, LOOKS, Look, slug
from tests.pages.conftest import ALL, Visitor
from tests.pages.site import Site

EVERY_LOOK = pytest.mark.parametrize("look", LOOKS if ALL else [LIGHT], ids=lambda look: look.name)


@EVERY_LOOK
@pytest.mark.parametrize("path", addresses.PATHS)
def test_with_data(filled: Site, visitor: Visitor, path: str, look: Look) -> None:
    address = filled.found.page(path)
    if address is None:
        pytest.skip("no page of its own: part of one, a download, or the unknown page")
    visitor(filled, look).opened(address, f"{slug(path)}-{look.name}")


@pytest.mark.skipif(not ALL, reason="make test-pages opens them")
@EVERY_LOOK
@pytest.mark.parametrize("path", addresses.NAVIGATION)
def test_without_data(empty: Site, visitor: Visitor, path: str, look: Look) -> None:
    visitor(empty, look).opened(path, f"empty/{slug(path)}-{look.name}")


def test_something_leads_to_each_page(filled: Site) -> None:
    after_an_upload = {"/uploads/{upload_id}"}  # htmx asks for it
    assert set(addresses.PATHS) - set(filled.found.addresses) == after_an_upload


def test_no_link_is_broken(filled: Site) -> None:
    assert filled.found.broken == []
