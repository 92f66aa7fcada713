"""What there is to say of a setting, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.windows.setting import APART, POOLS, SAME, Setting


def sizes(of: Setting) -> tuple[str, str]:
    """`6 × 6 × 3` and `4 × 4 × 2`: what comes in and what comes out."""
    return _volume(of.n, of.C), _volume(of.out, of.maps)


def heading(of: Setting) -> str:
    """What is done, in one line."""
    before, after = sizes(of)
    window = f"{of.f} × {of.f}"
    middle = {
        "conv": f"{of.m} filter{'s' * (of.m > 1)} of {_volume(of.f, of.C)}",
        "pointwise": f"{of.m} filter{'s' * (of.m > 1)} of 1 × 1 × {of.C}",
        "depthwise": f"a filter of {window} for each channel",
        "transposed": f"{of.m} filter{'s' * (of.m > 1)} of {_volume(of.f, of.C)}, transposed",
        "max": f"the largest of each {window}",
        "average": f"the mean of each {window}",
    }[of.kind]
    return f"{before}, {middle}, makes {after}"


def remarks(of: Setting) -> tuple[str, ...]:
    """What is easily overlooked."""
    return tuple(filter(None, (_unread(of), _unwritten(of), _padding(of), _pooling(of))))


def _volume(side: int, channels: int) -> str:
    return f"{side} × {side}" + (f" × {channels}" if channels > 1 else "")


def _unread(of: Setting) -> str:
    if not of.unread:
        return ""
    numbers = of.n**2 - (of.n - len(of.unread)) ** 2
    why = "the stride is larger than the window" if of.s > of.covered else "the last window ends before them"
    if of.d > 1 and of.s > 1:
        why = "stride and dilation leave them out"
    rows = f"{_listed(of.unread, 'Row', 'Rows')} and {_listed(of.unread, 'column', 'columns')}"
    return f"{rows} are never read: {why}. That is {numbers} of {of.n**2} numbers (hatched)."


def _unwritten(of: Setting) -> str:
    if not of.unwritten:
        return ""
    rows = f"{_listed(of.unwritten, 'Row', 'Rows')} and {_listed(of.unwritten, 'column', 'columns')}"
    return f"{rows} of the output get nothing and stay 0: steps are wider than the window."


def _padding(of: Setting) -> str:
    before, after = of.pads
    if of.kind == "transposed" and before:
        return f"Padding of {before} cuts {before} row{'s' * (before != 1)} off each side of the output."
    if of.p != SAME:
        return ""
    if before != after:
        return f"'Same' needs {before + after} more rows: {before} before, {after} after."
    rows = f"{before} row{'s' * (before != 1)} on each side"
    return f"'Same' padding is {rows}: {of.out} rows come out" + (" as went in." if of.s == 1 else ".")


def _pooling(of: Setting) -> str:
    if of.kind == "average" and any(of.pads):
        return "The zeros of the padding count in the mean, as in PyTorch's default."
    if of.kind == "max" and any(of.pads):
        return "The padding of max pooling is −∞: it is never the largest."
    return ""


def counted(of: Setting) -> str:
    """What is counted at each step: MACs, or numbers that a pooling window reads."""
    return "Numbers read" if of.kind in POOLS else "Multiplications"


def work(of: Setting) -> int:
    """How much of that one step takes, for all filters or channels together."""
    each = of.f**2 * of.C
    return each if of.kind in APART else each * of.m


def _listed(rows: Sequence[int], one: str, several: str) -> str:
    names = [str(row + 1) for row in rows]
    if len(names) == 1:
        return f"{one} {names[0]}"
    if len(names) > 6:
        return f"{several} {', '.join(names[:4])}, … {names[-1]}"
    return f"{several} {', '.join(names[:-1])} and {names[-1]}"
