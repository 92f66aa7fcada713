"""Exercises: check a person's arithmetic, say what went wrong, and make questions that a seed brings again.

    >>> import cnnviz
    >>> from cnnviz.exercises import check
    >>> conv1 = cnnviz.trace("alexnet").layers[0]
    >>> check(conv1, "parameters", 34848).diagnosis
    'That is (11*11*3) * 96 = 34,848: each of the 96 filters also has a bias.'

No torch, no streamlit: the app's pages and the command line show what comes from here.
"""

from cnnviz.exercises.attempt import Attempt, Progress, given_up, progress, tried
from cnnviz.exercises.diagnosis import QUANTITIES, Verdict, check, right_answers
from cnnviz.exercises.mistake import Mistake
from cnnviz.exercises.question import ExerciseSet, Question, Score, grade, score
from cnnviz.exercises.questions import KINDS, chosen_kinds, from_trace, random_chains
from cnnviz.exercises.sheet import ask, written

__all__ = [
    "KINDS",
    "QUANTITIES",
    "Attempt",
    "ExerciseSet",
    "Mistake",
    "Progress",
    "Question",
    "Score",
    "Verdict",
    "ask",
    "check",
    "chosen_kinds",
    "from_trace",
    "given_up",
    "grade",
    "progress",
    "random_chains",
    "right_answers",
    "score",
    "tried",
    "written",
]
