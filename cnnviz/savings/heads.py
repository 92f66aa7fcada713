"""The end of a network: fully connected layers against an average over the whole map."""

from __future__ import annotations

from cnnviz.formulas import Formula, Term
from cnnviz.formulas.rule import NUMBER
from cnnviz.savings.options import BIAS, input_of, volume, whole
from cnnviz.savings.path import (
    Path,
    Step,
    convolution,
    flatten,
    fully_connected,
    global_average,
    pointwise,
)
from cnnviz.savings.trick import BreakEven, Source, Trick, Values

ENDS = Formula("v + K", products="v")


def _head(v: Values) -> tuple[Path, Path, Path]:
    C, n_H, n_W = x = input_of(v)
    bias, classes = bool(v["bias"]), v["classes"]
    steps: list[Step] = [flatten("flatten")]
    features = C * n_H * n_W
    for i in range(v["hidden_layers"]):
        steps.append(fully_connected(f"fc{i + 1}", v["units"], features, bias=bias))
        features = v["units"]
    steps.append(fully_connected("classes", classes, features, bias=bias))
    maps = (convolution("classes", pointwise(classes, C, bias=bias)), global_average("average"))
    last = (global_average("average"), flatten("flatten"), fully_connected("classes", classes, C, bias=bias))
    return (
        Path(title="fully connected", input_shape=x, stem=tuple(steps)),
        Path(title="one map a class, averaged (NiN)", input_shape=x, stem=(*maps, flatten("flatten"))),
        Path(title="averaged, then one layer (GoogLeNet, ResNet)", input_shape=x, stem=last),
    )


def _head_even(v: Values) -> BreakEven:
    if not v["hidden_layers"]:
        return BreakEven(
            words="There is none: one layer on all positions and one map a class take the same "
            "multiplications whatever the sizes, but the layer has a weight for each position"
        )
    x = input_of(v)
    return BreakEven(
        words="Up to this many hidden units, the fully connected layers take no more than one map a class",
        square=Term(NUMBER, (1,)) if v["hidden_layers"] == 2 else None,
        linear=Term(ENDS, (x, v["classes"])),
        against=Term(NUMBER, (_head(v)[1].trace().macs,)),
    )


HEAD = Trick(
    name="head",
    title="global average instead of fully connected",
    lines=("fully connected", "NiN", "GoogLeNet, ResNet"),
    idea="The last maps are averaged, one number a channel, instead of being connected position by position.",
    pays="It pays in parameters above all: nothing has a weight for each position of the map any more.",
    sources=(Source("Lin et al. 2013, Network In Network, section 3.2", "https://arxiv.org/abs/1312.4400"),),
    options=(
        *volume(7, 512),
        whole("hidden_layers", 2, 0, 2, "Fully connected layers before the last one"),
        whole("units", 4096, 1, 8192, "Numbers that each of them makes"),
        whole("classes", 1000, 1, 4096, "Numbers that come out"),
        BIAS,
    ),
    main="units",
    paths=_head,
    break_even=_head_even,
    labels={"hidden_layers": "Hidden layers", "units": "Hidden units", "classes": "Classes"},
)
