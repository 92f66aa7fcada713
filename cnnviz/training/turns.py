"""Whose turn it is: owners are served one after the other, however much each of them has asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


def in_turn(
    queued: Iterable[tuple[int, str]], running: Mapping[str, int], served: Mapping[str, float]
) -> list[int]:
    """Queued runs in the order in which they are to be trained.

    Each owner's first run comes before anybody's second; runs being trained count as that owner's first
    ones. Among equals comes first who was served longest ago, then who asked first.

    Args:
        queued: run and owner, in the order of asking.
        running: how many runs each owner has in training.
        served: when a run of each owner was last begun.

    """
    ranks: Counter[str] = Counter(running)
    keyed = []
    for run, owner in queued:
        keyed.append((ranks[owner], served.get(owner, 0.0), run))
        ranks[owner] += 1
    return [run for _, _, run in sorted(keyed)]
