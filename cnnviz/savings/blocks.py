"""Whole blocks against their plain form: residual, ResNeXt, fire and inception."""

from __future__ import annotations

from cnnviz.formulas import Formula, Shape, Term
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.formulas.rule import NUMBER
from cnnviz.savings.options import (
    BIAS,
    MOST_WIDTH,
    direct,
    input_of,
    switch,
    volume,
    whole,
)
from cnnviz.savings.path import Lane, Path, Step, convolution, max_pool, pointwise, window
from cnnviz.savings.trick import BreakEven, Source, Trick, Values

# One more channel inside a block costs what its two 1x1 convolutions do with it, and its window.
TWICE = Formula("2*P*C*g", products="P")
WINDOW = Formula("P*f*g", products="P f")
SQUEEZED = Formula("P*(C + a + f*b)", products="P f")
REDUCED = Formula("P*(C + f*n)", products="P f")
BRANCH = Formula("floor(f*C*n / (C + f*n))", products="f")
_SUM = Formula("b", sums="b")


def _three(n: int, C: int, *, groups: int = 1, bias: bool) -> ConvArguments:
    """A 3x3 convolution that keeps height and width."""
    return window(n, C, (3, 3), padding=(1, 1), groups=groups, bias=bias)


def _residual(title: str, x: Shape, steps: tuple[Step, ...]) -> Path:
    return Path(title=title, input_shape=x, lanes=(Lane("residual", steps), Lane("shortcut", ())), join="add")


def _bottleneck_block(x: Shape, width: int, *, groups: int = 1, bias: bool) -> Path:
    C = x[0]
    steps = (
        convolution("conv1", pointwise(width, C, bias=bias)),
        convolution("conv2", _three(width, width, groups=groups, bias=bias)),
        convolution("conv3", pointwise(C, width, bias=bias)),
    )
    grouped = f" in {groups} groups" if groups > 1 else ""
    return _residual(f"bottleneck block, {width} inside{grouped}", x, steps)


def _resnet(v: Values) -> tuple[Path, Path]:
    x, bias = input_of(v), bool(v["bias"])
    C = x[0]
    basic = (
        convolution("conv1", _three(C, C, bias=bias)),
        convolution("conv2", _three(C, C, bias=bias)),
    )
    return _residual(f"basic block, {C} channels", x, basic), _bottleneck_block(x, v["width"], bias=bias)


def _resnet_even(v: Values) -> BreakEven:
    x = input_of(v)
    return BreakEven(
        words="Up to this many channels inside, the bottleneck block takes no more than the basic one",
        square=Term(WINDOW, (x[1:], (3, 3), 1)),
        linear=Term(TWICE, (x[1:], x[0], 1)),
        against=Term(NUMBER, (_resnet(v)[0].trace().macs,)),
    )


def _resnext(v: Values) -> tuple[Path, Path]:
    x, bias = input_of(v), bool(v["bias"])
    plain = _bottleneck_block(x, v["width"], bias=bias)
    return plain, _bottleneck_block(x, v["groups"] * v["group_width"], groups=v["groups"], bias=bias)


def _resnext_even(v: Values) -> BreakEven:
    x, g = input_of(v), v["groups"]
    return BreakEven(
        words="Up to this many channels a group, the grouped block takes no more than the plain one",
        square=Term(WINDOW, (x[1:], (3, 3), g)),
        linear=Term(TWICE, (x[1:], x[0], g)),
        against=Term(NUMBER, (_resnext(v)[0].trace().macs,)),
    )


def _fire_path(x: Shape, squeeze: int, ones: int, threes: int, *, bias: bool) -> Path:
    return Path(
        title=f"fire module, squeezed to {squeeze}",
        input_shape=x,
        stem=(convolution("squeeze", pointwise(squeeze, x[0], bias=bias)),),
        lanes=(
            Lane("1x1", (convolution("expand1x1", pointwise(ones, squeeze, bias=bias)),)),
            Lane("3x3", (convolution("expand3x3", _three(threes, squeeze, bias=bias)),)),
        ),
    )


def _fire(v: Values) -> tuple[Path, Path]:
    x, bias = input_of(v), bool(v["bias"])
    plain = direct(x, _three(v["expand1x1"] + v["expand3x3"], x[0], bias=bias))
    return plain, _fire_path(x, v["squeeze"], v["expand1x1"], v["expand3x3"], bias=bias)


