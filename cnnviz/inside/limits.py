"""What a server that a whole class shares looks into, in one place; nothing is loaded or computed here.

The limits are `LIMITS`, or what `CNNVIZ_INSIDE_LIMITS` says: "multiplications=16e9 side=400". They hold for
what is asked for through the app; `cnnviz inside` and a notebook, on a machine of one's own, have none.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.errors import LimitError
from cnnviz.machine_limits import on_this_machine
from cnnviz.trace import Trace

VARIABLE = "CNNVIZ_INSIDE_LIMITS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a page does for one question, and keeps.

    Measured on one core at 2.1 GHz with 224x224 pixels: a billion multiplications take 25 to 40 ms, and twice
    as much with gradients. So a layer is there in a quarter of a second, all of "Why?" in two seconds.
    """

    multiplications: float = 6e9  # for one image: ResNet-50 has 4.1 billion, Inception v3 5.7
    occlusion: float = 45e9  # multiplications of a map of what hiding does, which takes nine images at least
    weight_megabytes: float = 250.0  # of one network: AlexNet has 244, VGG-16 553
    kept_megabytes: float = 400.0  # of the weights of all networks that are kept for the next question
    side: float = 300.0  # pixels of the image


LIMITS = Limits()
OWN = "`cnnviz inside` at a terminal of one's own has no limit"


def limits() -> Limits:
    """Those of this machine. Raises OptionError where the variable cannot be read."""
    return on_this_machine(LIMITS, VARIABLE)


def kept_bytes() -> float:
    """Of all weights that are kept: the largest network that is looked into is kept in any case."""
    return 1e6 * max(limits().kept_megabytes, limits().weight_megabytes)


def check(title: str, trace: Trace) -> None:
    """Raises LimitError for a network that is too much for a page, with the limit and the way out.

    Args:
        title: what the network is called in the sentence.
        trace: of one image through it.

    """
    allowed = limits()
    for has, what, most in (
        (trace.macs, "multiplications for an image", allowed.multiplications),
        (4 * trace.parameters / 1e6, "MB of weights", allowed.weight_megabytes),
        (max(trace.input_shapes[0][1:]), "pixels along an image", allowed.side),
    ):
        if has > most:
            raise LimitError(
                f"{title} takes {has:,.0f} {what}, and {most:,.0f} is the most that this page looks "
                f"into: {OWN}"
            )


def too_dear(macs: int, images: int) -> str:
    """Why a page does not ask the network about so many images at once; "" where it does."""
    most = limits().occlusion
    if macs * images <= most:
        return ""
    return (
        f"hiding each of {images} parts of the image would take {macs * images:,} multiplications, and "
        f"{most:,.0f} is the most that this page spends on it: draw a patch by hand, or take `cnnviz inside`"
    )
