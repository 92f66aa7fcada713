"""Seeded sets: the same everywhere, and right, by torch and by arithmetic that is read from the text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz import programs
from cnnviz.errors import CnnvizError, OptionError, UnknownNameError
from cnnviz.exercises import KINDS, ExerciseSet, Question, from_trace, grade, random_chains, score
from cnnviz.exercises.chains import Draw, random_chain
from tests.formula_text import worked_out
from tests.question_text import by_torch, chain

CHANNELS = 4  # where a text names none: sizes do not depend on them, and groups divide them
ORACLE = Path(__file__).parent / "oracle" / "worked_examples.json"
NETWORKS = (
    "lenet5",
    "alexnet@paper",
    "vgg16",
    "googlenet",
    "resnet18",
    "resnet50",
    "densenet121",
    "mobilenet_v2",
)
CHAINS = [question for seed in range(40) for question in random_chains(seed, 13).questions]
BOTTLENECK = re.compile(
    r"A convolution with (\d+) filters of (\d+)x\d+, stride 1 and 'same' padding gets (\d+)x\d+x(\d+)\."
    r"(?: A 1x1 convolution with (\d+) filters is put before it\.)?"
)


def test_answers_are_torch_s_own() -> None:
    """Read from the question's text alone, which therefore says all that is needed."""
    checked: set[str] = set()
    for question in CHAINS[:260]:
        right = by_torch(question)
        if right is not None:
            assert question.answer == right, question.text
            checked.add(question.kind)
    alone = {"n_W", "input_size", "smallest_input", "bottleneck"}  # n_W: chains are square
    assert checked == set(KINDS) - alone


def test_input_sizes_are_all_that_work() -> None:
    """By torch, one size after the other."""
    asked = [q for q in CHAINS if q.kind in ("input_size", "smallest_input")]
    assert len(asked) > 40
    for question in asked[:30]:
        net = chain(question.text, CHANNELS).to("meta")
        sizes: dict[int, int] = {}
        for n in range(1, max(question.answer, *question.accepted, 0) + 3):
            try:
                sizes[n] = net(torch.empty(1, CHANNELS, n, n, device="meta")).shape[2]
            except RuntimeError:
                continue
        if question.kind == "smallest_input":
            assert question.answer == min(sizes), question.text
            continue
        wanted = re.search(r"gives (\d+)x", question.text)
        assert wanted
        works = [n for n, size in sizes.items() if size == int(wanted[1])]
        assert works == [question.answer, *question.accepted], question.text
        assert all(grade(question, n).correct for n in works)


def test_a_dilated_window_is_explained() -> None:
    """A 3x3 window with dilation 2 covers 5 elements: its own three and the two between them."""
    asked = [q for q in CHAINS if q.chained and "of 3x3" in q.text and "dilation 2" in q.text]
    assert len(asked) > 5
    for question in asked:
        dilated = [name for name, words in question.layers if "dilation 2" in words]
        for name in dilated:
            assert f"w of {name} = 2*(3 - 1) + 1 = 5; " in question.working


def test_bottlenecks_by_counting() -> None:
    """The formula of the course: positions, times filters, times window, times depth."""
    asked = [q for q in CHAINS if q.kind == "bottleneck"]
    for question in asked:
        found = BOTTLENECK.match(question.text)
        assert found
        filters, f, n, depth = (int(found[i]) for i in range(1, 5))
        direct = n * n * filters * f * f * depth
        both = n * n * (int(found[5]) * depth + filters * f * f * int(found[5])) if found[5] else 0
        saves = "save" in question.text
        assert question.answer == (direct - both if saves else both or direct)
        if saves:
            assert "without the bottleneck" in grade(question, direct).diagnosis
            assert "take together" in grade(question, both).diagnosis


def test_the_course_s_bottleneck_is_among_the_questions() -> None:
    """120,422,400 directly, 12,443,648 by way of 16 channels: the course's worked example."""
    course = json.loads(ORACLE.read_text(encoding="utf-8"))["bottleneck_course"]
    answers = {question.answer for question in CHAINS if question.kind == "bottleneck"}
    direct, total = course["direct_macs"], course["total_macs"]
    assert {direct, total, direct - total} <= answers


