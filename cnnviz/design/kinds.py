"""The kinds of rows that a design is made of, declared once: widgets, TOML and messages build from this.

Links and files leave out what has its default. So a default here must never change: it would change what
people have shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cnnviz.architectures.architecture import Option, Value

MOST_CHANNELS = 8192
MOST_REPEATS = 64
MOST_LAYERS = 64  # of one dense block
NO_ACTIVATION = "none"
ACTIVATIONS = {  # name in files and links -> torch's module
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
}

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of row: a layer, or a block of layers."""

    name: str  # in files and links
    title: str
    group: Literal["layers", "blocks"]
    help: str  # one sentence for a person, without a full stop
    options: tuple[Option, ...]
    brief: Callable[[Values], str]  # a row of this kind in a few words

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)


def _count(name: str, default: int, words: str, *, least: int = 1, most: int = MOST_CHANNELS) -> Option:
    return Option(name=name, kind="int", default=default, minimum=least, maximum=most, step=1, help=words)


def _choice(name: str, default: str, words: str, *choices: str) -> Option:
    return Option(name=name, kind="choice", default=default, choices=choices, help=words)


def _switch(name: str, default: bool, words: str) -> Option:
    return Option(name=name, kind="bool", default=default, help=words)


def _channels(default: int, words: str = "Number of filters, and so of channels that come out") -> Option:
    return _count("channels", default, words)


def _kernel(default: int) -> Option:
    return _count("kernel", default, "Height and width of the window", most=31)


def _stride(default: int = 1, words: str = "Pixels from one window to the next") -> Option:
    return _count("stride", default, words, most=16)


def _padding(default: int) -> Option:
    return _count("padding", default, "Zeros around the map, on each side", least=0, most=32)


def _activation(default: str) -> Option:
    return _choice("activation", default, "What follows", NO_ACTIVATION, *ACTIVATIONS)


_FIRST_STRIDE = _stride(words="Of the first block where the row repeats; the others keep the size")
_BIAS = _choice("bias", "auto", "auto: none where batch norm follows", "auto", "on", "off")
_NORM = _switch("batch_norm", True, "Batch norm behind each convolution")
_NO_NORM = _switch("batch_norm", False, "Batch norm behind each convolution")
_SHORTCUT = _choice(
    "shortcut",
    "projection",
    "Where the shape changes: 1x1 convolution with batch norm, without, or zeros for new channels",
    "projection",
    "conv",
    "padding",
)


def _after(v: Values) -> str:
    """What follows a convolution."""
    norm = ", BN" if v.get("batch_norm") else ""
    return norm + ("" if v["activation"] == NO_ACTIVATION else f", {v['activation']}")


def _window(v: Values) -> str:
    """`5x5`, with stride and padding where there are some."""
    stride = f", stride {v['stride']}" if v["stride"] != 1 else ""
    padding = f", padding {v['padding']}" if v.get("padding") else ""
    return f"{v['kernel']}x{v['kernel']}{stride}{padding}"


def _conv_text(v: Values) -> str:
    more = f", dilation {v['dilation']}" if v["dilation"] != 1 else ""
    return f"{_window(v)}, {v['channels']} filters{more}{_grouped(v)}{_after(v)}"


def _grouped(v: Values) -> str:
    return f", {v['groups']} groups" if v["groups"] != 1 else ""


def _strided(v: Values) -> str:
    return f", stride {v['stride']}" if v["stride"] != 1 else ""


