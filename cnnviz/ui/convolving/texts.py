"""What the page says of a scene: what the browser draws, and the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cnnviz.card.latex import number_latex, quantity_latex, symbols_latex, term_latex
from cnnviz.formulas import Formula, Term
from cnnviz.windows.kernels import Plane
from cnnviz.windows.numbers import Numbers, input_planes, weight_planes, weight_sizes
from cnnviz.windows.scene import Scene
from cnnviz.windows.setting import KINDS, POOLS, Setting
from cnnviz.windows.told import counted, heading, remarks, sizes, work

_CHANNELS, _FILTERS = r"n_C^{\text{in}}", r"n_C^{\text{out}}"
# How the symbols of the rules are written; the rules have short names of their own for them.
_PARAMETERS = {"f": r"f \cdot f", "C": _CHANNELS, "n": _FILTERS}
_MACS = {"n": r"n_H n_W", "m": _FILTERS, "f": r"f \cdot f", "C": _CHANNELS}
_MACS_TRANSPOSED = {"n": r"n \cdot n", "C": _CHANNELS, "f": r"f \cdot f", "m": _FILTERS}


def told(made: Scene) -> dict[str, Any]:
    """What the browser needs to draw a scene and to do its arithmetic."""
    of = made.setting
    filters, channels = weight_sizes(of)
    return {
        "kind": of.kind,
        "values": {name: str(getattr(of, name)) for name in KINDS[of.kind].changes},
        "shape": _shape(of),
        "input": {**_numbers(made.input, input_planes(made.input, of)), "each": 1},
        "weights": {
            **_numbers(made.weights, weight_planes(made.weights, of) if filters else ()),
            "each": channels if made.weights.names else 1,
        },
        "place": [made.place.step, made.place.out, made.place.channel],
        "heading": heading(of),
        "sizes": sizes(of),
        "remarks": remarks(of),
        "counted": counted(of),
    }


def _numbers(numbers: Numbers, planes: Sequence[Plane]) -> dict[str, Any]:
    base = numbers.replace(edits=()).text
    return {"base": base, "seed": numbers.seed, "planes": planes, "edits": numbers.edits}


def _shape(of: Setting) -> dict[str, Any]:
    before, after = of.pads
    filters, channels = weight_sizes(of)
    return {
        **{name: getattr(of, name) for name in "nfsdCm"},
        "before": before,
        "after": after,
        "out": of.out,
        "maps": of.maps,
        "covered": of.covered,
        "steps": of.steps,
        "work": work(of),
        "parameters": of.parameters.number,
        "filters": filters,
        "channels": channels,
        "unread": of.unread,
        "unwritten": of.unwritten,
    }


@lru_cache(maxsize=2000)
def formulas(of: Setting) -> tuple[str, str, str]:
    """Size, parameters and multiplications as Markdown, with the numbers in."""
    size = _line(("n_H", "n_W"), of.size, {"p": "2p"} if of.pads[0] != of.pads[1] else {})
    if of.kind in POOLS:
        reads = f"{number_latex(of.f**2)} \\cdot {number_latex(of.out**2)} \\cdot {of.C}"
        whole = number_latex(of.f**2 * of.out**2 * of.C)
        return (
            f"**Size**\n\n{size}",
            "**Parameters**\n\n$\\mathbf{0}$: nothing is learned",
            f"**Multiplications**\n\n$\\mathbf{{0}}$, while ${reads} = {whole}$ numbers are read",
        )
    parameters = _line((), of.parameters, _PARAMETERS)
    macs = _line((), of.macs, _MACS_TRANSPOSED if of.kind == "transposed" else _MACS)
    return (
        f"**Size**\n\n{size}",
        f"**Parameters**, without biases\n\n{parameters}",
        f"**Multiplications**\n\n{macs}",
    )


def _line(names: tuple[str, ...], term: Term, symbols: dict[str, str]) -> str:
    general = symbols_latex(Formula(term.formula.text), symbols)
    return f"${quantity_latex((*names, general), term_latex(term), '')}$"
