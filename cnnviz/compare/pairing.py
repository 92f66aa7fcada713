"""Which layer of one network is which layer of another."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

from cnnviz.compare.measures import Cost
from cnnviz.compare.totals import octave_of
from cnnviz.layer import Layer

Pair = tuple[int | None, int | None]  # indexes before and after; None: added, or removed


def pairs(
    before: Sequence[Layer], after: Sequence[Layer], costs: tuple[Sequence[Cost], Sequence[Cost]]
) -> list[Pair]:
    """Each layer of both networks once, in the order of execution.

    Layers of one module path and kind are the same layer. Of the rest those are that come in the same order
    among the operations on maps of about the same size, and do the same with the same window.
    """
    here, there = _by_path(before), _by_path(after)
    found = {here[key]: there[key] for key in here if key in there}
    taken = set(found.values())
    left = [i for i in range(len(before)) if i not in found]
    right = [i for i in range(len(after)) if i not in taken]
    found.update(
        _by_stage([(i, before[i], costs[0][i]) for i in left], [(i, after[i], costs[1][i]) for i in right])
    )
    return _in_order(found, len(before), len(after))


def _by_path(layers: Sequence[Layer]) -> dict[Hashable, int]:
    """Module path, kind, and which of its kind there, where a module's own forward does several things."""
    often: dict[Hashable, int] = {}
    keys: dict[Hashable, int] = {}
    for layer in layers:
        place = (layer.operation.scope, layer.kind)
        often[place] = often.get(place, 0) + 1
        keys[(*place, often[place])] = layer.index
    return keys


def _by_stage(
    before: Sequence[tuple[int, Layer, Cost]], after: Sequence[tuple[int, Layer, Cost]]
) -> dict[int, int]:
    found = {}
    for octave in {octave_of(cost.row) for _, _, cost in before}:
        here = [(i, layer) for i, layer, cost in before if octave_of(cost.row) == octave]
        there = [(i, layer) for i, layer, cost in after if octave_of(cost.row) == octave]
        matcher = SequenceMatcher(
            None, [_work(layer) for _, layer in here], [_work(layer) for _, layer in there], autojunk=False
        )
        for a, b, length in matcher.get_matching_blocks():
            found.update({here[a + n][0]: there[b + n][0] for n in range(length)})
    return found


def _work(layer: Layer) -> Hashable:
    return layer.op, getattr(layer.arguments, "kernel", None)


def _in_order(found: dict[int, int], before: int, after: int) -> list[Pair]:
    """Both networks in one list: what was removed and added stands where it was."""
    back = {b: a for a, b in found.items()}
    merged: list[Pair] = []
    next_old = 0
    for b in range(after):
        a = back.get(b)
        while a is not None and next_old <= a:
            if next_old not in found:
                merged.append((next_old, None))
            next_old += 1
        merged.append((a, b))
    merged.extend((a, None) for a in range(next_old, before) if a not in found)
    return merged
