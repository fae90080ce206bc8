"""Measure one competitor: `python -m bench.measure <module> <file> <dsn>`."""

import importlib
import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Load the file once and print the seconds as JSON; imports and preparation are not timed."""
    name, path, dsn = sys.argv[1:]
    module = importlib.import_module(f"bench.competitors.{name}")
    getattr(module, "prepare", lambda: None)()
    start = time.perf_counter()
    module.run(Path(path), dsn)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
