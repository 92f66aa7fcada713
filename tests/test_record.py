"""Records behave as frozen, keyword-only dataclasses: the standard library's own are the oracle."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass
from functools import cached_property

import pytest

from cnnviz.record import Record


class Point(Record):
    x: int
    y: tuple[int, ...] = ()

    @cached_property
    def total(self) -> int:
        return self.x + sum(self.y)


class Other(Record):
    x: int
    y: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Peer:
    x: int
    y: tuple[int, ...] = ()


def test_two_records_are_equal_where_two_dataclasses_are() -> None:
    values = [{"x": 1}, {"x": 1, "y": ()}, {"x": 1, "y": (2,)}, {"x": 2}, {"y": (2,), "x": 1}]
    for a in values:
        for b in values:
            assert (Point(**a) == Point(**b)) == (Peer(**a) == Peer(**b))
            assert (hash(Point(**a)) == hash(Point(**b))) == (hash(Peer(**a)) == hash(Peer(**b)))
    assert Point(x=1) != Other(x=1)
    assert Point(x=1) != (1, ())
    assert list(Point(y=(2,), x=1).as_dict().items()) == list(asdict(Peer(y=(2,), x=1)).items())
    assert repr(Point(x=1, y=(2,))) == repr(Peer(x=1, y=(2,))).replace("Peer", "Point")


@pytest.mark.parametrize("values", [{}, {"y": ()}, {"x": 1, "z": 2}, {"x": 1, "y": (), "z": 2}])
def test_what_a_dataclass_does_not_take_a_record_does_not_take(values: dict[str, int]) -> None:
    for kind in (Peer, Point):
        with pytest.raises(TypeError):
            kind(**values)
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[misc]


def test_a_record_stays_as_it_is() -> None:
    """`FrozenInstanceError`, which a dataclass raises, is an AttributeError."""
    assert issubclass(FrozenInstanceError, AttributeError)
    point = Point(x=1)
    for name in ("x", "z"):
        with pytest.raises(AttributeError):
            setattr(point, name, 2)
    with pytest.raises(AttributeError):
        del point.x
    assert point.replace(x=2) == Point(x=2)
    assert point == Point(x=1)
    with pytest.raises(TypeError):
        point.replace(z=1)


def test_what_was_worked_out_is_no_part_of_the_value() -> None:
    point = Point(x=1, y=(2, 3))
    small = len(pickle.dumps(point))
    assert point.total == 6
    assert point == Point(x=1, y=(2, 3))
    assert len(pickle.dumps(point)) == small
    for again in (pickle.loads(pickle.dumps(point)), copy.copy(point), copy.deepcopy(point)):
        assert again == point
        assert "total" not in vars(again)
        assert again.total == 6
    assert point.replace(x=5).total == 10


def test_a_record_of_a_record_has_the_fields_of_both() -> None:
    """Oracle: a dataclass that inherits from one."""

    class Solid(Point):
        z: int = 7

    assert Solid(x=1).as_dict() == {"x": 1, "y": (), "z": 7}
    assert Solid(x=1) != Point(x=1)
