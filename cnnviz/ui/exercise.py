"""The quiz: one question at a time, checked in place; a step and a check run this fragment alone."""

from __future__ import annotations

import streamlit as st

from cnnviz.card.working import with_formulas, working_latex
from cnnviz.exercises import Attempt, ExerciseSet, Question, given_up, progress, tried
from cnnviz.exercises.sheet import answer_text
from cnnviz.ui import links, widgets
from cnnviz.ui.answer_field import answer_field

_ATTEMPTS = "exercise_attempts"  # by the set's link, by the question's place
_AT = "exercise_at"  # the question that was drawn last, or is about to be
MOST_SETS = 20  # that are remembered
READABLE = 780  # pixels: a line that the eye follows
MARKS = {
    "": "{n}",
    "right": ":green[{n}:material/check:]",
    "wrong": ":orange[{n}:material/close:]",
    "shown": "{n}:material/visibility:",
}


@st.fragment
def quiz(exercises: ExerciseSet) -> None:
    """Asks the questions of a set one after the other."""
    with st.container(width=READABLE):
        number = _stepper(exercises)
        st.markdown(_marks(exercises, number))
        question, attempt = exercises.questions[number - 1], _attempts(exercises)[number - 1]
        st.container(key="exercise_question").markdown(_asked(question), anchors=False)
        _field(exercises, number, attempt)
        if not attempt.done:
            _show_button(exercises, number)
        _verdict(question, attempt)
        if attempt.done:
            _explore_link(exercises, question)
        _results(exercises)


@st.fragment
def presented(exercises: ExerciseSet) -> None:
    """One question in type for a projector; the answer appears beside it, so that nothing moves."""
    number = _stepper(exercises)
    question, attempt = exercises.questions[number - 1], _attempts(exercises)[number - 1]
    left, right = st.columns(2, gap="medium")
    left.markdown(_asked_large(question), anchors=False)
    with right:
        if attempt.done:
            _answer(question, attempt, level="# ", size=r"\large ")
            _explore_link(exercises, question)
        else:
            _show_button(exercises, number, shortcut="Enter")


def _attempts(exercises: ExerciseSet) -> list[Attempt]:
    """What this visitor has done with the set so far, question by question."""
    every = st.session_state.setdefault(_ATTEMPTS, {})
    if exercises.query not in every:
        every[exercises.query] = [Attempt() for _ in exercises.questions]
        for oldest in list(every)[:-MOST_SETS]:
            del every[oldest]
    attempts: list[Attempt] = every[exercises.query]
    return attempts


def _stepper(exercises: ExerciseSet) -> int:
    """Steps through the questions; gives the number of the one to ask."""
    last = len(exercises.questions)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button("Previous", on_click=_step, args=(-1, last), shortcut="Left", key="exercise_previous")
        st.button("Next", on_click=_step, args=(1, last), shortcut="Right", key="exercise_next")
        number = st.number_input(
            "Question",
            1,
            max(last, 2),
            1,
            key=links.QUESTION,
            bind="query-params",
            label_visibility="collapsed",
            width=76,
        )
        number = st.session_state[_AT] = min(int(number), last)
        st.markdown(f"of {last}", width="content")
    return number


def _marks(exercises: ExerciseSet, number: int) -> str:
    """How each question went, by its number and a sign; the one that is asked is in bold."""
    return " &ensp; ".join(
        MARKS[_mark(attempt)].format(n=f"**{n}**" if n == number else n)
        for n, attempt in enumerate(_attempts(exercises), 1)
    )


def _mark(attempt: Attempt) -> str:
    if attempt.right:
        return "right"
    return "shown" if attempt.shown else "wrong" if attempt.tries else ""


def _step(by: int, last: int) -> None:
    """One question on from the last one, which a browser that is asked quickly has not heard of yet."""
    at = min(max(st.session_state[_AT] + by, 1), last)
    st.session_state[links.QUESTION] = st.session_state[_AT] = at


def _asked(question: Question) -> str:
    """The question as Markdown; layers one below the other, as a chain is drawn on the board."""
    lead, layers = _given(question)
    sign = "1." if question.chained else "-"
    listed = "\n".join(f"{sign} {layer}" for layer in layers)
    return f"{lead}\n\n{listed}\n\n##### {widgets.typeset(question.asked)}"


def _asked_large(question: Question) -> str:
    """The same for a projector: what is given is one heading of several lines, which takes the least room."""
    lead, layers = _given(question)
    sign = "→" if question.chained else "•"
    given = "\\\n".join([lead, *(f"{sign} {layer}" for layer in layers)])
    return f"{given}\n---\n\n# {widgets.typeset(question.asked)}"


