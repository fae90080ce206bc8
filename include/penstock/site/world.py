"""The shapes of the countries, as one SVG file that each map refers to.

They come from pygal's map of the world, of 2014: South Sudan is drawn as Sudan, Kosovo as Serbia.
"""

import re
from functools import cache
from importlib.resources import files

_MAP = files("pygal_maps_world") / "worldmap.svg"
VIEW = "0 0 2475 1200"
"""The part of the map that is shown: without Antarctica."""


@cache
def svg() -> bytes:
    """Return the shapes, each with the code of its country (ISO 3166, `de`) as its id."""
    text = _MAP.read_text()
    text = re.sub(r'class="(\w\w) country map-element"', r'id="\1"', text)
    text = re.sub(r"\d+\.\d\d+", lambda found: f"{float(found[0]):.1f}", text)
    return re.sub(r"\n\s*", "\n", text).encode()


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of the countries that have a shape."""
    return tuple(re.findall(r'id="(\w\w)"', svg().decode()))
