"""Designs for tests: some by hand, any number at random."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from cnnviz.design import KINDS, Design, Kind, Row, built, row

SMALL = {  # so that torch runs what is made in no time
    "channels": st.integers(1, 12),
    "features": st.integers(1, 20),
    "width": st.integers(1, 6),
    "kernel": st.sampled_from([1, 2, 3, 5]),
    "stride": st.integers(1, 2),
    "padding": st.integers(0, 2),
    "dilation": st.integers(1, 2),
    "groups": st.sampled_from([1, 1, 1, 2]),
    "size": st.integers(1, 4),
    "layers": st.integers(1, 3),
    "growth": st.integers(1, 4),
    "expansion": st.integers(1, 3),
    "squeeze": st.integers(1, 4),
    "reduction": st.integers(1, 4),
}


@st.composite
def rows(draw: Callable, kinds: tuple[Kind, ...] = KINDS) -> Row:
    """Any row with small numbers in it."""
    kind = draw(st.sampled_from(kinds))
    values = {}
    for option in kind.options:
        if option.kind == "bool":
            values[option.name] = draw(st.booleans())
        elif option.kind == "choice":
            values[option.name] = draw(st.sampled_from(option.choices))
        elif option.kind == "int" and (option.name != "kernel" or kind.name != "inception"):
            small = SMALL.get(option.name, st.integers(int(option.minimum or 0), 6))
            values[option.name] = max(draw(small), int(option.minimum or 0))
    return row(kind.name, values, repeat=draw(st.sampled_from([1, 1, 1, 2, 3])))


@st.composite
def working_designs(draw: Callable) -> Design:
    """A design of at least one row, whose rows fit together: rows that do not are left out."""
    shape = (draw(st.sampled_from([1, 2, 3, 4])), draw(st.integers(6, 20)), draw(st.integers(6, 20)))
    name = draw(st.sampled_from(["my network", "LeNet-5", "3 blocks", "Residual", "class", "ü"]))
    made = Design(name=name, input_shape=shape, rows=(row("conv", {"channels": 4}),))
    for one in draw(st.lists(rows(), max_size=7)):
        longer = made.having((*made.rows, one))
        made = made if built(longer).problem else longer
    return made
