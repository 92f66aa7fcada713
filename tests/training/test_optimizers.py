"""Optimizers without their classes take the steps of those."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnviz.training.optimizers import SGD, Adam, Optimizer

Pair = tuple[nn.Module, nn.Module]


def twins() -> Pair:
    made = []
    for _ in range(2):
        torch.manual_seed(0)
        made.append(nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(108, 4)))
        made[-1].register_parameter("unused", nn.Parameter(torch.ones(2)))
        made[-1][0].bias.requires_grad_(False)
    return made[0], made[1]


def step(model: nn.Module, optimizer: Optimizer | torch.optim.Optimizer, seed: int) -> None:
    batch = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(seed))
    optimizer.zero_grad()
    model(batch).square().sum().mul(0.01).backward()
    optimizer.step()


CASES: dict[str, tuple[Callable[[nn.Module], Optimizer], Callable[[nn.Module], torch.optim.Optimizer]]] = {
    "sgd": (
        lambda m: SGD(m.parameters(), rate=0.05, momentum=0.0, decay=0.0),
        lambda m: torch.optim.SGD(m.parameters(), lr=0.05),
    ),
    "momentum": (
        lambda m: SGD(m.parameters(), rate=0.05, momentum=0.9, decay=0.0),
        lambda m: torch.optim.SGD(m.parameters(), lr=0.05, momentum=0.9),
    ),
    "momentum and decay": (
        lambda m: SGD(m.parameters(), rate=0.05, momentum=0.9, decay=0.1),
        lambda m: torch.optim.SGD(m.parameters(), lr=0.05, momentum=0.9, weight_decay=0.1),
    ),
    "adam": (
        lambda m: Adam(m.parameters(), rate=0.01, decay=0.0),
        lambda m: torch.optim.Adam(m.parameters(), lr=0.01),
    ),
    "adam and decay": (
        lambda m: Adam(m.parameters(), rate=0.01, decay=0.1),
        lambda m: torch.optim.Adam(m.parameters(), lr=0.01, weight_decay=0.1),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_thirty_steps_lead_where_torchs_lead(case: str) -> None:
    """Oracle: torch.optim; one parameter is frozen and one has no part in the loss."""
    ours, theirs = twins()
    made, other = CASES[case][0](ours), CASES[case][1](theirs)
    before = [p.clone() for p in ours.parameters()]
    for seed in range(30):
        step(ours, made, seed)
        step(theirs, other, seed)
    for mine, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(mine, expected, rtol=1e-5, atol=1e-7)
    moved = [not torch.equal(p, b) for p, b in zip(ours.parameters(), before, strict=True)]
    assert moved == [False, True, False, True, True, True, True]  # the unused one comes first


@pytest.mark.parametrize("case", ["momentum", "adam"])
def test_a_saved_optimizer_goes_on_as_if_nothing_had_been(case: str) -> None:
    """Oracle: the one that was not interrupted, to the last bit."""
    whole, cut = twins()
    first, second = CASES[case][0](whole), CASES[case][0](cut)
    for seed in range(6):
        step(whole, first, seed)
    for seed in range(3):
        step(cut, second, seed)
    file = io.BytesIO()
    torch.save([cut.state_dict(), second.state_dict()], file)
    weights, state = torch.load(io.BytesIO(file.getvalue()), weights_only=True)
    again, _ = twins()
    again.load_state_dict(weights)
    third = CASES[case][0](again)
    third.load_state_dict(state)
    for seed in range(3, 6):
        step(again, third, seed)
    for mine, expected in zip(again.parameters(), whole.parameters(), strict=True):
        assert torch.equal(mine, expected)


def test_training_does_not_load_torchs_compiler_nor_scikit_learn() -> None:
    """Oracle: the modules of a new process; each of the two takes it as long as torch itself."""
    code = (
        "import sys; from cnnviz.training.worker import _warm_up; _warm_up(); "
        "print([name for name in ('torch._dynamo', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
