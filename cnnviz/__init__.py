"""See how a convolutional network works and what it costs, layer by layer.

>>> import cnnviz
>>> trace = cnnviz.trace("alexnet")
>>> trace.layers[0].formulas.macs
'MACs = 55*55*96 * (11*11*3) = 105,415,200'
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnviz.architectures import CATALOGUE, find
    from cnnviz.errors import CnnvizError
    from cnnviz.layer import Layer
    from cnnviz.targets import trace
    from cnnviz.trace import Trace

__version__ = "0.1.0"

__all__ = ["CATALOGUE", "CnnvizError", "Layer", "Trace", "find", "trace"]

# What the public names are taken from when they are first asked for: `cnnviz --help` needs none of them.
_HOMES = {
    "CATALOGUE": "cnnviz.architectures",
    "CnnvizError": "cnnviz.errors",
    "Layer": "cnnviz.layer",
    "Trace": "cnnviz.trace",
    "find": "cnnviz.architectures",
}


class _Package(ModuleType):
    """Keeps `cnnviz.trace` the function, although loading the module of that name puts it in its place."""

    @property
    def trace(self) -> object:
        from cnnviz.targets import trace

        return trace

    @trace.setter
    def trace(self, value: object) -> None:
        if not isinstance(value, ModuleType):
            raise AttributeError("cnnviz.trace is the function and stays it")

    def __getattr__(self, name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = vars(self)[name] = getattr(import_module(_HOMES[name]), name)
        return found

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