def test_the_bottleneck_of_a_real_network() -> None:
    """GoogLeNet's 5x5 branch of inception 3a: 28x28, 192 channels by 16 to 32, as the course has it."""
    sets = (from_trace(cnnviz.trace("googlenet"), seed, 13) for seed in range(8))
    asked = [q for s in sets for q in s.questions if q.kind == "bottleneck"]
    three_a = [q for q in asked if "inception_3a.conv5x5" in q.text]
    assert asked
    assert all(q.answer == 120422400 - 12443648 for q in three_a)


def works_out(question: Question) -> None:
    """Each step of the working, read as text, gives its number; the last gives the answer."""
    *_, last = question.working.split("; ")
    numbers: dict[str, int] = {}
    for step in question.working.split("; "):
        name, *sides = re.sub(r" \([a-z][^()]*\)$", "", step).split(" = ")
        if len(sides) == 2:
            assert worked_out(re.sub(r"(?<=\d),(?=\d{3})", "", sides[0])) == int(sides[1].replace(",", ""))
        if sides:
            numbers[name] = int(sides[-1].replace(",", ""))
    if question.unit == "layer":
        most = max(numbers.values())
        winners = [int(name.split()[1]) for name, value in numbers.items() if value == most]
        assert winners == [question.answer, *question.accepted]
        assert last == f"most: layer {question.answer}"
    else:
        assert numbers[last.split(" = ")[0]] == question.answer


def sound(exercises: ExerciseSet) -> None:
    """What holds of every set."""
    texts = [question.text for question in exercises.questions]
    assert len(set(texts)) == len(texts)
    assert [q.id for q in exercises.questions] == [f"q{i}" for i in range(1, len(texts) + 1)]
    for question in exercises.questions:
        assert question.kind in KINDS
        works_out(question)
        right = {question.answer, *question.accepted}
        assert all(grade(question, value).correct for value in right)
        assert not right & {found.value for found in question.mistakes}
        for found in question.mistakes:
            verdict = grade(question, found.value)
            assert (verdict.correct, verdict.diagnosis) == (False, found.sentence)
        assert grade(question, 987654321987).message == question.hint != ""


@pytest.mark.parametrize("name", NETWORKS)
def test_sets_of_networks_are_sound(name: str) -> None:
    made = cnnviz.trace(name)
    kinds = set()
    for seed in range(2):
        exercises = from_trace(made, seed, 24)
        assert len(exercises.questions) == 24
        sound(exercises)
        kinds |= {question.kind for question in exercises.questions}
    assert {"n_H", "n_C", "parameters", "macs", "input_size", "most_macs"} <= kinds


def test_sets_of_chains_are_sound() -> None:
    for seed in range(10):
        exercises = random_chains(seed, 24)
        assert len(exercises.questions) == 24
        sound(exercises)


@pytest.mark.parametrize("name", [name for name in programs.names() if "@paper" in name][::4])
def test_questions_on_one_layer_ask_for_the_trace_s_numbers(name: str) -> None:
    made = cnnviz.trace(name)
    for question in from_trace(made, 5, 12).questions:
        if question.kind in ("n_H", "n_W", "n_C", "parameters", "macs", "activation_bytes"):
            assert question.layer is not None
            assert question.answer == getattr(made.layers[question.layer], question.kind)


def test_chains_always_work() -> None:
    """Every map is at least 1x1, and the parameters are torch's, for 200 chains."""
    for seed in range(200):
        made = random_chain(Draw(seed), layers=2 + seed % 3, classes=seed % 2 == 0)
        sizes = [layer.n_H for layer in made.layers if layer.n_H is not None]
        assert min(sizes) >= 2
        assert made.parameters == sum(p.numbers for p in made.program.parameters)


def test_the_same_seed_brings_the_same_set_everywhere() -> None:
    """In fresh processes with other hash seeds."""
    code = (
        "import cnnviz; from cnnviz.exercises import *\n"
        "print(repr(random_chains(11, 20))); print(repr(from_trace(cnnviz.trace('googlenet'), 11, 20)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout
        for hash_seed in ("0", "1", "4711")
    }
    here = f"{random_chains(11, 20)!r}\n{from_trace(cnnviz.trace('googlenet'), 11, 20)!r}\n"
    assert outputs == {here}
    assert random_chains(11, 20) != random_chains(12, 20)


