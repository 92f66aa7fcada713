"""Exercises: check a person's arithmetic, say what went wrong, and make questions that a seed brings again.

    >>> import cnnviz
    >>> from cnnviz.exercises import check
    >>> conv1 = cnnviz.trace("alexnet").layers[0]
    >>> check(conv1, "parameters", 34848).diagnosis
    'That is (11*11*3) * 96 = 34,848: each of the 96 filters also has a bias.'

No torch, no streamlit: the app's pages and the command line show what comes from here.
"""

from cnnviz.exercises.diagnosis import QUANTITIES, Verdict, check, right_answers
from cnnviz.exercises.mistake import Mistake
from cnnviz.exercises.question import ExerciseSet, Question, Score, grade, score
from cnnviz.exercises.questions import KINDS, from_trace, random_chains
from cnnviz.exercises.sheet import ask, written

__all__ = [
    "KINDS",
    "QUANTITIES",
    "ExerciseSet",
    "Mistake",
    "Question",
    "Score",
    "Verdict",
    "ask",
    "check",
    "from_trace",
    "grade",
    "random_chains",
    "right_answers",
    "score",
    "written",
]
