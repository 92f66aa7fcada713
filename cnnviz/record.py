"""Records: immutable values with named fields, quick to define.

    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(x=3)
    Point(x=3, y=0)
    >>> Point(x=3).replace(y=4) == Point(x=3, y=4)
    True

They are what a frozen, keyword-only dataclass is, to people and to type checkers alike. But a dataclass
compiles its methods when its class is made, and loads `inspect` for that: a third of a `cnnviz trace`.
What is on its way is therefore a Record, or a NamedTuple where hundreds are made at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from typing import Self


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """A value whose fields are its class's annotations, in that order; those with a value may be left out.

    Equal to records of its own class with equal fields. A `cached_property` may be added: it belongs neither
    to the value nor to its pickle.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = cls.__annotations__ if "__annotations__" in vars(cls) else {}
        cls._fields = (*(name for name in cls._fields if name not in own), *own)  # those of its base first
        cls._names = frozenset(cls._fields)
        cls._defaults = {**cls._defaults, **{name: vars(cls)[name] for name in own if name in vars(cls)}}

    def __init__(self, **values: Any) -> None:
        given = {**self._defaults, **values}
        if given.keys() != self._names:
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}; got {', '.join(values)}")
        self.__dict__.update(given)

    def replace(self, **changes: Any) -> Self:
        """The same record with other values in some fields."""
        return type(self)(**{**self.as_dict(), **changes})

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, in order, as they are."""
        return {name: getattr(self, name) for name in self._fields}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed: replace() makes another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be taken away")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({values})"

    def __getstate__(self) -> dict[str, Any]:
        return self.as_dict()
