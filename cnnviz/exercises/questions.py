"""Seeded sets of questions, from a network or from random chains of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial

from cnnviz.errors import CnnvizError, OptionError, UnknownNameError
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
    trace: Trace,
    seed: int,
    count: int = 10,
    *,
    kinds: Iterable[str] = KINDS,
    options: Mapping[str, object] | None = None,
    target: str = "",
) -> ExerciseSet:
    """Questions about a network at one input size; fewer than `count` where it has no more to ask.

    `kinds` are those of KINDS to ask, in any order. `options` are those that the network was built with: they
    go into the title and the link. `target` is what a command line calls a model of one's own. Raises
    CnnvizError where there is nothing to ask, or the network has several inputs.
    """
    _checked(seed, count)
    asked = chosen_kinds(kinds)
    if len(trace.program.inputs) != 1:
        raise CnnvizError(f"{trace.model} takes {len(trace.program.inputs)} inputs; exercises are for one")
    one = trace if trace.batch_size == 1 else trace.at(trace.input_shape, batch_size=1)
    sizes = batched(trace.input_shape, 1)[0][1:]
    draw = Draw(seed)
    questions = _drawn(asked, count, draw, lambda kind: _of_trace(kind, one, draw))
    if not questions:
        raise CnnvizError(_nothing(f"{trace.model} has", asked))
    changed = "".join(f", {name}={value}" for name, value in (options or {}).items())
    link = _network(target or trace.model, sizes, options or {}, own=bool(target))
    return ExerciseSet(
        seed=seed,
        title=f"Exercises on {trace.model}, input {size_text(sizes)}{changed}",
        questions=questions,
        link=(*link, *_link(seed, count, asked)),
    )


def random_chains(seed: int, count: int = 10, *, kinds: Iterable[str] = KINDS) -> ExerciseSet:
    """Questions about small random networks, each with its own; CnnvizError where these kinds have none."""
    _checked(seed, count)
    asked, draw = chosen_kinds(kinds), Draw(seed)
    questions = _drawn(asked, count, draw, lambda kind: _of_chain(kind, draw))
    if not questions:
        raise CnnvizError(_nothing("random chains, which are square, have", asked))
    return ExerciseSet(
        seed=seed,
        title="Exercises on convolutions and pooling",
        questions=questions,
        link=(("from", "chains"), *_link(seed, count, asked)),
    )


def chosen_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """These kinds in the order of KINDS; all where none is named. Raises UnknownNameError."""
    named = set(kinds)
    for name in sorted(named - set(KINDS)):
        near = get_close_matches(name, KINDS, 1)
        way_out = f"did you mean {near[0]}?" if near else f"use {', '.join(KINDS)}"
        raise UnknownNameError(f"there is no kind of question {name!r}: {way_out}")
    return tuple(kind for kind in KINDS if kind in named) or KINDS


def _drawn(
    asked: Sequence[str], count: int, draw: Draw, make: Callable[[str], Question | None]
) -> tuple[Question, ...]:
    """Questions of every kind in turn, none twice."""
    questions: dict[str, Question] = {}
    kinds, in_vain = draw.shuffled(asked), dict.fromkeys(asked, 0)
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


def _network(
    model: str, shape: Sequence[int], options: Mapping[str, object], *, own: bool = False
) -> tuple[tuple[str, str], ...]:
    """A network, its size and its options as the address bar has them; of one's own, its target as it is."""
    name, _, variant = (model, "", "") if own else model.partition("@")
    whole = ("input", size_text(shape))  # whose channels the command line does not know otherwise
    if not variant and len(shape) != 3:
        return (("net", name), whole)
    link = [("net", name), ("variant", variant) if variant else whole, ("size", str(shape[1]))]
    if shape[1] != shape[2]:
        link.append(("n_W", str(shape[2])))
    return (*link, *((option, _written(value)) for option, value in options.items()))


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _link(seed: int, count: int, kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    chosen = () if tuple(kinds) == KINDS else (("kinds", ",".join(kinds)),)
    return ("seed", str(seed)), ("count", str(count)), *chosen


def _nothing(subject: str, kinds: Sequence[str]) -> str:
    if tuple(kinds) == KINDS:
        return f"{subject} no layer that an exercise can ask about"
    return f"{subject} nothing to ask about {', '.join(kinds)}: choose other kinds of questions"


def _checked(seed: int, count: int) -> None:
    if not 1 <= count <= MOST_QUESTIONS:
        raise OptionError(f"a set has 1 to {MOST_QUESTIONS} questions, got {count}")
    if seed < 0:
        raise OptionError(f"a seed is a whole number of at least 0, got {seed}")
