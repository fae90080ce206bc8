"""The suffixes of compressed files; patterns ignore them."""

SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}


def plain_name(path: str) -> str:
    """Remove the suffix of a compression, if there is one: `a.csv.GZ` becomes `a.csv`."""
    suffix = next((s for s in SUFFIXES if path.lower().endswith(s)), "")
    return path[: len(path) - len(suffix)]
