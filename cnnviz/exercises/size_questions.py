"""Questions about sizes through several layers: after a chain, and back to the input that gives a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnnviz.errors import CnnvizError
from cnnviz.exercises.chains import Draw
from cnnviz.exercises.diagnosis import HINTS, WINDOW_HINT
from cnnviz.exercises.mistake import Mistake, kept, plain
from cnnviz.exercises.question import Question
from cnnviz.exercises.windows import Window, covers, needed_along, sizes_along, ways, windows
from cnnviz.exercises.words import in_words, listed, name_of
from cnnviz.exercises.wrong_fields import field_ways
from cnnviz.exercises.wrong_sizes import ways as wrong_ways
from cnnviz.formulas import Formula, Term, size_text
from cnnviz.formulas.receptive_field import FIELD_SIZE
from cnnviz.layer import Layer
from cnnviz.trace import Trace

MOST_STEPS = 7  # what a person works out by hand
WANTED = (1, 2, 4, 5, 6, 7, 8, 10, 13, 14, 16, 20, 28, 32)
BACK_HINT = "Go from the last step to the first: m windows need (m - 1)*s + w - 2*p elements."
NEEDED_WHOLE = Formula("m*s + w - p", products="p")
NEEDED_UNPADDED = Formula("(m - 1)*s + w")
NEEDED_PADDED = Formula("(m - 1)*s + w + p", products="p")
NEEDED_STRIDES = Formula("m*s")
Step = Callable[[Window, int], Term]


def chain_size(chain: Trace, draw: Draw) -> Question:
    """The question what n_H is behind a whole chain of windows."""
    steps, n = windows(chain.layers), _side(chain)
    terms = sizes_along(steps, n)
    answer = terms[-1].number
    return Question(
        kind="n_H",
        lead=f"A network takes {_input(chain)}",
        layers=listed(chain.layers),
        chained=True,
        asked="What is n_H of its output?",
        unit="",
        answer=answer,
        working=_steps("n_H after", steps, terms),
        layer=chain.layers[-1].index,
        mistakes=kept(_wrong_sizes(steps, n), answer),
        hint=WINDOW_HINT,
    )


def chain_field(chain: Trace, draw: Draw) -> Question:
    """The question how many pixels one number behind a whole chain of windows sees."""
    steps, r, j = windows(chain.layers), 1, 1
    terms = []
    for step in steps:
        terms.append(Term(FIELD_SIZE, (r, step.w, j)))
        r, j = terms[-1].number, j * step.s
    return Question(
        kind="receptive_field",
        lead=f"A network takes {_input(chain)}",
        layers=listed(chain.layers),
        chained=True,
        asked="How many pixels of the input, along one side, does one number of its output see?",
        unit="pixels",
        answer=r,
        working=_steps("r after", steps, terms),
        layer=chain.layers[-1].index,
        mistakes=kept(_wrong_fields(steps, _side(chain), j), r),
        hint=HINTS["receptive_field"],
    )


def input_size(trace: Trace, draw: Draw) -> Question | None:
    """The question which input size gives N x N here."""
    layers = _changes(trace)
    if not layers:
        return None
    layer, changing = draw.choice(layers)
    steps, wanted = windows(changing), draw.choice((*WANTED, layer.n_H or 1))
    terms = needed_along(steps, wanted)
    answer = terms[-1].number
    if sizes_along(steps, answer)[-1].number != wanted or not _is_so(trace, answer, layer, wanted):
        return None
    others, n = [], answer + 1
    while sizes_along(steps, n)[-1].number == wanted:
        others.append(n)
        n += 1
    asked = f"Which square input, n x n, gives {wanted}x{wanted} after {name_of(layer)}?"
    return Question(
        kind="input_size",
        lead=_changing(trace, changing, layer),
        layers=listed(changing),
        chained=True,
        asked=f"{asked} Any that does is right.",
        unit="",
        answer=answer,
        working=_steps("n before", steps[::-1], terms),
        layer=layer.index,
        accepted=tuple(others),
        mistakes=kept(_wrong_inputs(steps, wanted), answer, *others),
        hint=BACK_HINT,
    )


def smallest_input(trace: Trace, draw: Draw) -> Question | None:
    """The question what the smallest input is that works."""
    layers = _changes(trace)
    if not layers:
        return None
    last, changing = layers[-1]
    steps = windows(changing)
    terms = needed_along(steps, 1)
    answer = terms[-1].number
    if answer != trace.program.smallest or answer < 2:
        return None
    asked = "What is the smallest square input that works, so that every layer has something to put out?"
    return Question(
        kind="smallest_input",
        lead=_changing(trace, changing, None),
        layers=listed(changing),
        chained=True,
        asked=f"{asked} Give n of n x n.",
        unit="",
        answer=answer,
        working=_steps("n before", steps[::-1], terms),
        layer=last.index,
        mistakes=kept(_wrong_inputs(steps, 1), answer),
        hint=BACK_HINT,
    )


def _changes(trace: Trace) -> list[tuple[Layer, tuple[Layer, ...]]]:
    """The layers that change the size, each with all that do so on the way to it, where hands can follow."""
    return [
        (layer, changing)
        for layer, changing in zip(trace.layers, ways(trace), strict=True)
        if changing and changing[-1] is layer and len(changing) <= MOST_STEPS and all(map(in_words, changing))
    ]


def _is_so(trace: Trace, side: int, layer: Layer, wanted: int) -> bool:
    """Whether an input of this side does give the wanted size there."""
    channels = trace.program.inputs[0].shape[1]
    try:
        return trace.at((channels, side, side)).layers[layer.index].n_H == wanted
    except CnnvizError:
        return False


def _changing(trace: Trace, layers: tuple[Layer, ...], to: Layer | None) -> str:
    chain = trace.model == "chain"
    if to:
        opening = f"On the way to {name_of(to)}, {'a network' if chain else trace.model}"
    else:
        opening = "A network" if chain else trace.model
    inside = "only in this step" if len(layers) == 1 else "only in these steps"
    return f"{opening} changes n_H and n_W {inside}"


def _steps(what: str, steps: tuple[Window, ...], terms: list[Term]) -> str:
    pairs = zip(steps, terms, strict=True)
    parts = (part for step, term in pairs for part in (covers(step), f"{what} {step.name} = {term.text}"))
    return "; ".join(part for part in parts if part)


def _side(chain: Trace) -> int:
    return chain.program.inputs[0].shape[-1]


def _input(chain: Trace) -> str:
    _, channels, high, wide = chain.program.inputs[0].shape
    return size_text((high, wide, channels))


def _wrong_sizes(steps: tuple[Window, ...], n: int) -> Iterator[Mistake]:
    """One wrong way, taken at every step where it is possible."""
    names = dict.fromkeys(name for step in steps for name, _, _ in wrong_ways(step, n))
    for name in names:
        sizes, why = [n], ""
        for step in steps:
            wrong = next((w for w in wrong_ways(step, sizes[-1]) if w[0] == name), None)
            sizes.append(wrong[1].number if wrong else step.size(sizes[-1]).number)
            why = wrong[2] if wrong else why
        yield Mistake(sizes[-1], f"That is {_arrows(sizes)}: {why}.")
    yield plain(sizes_along(steps[:-1], n)[-1].number if steps[1:] else n, "n_H before the last layer")
    yield plain(n, "n_H of the input")


def _wrong_fields(steps: tuple[Window, ...], n: int, jump: int) -> Iterator[Mistake]:
    names = dict.fromkeys(name for step in steps for name, _, _ in field_ways(step, 1, 1))
    for name in names:
        sizes, j, why = [1], 1, ""
        for step in steps:
            wrong = next((w for w in field_ways(step, sizes[-1], j) if w[0] == name), None)
            sizes.append((wrong[1] if wrong else Term(FIELD_SIZE, (sizes[-1], step.w, j))).number)
            why = wrong[2] if wrong else why
            j *= step.s
        general = why.partition(";")[0] if "neighbours" in why.partition(";")[2] else why
        yield Mistake(sizes[-1], f"That is {_arrows(sizes)}: {general}.")
    yield plain(jump, "the jump: how far neighbours are apart, not how much one of them sees")
    yield plain(sizes_along(steps, n)[-1].number, "n_H of the output, which is something else")


def _wrong_inputs(steps: tuple[Window, ...], m: int) -> Iterator[Mistake]:
    """One wrong way back, taken at every step."""
    back: dict[str, Step] = {
        "m windows need m - 1 steps and one window, not m steps": lambda step, k: Term(
            NEEDED_WHOLE, (k, step.s, step.w, step.padding)
        ),
        "the padding is missing": lambda step, k: Term(NEEDED_UNPADDED, (k, step.s, step.w)),
        "padding makes the input that is needed smaller, not larger": lambda step, k: Term(
            NEEDED_PADDED, (k, step.s, step.w, step.padding)
        ),
        "the strides alone leave out windows and padding": lambda step, k: Term(NEEDED_STRIDES, (k, step.s)),
    }
    for why, term in back.items():
        sizes = [m]
        for step in reversed(steps):
            sizes.append(term(step, sizes[-1]).number)
        yield Mistake(sizes[-1], f"That is {_arrows(sizes)}, from the end to the input: {why}.")
    yield plain(m, "the size at the end, not at the input")
    yield plain(steps[0].w, f"the window of {steps[0].name}; the layers behind it need something too")


def _arrows(sizes: list[int]) -> str:
    return " -> ".join(f"{n:,}" for n in sizes)
