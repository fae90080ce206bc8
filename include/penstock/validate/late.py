"""Imports put off until something is asked of the module.

Great Expectations imports `scipy.stats` and `altair` for expectations and charts that nobody here
uses: 90 MB and a second of every process that validates. (The standard library's `LazyLoader` does
not do: whoever goes through `sys.modules`, as `inspect` does, makes it import.)
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands in for a module; any name that is asked of it imports the module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what is asked of every module is no reason
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def put_off(*names: str) -> None:
    """Let `import` of these modules do nothing yet, unless they are imported or not installed."""
    for name in names:
        if name not in sys.modules and (spec := importlib.util.find_spec(name)):
            module = _Late(name)
            module.__spec__, module.__file__ = spec, spec.origin
            module.__path__ = spec.submodule_search_locations or []
            sys.modules[name] = module
