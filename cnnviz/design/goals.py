"""Goals to design for, as data, and how far a design is from each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnviz.design.built import Built, sized


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a design should be; None where it may be anything."""

    name: str  # in links and in the list of goals
    title: str
    why: str  # what it teaches, one sentence
    input_shape: tuple[int, int, int]
    classes: int | None = None  # a vector of so many at the end
    map_side: int | None = None  # a map of this size at the end
    parameters_below: int | None = None
    most_macs: int | None = None
    least_depth: int | None = None  # layers with weights
    least_field: int | None = None  # receptive field at the end, in pixels of the input


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One demand of a goal, and how a design stands to it."""

    demand: str  # "below 60,000 parameters"
    verdict: str  # "61,706: 1,706 too many"
    done: bool
    progress: float  # 0 to 1; 1 where it is done


GOALS: tuple[Goal, ...] = (
    Goal(
        name="below 60,000 parameters",
        title="32x32x1 to 10 classes below 60,000 parameters",
        why="LeNet-5 has 61,706, most of them in its first fully connected layer",
        input_shape=(1, 32, 32),
        classes=10,
        parameters_below=60_000,
    ),
    Goal(
        name="7x7 within 500 M MACs",
        title="224x224x3 to 7x7 with at most 500 M MACs, each output seeing 200 pixels",
        why="Early layers are expensive: their maps are large",
        input_shape=(3, 224, 224),
        map_side=7,
        most_macs=500_000_000,
        least_field=200,
    ),
    Goal(
        name="50 layers deep",
        title="32x32x3 to 10 classes, 50 layers deep, below 1 M parameters",
        why="Depth need not cost parameters where maps have few channels",
        input_shape=(3, 32, 32),
        classes=10,
        parameters_below=1_000_000,
        least_depth=50,
    ),
    Goal(
        name="see the whole image",
        title="64x64x3 to 16x16, each output seeing the whole image, below 100,000 parameters",
        why="Strides, pooling and dilation make receptive fields grow faster than more layers do",
        input_shape=(3, 64, 64),
        map_side=16,
        least_field=64,
        parameters_below=100_000,
    ),
    Goal(
        name="fit into a phone",
        title="224x224x3 to 1,000 classes below 5 M parameters, with at most 600 M MACs",
        why="MobileNet's aim: AlexNet has 62 M parameters",
        input_shape=(3, 224, 224),
        classes=1000,
        parameters_below=5_000_000,
        most_macs=600_000_000,
        least_depth=20,
    ),
)


def goal(name: str) -> Goal | None:
    return next((goal for goal in GOALS if goal.name == name), None)


def checks(goal: Goal, made: Built) -> tuple[Check, ...]:
    """Each demand of the goal with a verdict on the design."""
    return tuple(_checks(goal, made))


def _checks(goal: Goal, made: Built) -> Iterator[Check]:
    started = bool(made.costs)
    shape = made.design.input_shape
    yield Check(
        demand=f"takes {sized(goal.input_shape)}",
        verdict="it does"
        if shape == goal.input_shape
        else f"it takes {sized(shape)}: change the input above",
        done=shape == goal.input_shape,
        progress=float(shape == goal.input_shape),
    )
    if made.problem:
        yield Check(
            demand="all rows fit together",
            verdict=f"row {made.problem.row + 1} does not",
            done=False,
            progress=len(made.costs) / len(made.design.rows),
        )
    end = made.output_shape
    if goal.classes:
        yield _ends(f"ends with {goal.classes:,} classes", end == (goal.classes,), made)
    if goal.map_side:
        side = goal.map_side
        yield _ends(f"ends with a map of {side}x{side}", end[1:] == (side, side) and started, made)
    if goal.parameters_below:
        below = goal.parameters_below
        yield _most(f"below {below:,} parameters", made.parameters, below - 1, started)
    if goal.most_macs:
        yield _most(f"at most {goal.most_macs:,} MACs", made.macs, goal.most_macs, started)
    if goal.least_depth:
        yield _least("layers with weights", made.trace.weight_layers if started else 0, goal.least_depth)
    if goal.least_field:
        layers = made.trace.layers
        field = min(layers[-1].receptive_field or (0,)) if layers else 1
        yield _least("pixels of receptive field", field, goal.least_field)


def _ends(demand: str, done: bool, made: Built) -> Check:
    verdict = "it does" if done else f"so far with {sized(made.output_shape)}"
    return Check(demand=demand, verdict=verdict, done=done and not made.problem, progress=float(done))


def _most(demand: str, count: int, most: int, started: bool) -> Check:
    fits = count <= most
    verdict = f"{count:,}: {most - count:,} to spare" if fits else f"{count:,}: {count - most:,} too many"
    done = fits and started
    return Check(
        demand=demand,
        verdict=verdict,
        done=done,
        progress=1.0 if done else min(1.0, most / count) if count else 0.0,
    )


def _least(what: str, count: int, least: int) -> Check:
    done = count >= least
    verdict = f"{count:,}" if done else f"{count:,}: {least - count:,} to go"
    return Check(
        demand=f"at least {least:,} {what}", verdict=verdict, done=done, progress=min(1.0, count / least)
    )