def _fire_even(v: Values) -> BreakEven:
    x = input_of(v)
    return BreakEven(
        words="Up to this many squeezed channels, the module takes no more than a 3x3 layer",
        linear=Term(SQUEEZED, (x[1:], x[0], v["expand1x1"], (3, 3), v["expand3x3"])),
        against=_fire(v)[0].trace().layers[0].macs_term,
    )


def _replace_by_fire(x: Shape, a: ConvArguments, v: Values) -> Path:
    """Half of the filters 1x1, half 3x3, as in the paper."""
    return _fire_path(x, v["squeeze"], a.channels // 2, a.channels - a.channels // 2, bias=a.bias)


def _fits_fire(x: Shape, a: ConvArguments, v: Values) -> str:
    usual = (a.kernel, a.stride, a.padding, a.dilation, a.groups) == ((3, 3), (1, 1), (1, 1), (1, 1), 1)
    if usual and a.channels > 1:
        return ""
    return "A fire module takes the place of a 3x3 convolution with stride 1 and padding 1, without groups."


def _inception(v: Values) -> tuple[Path, Path]:
    x, bias = input_of(v), bool(v["bias"])
    C = x[0]
    ones = Lane("1x1", (convolution("1x1", pointwise(v["n1x1"], C, bias=bias)),))
    pool: tuple[Step, ...] = (max_pool("pool", 3),)
    projected = (*pool, convolution("pool_proj", pointwise(v["pool_proj"], C, bias=bias)))

    def large(name: str, filters: int, size: int, reduced: int) -> Lane:
        """A branch with a large window; 0 for `reduced` leaves the 1x1 convolution out."""
        padding = (size // 2,) * 2
        step = convolution(name, window(filters, reduced or C, (size,) * 2, padding=padding, bias=bias))
        first = (convolution(f"{name}_reduce", pointwise(reduced, C, bias=bias)),) if reduced else ()
        return Lane(name, (*first, step))

    def module(title: str, last: tuple[Step, ...], reduce3: int, reduce5: int) -> Path:
        lanes = (
            ones,
            large("3x3", v["n3x3"], 3, reduce3),
            large("5x5", v["n5x5"], 5, reduce5),
            Lane("pool", last),
        )
        return Path(title=title, input_shape=x, lanes=lanes)

    naive = module("without 1x1 reductions", projected if v["project"] else pool, 0, 0)
    return naive, module("with 1x1 reductions", projected, v["reduce3x3"], v["reduce5x5"])


def _inception_even(v: Values) -> BreakEven:
    naive, reduced = _inception(v)
    trace = reduced.trace()
    branch = reduced.layers_of_lanes(trace)[2]
    others = tuple(
        sum(layer.macs for layer in lane) for i, lane in enumerate(reduced.layers_of_lanes(trace)) if i != 2
    )
    assert len(branch) == 2
    x = input_of(v)
    return BreakEven(
        words="Up to this many channels before the 5x5, the module takes no more than the one without",
        linear=Term(REDUCED, (x[1:], x[0], (5, 5), v["n5x5"])),
        fixed=Term(_SUM, (others,)),
        against=Term(NUMBER, (naive.trace().macs,)),
    )


def _branch_evens(v: Values) -> dict[str, Term]:
    """The widest reductions at which a branch takes no more than its window on all channels."""
    C = v["channels"]
    return {"3x3": Term(BRANCH, ((3, 3), C, v["n3x3"])), "5x5": Term(BRANCH, ((5, 5), C, v["n5x5"]))}


RESNET = Trick(
    name="resnet",
    title="ResNet: basic or bottleneck block",
    lines=("basic block", "bottleneck block"),
    idea="Two 3x3 on all channels, or 1x1 down, one 3x3 on few channels, 1x1 up.",
    pays="It pays in deep, wide networks: a bottleneck block on 256 channels with 64 inside takes about as "
    "much as a basic block on 64 channels.",
    sources=(
        Source(
            "He et al. 2015, Deep Residual Learning, section 4.1 and figure 5",
            "https://arxiv.org/abs/1512.03385",
        ),
    ),
    options=(
        *volume(56, 256),
        whole("width", 64, 1, MOST_WIDTH, "Channels inside the bottleneck block"),
        BIAS,
    ),
    main="width",
    paths=_resnet,
    break_even=_resnet_even,
    labels={"width": "Channels inside"},
)

RESNEXT = Trick(
    name="resnext",
    title="ResNeXt: grouped bottleneck block",
    lines=("plain block", "grouped block"),
    idea="The 3x3 of a bottleneck block is cut into groups, and what that saves buys more channels inside.",
    pays="It pays in width: 32 groups of 4 channels cost about what 64 plain ones do, and are twice as wide.",
    sources=(
        Source(
            "Xie et al. 2016, Aggregated Residual Transformations, section 3.3",
            "https://arxiv.org/abs/1611.05431",
        ),
    ),
    options=(
        *volume(56, 256),
        whole("width", 64, 1, MOST_WIDTH, "Channels inside the plain block"),
        whole("groups", 32, 1, 64, "Groups, which the paper calls cardinality"),
        whole("group_width", 4, 1, 64, "Channels of each group, d in the paper"),
        BIAS,
    ),
    main="group_width",
    paths=_resnext,
    break_even=_resnext_even,
    labels={"width": "Channels inside, plain", "group_width": "Channels a group"},
)

FIRE = Trick(
    name="fire",
    title="fire module (SqueezeNet)",
    lines=("3x3 layer", "fire module"),
    idea="A 1x1 convolution squeezes the channels; 1x1 and 3x3 filters side by side expand them.",
    pays="It pays where the squeeze layer is narrow: few channels reach the 3x3, half the filters are 1x1.",
    sources=(
        Source(
            "Iandola et al. 2016, SqueezeNet, section 3.2 and table 1", "https://arxiv.org/abs/1602.07360"
        ),
    ),
    options=(
        *volume(55, 96),
        whole("squeeze", 16, 1, MOST_WIDTH, "Filters of the squeeze layer"),
        whole("expand1x1", 64, 1, MOST_WIDTH, "Filters of 1x1 that expand"),
        whole("expand3x3", 64, 1, MOST_WIDTH, "Filters of 3x3 that expand"),
        BIAS,
    ),
    main="squeeze",
    paths=_fire,
    break_even=_fire_even,
    labels={"squeeze": "Squeezed channels", "expand1x1": "1x1 filters", "expand3x3": "3x3 filters"},
    fits=_fits_fire,
    replace=_replace_by_fire,
)

INCEPTION = Trick(
    name="inception",
    title="inception module, with and without its 1x1s",
    lines=("without the 1x1s", "with them"),
    idea="Before 3x3 and 5x5 a 1x1 convolution makes fewer channels; behind the pool one does.",
    pays="It pays most in the branch with the largest window, and keeps the module's output from growing.",
    sources=(
        Source(
            "Szegedy et al. 2014, Going Deeper with Convolutions, figure 2 and table 1",
            "https://arxiv.org/abs/1409.4842",
        ),
    ),
    options=(
        *volume(28, 192),
        whole("n1x1", 64, 1, MOST_WIDTH, "Filters of the 1x1 branch"),
        whole("reduce3x3", 96, 1, MOST_WIDTH, "Filters of 1x1 before the 3x3"),
        whole("n3x3", 128, 1, MOST_WIDTH, "Filters of 3x3"),
        whole("reduce5x5", 16, 1, MOST_WIDTH, "Filters of 1x1 before the 5x5"),
        whole("n5x5", 32, 1, MOST_WIDTH, "Filters of 5x5"),
        whole("pool_proj", 32, 1, MOST_WIDTH, "Filters of 1x1 behind the pool"),
        switch("project", True, "The 1x1 behind the pool in the plain module too, so that both make as much"),
        BIAS,
    ),
    main="reduce5x5",
    paths=_inception,
    break_even=_inception_even,
    branch_evens=_branch_evens,
    labels={
        "n1x1": "1x1 filters",
        "reduce3x3": "Channels before 3x3",
        "n3x3": "3x3 filters",
        "reduce5x5": "Channels before 5x5",
        "n5x5": "5x5 filters",
        "pool_proj": "1x1 behind the pool",
        "project": "1x1 behind the pool on both sides",
    },
)
