"""Seeded sets of questions, from a network or from random chains of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from cnnviz.errors import CnnvizError, OptionError
from cnnviz.exercises.chains import Draw, random_chain
from cnnviz.exercises.cost_questions import bottleneck, bottleneck_of, most, total_parameters
from cnnviz.exercises.layer_questions import layer_question
from cnnviz.exercises.question import ExerciseSet, Question
from cnnviz.exercises.size_questions import chain_field, chain_size, input_size, smallest_input
from cnnviz.formulas import size_text
from cnnviz.trace import Trace, batched

MOST_QUESTIONS = 100
TRIES = 12  # in vain, one after the other, before a network is taken to have no more questions of a kind
Maker = Callable[[Trace, Draw], Question | None]

LAYER_KINDS = ("n_H", "n_W", "n_C", "parameters", "macs", "receptive_field", "activation_bytes")
NETWORK_KINDS: dict[str, Maker] = {
    "input_size": input_size,
    "smallest_input": smallest_input,
    "bottleneck": bottleneck_of,
    "total_parameters": total_parameters,
    "most_parameters": partial(most, quantity="parameters"),
    "most_macs": partial(most, quantity="macs"),
}
KINDS = (*LAYER_KINDS, *NETWORK_KINDS)
WITH_CLASSES = (
    "n_C",
    "total_parameters",
    "most_parameters",
    "most_macs",
)  # chains that end in classes
OF_WHOLE_CHAIN: dict[str, Maker] = {"n_H": chain_size, "receptive_field": chain_field}


def from_trace(
    trace: Trace, seed: int, count: int = 10, *, options: Mapping[str, object] | None = None
) -> ExerciseSet:
    """Questions about a network at one input size; fewer than `count` where it has no more to ask.

    `options` are those that the network was built with: they go into the title and the link. Raises
    CnnvizError where there is nothing to ask, or the network has several inputs.
    """
    _checked(seed, count)
    if len(trace.program.inputs) != 1:
        raise CnnvizError(f"{trace.model} takes {len(trace.program.inputs)} inputs; exercises are for one")
    one = trace if trace.batch_size == 1 else trace.at(trace.input_shape, batch_size=1)
    sizes = batched(trace.input_shape, 1)[0][1:]
    draw = Draw(seed)
    questions = _drawn(count, draw, lambda kind: _of_trace(kind, one, draw))
    if not questions:
        raise CnnvizError(f"{trace.model} has no layer that an exercise can ask about")
    changed = "".join(f", {name}={value}" for name, value in (options or {}).items())
    return ExerciseSet(
        seed=seed,
        title=f"Exercises on {trace.model}, input {size_text(sizes)}{changed}",
        questions=questions,
        link=(*_network(trace.model, sizes, options or {}), ("seed", str(seed)), ("count", str(count))),
    )


def random_chains(seed: int, count: int = 10) -> ExerciseSet:
    """Questions about small random networks, each with its own."""
    _checked(seed, count)
    draw = Draw(seed)
    return ExerciseSet(
        seed=seed,
        title="Exercises on convolutions and pooling",
        questions=_drawn(count, draw, lambda kind: _of_chain(kind, draw)),
        link=(("seed", str(seed)), ("count", str(count))),
    )


def _drawn(count: int, draw: Draw, make: Callable[[str], Question | None]) -> tuple[Question, ...]:
    """Questions of every kind in turn, none twice."""
    questions: dict[str, Question] = {}
    kinds, in_vain = draw.shuffled(KINDS), dict.fromkeys(KINDS, 0)
    while len(questions) < count and kinds:
        for kind in tuple(kinds):
            made = make(kind) if len(questions) < count else None
            if made is not None and made.text not in questions:
                questions[made.text] = replace(made, id=f"q{len(questions) + 1}")
                in_vain[kind] = 0
                continue
            in_vain[kind] += 1
            if in_vain[kind] >= TRIES:
                kinds.remove(kind)
    return tuple(questions.values())


def _of_trace(kind: str, trace: Trace, draw: Draw) -> Question | None:
    if kind in LAYER_KINDS:
        return layer_question(trace, kind, draw)
    return NETWORK_KINDS[kind](trace, draw)


def _of_chain(kind: str, draw: Draw) -> Question | None:
    if kind == "bottleneck":
        return bottleneck(draw)
    chain = random_chain(draw, layers=2 + draw.below(3), classes=kind in WITH_CLASSES)
    whole = OF_WHOLE_CHAIN.get(kind)
    return whole(chain, draw) if whole else _of_trace(kind, chain, draw)


def _network(model: str, shape: Sequence[int], options: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """A network, its size and its options as the address bar has them."""
    name, _, variant = model.partition("@")
    if not variant:  # a model of one's own
        return (("net", name), ("input", size_text(shape)))
    link = [("net", name), ("variant", variant), ("size", str(shape[1]))]
    if shape[1] != shape[2]:
        link.append(("n_W", str(shape[2])))
    return (*link, *((option, str(value)) for option, value in options.items()))


def _checked(seed: int, count: int) -> None:
    if not 1 <= count <= MOST_QUESTIONS:
        raise OptionError(f"a set has 1 to {MOST_QUESTIONS} questions, got {count}")
    if seed < 0:
        raise OptionError(f"a seed is a whole number of at least 0, got {seed}")
