"""How the bytes of a block become rows. Declarations here are light; parsing is in the modules."""

from penstock.formats.declared import Csv, JsonLines, Lines, Listing, Part

__all__ = ["Csv", "JsonLines", "Lines", "Listing", "Part"]
