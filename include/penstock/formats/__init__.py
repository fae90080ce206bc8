"""How the bytes of a block become rows. Declarations here are light; parsing is in the modules."""

from penstock.formats.declared import (
    Csv,
    Excel,
    FixedWidth,
    Json,
    JsonLines,
    Lines,
    Listing,
    Parquet,
    Part,
)

__all__ = [
    "Csv",
    "Excel",
    "FixedWidth",
    "Json",
    "JsonLines",
    "Lines",
    "Listing",
    "Parquet",
    "Part",
]
