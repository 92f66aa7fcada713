"""What an exercise is: questions with their answers, the wrong answers known, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from cnnviz.exercises.diagnosis import Verdict, judged
from cnnviz.exercises.mistake import Mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, with all that is needed to work it out by hand."""

    id: str = ""  # "q1", "q2", ... in the order of the set; "" before it is in one
    kind: str  # one of questions.KINDS
    lead: str  # what is given: sentences, or the opening of a list of layers
    layers: tuple[tuple[str, str], ...] = ()  # that list: names, and what each layer is
    chained: bool = False  # each layer of the list gets what the one before it makes
    asked: str  # the sentence that asks
    unit: str  # of the answer: "parameters", "pixels", "layer"; "" for plain sizes
    answer: int
    working: str  # steps `name = arithmetic = number`, the last one gives the answer
    layer: int | None = None  # the trace's layer that is asked about
    accepted: tuple[int, ...] = ()  # other answers that are right too
    mistakes: tuple[Mistake, ...] = ()  # wrong answers that can be explained, the most likely first
    hint: str = ""  # what to think of where none of these fits

    @property
    def text(self) -> str:
        """The whole question in one paragraph."""
        if self.chained:
            given = f"{self.lead}: {', then '.join(f'{name} ({words})' for name, words in self.layers)}."
        elif self.layers:
            given = f"{self.lead}. {'; '.join(f'{name}: {words}' for name, words in self.layers)}."
        else:
            given = self.lead
        return f"{given} {self.asked}"

    @property
    def right(self) -> tuple[int, ...]:
        """Every right answer."""
        return (self.answer, *self.accepted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseSet:
    """Questions that the same seed always brings again."""

    seed: int
    title: str
    questions: tuple[Question, ...]
    link: tuple[tuple[str, str], ...]  # names and values that the address bar and the command line carry

    @property
    def query(self) -> str:
        """The link as an address has it: `net=alexnet&variant=course&size=227&seed=7&count=10`."""
        return urlencode(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a set went."""

    right: int
    questions: int
    verdicts: tuple[Verdict | None, ...]  # None: not answered

    @property
    def text(self) -> str:
        """`7 of 10 right`."""
        return f"{self.right} of {self.questions} right"


def grade(question: Question, given: int) -> Verdict:
    """The verdict on an answer, with a diagnosis where the number gives one away."""
    return judged(
        given,
        question.right,
        formula=question.working,
        mistakes=question.mistakes,
        hint=question.hint,
    )


def score(exercises: ExerciseSet, given: Sequence[int | None]) -> Score:
    """The verdicts on a set's answers in order; None and what is missing count as not answered."""
    answers = [*given, *(None for _ in exercises.questions)]
    verdicts = tuple(
        None if answer is None else grade(question, answer)
        for question, answer in zip(exercises.questions, answers, strict=False)
    )
    right = sum(1 for verdict in verdicts if verdict is not None and verdict.correct)
    return Score(right=right, questions=len(exercises.questions), verdicts=verdicts)
