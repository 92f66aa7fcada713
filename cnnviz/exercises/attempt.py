"""What a person has done with a question so far: numbers that were checked, or the answer looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnnviz.exercises.diagnosis import Verdict
from cnnviz.exercises.question import Question, grade
from cnnviz.exercises.typed import MOST_KEPT, no_number, number_in

MOST_TRIES = 100  # that are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One person's way through one question."""

    typed: str = ""  # as it was checked last
    tries: tuple[int, ...] = ()  # the numbers that were checked, in order
    problem: str = ""  # why what was typed is no number; "" where it is one
    verdict: Verdict | None = None  # on the last number
    shown: bool = False  # the answer was looked at before it was found

    @property
    def right(self) -> bool:
        return self.verdict is not None and self.verdict.correct

    @property
    def first_try(self) -> bool:
        return self.right and len(self.tries) == 1

    @property
    def done(self) -> bool:
        return self.right or self.shown


def tried(before: Attempt, question: Question, typed: str) -> Attempt:
    """The attempt after a text was checked; one that is done stays as it is.

    What is no number does not count as a try, and neither does the same number again.
    """
    if before.done:
        return before
    typed = typed[:MOST_KEPT]
    number = number_in(typed)
    if number is None:
        return replace(before, typed=typed, problem=no_number(typed), verdict=None)
    again = before.tries[-1:] == (number,)
    return Attempt(
        typed=typed,
        tries=before.tries if again else (*before.tries[-MOST_TRIES + 1 :], number),
        verdict=grade(question, number),
    )


def given_up(before: Attempt) -> Attempt:
    """The attempt after the answer was looked at."""
    return before if before.done else replace(before, problem="", verdict=None, shown=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a person is with a set."""

    questions: int
    done: int
    first_try: int
    later: int  # right, but not at first try

    @property
    def text(self) -> str:
        """`3 of 10 done: 2 right at first try, 1 later`."""
        text = f"{self.done} of {self.questions} done: {self.first_try} right at first try"
        return f"{text}, {self.later} later" if self.later else text


def progress(attempts: Iterable[Attempt]) -> Progress:
    """The progress of attempts, one for each question of a set."""
    every = tuple(attempts)
    right, first = sum(one.right for one in every), sum(one.first_try for one in every)
    return Progress(
        questions=len(every), done=sum(one.done for one in every), first_try=first, later=right - first
    )
