"""What a single convolution can be replaced by: five tricks that keep the volume that comes out."""

from __future__ import annotations

from cnnviz.architectures.architecture import Option
from cnnviz.formulas import Formula, Shape, Term
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.savings.options import (
    BIAS,
    MOST_CHANNELS,
    MOST_WIDTH,
    direct,
    input_of,
    need_window_on_map,
    output_positions,
    plain_convolution,
    plain_options,
    whole,
)
from cnnviz.savings.path import Path, convolution, pointwise, window
from cnnviz.savings.trick import BreakEven, Replace, Source, Trick, Values, need_multiple

# What one more channel of the bottleneck costs: P positions before and Q behind the window, K filters.
NARROW = Formula("P*C + Q*f*K", products="P Q f")
# The same for layers in between with windows of f and h.
BETWEEN = Formula("P*f*C + Q*h*K", products="P Q f h")
SQUARE = Formula("f*P", products="f", sums="P")
LEAST_FILTERS = Formula("ceil(f / (f - 1))", products="f")


_SMALL = "The window has to be at least"
_ALEXNET = "https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks"


def _both(v: Values, replace: Replace) -> tuple[Path, Path]:
    x, a = input_of(v), plain_convolution(v)
    return direct(x, a), replace(x, a, v)


def bottleneck_path(x: Shape, a: ConvArguments, v: Values) -> Path:
    width = v["width"]
    return Path(
        title=f"1x1 with {width} filters first",
        input_shape=x,
        stem=(
            convolution("reduce", pointwise(width, a.in_channels, bias=a.bias)),
            convolution("expand", a._replace(in_channels=width)),
        ),
    )