def _given(question: Question) -> tuple[str, list[str]]:
    lead = f"{widgets.typeset(question.lead)}{':' if question.layers else ''}"
    return lead, [f"`{name}` {widgets.typeset(words)}" for name, words in question.layers]


def _field(exercises: ExerciseSet, number: int, attempt: Attempt) -> None:
    question = exercises.questions[number - 1]
    to = _next_open(exercises, number)
    unit = "" if question.unit == "layer" else question.unit
    answer_field(
        str(question.answer) if attempt.shown else attempt.typed,
        key="exercise_answer",
        of=f"cnnviz {exercises.query} {question.id}",
        label="Number of the layer" if question.unit == "layer" else "Your answer",
        unit=unit,
        action="Check" if not attempt.done else f"Question {to}" if to else "",
        done=attempt.done,
        wrong=bool(attempt.problem or attempt.tries) and not attempt.done,
        on_entered=lambda typed: _entered(exercises, number, typed),
    )


def _show_button(exercises: ExerciseSet, number: int, *, shortcut: str | None = None) -> None:
    st.button(
        "Show the answer",
        on_click=_give_up,
        args=(exercises, number),
        key="exercise_show",
        shortcut=shortcut,
    )


def _entered(exercises: ExerciseSet, number: int, typed: str) -> None:
    """Checks what was typed; where nothing is left to check, goes on."""
    attempts = _attempts(exercises)
    if attempts[number - 1].done:
        to = _next_open(exercises, number)
        if to:
            _step(to - number, len(attempts))
        return
    attempts[number - 1] = tried(attempts[number - 1], exercises.questions[number - 1], typed)


def _give_up(exercises: ExerciseSet, number: int) -> None:
    attempts = _attempts(exercises)
    attempts[number - 1] = given_up(attempts[number - 1])


def _next_open(exercises: ExerciseSet, number: int) -> int:
    """The next question that is not done, from this one on and around; 0 where all are."""
    attempts = _attempts(exercises)
    order = [*range(number + 1, len(attempts) + 1), *range(1, number)]
    return next((n for n in order if not attempts[n - 1].done), 0)


def _verdict(question: Question, attempt: Attempt) -> None:
    if attempt.problem:
        widgets.error(attempt.problem, icon=":material/keyboard:")
    elif attempt.done:
        _answer(question, attempt, level="##### ")
    elif attempt.verdict:
        said = with_formulas(attempt.verdict.message)
        st.warning(f"**{attempt.tries[-1]:,} is not right.** {said}", icon=":material/close:")


def _answer(question: Question, attempt: Attempt, *, level: str, size: str = "") -> None:
    """The answer, and how it is worked out."""
    head = "Right" if attempt.right else "The answer"
    lines = [f"${size}{line}$" for line in working_latex(question.working)]
    right = widgets.typeset(answer_text(question))
    st.markdown("\n\n".join([f"{level}{head}: {right}", *lines]), anchors=False)


def _explore_link(exercises: ExerciseSet, question: Question) -> None:
    """The way to the layer that was asked about, in another tab: this one keeps the question."""
    network = [(name, value) for name, value in exercises.link if name not in links.EXERCISES]
    if question.layer is not None and network:
        st.link_button(
            f"Layer {question.layer} in Explore",
            links.address("explore", [*network, (links.LAYER, str(question.layer))]),
            icon=":material/open_in_new:",
        )


def _results(exercises: ExerciseSet) -> None:
    """The score, and all answers with their working once all are done; before, those that are."""
    went = progress(_attempts(exercises))
    if went.done == 0:
        return
    if went.done < went.questions:
        so_far = st.expander(went.text, key="exercise_results", on_change="rerun")
        if so_far.open:
            so_far.markdown(_answers(exercises))
    else:
        st.divider()
        st.markdown(f"### {went.first_try} of {went.questions} right at first try", anchors=False)
        if went.later:
            st.markdown(f"{went.later} more after another try.")
        st.markdown(_answers(exercises))


def _answers(exercises: ExerciseSet) -> str:
    """The questions that are done, as a list."""
    pairs = zip(exercises.questions, _attempts(exercises), strict=True)
    return "\n".join(_result(n, *pair) for n, pair in enumerate(pairs, 1) if pair[1].done)


def _result(n: int, question: Question, attempt: Attempt) -> str:
    """One question of the list: what was asked, what is right, how it is worked out, what was tried."""
    first = "" if attempt.first_try or not attempt.tries else f" You first had {attempt.tries[0]:,}."
    mark = MARKS[_mark(attempt)].format(n="")
    lines = [
        f"{n}. {mark} {widgets.typeset(question.text)}",
        f"**{widgets.typeset(answer_text(question))}**.{first}",
        *(f"${line}$" for line in working_latex(question.working)),
    ]
    indent = " " * (len(str(n)) + 2)
    return f"\n\n{indent}".join(lines) + "\n"
