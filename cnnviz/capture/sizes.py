"""Sizes that remember where they come from, so that `x.view(x.size(0), -1)` is right at any input size."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from cnnviz.program import Guard, Size


class Dim(int):
    """A whole number read off a tensor's shape, or worked out from such numbers.

    It is an int in every respect. Arithmetic with whole numbers keeps the origin; a comparison is noted as a
    guard, since the forward pass may take a decision on it; anything that loses the origin is noted as a
    guard that the number stays what it is.
    """

    origin: Size
    guards: dict[Guard, None]

    def fixed(self) -> int:
        """The plain number; from here on the trace holds for this number only."""
        self.guards[Guard("==", self.origin, int.__int__(self), True)] = None
        return int.__int__(self)

    def __int__(self) -> int:
        return self.fixed()

    def __float__(self) -> float:
        return float(self.fixed())

    def __hash__(self) -> int:
        return hash(self.fixed())

    def __bool__(self) -> bool:
        return bool(_compared("!=", operator.ne)(self, 0))

    def __truediv__(self, other: Any) -> Any:
        return self.fixed() / plain(other)

    def __rtruediv__(self, other: Any) -> Any:
        return plain(other) / self.fixed()

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return pow(self.fixed(), plain(other), modulo)

    def __neg__(self) -> Any:
        return 0 - self

    def __repr__(self) -> str:
        return int.__repr__(self)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return int.__format__(int.__int__(self), spec)

    def __reduce__(self) -> Any:
        return int, (int.__int__(self),)


def dim(value: int, origin: Size, guards: dict[Guard, None]) -> Dim:
    """A number with its origin."""
    made = Dim(value)
    made.origin, made.guards = origin, guards
    return made


def _arithmetic(name: str, apply: Callable[[Any, Any], Any], *, swapped: bool) -> Any:
    def method(self: Dim, other: Any) -> Any:
        if isinstance(other, bool) or not isinstance(other, int):
            if isinstance(other, float | bool):
                return apply(other, self.fixed()) if swapped else apply(self.fixed(), other)
            return NotImplemented
        left, right = (other, self) if swapped else (self, other)
        value = apply(int.__int__(left), int.__int__(right))
        return dim(value, Size(name, origin(left), origin(right)), self.guards)

    return method


def _compared(name: str, apply: Callable[[Any, Any], bool]) -> Any:
    def method(self: Dim, other: Any) -> Any:
        if not isinstance(other, int):
            return apply(self.fixed(), other) if isinstance(other, float) else NotImplemented
        result = apply(int.__int__(self), int.__int__(other))
        self.guards[Guard(name, self.origin, origin(other), result)] = None
        return result

    return method


for _name, _method, _apply in (
    ("+", "add", operator.add),
    ("-", "sub", operator.sub),
    ("*", "mul", operator.mul),
    ("//", "floordiv", operator.floordiv),
    ("%", "mod", operator.mod),
):
    setattr(Dim, f"__{_method}__", _arithmetic(_name, _apply, swapped=False))
    setattr(Dim, f"__r{_method}__", _arithmetic(_name, _apply, swapped=True))
for _name, _method, _compare in (
    ("<", "lt", operator.lt),
    ("<=", "le", operator.le),
    (">", "gt", operator.gt),
    (">=", "ge", operator.ge),
    ("==", "eq", operator.eq),
    ("!=", "ne", operator.ne),
):
    setattr(Dim, f"__{_method}__", _compared(_name, _compare))


def origin(value: Any) -> Any:
    """Arguments with every Dim in them replaced by where it comes from."""
    return _replaced(value, lambda number: number.origin)


def plain(value: Any) -> Any:
    """Arguments with every Dim in them replaced by a plain number."""
    return _replaced(value, int.__int__)


def _replaced(value: Any, replace: Callable[[Dim], Any]) -> Any:
    if isinstance(value, Dim):
        return replace(value)
    if isinstance(value, tuple):
        parts = [_replaced(part, replace) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, list):
        return [_replaced(part, replace) for part in value]
    if isinstance(value, dict):
        return {key: _replaced(part, replace) for key, part in value.items()}
    return value


def holds_dims(value: Any) -> bool:
    """Whether there is a Dim in these arguments."""
    return isinstance(value, Dim) or (isinstance(value, tuple) and any(map(holds_dims, value)))
