"""Shows each broken dataset as an import error of this file, for its DAG cannot be made."""

from penstock.marts import build

if _broken := build.broken():
    raise ImportError("\n".join(f"dataset {name}: {why}" for name, why in _broken.items()))