def test_draws_use_only_what_python_promises_to_keep() -> None:
    """Seed 1 begins with 0.13436424411240122 in every Python 3: the Mersenne Twister's own number."""
    draw = Draw(1)
    assert draw.below(10**6) == 134364
    assert sorted(draw.shuffled(range(9))) == list(range(9))


def test_ties_are_all_right() -> None:
    """Two equal convolutions take equally many multiplications."""
    net = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1))
    exercises = from_trace(cnnviz.trace(net, (4, 8, 8)), 1, 30)
    (question,) = (q for q in exercises.questions if q.kind == "most_macs")
    assert grade(question, 0).correct
    assert grade(question, 1).correct
    assert not grade(question, 2).correct


def test_score_counts_what_is_right() -> None:
    exercises = random_chains(2, 4)
    right = [question.answer for question in exercises.questions]
    assert score(exercises, right).text == "4 of 4 right"
    partly = score(exercises, [right[0], None, -5])
    assert (partly.right, partly.questions) == (1, 4)
    assert [v and v.correct for v in partly.verdicts] == [True, None, False, None]


def test_the_link_names_the_whole_set() -> None:
    made = cnnviz.trace("alexnet@paper", (3, 240, 260), options={"num_classes": 10})
    exercises = from_trace(made, 7, 5, options={"num_classes": 10})
    assert exercises.query == "net=alexnet&variant=paper&size=240&n_W=260&num_classes=10&seed=7&count=5"
    assert {q.kind for q in from_trace(made, 7, 30).questions} >= {"n_W"}


def test_the_link_of_chains_says_so_and_names_the_kinds() -> None:
    assert random_chains(7, 5).query == "from=chains&seed=7&count=5"
    some = random_chains(7, 5, kinds=("macs", "n_H"))
    assert some.link[-1] == ("kinds", "n_H,macs")


def test_only_the_kinds_that_are_wanted_are_asked() -> None:
    """In whatever order they are named; naming all of them, or none, is the set that names none."""
    lenet = cnnviz.trace("lenet5")
    for make in (random_chains, partial(from_trace, lenet)):
        some = make(3, 12, kinds=("macs", "n_H"))
        assert {question.kind for question in some.questions} == {"n_H", "macs"}
        assert make(3, 12, kinds=["n_H", "macs", "n_H"]) == some
        assert make(3, 12, kinds=reversed(KINDS)) == make(3, 12, kinds=()) == make(3, 12)


def test_kinds_without_a_question_are_told() -> None:
    """Chains are square, so n_W is n_H; LeNet-5 has no 1x1 convolution to save anything."""
    with pytest.raises(UnknownNameError, match="no kind of question 'parameter': did you mean parameters"):
        random_chains(1, kinds=("parameter",))
    with pytest.raises(CnnvizError, match="nothing to ask about n_W: choose other kinds"):
        random_chains(1, kinds=("n_W",))
    with pytest.raises(CnnvizError, match="lenet5@course has nothing to ask about bottleneck"):
        from_trace(cnnviz.trace("lenet5"), 1, kinds=("bottleneck",))


def test_a_batch_changes_nothing() -> None:
    """Exercises are about one image."""
    assert from_trace(cnnviz.trace("lenet5", batch_size=8), 3) == from_trace(cnnviz.trace("lenet5"), 3)


def test_small_networks_have_fewer_questions_and_strange_ones_are_refused() -> None:
    few = from_trace(cnnviz.trace(nn.Linear(3, 2), (3,)), 1, 50).questions
    assert 1 <= len(few) < 10
    with pytest.raises(CnnvizError, match="no layer that an exercise can ask about"):
        from_trace(cnnviz.trace(nn.ReLU(), (3, 4, 4)), 1)
    with pytest.raises(CnnvizError, match="takes 2 inputs"):
        from_trace(cnnviz.trace(nn.Bilinear(3, 4, 5), ((3,), (4,))), 1)
    for seed, count in ((1, 0), (1, 101), (-1, 5)):
        with pytest.raises(OptionError):
            random_chains(seed, count)
