"""Questions about costs of several layers: a whole network, which layer has most, what a bottleneck saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnnviz.exercises.chains import Draw
from cnnviz.exercises.diagnosis import HINTS, formula, wrong_units
from cnnviz.exercises.layer_questions import UNITS
from cnnviz.exercises.mistake import Mistake, kept, mistake, plain
from cnnviz.exercises.question import Question
from cnnviz.exercises.words import comes_in, in_words, name_of
from cnnviz.exercises.wrong_macs import MACS
from cnnviz.exercises.wrong_sizes import SUM
from cnnviz.formulas import Formula, Term
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.layer import Layer
from cnnviz.trace import Trace

MOST_LAYERS = 12  # with parameters, in a sum that a person works out by hand
CHOICES = 4  # layers to choose from
COURSE = (28, 192, 5, 16, 32)  # 28x28x192 by way of 16 channels to 32 filters of 5x5, "same"
DIFFERENCE = Formula("a - b")


def total_parameters(trace: Trace, draw: Draw) -> Question | None:
    """The question how many parameters a small network has; None for a larger one."""
    layers = tuple(layer for layer in trace.layers if layer.parameters)
    right = sum(layer.parameters for layer in layers)
    hand = all(_by_hand(layer, "parameters") for layer in layers)
    if not 2 <= len(layers) <= MOST_LAYERS or right != trace.parameters or not hand:
        return None
    name = "A network" if trace.model == "chain" else trace.model
    steps = [
        f"parameters of {name_of(layer)} = {formula(layer, 'parameters').partition(' = ')[2]}"
        for layer in layers
    ]
    total = Term(SUM, (tuple(layer.parameters for layer in layers),))
    return Question(
        kind="total_parameters",
        lead=f"{name} has these layers with parameters",
        layers=tuple((name_of(layer), _given(layer)) for layer in layers),
        asked="How many parameters does it have?",
        unit="parameters",
        answer=right,
        working="; ".join([*steps, f"total = {total.text}"]),
        mistakes=kept(_wrong_totals(layers, right), right),
        hint="Add up the layers, one by one: weights, and a bias for each filter or neuron that has one.",
    )


def most(trace: Trace, draw: Draw, quantity: str) -> Question | None:
    """The question which of some layers has most parameters, or takes most multiplications."""
    layers = [layer for layer in trace.layers if layer.macs and _by_hand(layer, quantity)]
    if len(layers) < 2:
        return None
    chosen = sorted(draw.shuffled(layers)[:CHOICES], key=lambda layer: layer.index)
    counts = {layer.index: int(getattr(layer, quantity)) for layer in chosen}
    winners = [index for index, count in counts.items() if count == max(counts.values())]
    what = "has the most parameters" if quantity == "parameters" else "takes the most multiplications"
    workings = {layer.index: formula(layer, quantity).partition(" = ")[2] for layer in chosen}
    steps = [f"layer {index} = {text}" for index, text in workings.items()]
    wrong = (
        Mistake(index, f"Layer {index} has only {text} {UNITS[quantity]}.")
        for index, text in workings.items()
        if index not in winners
    )
    return Question(
        kind=f"most_{quantity}",
        lead=f"These are layers of {'a network' if trace.model == 'chain' else trace.model}",
        layers=tuple((f"layer {layer.index}", f"{name_of(layer)}, {_given(layer)}") for layer in chosen),
        asked=f"Which of them {what}? Answer with the layer's number.",
        unit="layer",
        answer=winners[0],
        working="; ".join([*steps, f"most: layer {winners[0]}"]),
        layer=winners[0],
        accepted=tuple(winners[1:]),
        mistakes=kept([*_other_winner(chosen, quantity), *wrong], *winners),
        hint=f"Work out each layer, and compare. {HINTS[quantity]}",
    )


def bottleneck(draw: Draw) -> Question:
    """A question on what a 1x1 bottleneck saves; the course's numbers are among those asked."""
    n, C, f, reduced, filters = COURSE
    if not draw.chance(3):
        n, f = draw.choice((7, 14, 28, 56)), draw.choice((3, 5))
        C, filters = draw.choice((64, 128, 192, 256)), draw.choice((32, 64, 96, 128))
        reduced = draw.choice((8, 16, 24, 32))
    same = f"with {filters} filters of {f}x{f}, stride 1 and 'same' padding"
    opening = f"A convolution {same} gets {n}x{n}x{C}."
    both = f"{opening} A 1x1 convolution with {reduced} filters is put before it."
    number, lead, asked = draw.choice(
        (
            ("saved", both, "How many multiplications does this bottleneck save?"),
            ("total", both, "How many multiplications do both take together?"),
            ("direct", opening, "How many multiplications does it take?"),
        )
    )
    return _bottleneck(number, lead, asked, (n, n), (C, f, reduced, filters))


