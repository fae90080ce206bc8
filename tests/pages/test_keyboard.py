"""The keyboard alone suffices."""

import pytest
from playwright.sync_api import Frame

from tests.pages import addresses
from tests.pages.conftest import ALL, Visitor
from tests.pages.site import Site

# What one can act on, each with a number; elements in a closed dialog or <details> are not visible.
NUMBERED = """() => {
    const fields = "input:not([type=hidden]), select, textarea";
    const all = `a[href], button, summary, [tabindex="0"], ${fields}`;
    const there = [...document.querySelectorAll(all)].filter((e) =>
        e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0);
    there.forEach((element, number) => (element.dataset.number = number));
    return there.length;
}"""
# The number of what has the focus; "hidden" where one cannot see that it has.
FOCUSED = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const style = getComputedStyle(at);
    const is_marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const box = at.getBoundingClientRect();
    const is_down = box.bottom > 0 && box.top < innerHeight;
    const is_seen = is_marked && is_down && box.right > 0 && box.left < innerWidth;
    return [at.dataset.number ?? "", is_seen ? "" : at.outerHTML.slice(0, 200)];
}"""


@pytest.mark.parametrize("path", addresses.PATHS if ALL else ["/"])
def test_the_tab_key_reaches_everything_and_shows_where_it_is(
    filled: Site, visitor: Visitor, path: str
) -> None:
    address = filled.found.page(path)
    if address is None:
        pytest.skip("no page of its own: part of one, a download, or the unknown page")
    visit = visitor(filled)
    frame = visit.go(address)
    numbered = frame.evaluate(NUMBERED)
    reached, unseen = _walk(frame, most=10 * numbered + 100)
    assert unseen == []
    assert sorted(set(range(numbered)) - reached) == [], "the tab key does not reach them"


def test_one_skips_the_navigation(filled: Site, visitor: Visitor) -> None:
    visit = visitor(filled)
    frame = visit.go("/")
    visit.page.keyboard.press("Tab")
    assert frame.evaluate("() => document.activeElement.textContent") == "Skip to the content"
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    assert frame.evaluate("() => !!document.activeElement.closest('main, body')")


def test_one_reaches_a_page_by_the_keyboard_alone(filled: Site, visitor: Visitor) -> None:
    visit = visitor(filled)
    frame = visit.go("/")
    while frame.evaluate("() => document.activeElement.textContent") != "Votes":
        visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_role("heading", level=1, name="Votes").wait_for()


def _walk(frame: Frame, most: int) -> tuple[set[int], list[str]]:
    """Press the tab key until the focus leaves the page; what it reached, and what was not seen."""
    reached: set[int] = set()
    unseen: list[str] = []
    for _ in range(most):
        frame.page.keyboard.press("Tab")
        at = frame.evaluate(FOCUSED)
        if at is None:
            return reached, unseen
        number, hidden = at
        if number == "0" and len(reached) > 1:  # around, and at the first one again
            return reached, unseen
        reached |= {int(number)} if number else set()
        unseen += [hidden] if hidden else []
    raise AssertionError(f"the focus does not leave the page after {most} steps")
