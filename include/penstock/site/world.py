"""The shapes of the countries, as one SVG file that each map refers to.

They come from pygal's map of the world, of 2014: South Sudan is drawn as Sudan, Kosovo as Serbia.
Its curves are made straight and its smallest islands left out: the file is a quarter as large.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

VIEW = "0 0 2475 1200"
"""The part of the map that is shown: without Antarctica. A pixel of a wide screen is two units."""

_COUNTRY = re.compile(r'class="(\w\w) country map-element">(.*?)</g>', re.DOTALL)
_LEAST = 2  # units between two corners, and of an island
_NUMBERS = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4}  # that each command takes

Outline = list[tuple[float, float]]


@cache
def svg() -> bytes:
    """Return the shapes, each with the code of its country (ISO 3166, `de`) as its id."""
    shapes = (f'<path id="{code}" d="{_drawn(drawing)}"/>' for code, drawing in _countries())
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{VIEW}">'
    return "\n".join([start, *shapes, "</svg>"]).encode()


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of the countries that have a shape."""
    return tuple(code for code, _ in _countries())


@cache
def _countries() -> list[tuple[str, str]]:
    """Return the code of each country, and its drawing."""
    return _COUNTRY.findall((files("pygal_maps_world") / "worldmap.svg").read_text())


def _drawn(drawing: str) -> str:
    """Return the outlines of a country as one path, at least its largest."""
    outlines = [
        outline for path in re.findall(r' d="([^"]+)"', drawing) for outline in _outlines(path)
    ]
    large = [outline for outline in outlines if _extent(outline) > _LEAST]
    return "".join(map(_path, large or [max(outlines, key=_extent)]))


def _outlines(path: str) -> Iterator[Outline]:
    """Yield the corners of each outline of a path, whose commands are relative."""
    x = y = 0.0
    corners: Outline = []
    for command, given in re.findall(r"([a-z])([^a-z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", given)]
        size = _NUMBERS[command]
        if command == "m" and corners:
            yield corners
            corners = []
        for begin in range(0, len(numbers), size):
            for dx, dy in _steps(command, numbers[begin : begin + size]):
                corners.append((x + dx, y + dy))
            x, y = corners[-1]
    yield corners


def _steps(command: str, numbers: list[float]) -> Outline:
    """Return where a command leads, from where it begins: a curve by its middle and its end."""
    match command:
        case "h":
            return [(numbers[0], 0)]
        case "v":
            return [(0, numbers[0])]
        case "m" | "l":
            return [(numbers[0], numbers[1])]
    *first, bx, by, dx, dy = numbers
    ax, ay = first or (0, 0)
    return [((3 * ax + 3 * bx + dx) / 8, (3 * ay + 3 * by + dy) / 8), (dx, dy)]


def _extent(outline: Outline) -> float:
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _path(outline: Outline) -> str:
    """Return the outline as a path of steps, without corners that are too near to the last."""
    least = _LEAST if _extent(outline) > 5 * _LEAST else 0.1
    digits = 0 if least == _LEAST else 1
    at = (round(outline[0][0], 1), round(outline[0][1], 1))
    steps = []
    for corner in outline[1:]:
        step = (round(corner[0] - at[0], digits), round(corner[1] - at[1], digits))
        if abs(step[0]) + abs(step[1]) >= least:
            steps.append(step)
            at = (at[0] + step[0], at[1] + step[1])
    along = " ".join(f"{x:g} {y:g}" for x, y in steps)
    return f"M{outline[0][0]:g} {outline[0][1]:g}l{along}z"
