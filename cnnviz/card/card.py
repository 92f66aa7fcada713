"""The layer card: everything that is told of one operation, every number with the formula that gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cnnviz.card.blocks import INPUT, block_around, readers, sources
from cnnviz.card.latex import number_latex, symbols_latex, term_latex
from cnnviz.card.operations import CHANNELS_BEFORE, operation_latex, operation_name, operation_words
from cnnviz.card.story import Story, story_of
from cnnviz.card.volumes import layer_volumes
from cnnviz.formulas import Formula, Term, convolution, linear, pooling
from cnnviz.formulas.receptive_field import FIELD_JUMP, FIELD_SIZE
from cnnviz.layer import Layer
from cnnviz.trace import Trace

WINDOW = r"f_H \cdot f_W"
SIZES = {"n": "n", "p": "p", "f": "f", "s": "s", "d": "d"}
WEIGHTS = {"f": WINDOW, "C": CHANNELS_BEFORE, "n": "n_C"}
# The formulas' own letters as the course writes them, where those differ.
SYMBOLS: dict[Formula, Mapping[str, str]] = {
    convolution.PARAMETERS: WEIGHTS,
    convolution.PARAMETERS_BIAS: WEIGHTS,
    convolution.MACS: {"n": r"n_H \cdot n_W", "m": "n_C", "f": WINDOW, "C": CHANNELS_BEFORE},
    linear.PARAMETERS: {"n_in": CHANNELS_BEFORE, "n_out": "n_C"},
    linear.PARAMETERS_BIAS: {"n_in": CHANNELS_BEFORE, "n_out": "n_C"},
    linear.MACS: {"n_in": CHANNELS_BEFORE, "n_out": "n_C"},
    FIELD_SIZE: {"r": "r^{[l-1]}", "j": "j^{[l-1]}"},
    FIELD_JUMP: {"j": "j^{[l-1]}"},
    convolution.SIZE: SIZES,
    convolution.SIZE_DILATED: SIZES,
    pooling.SIZE_CEIL: SIZES,
    pooling.SIZE_CEIL_LESS: SIZES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number of a layer and why it is that."""

    name: str  # n_H, n_W, n_C, parameters, macs, activation_bytes, receptive_field_H, jump_H, ...
    symbol: str  # LaTeX: what stands left of the first equals sign
    words: str  # "height of the output"
    value: int | float
    latex: str  # the formula with the numbers in it and the result; the result alone where that is all
    general: str = ""  # the same formula with its symbols
    why: str = ""  # where there is no formula: "as it came in"
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A layer that the tensor comes from or goes to; index None for the network's input and output."""

    index: int | None
    name: str
    operation: str  # "convolution"; "" for input and output
    shape: str  # "28 × 28 × 192" of the tensor between the two


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that is told of one operation."""

    index: int
    count: int  # how many operations the network has
    title: str  # "conv1", or the module's path and the operation where a module's own forward runs it
    operation: str  # "convolution"
    words: str  # what it does, one sentence
    equation: str  # LaTeX: what comes out; "" where there is none worth writing
    sources: tuple[Neighbour, ...]
    targets: tuple[Neighbour, ...]
    quantities: tuple[Quantity, ...]
    story: Story | None  # of the block that it lies in
    joins: bool  # the block's branches meet in this very layer
    module: str  # "Conv2d"

    def quantity(self, name: str) -> Quantity | None:
        """The quantity of that name, where this layer has it."""
        return next((quantity for quantity in self.quantities if quantity.name == name), None)


def card_of(trace: Trace, index: int) -> Card:
    """The card of the layer with that index."""
    layer = trace.layers[index]
    block = block_around(trace, index)
    return Card(
        index=index,
        count=len(trace.layers),
        title=layer_title(layer),
        operation=operation_name(layer),
        words=operation_words(layer),
        equation=operation_latex(layer),
        sources=_sources(trace, layer),
        targets=_targets(trace, layer),
        quantities=tuple(_quantities(layer)),
        story=story_of(trace, block) if block else None,
        joins=block is not None and block.join == index,
        module=layer.module,
    )


def layer_title(layer: Layer) -> str:
    """The module's path; with the operation where the module's own forward runs it."""
    functional = layer.kind in ("join", "shape") or not layer.name
    return f"{layer.name}: {layer.op}".lstrip(": ") if functional else layer.name


def _sources(trace: Trace, layer: Layer) -> tuple[Neighbour, ...]:
    given, _ = layer_volumes(layer)
    return tuple(
        _neighbour(trace, source, volume.text, "the input")
        for source, volume in zip(sources(trace, layer.index), given, strict=True)
    )


def _targets(trace: Trace, layer: Layer) -> tuple[Neighbour, ...]:
    shape = layer_volumes(layer)[1][0].text
    found = [_neighbour(trace, reader, shape, "") for reader in readers(trace, layer.index)]
    made = trace.program.producers
    if any(tensor >= 0 and made[tensor] == layer.index for tensor in trace.program.outputs):
        found.append(Neighbour(index=None, name="the output", operation="", shape=shape))
    return tuple(found)


def _neighbour(trace: Trace, index: int, shape: str, otherwise: str) -> Neighbour:
    if index <= INPUT:
        return Neighbour(index=None, name=otherwise, operation="", shape=shape)
    layer = trace.layers[index]
    return Neighbour(index=index, name=layer_title(layer), operation=operation_name(layer), shape=shape)


def _quantities(layer: Layer) -> list[Quantity]:
    found = _sizes(layer)
    found.append(_parameters(layer))
    found.append(_macs(layer))
    found.append(_memory(layer))
    return found + _field(layer)


def _sizes(layer: Layer) -> list[Quantity]:
    terms = layer.shape_terms
    words = {"n_H": "height of the output", "n_W": "width of the output", "n_C": "channels of the output"}
    found = []
    for name, size in zip(words, layer.sizes, strict=True):
        if size is None:
            continue
        term = terms.get(name)
        if term is None or term.number != size:
            found.append(_plain(name, name, words[name], size, _unchanged(layer, name, size)))
        else:
            found.append(_of(term, name, name, words[name], why=_why_size(layer, name)))
    return found


def _unchanged(layer: Layer, name: str, size: int) -> str:
    """Why a size that no formula gives is what it is."""
    same = layer.input_shapes and layer.input_shapes[0] == layer.output_shapes[0]
    if same and layer.kind == "join":
        return "as both inputs have it"
    if same:
        return "as it came in"
    if layer.operation.rule == "concatenate" and name != "n_C":
        return "as all inputs have it"
    return ""


def _why_size(layer: Layer, name: str) -> str:
    rule = layer.operation.rule
    if name == "n_C":
        return {
            "convolution": "one for each filter",
            "linear": "one for each output",
            "pooling": "as it came in: pooling works on each channel alone",
            "adaptive_pool": "as it came in: pooling works on each channel alone",
            "concatenate": "the channels of all inputs, added up",
            "flatten": "every number of the map",
        }.get(rule, "")
    return "as asked for, whatever comes in" if rule == "adaptive_pool" else ""


def _parameters(layer: Layer) -> Quantity:
    term, symbol, words = layer.parameters_term, r"\text{parameters}", "learned numbers"
    if layer.shared_with:
        why = f"shared: {', '.join(layer.shared_with)} count where they are used first"
        return _plain("parameters", symbol, words, layer.parameters, why)
    if term is None or not layer.parameters:
        why = "nothing is learned here" if not layer.parameters else ""
        return _plain("parameters", symbol, words, layer.parameters, why)
    why = ""
    if layer.operation.rule in ("normalisation", "batch_statistics") and layer.arguments.scale:
        why = "γ and β for each channel" if layer.arguments.shift else "γ for each channel"
    elif getattr(layer.arguments, "bias", False):
        why = "+ 1 is the bias"
    return _of(term, "parameters", symbol, words, why=why, general=_grouped(layer, term))


def _macs(layer: Layer) -> Quantity:
    term, symbol = layer.macs_term, r"\text{MACs}"
    batch = layer.output_shapes[0][0] if layer.output_shapes[0] else 1
    words = "multiplications" if batch == 1 else f"multiplications for the batch of {batch}"
    if not term.number:
        why = {
            "pool": "windows are compared or averaged, not multiplied with weights",
            "norm": "not counted, as is usual: a norm can be folded into the convolution before it",
            "act": "not counted, as is usual: one function a number",
            "join": "element by element, not counted, as is usual",
        }.get(layer.kind, "nothing is multiplied")
        if layer.operation.rule == "concatenate":
            why = "nothing is computed, tensors stand side by side"
        return _plain("macs", symbol, words, 0, why)
    return _of(term, "macs", symbol, words, general=_grouped(layer, term))


@lru_cache(maxsize=200)
def _general(formula: Formula) -> str:
    """The formula with its symbols as the course writes them; "" where it has no such symbols."""
    return symbols_latex(formula, SYMBOLS[formula]) if formula in SYMBOLS else ""


def _grouped(layer: Layer, term: Term) -> str:
    """The general formula; with groups a filter sees a part of the channels."""
    general = _general(term.formula)
    if getattr(layer.arguments, "groups", 1) > 1:
        general = general.replace(CHANNELS_BEFORE, rf"\tfrac{{{CHANNELS_BEFORE}}}{{\text{{groups}}}}")
    return general


def _memory(layer: Layer) -> Quantity:
    symbol, words = r"\text{memory}", "bytes of the output"
    terms = layer.bytes_terms
    if len(terms) == 1:
        why = f"{layer.operation.itemsize} bytes a number"
        return _of(terms[0], "activation_bytes", symbol, words, why=why, unit="B")
    why = f"{len(terms)} tensors"
    if not terms:
        view = "a view: shares the memory of its input"
        why = "in place: written over its input" if layer.operation.in_place else view
    return _plain("activation_bytes", symbol, words, layer.activation_bytes, why, unit="B")


def _field(layer: Layer) -> list[Quantity]:
    """Receptive field along each axis of the input, then the jump."""
    if layer.field is None or layer.receptive_field is None:
        return []
    axes = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}.get(len(layer.field), ())
    grown: tuple[dict[str, Term], ...] = layer.field_terms or ({},) * len(axes)
    found = []
    for axis, size, terms, at in zip(axes, layer.receptive_field, grown, range(len(axes)), strict=True):
        name, symbol, words = (
            f"receptive_field_{axis}",
            f"r_{axis}",
            "pixels of the input seen by one element",
        )
        term = terms.get(f"r_{axis}")
        if term and term.values != (size,):
            found.append(_of(term, name, symbol, words))
        else:
            found.append(_plain(name, symbol, words, size, _why_field(layer, at, size)))
    before = {reach.jump for field in layer.fields if field for reach in field}
    for axis, jump, terms in zip(axes, layer.jump or (), grown, strict=False):
        name, symbol, words = f"jump_{axis}", f"j_{axis}", "pixels of the input from one element to the next"
        term = terms.get(f"j_{axis}")
        if term and term.number == jump:
            found.append(_of(term, name, symbol, words))
        else:
            found.append(_plain(name, symbol, words, jump, "as before" if jump in before else ""))
    return found


def _why_field(layer: Layer, at: int, size: int) -> str:
    """Why a receptive field that no formula gives is what it is."""
    before = [field[at].size for field in layer.fields if field and at < len(field)]
    if set(before) == {size}:
        return "as before"
    if layer.kind == "join":
        return "all that its inputs see together"
    return "all that the elements before it see together" if layer.kind == "linear" else ""


def _of(
    term: Term, name: str, symbol: str, words: str, *, why: str = "", general: str = "", unit: str = ""
) -> Quantity:
    return Quantity(
        name=name,
        symbol=symbol,
        words=words,
        value=term.number,
        latex=term_latex(term),
        general=general or _general(term.formula),
        why=why,
        unit=unit,
    )


def _plain(name: str, symbol: str, words: str, value: int | float, why: str = "", unit: str = "") -> Quantity:
    return Quantity(
        name=name, symbol=symbol, words=words, value=value, latex=number_latex(value), why=why, unit=unit
    )
