"""The options that several tricks share, and the convolution that they describe."""

from __future__ import annotations

from cnnviz.architectures.architecture import Option
from cnnviz.errors import OptionError
from cnnviz.formulas import Shape
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.savings.path import Path, convolution, window
from cnnviz.savings.trick import Values

MOST_SIDE, MOST_CHANNELS, MOST_WIDTH = 256, 1024, 512


def whole(name: str, default: int, least: int, most: int, explained: str, *, step: int = 1) -> Option:
    """An option that is a whole number."""
    return Option(
        name=name, kind="int", default=default, minimum=least, maximum=most, step=step, help=explained
    )


def switch(name: str, default: bool, explained: str) -> Option:
    """An option that is on or off."""
    return Option(name=name, kind="bool", default=default, help=explained)


def volume(side: int, channels: int, *, most_channels: int = MOST_CHANNELS) -> tuple[Option, ...]:
    """What comes in."""
    return (
        whole("n_H", side, 1, MOST_SIDE, "Height of the volume that comes in"),
        whole("n_W", side, 1, MOST_SIDE, "Width of the volume that comes in"),
        whole("channels", channels, 1, most_channels, "Channels of the volume that comes in"),
    )


BIAS = switch("bias", True, "Whether each filter has a bias, a parameter more")


def plain_options(
    side: int,
    channels: int,
    filters: int,
    kernel: int,
    *,
    least: int = 1,
    most: int = 11,
    groups: bool = False,
) -> tuple[Option, ...]:
    """What describes a convolution. Windows are odd, so that they have a middle."""
    grouped = (whole("groups", 1, 1, 64, "Groups of channels that do not see each other"),) if groups else ()
    return (
        *volume(side, channels),
        whole("filters", filters, 1, MOST_CHANNELS, "Filters, the channels of the volume that comes out"),
        whole("kernel", kernel, least, most, "Rows and columns of the window", step=2),
        switch("same", True, "Padding of half a window, which keeps height and width at stride 1"),
        whole("padding", (kernel - 1) // 2, 0, 5, "Zeros on each side, where it is not 'same'"),
        whole("stride", 1, 1, 4, "Steps of the window"),
        *grouped,
    )


def padding(v: Values) -> int:
    return (v["kernel"] - 1) // 2 if v["same"] else v["padding"]


def input_of(v: Values) -> Shape:
    return v["channels"], v["n_H"], v["n_W"]


def plain_convolution(v: Values) -> ConvArguments:
    """The convolution that the options describe."""
    return window(
        v["filters"],
        v["channels"],
        (v["kernel"],) * 2,
        stride=(v["stride"],) * 2,
        padding=(padding(v),) * 2,
        groups=v.get("groups", 1),
        bias=bool(v["bias"]),
    )


def direct(x: Shape, a: ConvArguments, title: str = "") -> Path:
    """The convolution alone."""
    size = "x".join(str(n) for n in a.kernel)
    return Path(title=title or f"{size} directly", input_shape=x, stem=(convolution("direct", a),))


def need_window_on_map(v: Values) -> None:
    """Raise OptionError where the window is larger than the padded volume."""
    f, p = v["kernel"], padding(v)
    for name in ("n_H", "n_W"):
        if v[name] + 2 * p < f:
            raise OptionError(
                f"a window of {f}x{f} needs {name} to be at least {max(1, f - 2 * p)} with padding {p}, "
                f"got {v[name]}: take a smaller window or more padding"
            )


def output_positions(x: Shape, a: ConvArguments) -> Shape:
    """Height and width of what a convolution makes of a volume."""
    path = direct(x, a)
    return path.trace().layers[-1].output_shape[1:]
