"""The suffixes of compressed files, which are ignored when names are matched."""

SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}


def plain_name(path: str) -> str:
    """`path` without the suffix of its compression, if it has one: `a.csv` of `a.csv.GZ`."""
    suffix = next((s for s in SUFFIXES if path.lower().endswith(s)), "")
    return path[: len(path) - len(suffix)]