KINDS: tuple[Kind, ...] = (
    Kind(
        name="conv",
        title="Convolution",
        group="layers",
        help="A bank of filters; batch norm and an activation may follow in the same row",
        options=(
            _channels(16),
            _kernel(3),
            _stride(),
            _padding(0),
            _activation(NO_ACTIVATION),
            _NO_NORM,
            _count("dilation", 1, "Pixels between neighbours in the window", most=16),
            _count("groups", 1, "Each filter sees one group of the channels"),
            _BIAS,
        ),
        brief=_conv_text,
    ),
    Kind(
        name="pool",
        title="Pooling",
        group="layers",
        help="The largest or the mean value of each window",
        options=(
            _choice("mode", "max", "Largest value or mean", "max", "avg"),
            _kernel(2),
            _stride(2),
            _padding(0),
            _switch("ceil", False, "The last window may hang over the edge"),
        ),
        brief=lambda v: f"{v['mode']}, {_window(v)}{', ceil' if v['ceil'] else ''}",
    ),
    Kind(
        name="global_pool",
        title="Global pooling",
        group="layers",
        help="Pools whatever comes to one value a channel, or to a map of the given size",
        options=(
            _choice("mode", "avg", "Mean or largest value", "avg", "max"),
            _count("size", 1, "n_H and n_W of what comes out", most=64),
        ),
        brief=lambda v: f"{'average' if v['mode'] == 'avg' else 'max'}, to {v['size']}x{v['size']}",
    ),
    Kind(
        name="batch_norm",
        title="Batch norm",
        group="layers",
        help="Brings each channel to a learned mean and spread",
        options=(),
        brief=lambda v: "",
    ),
    Kind(
        name="lrn",
        title="Local response norm",
        group="layers",
        help="AlexNet's normalisation across neighbouring channels; it learns nothing",
        options=(_count("size", 5, "Channels that are looked at together", most=64),),
        brief=lambda v: f"over {v['size']} channels",
    ),
    Kind(
        name="activation",
        title="Activation",
        group="layers",
        help="A function of each number",
        options=(_choice("function", "relu", "Which one", *ACTIVATIONS),),
        brief=lambda v: str(v["function"]),
    ),
    Kind(
        name="dropout",
        title="Dropout",
        group="layers",
        help="In training, sets a share of the numbers to zero",
        options=(
            Option(
                name="share", kind="float", default=0.5, minimum=0.0, maximum=0.95, step=0.05, help="Set to 0"
            ),
        ),
        brief=lambda v: f"{v['share']:g}",
    ),
    Kind(
        name="flatten",
        title="Flatten",
        group="layers",
        help="A map as one long vector, as fully connected layers need it",
        options=(),
        brief=lambda v: "",
    ),
    Kind(
        name="linear",
        title="Fully connected",
        group="layers",
        help="Each output is a weighted sum of all inputs",
        options=(
            _count("features", 10, "Numbers that come out", most=65_536),
            _activation(NO_ACTIVATION),
            _switch("bias", True, "A number added to each sum"),
        ),
        brief=lambda v: f"{v['features']} features{_after(v)}",
    ),
    Kind(
        name="residual",
        title="Residual block",
        group="blocks",
        help="Two convolutions and a shortcut around them (ResNet-18 and -34)",
        options=(_channels(16), _FIRST_STRIDE, _kernel(3), _activation("relu"), _NORM, _SHORTCUT, _BIAS),
        brief=lambda v: f"2 x {v['kernel']}x{v['kernel']}, {v['channels']} channels{_strided(v)}",
    ),
    Kind(
        name="bottleneck",
        title="Bottleneck block",
        group="blocks",
        help="1x1 down, 3x3, 1x1 up and a shortcut around them (ResNet-50 and deeper, ResNeXt)",
        options=(
            _count("width", 16, "Channels of the 3x3 convolution"),
            _channels(64),
            _FIRST_STRIDE,
            _choice("stride_in", "3x3", "Which convolution has the stride", "3x3", "1x1"),
            _count("groups", 1, "Of the 3x3 convolution"),
            _activation("relu"),
            _NORM,
            _SHORTCUT,
            _BIAS,
        ),
        brief=lambda v: f"{v['width']} wide, {v['channels']} channels{_strided(v)}{_grouped(v)}",
    ),
    Kind(
        name="inception",
        title="Inception module",
        group="blocks",
        help="1x1, 3x3, 5x5 and pooling side by side (GoogLeNet)",
        options=(
            _count("n1x1", 16, "Filters of the 1x1 branch"),
            _count("reduce3x3", 16, "1x1 filters before the 3x3; 0 for none", least=0),
            _count("n3x3", 32, "Filters of the 3x3 branch"),
            _count("reduce5x5", 4, "1x1 filters before the 5x5; 0 for none", least=0),
            _count("n5x5", 8, "Filters of the 5x5 branch"),
            _count("pool_proj", 8, "1x1 filters after the pooling; 0 for none", least=0),
            _count("kernel", 5, "Of the 5x5 branch: torchvision has 3", least=3, most=7),
            _activation("relu"),
            _NO_NORM,
            _BIAS,
        ),
        brief=lambda v: (
            f"{v['n1x1']} | {v['reduce3x3']} to {v['n3x3']} | {v['reduce5x5']} to {v['n5x5']} | "
            f"pool, {v['pool_proj']}"
        ),
    ),
    Kind(
        name="dense",
        title="Dense block",
        group="blocks",
        help="Layers that each see all that came before (DenseNet)",
        options=(
            _count("layers", 4, "How many", most=MOST_LAYERS),
            _count("growth", 12, "Channels that each layer adds"),
            _count("reduce", 0, "1x1 filters before each 3x3; 0 for none", least=0),
            _BIAS,
        ),
        brief=lambda v: (
            f"{v['layers']} layers of {v['growth']}" + (f", 1x1 to {v['reduce']}" if v["reduce"] else "")
        ),
    ),
    Kind(
        name="separable",
        title="Depthwise separable",
        group="blocks",
        help="A filter for each channel, then 1x1 across channels (MobileNet)",
        options=(_channels(32), _stride(), _kernel(3), _activation("relu"), _NORM, _BIAS),
        brief=lambda v: f"{v['kernel']}x{v['kernel']} and 1x1, {v['channels']} channels{_strided(v)}",
    ),
    Kind(
        name="inverted",
        title="Inverted residual",
        group="blocks",
        help="1x1 up, depthwise, 1x1 down, and a shortcut where shapes agree (MobileNetV2, EfficientNet)",
        options=(
            _channels(24),
            _count("expansion", 6, "Times more channels inside; 1 for no first 1x1", most=16),
            _FIRST_STRIDE,
            _kernel(3),
            _activation("relu6"),
            _count(
                "squeeze",
                0,
                "Squeezes and excites, to this part of the channels; 0: does not",
                least=0,
                most=64,
            ),
        ),
        brief=lambda v: (
            f"x{v['expansion']}, {v['kernel']}x{v['kernel']}, {v['channels']} channels{_strided(v)}"
            f"{', SE' if v['squeeze'] else ''}"
        ),
    ),
    Kind(
        name="squeeze_excite",
        title="Squeeze and excitation",
        group="blocks",
        help="Weighs each channel by what the whole map looks like (SENet)",
        options=(_count("reduction", 16, "Channels are squeezed to this part", most=64), _activation("relu")),
        brief=lambda v: f"1/{v['reduction']}",
    ),
    Kind(
        name="fire",
        title="Fire module",
        group="blocks",
        help="1x1 down, then 1x1 and 3x3 side by side (SqueezeNet)",
        options=(
            _count("squeeze", 16, "1x1 filters that come first"),
            _count("expand1x1", 64, "1x1 filters of one branch"),
            _count("expand3x3", 64, "3x3 filters of the other"),
            _activation("relu"),
        ),
        brief=lambda v: f"{v['squeeze']} to {v['expand1x1']} + {v['expand3x3']}",
    ),
)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}
