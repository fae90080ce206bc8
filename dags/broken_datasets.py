"""Shows each broken dataset as an import error of this file, because it has no DAG."""

from penstock.marts import lineage

if _broken := lineage.broken():
    raise ImportError("\n".join(f"dataset {name}: {why}" for name, why in _broken.items()))