def bottleneck_of(trace: Trace, draw: Draw) -> Question | None:
    """The question what a 1x1 convolution saves that reduces what a larger window gets."""
    pairs = [(layer, before) for layer in trace.layers if (before := _reducing(trace, layer))]
    if not pairs:
        return None
    layer, before = draw.choice(pairs)
    a, b = before.arguments, layer.arguments
    opening = f"{name_of(before)} is {in_words(before)}. It gets {comes_in(before)}."
    after = f"Behind it, {name_of(layer)} is {in_words(layer)}."
    against = f"against {name_of(layer)} on all {a.in_channels} channels"
    asked = f"How many multiplications does {name_of(before)} save, {against}?"
    numbers = (a.in_channels, b.kernel[0], a.channels, b.channels)
    made = _bottleneck("saved", f"{opening} {after}", asked, layer.output_shape[1:], numbers)
    return replace(made, layer=layer.index)


def _bottleneck(
    number: str, lead: str, asked: str, positions: tuple[int, ...], sizes: tuple[int, int, int, int]
) -> Question:
    """The question for "direct", "total" or "saved"; sizes are channels, window, reduced ones, filters."""
    C, f, reduced, filters = sizes
    direct = Term(MACS, (positions, filters, (f, f), C))
    reduce = Term(MACS, (positions, reduced, (1, 1), C))
    expand = Term(MACS, (positions, filters, (f, f), reduced))
    total = Term(SUM, ((reduce.number, expand.number),))
    saved = Term(DIFFERENCE, (direct.number, total.number))
    answer = {"direct": direct, "total": total, "saved": saved}[number].number
    both = [f"reduce = {reduce.text}", f"expand = {expand.text}", f"with bottleneck = {total.text}"]
    steps = {
        "direct": [f"direct = {direct.text}"],
        "total": both,
        "saved": [f"direct = {direct.text}", *both, f"saved = {saved.text}"],
    }[number]
    flat = Term(MACS, (positions, filters, (f, f), 1))
    wrong = (
        plain(direct.number, "what it takes without the bottleneck"),
        plain(total.number, "what both convolutions take together"),
        plain(saved.number, "what is saved"),
        plain(expand.number, f"the {f}x{f} convolution alone; the 1x1 convolution before it costs something"),
        plain(reduce.number, f"the 1x1 convolution alone; the {f}x{f} convolution behind it is missing"),
        plain(direct.number - expand.number, "too much: the 1x1 convolution costs something itself"),
        plain(direct.number // max(1, total.number), "about how many times fewer; their number is asked"),
        Mistake(flat.number, f"That is {flat.text}: a filter reaches through all channels that come in."),
        *wrong_units(answer),
    )
    return Question(
        kind="bottleneck",
        lead=lead,
        asked=asked,
        unit="multiplications",
        answer=answer,
        working="; ".join(steps),
        mistakes=kept(wrong, answer),
        hint=HINTS["macs"],
    )


def _reducing(trace: Trace, layer: Layer) -> Layer | None:
    """The 1x1 convolution that makes fewer channels for a larger window, and so saves multiplications."""
    before: Layer | None = layer
    while before is not None and len(before.inputs) == 1:
        before = trace.layers[before.inputs[0]]
        if before.kind not in ("act", "norm"):
            break
    if before is None or before is layer or not (_plain(before) and _plain(layer)):
        return None
    a, b = before.arguments, layer.arguments
    f = b.kernel[0]
    if a.kernel != (1, 1) or f == 1 or before.output_shapes[0] != layer.input_shapes[0]:
        return None
    if before.output_shape[1:] != layer.output_shape[1:] or not comes_in(before):
        return None
    with_it = a.in_channels * a.channels + f * f * a.channels * b.channels
    return before if with_it < f * f * a.in_channels * b.channels else None


def _plain(layer: Layer) -> bool:
    """Whether a layer is a square convolution of stride 1 without groups."""
    a = layer.arguments
    square = isinstance(a, ConvArguments) and len(a.kernel) == 2 and len(set(a.kernel)) == 1
    return square and a.groups == 1 and set(a.stride) == {1}


def _given(layer: Layer) -> str:
    return f"{in_words(layer)}, gets {comes_in(layer)}"


def _by_hand(layer: Layer, quantity: str) -> bool:
    """Whether a layer's number has a formula, and its words all that goes into it."""
    worked = formula(layer, quantity).count(" = ") == 2
    return worked and not layer.shared_with and bool(in_words(layer) and comes_in(layer))


def _wrong_totals(layers: tuple[Layer, ...], right: int) -> Iterator[Mistake]:
    biases = sum(_biases(layer) for layer in layers)
    if biases:
        weights = right - biases
        yield plain(weights, "the weights alone; the biases are parameters too")
    for layer in layers:
        rest = tuple(other.parameters for other in layers if other is not layer)
        yield mistake(SUM, (rest,), f"{name_of(layer)} is missing")
    yield plain(sum(layer.macs for layer in layers), "how many multiplications the network takes")
    yield from wrong_units(right)


def _biases(layer: Layer) -> int:
    a = layer.arguments
    if not getattr(a, "bias", False):
        return 0
    return int(a.channels if hasattr(a, "channels") else a.out_features)


def _other_winner(layers: list[Layer], quantity: str) -> Iterator[Mistake]:
    other = "macs" if quantity == "parameters" else "parameters"
    winner = max(layers, key=lambda layer: getattr(layer, other))
    has, asked = f"the most {UNITS[other]}", f"the most {UNITS[quantity]}"
    yield Mistake(winner.index, f"Layer {winner.index} has {has} of these, and not {asked}.")
