"""A difference in sentences: equal changes together, with what they cost together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cnnviz.compare.difference import Cause, Change, Difference, Sums
from cnnviz.tables import bytes_text

MOST_NAMED = 3  # places that a sentence names
_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()


class Finding(NamedTuple):
    """Equal changes together."""

    sentence: str  # "stride 2 moved from the 1x1 to the 3x3 convolution in 3 blocks"
    places: tuple[str, ...]  # module paths
    sums: Sums

    @property
    def text(self) -> str:
        """The sentence with its places and what changes by how much: `...: +231 M MACs`."""
        return f"{self.sentence}{named(self.places)}: {sums_text(self.sums)}"


def findings(found: Difference) -> list[Finding]:
    """What is different, the dearest first; the sums add up to the difference of the totals."""
    moved, rest = _moves(found.causes)
    made = [*moved, *_alike(rest)]
    if found.not_run:
        made.append(Finding("parts that this pass does not run", (), Sums(parameters=found.not_run)))
    return sorted(made, key=lambda f: tuple(-abs(n) for n in (f.sums.counted, *f.sums)))


def short(count: int) -> str:
    """`231 M`: three significant digits."""
    size, units = float(count), list("TGMk")
    while abs(size) >= 999.5 and units:
        size /= 1000
        unit = units.pop()
    return f"{size:.3g} {unit}" if len(units) < 4 else str(count)


def signed(count: int) -> str:
    """`+231 M`, `−1.5 k`, `±0`."""
    return "±0" if not count else f"{'+' if count > 0 else '−'}{short(abs(count))}"


def sums_text(sums: Sums, cost: str = "MACs") -> str:
    """`+231 M MACs, +6.32 MB of activations`; what stays the same is left out."""
    said = []
    if sums.counted:
        said.append(f"{signed(sums.counted)} {cost}")
    if sums.parameters:
        said.append(f"{signed(sums.parameters)} parameters")
    if sums.activation_bytes:
        sign = "+" if sums.activation_bytes > 0 else "−"
        said.append(f"{sign}{bytes_text(abs(sums.activation_bytes))} of activations")
    return ", ".join(said) or "costs nothing and saves nothing"


def named(places: Sequence[str]) -> str:
    """` (conv1, conv2 and 5 more)`."""
    if not places:
        return ""
    shown = ", ".join(places[:MOST_NAMED])
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return f" ({shown}{more})"


def _moves(causes: Sequence[Cause]) -> tuple[list[Finding], list[Cause]]:
    """What two layers of one block exchanged, and the causes that are left."""
    left = list(causes)
    moves: dict[tuple[str, str, str, str], list[tuple[str, Sums]]] = {}
    blocks: dict[str, list[Cause]] = {}
    for cause in causes:
        if len(cause.changes) == 1 and cause.changes[0].before:
            blocks.setdefault(cause.parent, []).append(cause)
    for parent, inside in blocks.items():
        for giver in inside:
            given = giver.changes[0]
            taker = next((c for c in inside if c in left and _takes(c.changes[0], given)), None)
            if taker is None or giver not in left or taker.work == giver.work:
                continue
            key = (given.what, given.before, giver.work, taker.work)
            moves.setdefault(key, []).append((parent, giver.sums.plus(taker.sums)))
            left = [c for c in left if c is not giver and c is not taker]
    return [_move(*key, places) for key, places in moves.items()], left


def _takes(change: Change, given: Change) -> bool:
    """Whether a change is the other one the other way round; the larger value is what moves."""
    same = change.what == given.what and (change.before, change.after) == (given.after, given.before)
    return same and _rank(given.before) > _rank(given.after)


def _rank(text: str) -> tuple[float, str]:
    try:
        return float(text.partition("x")[0]), text
    except ValueError:
        return (1.0 if text == "yes" else 0.0), text


def _move(what: str, value: str, giver: str, taker: str, places: list[tuple[str, Sums]]) -> Finding:
    noun = giver.rpartition(" ")[2]
    start = giver.removesuffix(f" {noun}") if taker.endswith(f" {noun}") else giver
    moved = what if value == "yes" else f"{what} {value}"
    where = "" if len(places) == 1 else f" in {_number(len(places))} blocks"
    return Finding(
        f"{moved} moved from the {start} to the {taker}{where}",
        tuple(parent or "the network itself" for parent, _ in places),
        _total(sums for _, sums in places),
    )


def _alike(causes: Sequence[Cause]) -> list[Finding]:
    """Causes of the same sort together: those with the same values, or all where every one has its own."""
    sorts: dict[tuple[str, ...], list[Cause]] = {}
    for cause in causes:
        sort = cause.work if not cause.changes[0].before else cause.work.rpartition(" ")[2]
        sorts.setdefault((sort, *(change.what for change in cause.changes)), []).append(cause)
    found: list[Finding] = []
    for group in sorts.values():
        values: dict[tuple[Change, ...], list[Cause]] = {}
        for cause in group:
            values.setdefault(cause.changes, []).append(cause)
        if len(values) <= 3:
            found.extend(_finding(alike) for alike in values.values())
        else:
            found.append(_finding(group))
    return found


def _finding(group: Sequence[Cause]) -> Finding:
    first = group[0]
    sums = _total(cause.sums for cause in group)
    places = tuple(cause.name for cause in group)
    works = {cause.work for cause in group}
    told = len(works) == 1 and not {"kernel", "groups", "operation"} & {
        change.what for change in first.changes
    }
    many = plural(first.work if told else first.work.rpartition(" ")[2], len(group))
    if first.changes[0].what == "input":
        change = first.changes[0]
        return Finding(f"input {change.before} → {change.after}", (), sums)
    if first.changes[0].what in ("added", "removed"):
        return Finding(f"{many} {first.changes[0].what}", places, sums)
    if len({cause.changes for cause in group}) > 1:
        what = " and ".join(dict.fromkeys(change.what for change in first.changes))
        each = tuple(f"{cause.name} {_values(cause.changes)}" for cause in group)
        return Finding(f"other {what} in {many}", each, sums)
    return Finding(f"{', '.join(map(_said, first.changes))} in {many}", places, sums)


def _said(change: Change) -> str:
    if (change.before, change.after) == ("yes", "no"):
        return f"no {change.what} any more"
    if (change.before, change.after) == ("no", "yes"):
        return f"{change.what} added"
    if change.what == "operation":
        return f"{change.before} → {change.after}"
    return f"{change.what} {change.before} → {change.after}"


def _values(changes: Sequence[Change]) -> str:
    return ", ".join(f"{change.before} → {change.after}" for change in changes)


def plural(noun: str, count: int) -> str:
    """`three 3x3 convolutions`, `the stem`: a number of things."""
    if count == 1:
        return f"the {noun}"
    return f"{_number(count)} {noun}s"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def _total(sums: Iterable[Sums]) -> Sums:
    whole = Sums()
    for part in sums:
        whole = whole.plus(part)
    return whole
