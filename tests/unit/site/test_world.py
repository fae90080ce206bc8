"""The map of the world is small, and has all countries of its source."""

import gzip
import re

from penstock.site import world


def test_every_country_has_an_outline_that_can_be_seen() -> None:
    paths = dict(re.findall(r'<path id="(\w\w)" d="([^"]+)"', world.svg().decode()))
    assert tuple(paths) == world.codes()
    assert {"de", "us", "sg", "mc", "va"} < set(paths)
    for code, path in paths.items():
        assert max(len(outline.split()) for outline in path.split("z")) >= 4, code


def test_an_outline_stays_where_it_is() -> None:
    """Rounding does not add up: the outline of Germany ends near its begin."""
    (path,) = re.findall(r'id="de" d="M([\d.]+ [\d.]+)l([^z]+)z', world.svg().decode())
    steps = [float(number) for number in path[1].split()]
    assert len(steps) > 100
    assert abs(sum(steps[::2])) < 3
    assert abs(sum(steps[1::2])) < 3


def test_it_is_quick_to_send() -> None:
    assert len(gzip.compress(world.svg())) < 100_000
