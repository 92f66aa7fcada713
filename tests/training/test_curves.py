"""Curves from records."""

from __future__ import annotations

import csv
import io
import math
import statistics

import pytest

from cnnviz.training.curves import (
    History,
    curves_csv,
    described,
    groups,
    points,
    profiles,
    seconds_left,
    smoothed,
)
from cnnviz.training.records import Epoch, Norms, Step
from cnnviz.training.settings import settings
from cnnviz.training.store import Run


def epoch(number: int, error: float, *, seconds: float = 0.0) -> Epoch:
    return Epoch(
        step=20 * number,
        epoch=float(number),
        seconds=seconds or float(number),
        train_loss=error / 40,
        train_error=error,
        test_loss=error / 30,
        test_error=error + 1,
    )


def run(number: int, seed: int = 0, *, label: str = "", status: str = "done", **options: object) -> Run:
    return Run(
        id=number,
        settings=settings("plain_convolutions", seed=seed, **options),
        preset="",
        label=label,
        note="",
        owner="somebody",
        status=status,  # type: ignore[arg-type]
        message="",
        worker="host:1:abc",
        estimate=0.0,
        created=100.0,
        started=100.0,
        ended=None,
        versions={},
    )


def test_a_point_is_the_mean_and_the_sample_deviation_over_seeds() -> None:
    """Oracle: by hand, (4 + 8 + 9) / 3 = 7, and sqrt((9 + 1 + 4) / 2) = sqrt(7)."""
    found = points([[epoch(1, e, seconds=s)] for e, s in ((4, 1), (8, 2), (9, 6))], "train_error")
    assert len(found) == 1
    assert found[0][:3] == (20, 1.0, 3.0)
    assert found[0].mean == pytest.approx(7)
    assert found[0].spread == pytest.approx(math.sqrt(7))
    assert found[0].runs == 3


def test_a_seed_that_is_behind_counts_where_it_has_come() -> None:
    found = points([[epoch(0, 90), epoch(1, 50)], [epoch(0, 80)]], "test_error")
    assert [(p.epoch, p.mean, p.runs) for p in found] == [(0, 86, 2), (1, 51, 1)]
    assert found[1].spread == 0


def test_what_is_no_number_is_in_no_mean() -> None:
    broken = epoch(1, math.nan)
    found = points([[epoch(0, 90), broken], [epoch(0, 90), epoch(1, 10)]], "train_error")
    assert [(p.mean, p.runs) for p in found] == [(90, 2), (10, 1)]


def test_steps_and_epochs_are_different_curves() -> None:
    records = [epoch(0, 90), Step(step=7, epoch=0.3, seconds=1.0, loss=2.0), epoch(1, 50)]
    assert [p.mean for p in points([records], "loss")] == [2.0]
    assert [p.step for p in points([records], "train_loss")] == [0, 20]


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9])
def test_smoothing_is_a_weighted_mean_of_what_came(weight: float) -> None:
    """Oracle: the weighted mean written out; a level curve stays level."""
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    for i, smooth in enumerate(smoothed(values, weight)):
        weights = [weight ** (i - k) for k in range(i + 1)]
        assert smooth == pytest.approx(
            sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights)
        )
    assert list(smoothed([2.0] * 4, weight)) == pytest.approx([2.0] * 4)


def test_norms_are_averaged_on_the_logarithmic_axis() -> None:
    """Oracle: sqrt(1e-4 * 1e-2) = 1e-3; an underflow has no place on the axis."""

    def norms(first: float, last: float) -> Norms:
        return Norms(
            step=0,
            epoch=0.0,
            seconds=0.0,
            layers=("a", "b"),
            gradients=(first, last),
            activations=(1.0, 1.0),
        )

    found = profiles([[norms(1e-4, 0.0)], [norms(1e-2, 1.0)]], "gradients")
    assert len(found) == 1
    assert found[0].layers == ("a", "b")
    assert found[0].values[0] == pytest.approx(1e-3)
    assert found[0].values[1] is None


def test_runs_of_one_curve_differ_in_their_seed_alone() -> None:
    histories = [
        History(run=run(1, seed=0)),
        History(run=run(2, seed=0, epochs=3)),
        History(run=run(3, seed=1)),
    ]
    found = groups(histories)
    assert [[h.run.id for h in group.histories] for group in found] == [[1, 3], [2]]
    assert len({group.label for group in found}) == 2


def test_two_curves_never_have_one_label() -> None:
    found = groups([History(run=run(1, label="mine")), History(run=run(2, label="mine", epochs=3))])
    assert [group.label for group in found] == ["mine (run 1)", "mine (run 2)"]


def test_runs_without_a_name_say_in_what_they_differ() -> None:
    """Oracle: by hand; 0.02 is the declared default."""
    found = groups(
        [
            History(run=run(1)),
            History(run=run(2, learning_rate=0.1)),
            History(run=run(3, label="mine", epochs=3)),
        ]
    )
    assert [group.label for group in found] == ["learning rate 0.02", "learning rate 0.1", "mine"]


def test_a_run_without_a_name_says_what_was_changed() -> None:
    said = described(settings("resnet20", network_options={"depth": 8}, epochs=3, learning_rate=0.005))
    assert said == "resnet20, depth 8, epochs 3, learning rate 0.005"


def test_what_is_left_goes_by_what_was() -> None:
    """Oracle: 2 of 8 epochs in 10 seconds leave 30."""
    going = History(run=run(1, status="running"), records=(epoch(2, 50),))
    assert seconds_left(going, now=110.0) == pytest.approx(30)
    assert seconds_left(History(run=run(1, status="running")), now=110.0) is None


def test_a_file_of_curves_holds_means_and_spreads() -> None:
    """Oracle: Python's own reader, and statistics.stdev; a name that begins like a formula stays a text."""
    histories = [
        History(run=run(1, label="=1+1"), records=(epoch(0, 90), epoch(1, 50))),
        History(run=run(2, seed=1, label="=1+1"), records=(epoch(0, 70), epoch(1, math.inf))),
    ]
    rows = [row for row in csv.DictReader(io.StringIO(curves_csv(histories))) if row["step"] == "0"]
    error = next(row for row in rows if row["measure"] == "train_error")
    assert error["curve"] == "'=1+1"
    assert float(error["mean"]) == 80
    assert float(error["spread"]) == pytest.approx(statistics.stdev([90, 70]))
    assert error["runs"] == "2"
