"""Which set of exercises the page asks: the widgets that say so, its link, and its sheets."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.exercises import KINDS, ExerciseSet, chosen_kinds, written
from cnnviz.exercises.questions import MOST_QUESTIONS
from cnnviz.ui import cached, counting, links, widgets
from cnnviz.ui.exports import save
from cnnviz.ui.links import Chosen

NETWORK, CHAINS = "network", "chains"
SEED, COUNT = 1, 10  # of a link that names none
MOST_SEED = 2**53 - 1  # the largest that a browser's number field takes
NEW_SEEDS = 10_000  # short enough to be read out
LABELS = {
    "macs": "MACs",
    "receptive_field": "receptive field",
    "activation_bytes": "memory",
    "input_size": "input size for an output",
    "smallest_input": "smallest input",
    "bottleneck": "1x1 bottleneck",
    "total_parameters": "parameters of a network",
    "most_parameters": "which has most parameters",
    "most_macs": "which takes most MACs",
}
_PICKED = "exercise_kinds"  # the pills, whose labels are for people, while the link has the kinds' names
_PROBLEMS = "exercise_problems"  # what a link asked for and cannot have


def chosen_set(choice: Chosen) -> ExerciseSet | None:
    """Draws the bar and gives the set; None, with the reason on the page, where there is none."""
    _read_link()
    bar = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    title = bar.container(width="content")
    with bar.popover("Choose", icon=":material/tune:", help="What the questions are about"):
        source, seed, count, kinds = _choices()
    bar.button(
        "New set", on_click=_new_seed, icon=":material/casino:", help="Draws another seed", key="exercise_new"
    )
    for problem in st.session_state.get(_PROBLEMS, ()):
        widgets.error(problem, icon=":material/link_off:")
    try:
        kinds_asked = chosen_kinds(_names(kinds))
    except CnnvizError as error:
        widgets.error(
            f"{widgets.sentence(str(error))} Here are all kinds instead.", icon=":material/checklist:"
        )
        kinds_asked = KINDS
    try:
        if source == CHAINS:
            exercises = cached.exercises_on_chains(seed=seed, count=count, kinds=kinds_asked)
        else:
            exercises = cached.exercises_on(*choice.key, seed=seed, count=count, kinds=kinds_asked)
    except CnnvizError as error:
        widgets.error(widgets.sentence(str(error)), icon=":material/quiz:")
        return None
    title.markdown(f"#### {titled(exercises)}")
    counting.stays("What is asked")
    with bar.popover("Share", icon=":material/share:", help="The link, and sheets to print"):
        _share(exercises)
    return exercises


def titled(exercises: ExerciseSet) -> str:
    """What the set is about, as Markdown."""
    return f"{widgets.typeset(exercises.title)}, seed {exercises.seed}"


def _choices() -> tuple[str, int, int, str]:
    """What the questions are about, the seed, how many, and the names of the kinds that are wanted."""
    source = st.segmented_control(
        "Questions on",
        (NETWORK, CHAINS),
        default=NETWORK,
        required=True,
        key=links.FROM,
        bind="query-params",
        on_change=_afresh,
        help="The network above, or chains of a few convolution and pooling layers, made up at random",
    )
    with st.container(horizontal=True):
        seed = _number(
            "Seed", links.SEED, SEED, 0, MOST_SEED, "The same seed, the same questions: say it aloud"
        )
        count = _number("How many", links.COUNT, COUNT, 1, MOST_QUESTIONS, "Questions of a set")
    return source, seed, count, _kinds()


def _number(label: str, name: str, value: int, least: int, most: int, explained: str) -> int:
    return st.number_input(
        label,
        least,
        most,
        value,
        key=name,
        bind="query-params",
        on_change=_afresh,
        help=explained,
        width=140,
    )


def _kinds() -> str:
    """The names of the kinds that are wanted, as the link has them."""
    typed = st.session_state.get(links.KINDS) or st.query_params.get(links.KINDS, "")
    st.session_state[_PICKED] = [kind for kind in KINDS if kind in _names(typed)]
    st.pills(
        "Kinds of questions: all, or those that are picked",
        KINDS,
        selection_mode="multi",
        format_func=lambda kind: LABELS.get(kind, kind),
        key=_PICKED,
        on_change=_kinds_picked,
    )
    named = st.text_input(
        "Their names in links and on the command line",
        key=links.KINDS,
        bind="query-params",
        on_change=_afresh,
        placeholder="all",
    )
    return named or ""


def _names(typed: str) -> list[str]:
    return [name.strip() for name in typed.split(",") if name.strip()]


def _kinds_picked() -> None:
    st.session_state[links.KINDS] = ",".join(st.session_state[_PICKED])
    _afresh()


def _new_seed() -> None:
    before = st.session_state[links.SEED]
    st.session_state[links.SEED] = next(seed for seed in iter(_drawn, None) if seed != before)
    _afresh()


def _drawn() -> int:
    return random.randrange(1, NEW_SEEDS)


def _afresh() -> None:
    """Another set begins at its first question, and what was wrong with the link is mended."""
    st.session_state[links.QUESTION] = 1
    st.session_state.pop(_PROBLEMS, None)


def _read_link() -> None:
    """Notes what a link asks for and cannot have: the widgets only put it right."""
    asked = st.query_params.get(links.COUNT, "")
    count = int(asked) if _whole(asked, 1, MOST_QUESTIONS) else COUNT
    rules: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
        (
            links.SEED,
            f"a seed is a whole number from 0 to {MOST_SEED:,}",
            lambda text: _whole(text, 0, MOST_SEED),
            f"here is seed {SEED}",
        ),
        (
            links.COUNT,
            f"a set has 1 to {MOST_QUESTIONS} questions",
            lambda text: _whole(text, 1, MOST_QUESTIONS),
            f"here are {COUNT}",
        ),
        (
            links.FROM,
            f"exercises are from={NETWORK} or from={CHAINS}",
            lambda text: text in (NETWORK, CHAINS),
            f"here are those on the {NETWORK}",
        ),
        (
            links.QUESTION,
            f"this set has questions 1 to {count}",
            lambda text: _whole(text, 1, count),
            "here is the first",
        ),
    )
    problems = list(_wrong(rules))
    if problems:
        st.session_state[_PROBLEMS] = problems


def _wrong(rules: tuple[tuple[str, str, Callable[[str], bool], str], ...]) -> Iterator[str]:
    """A sentence for each parameter that breaks its rule; the widget then begins with its default."""
    for name, rule, holds, way_out in rules:
        text = st.query_params.get(name)
        if text and not holds(text):
            if name not in st.session_state:
                del st.query_params[name]
            yield f"This link has {name}={text:.30}, but {rule}: {way_out}."


def _whole(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most


def _share(exercises: ExerciseSet) -> None:
    """The link of the set, and its sheets."""
    st.markdown("The link brings everybody these questions:")
    st.code(links.address(links.EXERCISES_PAGE, exercises.link), language=None, wrap_lines=True)
    st.markdown("Question sheet, to hand out:")
    _downloads(exercises, answers=False)
    st.markdown("Answer sheet, for the lecturer. It holds all answers, and everybody can save it here:")
    _downloads(exercises, answers=True)


def _downloads(exercises: ExerciseSet, *, answers: bool) -> None:
    what = "answers" if answers else "questions"
    name, made = f"{file_name(exercises)}-{what}", partial(_sheet, exercises, answers=answers)
    with st.container(horizontal=True, gap="xsmall"):
        for label, form, ending, mime in (
            ("Markdown", "markdown", "md", "text/markdown"),
            ("CSV", "csv", "csv", "text/csv"),
        ):
            save(f"{what.capitalize()} as {label}", f"{name}.{ending}", mime, partial(made, form), menu=False)


def _sheet(exercises: ExerciseSet, form: str, *, answers: bool) -> str:
    return written(exercises, form, answers=answers) + "\n"


def file_name(exercises: ExerciseSet) -> str:
    """`exercises-alexnet@course-seed-7`."""
    link = dict(exercises.link)
    named = (link["net"], link.get("variant")) if "net" in link else (CHAINS,)
    about = "@".join(filter(None, named))  # a model of one's own has no variant
    return f"exercises-{about}-seed-{exercises.seed}"
