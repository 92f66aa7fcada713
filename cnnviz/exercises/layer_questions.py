"""Questions about one layer of a trace: its size, parameters, multiplications, field and memory."""

from __future__ import annotations

from cnnviz.exercises.chains import Draw
from cnnviz.exercises.diagnosis import formula, hint, mistakes, right_answers
from cnnviz.exercises.question import Question
from cnnviz.exercises.windows import covers, square_window
from cnnviz.exercises.words import comes_in, described
from cnnviz.formulas import Term
from cnnviz.formulas.receptive_field import FIELD_SIZE
from cnnviz.layer import Layer
from cnnviz.trace import Trace

UNITS = {
    "n_H": "",
    "n_W": "",
    "n_C": "channels",
    "parameters": "parameters",
    "macs": "multiplications",
    "receptive_field": "pixels",
    "activation_bytes": "bytes",
}
ASKED = {
    "n_H": "What is n_H of its output?",
    "n_W": "What is n_W of its output?",
    "n_C": "What is n_C of its output?",
    "parameters": "How many parameters does it have?",
    "macs": "How many multiplications does it take for one image, bias not counted?",
    "receptive_field": "How many pixels wide is the receptive field of its output?",
    "activation_bytes": "How many bytes does its output take for one image, at {size} bytes a number?",
}
# The rules whose layers each quantity is worth asking of.
WORTH = {
    "n_H": {"convolution", "pooling", "transposed_convolution"},
    "n_W": {"convolution", "pooling", "transposed_convolution"},
    "n_C": {"convolution", "pooling", "concatenate", "flatten", "arithmetic"},
    "parameters": {"convolution", "transposed_convolution", "linear", "normalisation", "pooling"}
    | {"response_norm"},
    "macs": {"convolution", "transposed_convolution", "linear"},
    "receptive_field": {"convolution", "pooling"},
    "activation_bytes": {"convolution", "pooling", "linear", "concatenate", "arithmetic", "normalisation"}
    | {"response_norm"},
}


def layer_question(trace: Trace, quantity: str, draw: Draw) -> Question | None:
    """A question about one quantity of a layer; None where no layer is worth asking about."""
    layers = [layer for layer in trace.layers if _worth_asking(layer, quantity)]
    if not draw.chance(4):  # where nothing is learned, and nothing changes, is not asked too often
        layers = [layer for layer in layers if _changes(layer, quantity)] or layers
    return about(draw.choice(layers), quantity) if layers else None


def about(layer: Layer, quantity: str) -> Question:
    """The question about one quantity of a layer that is worth asking about."""
    seen = f" {_seen_before(layer)}" if quantity == "receptive_field" else ""
    return Question(
        kind=quantity,
        lead=f"{_opening(layer)}{seen}",
        asked=ASKED[quantity].format(size=layer.operation.itemsize),
        unit=UNITS[quantity],
        answer=max(right_answers(layer, quantity)),
        working=_field_term(layer) if quantity == "receptive_field" else formula(layer, quantity),
        layer=layer.index,
        mistakes=tuple(mistakes(layer, quantity)),
        hint=hint(layer, quantity),
    )


def _worth_asking(layer: Layer, quantity: str) -> bool:
    if layer.operation.rule not in WORTH[quantity] or layer.shared_with or not described(layer):
        return False
    if not right_answers(layer, quantity) or len(layer.output_shapes) > 1:
        return False
    if quantity == "n_W" and layer.n_H == layer.n_W:
        return False  # n_H is asked for
    if quantity == "activation_bytes":
        return layer.activation_bytes > 0
    if quantity == "receptive_field":
        return bool(_field_term(layer))
    if quantity == "parameters":
        return not layer.parameters or layer.formulas.parameters.count(" = ") == 2
    return quantity != "macs" or len(layer.output_shape) in (1, 3)


def _changes(layer: Layer, quantity: str) -> bool:
    if quantity == "parameters":
        return layer.parameters > 0
    if quantity in ("n_H", "n_W"):
        return layer.input_shapes[0][-2:] != layer.output_shapes[0][-2:]
    return True


def _opening(layer: Layer) -> str:
    words = described(layer)
    return words[0].upper() + words[1:] if not layer.name else words


def _seen_before(layer: Layer) -> str:
    assert layer.fields[0] is not None
    r, j = layer.fields[0][-1].size, layer.fields[0][-1].jump
    return (
        f"Each number that comes in sees {r}x{r} pixels of the network's input, and neighbours are {j} "
        f"pixel{'s' * (j != 1)} apart."
    )


def _field_term(layer: Layer) -> str:
    """The working of a square receptive field; "" where it is not so simple."""
    step, before = square_window(layer), layer.fields[0] if layer.fields else None
    if step is None or step.w == 1 or not before or not layer.field or not comes_in(layer):
        return ""
    if len(before) != 2 or before[0].size != before[1].size or before[0].jump != before[1].jump:
        return ""
    jump = before[0].jump
    if not isinstance(jump, int):
        return ""
    term = Term(FIELD_SIZE, (before[0].size, step.w, jump))
    if (term.number,) != right_answers(layer, "receptive_field"):
        return ""
    return "; ".join(part for part in (covers(step), f"r = {term.text}") if part)
