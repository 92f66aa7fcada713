"""Question sheets, answer sheets, and being asked: what a class and its lecturer hold in their hands."""

from __future__ import annotations

import csv
import io
import json
import shlex
import subprocess
import sys

import pytest

import cnnviz
from cnnviz.exercises import KINDS, ask, from_trace, random_chains, written
from cnnviz.exercises.sheet import answer_text, command
from cnnviz.exercises.typed import number_in
from tests.terminal import run

LENET = from_trace(cnnviz.trace("lenet5"), 7, 8)
CHAINS = random_chains(7, 13)


def succeeded(*arguments: str, typed: str = "") -> str:
    result = run("exercise", *arguments, typed=typed)
    assert result.status == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("form", ["markdown", "csv", "json"])
def test_the_question_sheet_gives_nothing_away(form: str) -> None:
    """Neither workings, nor answers, nor what would be said to wrong ones."""
    for exercises in (LENET, CHAINS):
        text = written(exercises, form)
        for question in exercises.questions:
            assert question.working not in text
            assert not any(mistake.sentence in text for mistake in question.mistakes)
        assert "accepted" not in text
        assert '"answer"' not in text


def test_the_answer_sheet_has_every_step() -> None:
    for exercises in (LENET, CHAINS):
        text = written(exercises, answers=True)
        for number, question in enumerate(exercises.questions, 1):
            assert f"\n{number}. " in text
            assert all(f"`{step}`" in text for step in question.working.split("; "))


def test_the_answer_sheet_names_what_else_is_right() -> None:
    """One more, several more, none: as a person would say it."""
    questions = [q for seed in range(9) for q in random_chains(seed, 13, kinds=("input_size",)).questions]
    for question in questions:
        told, n = answer_text(question), len(question.accepted)
        last = question.right[-1]
        assert told == f"{question.answer}" + (f" or {last}" if n == 1 else f" to {last}" if n else "")
        assert list(question.right) == list(range(question.answer, last + 1))
    assert {len(q.accepted) for q in questions} >= {0, 1, 3}


def test_csv_and_json_hold_the_same() -> None:
    for exercises in (LENET, CHAINS):
        rows = list(csv.DictReader(io.StringIO(written(exercises, "csv", answers=True))))
        data = json.loads(written(exercises, "json", answers=True))
        assert [row["text"] for row in rows] == [question["text"] for question in data["questions"]]
        assert [int(row["answer"]) for row in rows] == [q.answer for q in exercises.questions]
        accepted = [[int(n) for n in row["accepted"].split()] for row in rows]
        assert accepted == [question["accepted"] for question in data["questions"]]
        assert data["seed"] == 7


def test_which_layer_has_most_is_not_told_by_its_number() -> None:
    """The record of such a question names no layer: that is the answer."""
    questions = json.loads(written(CHAINS, "json"))["questions"]
    assert {q["layer"] for q in questions if q["kind"].startswith("most_")} == {None}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seed", "3", "--count", "4"],
        ["lenet5", "--count", "6"],
        ["lenet5", "--count", "4", "--kind", "macs", "--kind", "n_H"],
        ["--count", "3", "--kind", "bottleneck"],
        ["alexnet@paper", "--input", "240x260", "--set", "num_classes=10", "--seed", "9"],
    ],
)
def test_the_command_on_a_sheet_prints_that_sheet_again(arguments: list[str]) -> None:
    text = succeeded(*arguments)
    line = text.splitlines()[-1]
    assert line.startswith("The same set: `cnnviz exercise ")
    again = shlex.split(line.partition("`")[2].rstrip("`"))
    assert succeeded(*again[2:]) == text


def test_a_model_of_one_s_own_keeps_its_input() -> None:
    from torch import nn

    made = cnnviz.trace(nn.Conv2d(1, 4, 3), (1, 20, 20))
    assert command(from_trace(made, 1, 2)) == "cnnviz exercise Conv2d --input 1x20x20 --seed 1 --count 2"


def test_asking_says_right_and_what_went_wrong() -> None:
    """Right, without the biases, an empty line, no number, and the rest not answered."""
    questions = LENET.questions
    parameters = next(i for i, q in enumerate(questions) if q.kind in ("parameters", "total_parameters"))
    lines = [str(q.answer) for q in questions]
    wrong = questions[parameters].mistakes[0]
    lines[parameters] = f"{wrong.value:,}"
    text = succeeded("lenet5", "--seed", "7", "--count", "8", "--ask", typed="\n".join(lines) + "\n")
    assert text.count("Right. ") == 7
    assert f"Not right. {wrong.sentence}" in text
    assert "\n7 of 8 right\n" in text
    assert questions[parameters].working in text.rpartition("right\n")[2]


def test_asking_ends_with_the_input() -> None:
    text = succeeded("--count", "5", "--ask", typed="\nabc\n")
    assert "'abc' is no whole number" in text
    assert "\n0 of 5 right\n" in text
    assert "\n4. " not in text.partition("of 5 right")[0]


def test_a_person_is_asked_again_after_a_slip() -> None:
    said: list[str] = []
    lines = iter(["twelve\n", f"{CHAINS.questions[0].answer}\n", ""])
    result = ask(CHAINS, lambda: next(lines), said.append, patient=True)
    assert result.right == 1
    assert any("'twelve' is no whole number" in text for text in said)


def test_piped_answers_reach_a_real_process() -> None:
    """`cnnviz exercise --ask < answers.txt`, for the whole set."""
    done = subprocess.run(
        [sys.executable, "-m", "cnnviz", "exercise", "--seed", "7", "--count", "13", "--ask"],
        input="".join(f"{question.answer}\n" for question in CHAINS.questions),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\n13 of 13 right\n" in done.stdout


def test_exercises_need_no_torch() -> None:
    """In a process where importing torch, pandas or streamlit fails."""
    code = (
        "import sys\n"
        "for name in ('torch', 'pandas', 'streamlit', 'plotly', 'numpy'): sys.modules[name] = None\n"
        "sys.argv = ['cnnviz', 'exercise', 'googlenet', '--answers']\n"
        "from cnnviz.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "# Exercises on googlenet@paper" in done.stdout


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *((text, 34944) for text in ("34944", " 34,944\n", "34 944", "34_944", "34\u202f944", "34\u00a0944")),
        ("7x7", 7),
        ("\uff13\uff14\uff0c\uff19\uff14\uff14", 34944),
        *((text, None) for text in ("7x8", "", "3.5", "3,5", "34,94", "-3", "\u00b2", "twelve", "9" * 40)),
    ],
)
def test_numbers_as_people_write_them(typed: str, number: int | None) -> None:
    assert number_in(typed) == number


def test_the_help_names_every_kind_of_question() -> None:
    text = " ".join(succeeded("--help").split())
    assert all(f" {kind}" in text for kind in KINDS)


def test_errors_are_one_kind_line() -> None:
    for arguments, says in (
        (["--input", "32"], "--input and --set are about a TARGET"),
        (["lenett"], "did you mean lenet5"),
        (["--count", "0"], "--count"),
        (["--kind", "mac"], "did you mean macs"),
        (["lenet5", "--set", "num_classes"], "option=value"),
    ):
        result = run("exercise", *arguments)
        assert result.status == 2
        assert result.stderr.count("\n") == 1
        assert says in result.stderr