def _bottleneck_even(v: Values) -> BreakEven:
    x, a = input_of(v), plain_convolution(v)
    after = output_positions(x, a)
    return BreakEven(
        words="Up to this many channels in the bottleneck, both convolutions take no more than the one",
        linear=Term(NARROW, (x[1:], a.in_channels, after, a.kernel, a.channels // a.groups)),
        against=direct(x, a).trace().layers[0].macs_term,
        step=a.groups,
    )


def _check_bottleneck(v: Values) -> None:
    need_multiple(v, "channels", "filters", "width")
    need_window_on_map(v)


def stacked_path(x: Shape, a: ConvArguments, v: Values) -> Path:
    """Layers of 3x3 that see as much as the window, the stride in the last, the padding spread over them."""
    count, width = (a.kernel[0] - 1) // 2, v["width"]
    steps, channels = [], a.in_channels
    for i in range(count):
        last = i == count - 1
        filters = a.channels if last else width
        padding = tuple((p + i) // count for p in a.padding)  # adds up to the padding of the window
        stride = a.stride if last else (1, 1)
        layer = window(filters, channels, (3, 3), stride=stride, padding=padding, bias=a.bias)
        steps.append(convolution(f"conv{i + 1}", layer))
        channels = filters
    number = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}[count]
    return Path(title=f"{number} 3x3 in a row", input_shape=x, stem=tuple(steps))


def _stacked_even(v: Values) -> BreakEven:
    x, a = input_of(v), plain_convolution(v)
    layers = stacked_path(x, a, v).trace().layers
    maps = [layer.output_shape[1:] for layer in layers]
    if len(layers) < 2:
        return BreakEven(words="A window of 3x3 is one layer of 3x3: there is nothing to replace")
    inner = tuple(h * w for h, w in maps[1:-1])
    return BreakEven(
        words="Up to this many channels between the layers, they take no more than the large window",
        square=Term(SQUARE, ((3, 3), inner)) if inner else None,
        linear=Term(BETWEEN, (maps[0], (3, 3), a.in_channels, maps[-1], (3, 3), a.channels)),
        against=direct(x, a).trace().layers[0].macs_term,
    )


def asymmetric_path(x: Shape, a: ConvArguments, v: Values) -> Path:
    width, (f, g) = v["width"], a.kernel
    wide = window(
        width, a.in_channels, (1, g), stride=(1, a.stride[1]), padding=(0, a.padding[1]), bias=a.bias
    )
    high = window(a.channels, width, (f, 1), stride=(a.stride[0], 1), padding=(a.padding[0], 0), bias=a.bias)
    steps = (convolution("row", wide), convolution("column", high))
    return Path(title=f"1x{g}, then {f}x1", input_shape=x, stem=steps)


def _asymmetric_even(v: Values) -> BreakEven:
    x, a = input_of(v), plain_convolution(v)
    first, last = (layer.output_shape[1:] for layer in asymmetric_path(x, a, v).trace().layers)
    f, g = a.kernel
    return BreakEven(
        words="Up to this many channels between the two, they take no more than the square window",
        linear=Term(BETWEEN, (first, (1, g), a.in_channels, last, (f, 1), a.channels)),
        against=direct(x, a).trace().layers[0].macs_term,
    )


def separable_path(x: Shape, a: ConvArguments, v: Values) -> Path:
    C = a.in_channels
    return Path(
        title="each channel alone, then 1x1",
        input_shape=x,
        stem=(
            convolution("depthwise", a._replace(channels=C, groups=C)),
            convolution("pointwise", pointwise(a.channels, C, bias=a.bias)),
        ),
    )


def _separable_even(v: Values) -> BreakEven:
    a = plain_convolution(v)
    if a.kernel == (1, 1):
        return BreakEven(
            words="A 1x1 convolution has no window to take apart: the depthwise layer is all added"
        )
    least = Term(LEAST_FILTERS, (a.kernel,))
    return BreakEven(words="From this many filters on, the two take no more than the one", least=least)


def grouped_path(x: Shape, a: ConvArguments, v: Values) -> Path:
    step = convolution("grouped", a._replace(groups=v["groups"]))
    return Path(title=f"in {v['groups']} groups", input_shape=x, stem=(step,))


def _common_divisors(v: Values) -> tuple[int, ...]:
    most = min(v["channels"], v["filters"])
    return tuple(g for g in range(1, most + 1) if not (v["channels"] % g or v["filters"] % g))


def _check_grouped(v: Values) -> None:
    need_multiple(v, "channels", "filters")
    need_window_on_map(v)


def _ungrouped(v: Values) -> ConvArguments:
    return plain_convolution({**v, "groups": 1})


def _fits_window(x: Shape, a: ConvArguments, v: Values) -> str:
    if max(a.kernel) == 1:
        return f"{_SMALL} 2x2: a 1x1 convolution is itself what others are reduced with."
    if v["width"] % a.groups:
        return f"This layer has {a.groups} groups, and {v['width']} channels cannot be cut into so many."
    return ""


def _fits_square(a: ConvArguments, least: int) -> str:
    if a.groups > 1:
        return f"This layer already saves another way: it has {a.groups} groups."
    if len(set(a.kernel)) > 1 or a.kernel[0] % 2 == 0:
        return f"This is for square windows with a middle; the layer's is {a.kernel[0]}x{a.kernel[1]}."
    if a.kernel[0] < least:
        return f"{_SMALL} {least}x{least}; the layer's is {a.kernel[0]}x{a.kernel[1]}."
    return "" if set(a.dilation) == {1} else "The layer is dilated: its window has gaps already."


def _fits_groups(x: Shape, a: ConvArguments, v: Values) -> str:
    if a.groups > 1:
        return f"This layer has {a.groups} groups already."
    if a.in_channels % v["groups"] or a.channels % v["groups"]:
        return (
            f"{a.in_channels} channels and {a.channels} filters cannot both be cut into {v['groups']} groups."
        )
    return ""


def _width(default: int, explained: str) -> tuple[Option, Option]:
    return whole("width", default, 1, MOST_WIDTH, explained), BIAS


BOTTLENECK = Trick(
    name="bottleneck",
    title="1x1 bottleneck",
    lines=("directly", "with the bottleneck"),
    idea="A 1x1 convolution first makes fewer channels; the large window then works on those.",
    pays="It pays where the window is large and the bottleneck narrow against channels and filters.",
    sources=(
        Source(
            "Szegedy et al. 2014, Going Deeper with Convolutions, section 4",
            "https://arxiv.org/abs/1409.4842",
        ),
        Source("Lin et al. 2013, Network In Network, section 3.1", "https://arxiv.org/abs/1312.4400"),
    ),
    options=(
        *plain_options(28, 192, 32, 5, groups=True),
        *_width(16, "Channels that the 1x1 convolution leaves: the bottleneck"),
    ),
    main="width",
    paths=lambda v: _both(v, bottleneck_path),
    break_even=_bottleneck_even,
    check=_check_bottleneck,
    step=lambda v: v["groups"],
    labels={"width": "Bottleneck width"},
    fits=_fits_window,
    replace=bottleneck_path,
)

STACKED = Trick(
    name="stacked",
    title="3x3 in a row for a large window",
    lines=("one window", "3x3 in a row"),
    idea="Two layers of 3x3 see as much as one of 5x5, three as much as one of 7x7.",
    pays="It pays as long as the layers in between are no wider than the break-even, and adds an activation "
    "after each layer.",
    sources=(
        Source(
            "Simonyan and Zisserman 2014, Very Deep Convolutional Networks, section 2.3",
            "https://arxiv.org/abs/1409.1556",
        ),
    ),
    options=(*plain_options(56, 256, 256, 7, least=5), *_width(256, "Channels between the layers")),
    main="width",
    paths=lambda v: _both(v, stacked_path),
    break_even=_stacked_even,
    check=need_window_on_map,
    labels={"width": "Channels in between"},
    fits=lambda x, a, v: _fits_square(a, 5),
    replace=stacked_path,
)

ASYMMETRIC = Trick(
    name="asymmetric",
    title="1xn and nx1 for nxn",
    lines=("square window", "row and column"),
    idea="A window of one row and then one of one column see as much as the square one.",
    pays="It pays the more the larger the window; the authors found it to work on maps of 12 to 20 rows.",
    sources=(
        Source(
            "Szegedy et al. 2015, Rethinking the Inception Architecture, section 3.2",
            "https://arxiv.org/abs/1512.00567",
        ),
    ),
    options=(*plain_options(17, 192, 192, 7, least=3), *_width(192, "Channels between row and column")),
    main="width",
    paths=lambda v: _both(v, asymmetric_path),
    break_even=_asymmetric_even,
    check=need_window_on_map,
    labels={"width": "Channels in between"},
    fits=lambda x, a, v: _fits_square(a, 3),
    replace=asymmetric_path,
)

SEPARABLE = Trick(
    name="separable",
    title="depthwise separable",
    lines=("directly", "depthwise separable"),
    idea="A depthwise convolution filters each channel alone; a 1x1 convolution then mixes the channels.",
    pays="It pays wherever there is more than one filter: what is left is 1/filters + 1/window of the cost, "
    "where the window counts its positions.",
    sources=(
        Source("Howard et al. 2017, MobileNets, section 3.1", "https://arxiv.org/abs/1704.04861"),
        Source("Chollet 2016, Xception, section 1", "https://arxiv.org/abs/1610.02357"),
    ),
    options=(*plain_options(14, 512, 512, 3), BIAS),
    main="filters",
    paths=lambda v: _both(v, separable_path),
    break_even=_separable_even,
    check=need_window_on_map,
    fits=lambda x, a, v: _fits_square(a, 3),
    replace=separable_path,
)

GROUPED = Trick(
    name="grouped",
    title="grouped convolution",
    lines=("directly", "in groups"),
    idea="The channels are cut into groups, and each filter sees one group only.",
    pays="It always pays, by the number of groups; what it costs is that groups do not hear of each other.",
    sources=(
        Source(
            "Xie et al. 2016, Aggregated Residual Transformations, section 3.2",
            "https://arxiv.org/abs/1611.05431",
        ),
        Source("Krizhevsky et al. 2012, ImageNet Classification, section 3.5", _ALEXNET),
    ),
    options=(
        *plain_options(56, 128, 128, 3),
        whole("groups", 32, 1, MOST_CHANNELS, "Groups of channels that do not see each other"),
        BIAS,
    ),
    main="groups",
    paths=lambda v: (
        direct(input_of(v), _ungrouped(v)),
        grouped_path(input_of(v), _ungrouped(v), v),
    ),
    break_even=lambda v: BreakEven(
        words="There is none but one group: g groups take exactly 1/g of the multiplications"
    ),
    check=_check_grouped,
    widths=_common_divisors,
    fits=_fits_groups,
    replace=grouped_path,
)
