"""Limits that the owner of a server can change by a variable of the environment: "epochs=400 seconds=600"."""

from __future__ import annotations

import math
import os
from dataclasses import Field, fields, replace
from typing import Any, ClassVar, Protocol, TypeVar

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import OptionError


class _Limits(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


_Some = TypeVar("_Some", bound=_Limits)


def on_this_machine(usual: _Some, variable: str) -> _Some:
    """The usual limits, a frozen dataclass of numbers, with what the variable says in the place of some.

    Whole numbers stay whole; infinity is no limit. Raises OptionError where the variable cannot be read.
    """
    text = os.environ.get(variable, "")
    names = [field.name for field in fields(usual)]
    changed: dict[str, Any] = {}
    for word in text.replace(",", " ").split():
        name, equals, value = word.partition("=")
        if name not in names:
            raise OptionError(f"{variable} has no limit {name!r}{near_misses(name, names)}")
        try:
            number = float(value) if equals else math.nan
        except ValueError:
            number = math.nan
        if not number > 0:
            raise OptionError(f"{variable}: {name} must be a number above 0, got {value!r}")
        whole = isinstance(getattr(usual, name), int) and math.isfinite(number)
        changed[name] = int(number) if whole else number
    return replace(usual, **changed)
