"""What the colour of a box says: one quantity, in few steps from light to dark, each with its range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.layer import Layer
from cnnviz.tables import bytes_text, counts_of
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

STEPS = 5
# One hue from light to dark under dark text: told apart by lightness alone, so by everybody and in print.
RAMP = ("#f0f6fa", "#d1e4ef", "#adcee2", "#8ab9d6", "#66a4c9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number that every layer has, or may have, and that a group of layers has too."""

    of: Callable[[Layer], float | None]
    together: Callable[[Iterable[float]], float] = sum
    text: Callable[[float], str]  # exact and with its unit, for a box
    short: Callable[[float], str]  # about, for a legend
    even: bool = False  # steps of equal width; otherwise of equal ratio


def short_text(value: float) -> str:
    """`35k`, `1.2G`: three digits at most."""
    for unit in ("", "k", "M", "G", "T"):
        if value < 999.5 or unit == "T":
            return f"{value:.3g}{unit}"
        value /= 1000
    raise AssertionError("the loop returns")


def _bytes(value: float) -> str:
    return bytes_text(int(value))


def _field(layer: Layer) -> float | None:
    return max(layer.receptive_field) if layer.receptive_field else None


def _time(layer: Layer) -> float | None:
    return layer.measured.latency_ms if layer.measured else None


QUANTITIES: dict[str, Quantity] = {
    "parameters": Quantity(
        of=lambda layer: layer.parameters, text="{:,.0f} parameters".format, short=short_text
    ),
    "MACs": Quantity(of=lambda layer: layer.macs, text="{:,.0f} MACs".format, short=short_text),
    "memory": Quantity(of=lambda layer: layer.activation_bytes, text=_bytes, short=_bytes),
    "receptive field": Quantity(
        of=_field, together=max, text="receptive field {:,.0f}".format, short="{:,.0f}".format, even=True
    ),
    "time": Quantity(of=_time, text="{:.3f} ms".format, short="{:.3g} ms".format),
}
COST = "MACs"  # the name stays in links and calls, whatever convention counts it
KIND = "kind"  # the colour says what kind of operation a box is
# The quantities as layers have them: what is hidden gives no colour.
NAMES = {
    "parameters": "parameters",
    "MACs": "macs",
    "memory": "activation_bytes",
    "receptive field": "receptive_field",
}


def colours(trace: Trace, hidden: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """What a graph of this trace can be coloured by while these quantities are hidden."""
    shown = (name for name in QUANTITIES if NAMES.get(name) not in hidden)
    return (KIND, *(name for name in shown if name != "time" or trace.measured))


def quantities(trace: Trace, convention: Convention | None = None) -> Mapping[str, Quantity]:
    """What boxes tell and colours say; under the name `MACs` stands what the convention counts."""
    if convention is None:
        return QUANTITIES
    counts = tuple(counts_of(trace, convention))
    cost = Quantity(
        of=lambda layer: counts[layer.index], text=f"{{:,.0f}} {convention.label}".format, short=short_text
    )
    return {**QUANTITIES, COST: cost}


def value(quantity: Quantity, layers: Sequence[Layer]) -> float | None:
    """The quantity of these layers together; None where none of them has it."""
    known = [number for layer in layers if (number := quantity.of(layer)) is not None]
    return quantity.together(known) if known else None


@dataclass(frozen=True, slots=True)
class Shades:
    """Which step of the ramp a value has: the first one whose upper bound it does not exceed."""

    quantity: Quantity
    bounds: tuple[float, ...]  # upper bounds, rising; the last one is the largest value

    def step(self, number: float | None) -> int | None:
        """The step, 0 the lightest; None for nothing, which has no colour."""
        if not number:
            return None
        return next((i for i, bound in enumerate(self.bounds) if number <= bound), len(self.bounds) - 1)

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Each step's name and its range in words."""
        steps = len(self.bounds)
        ranges = ((shade_name(i, steps), f"to {self.quantity.short(b)}") for i, b in enumerate(self.bounds))
        return (("none", "none"), *ranges)


def shades(quantity: Quantity, numbers: Iterable[float | None]) -> Shades:
    """Steps between the smallest and the largest of the numbers, of equal ratio or of equal width."""
    known = sorted({number for number in numbers if number})
    if len(known) <= STEPS:
        return Shades(quantity, tuple(known))
    low, high = known[0], known[-1]
    if quantity.even:
        bounds = [low + (high - low) * (i + 1) / STEPS for i in range(STEPS - 1)]
    else:
        bounds = [low * (high / low) ** ((i + 1) / STEPS) for i in range(STEPS - 1)]
    rounded = [float(f"{bound:.2g}") for bound in bounds]  # what the legend says is what is drawn
    return Shades(quantity, (*dict.fromkeys(bound for bound in rounded if bound < high), high))


def shade_name(step: int | None, steps: int = STEPS) -> str:
    """`q0` to `q4`; fewer steps are spread over the whole ramp."""
    if step is None:
        return "none"
    return f"q{step * (STEPS - 1) // (steps - 1) if steps > 1 else STEPS - 1}"
