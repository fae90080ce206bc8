"""Makes the screenshots of the documentation from those that the tests of the pages leave.

Run it with `make screenshots`, which makes those first.
"""

from pathlib import Path

from PIL import Image

from penstock.settings.checkout import ROOT

SHOTS = ROOT / "test-output" / "pages"
IMAGES = ROOT / "docs" / "images" / "pages"
_LOOK = "-light"
_HIGHEST = 1200  # pixels: the rest of a long page says nothing new
_COLOURS = 128


def main() -> None:
    """Write docs/images/pages/*.png, a quarter as large as the screenshots."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for old in IMAGES.glob("*.png"):
        old.unlink()
    for shot in sorted(SHOTS.glob(f"*{_LOOK}.png")):
        _shrink(shot, IMAGES / f"{shot.stem.removesuffix(_LOOK)}.png")


def _shrink(source: Path, target: Path) -> None:
    with Image.open(source) as image:
        top = image.convert("RGB").crop((0, 0, image.width, min(image.height, _HIGHEST)))
    top.quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()
