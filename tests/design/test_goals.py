"""Goals: what is asked, and the verdict on a design."""

from __future__ import annotations

import pytest

import cnnviz
from cnnviz.design import Design, built, loads, row
from cnnviz.design.derive import derived
from cnnviz.design.examples import example
from cnnviz.design.goals import GOALS, checks, goal

HEAD = ["global_pool", "flatten"]


def reaches(name: str, design: Design) -> bool:
    found = goal(name)
    assert found is not None
    return all(check.done for check in checks(found, built(design)))


def smaller_lenet(features: int) -> Design:
    lenet = example("lenet5")
    return lenet.having([*lenet.rows[:5], lenet.rows[5].having(features=features), *lenet.rows[6:]])


def test_lenet5_is_just_too_large_and_a_narrower_one_is_not() -> None:
    """Oracle: by hand: 61,706 parameters; with f features 400f + f + 84f + 84 + 3,422: 59,766 at 116."""
    assert not reaches("below 60,000 parameters", example("lenet5"))
    # 2,572 in the convolutions, 401f, 85f - f + 84, 850
    assert [f for f in range(110, 121) if reaches("below 60,000 parameters", smaller_lenet(f))] == [
        f for f in range(110, 121) if 156 + 2416 + 401 * f + 84 * (f + 1) + 850 < 60_000
    ]


def test_every_goal_can_be_reached() -> None:
    """Oracle: networks that are known for it: a pooled stack, ResNet-56, dilation, MobileNetV2."""
    down = [row("conv", {"channels": 32, "kernel": 7, "stride": 2, "padding": 3})]
    down += [row("residual", {"channels": 32 * 2**i, "stride": 2}) for i in range(4)]
    seven = Design(input_shape=(3, 224, 224), rows=(*down, row("conv", {"kernel": 7, "padding": 3})))
    wide = row("conv", {"channels": 24, "padding": 2, "dilation": 2}, repeat=10)
    field = Design(input_shape=(3, 64, 64), rows=(row("conv", {"stride": 4, "padding": 1}), wide))
    known = {
        "below 60,000 parameters": smaller_lenet(100),
        "7x7 within 500 M MACs": seven,
        "50 layers deep": derived(cnnviz.trace("resnet56")),
        "see the whole image": field,
        "fit into a phone": derived(cnnviz.trace("mobilenet_v2")),
    }
    assert set(known) == {found.name for found in GOALS}
    for name, design in known.items():
        assert reaches(name, design), checks(goal(name), built(design))  # type: ignore[arg-type]


@pytest.mark.parametrize("found", GOALS, ids=lambda found: found.name)
def test_nothing_reaches_nothing(found: object) -> None:
    """Oracle: an empty design, and one that does not fit, reach no goal."""
    for design in (Design(), Design(rows=(row("linear"),)), loads(EMPTY)):
        verdicts = checks(found, built(design))  # type: ignore[arg-type]
        assert not all(check.done for check in verdicts)
        assert all(0 <= check.progress <= 1 for check in verdicts)
        assert all(check.progress == 1 for check in verdicts if check.done)


EMPTY = 'name = "n"\ninput = { n_C = 3, n_H = 224, n_W = 224 }\n'


def test_a_verdict_says_how_far_it_is() -> None:
    """Oracle: 61,706 - 59,999."""
    found = goal("below 60,000 parameters")
    assert found is not None
    below = next(check for check in checks(found, built(example("lenet5"))) if "below" in check.demand)
    assert below.demand == "below 60,000 parameters"
    assert below.verdict == "61,706: 1,707 too many"
    assert 0.9 < below.progress < 1
