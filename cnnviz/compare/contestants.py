"""What is compared: a network of the catalogue or any model, at one input size, under a label.

A contestant is written as its target, then what is changed, after commas, which no shell takes for its own:
`resnet50@paper,width=32,input=160`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from cnnviz.architectures import Network, Published, find
from cnnviz.architectures.architecture import Quantity
from cnnviz.compare.measures import Cost, costs, macs
from cnnviz.errors import CnnvizError, OptionError, ShapeError
from cnnviz.formulas import Shape, size_text
from cnnviz.targets import DEFAULT_INPUT, trace
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

Data = Literal["ImageNet", "CIFAR-10", "MNIST"]
_SIGNS: tuple[tuple[str, Data], ...] = (
    ("ImageNet", "ImageNet"),
    ("ILSVRC", "ImageNet"),
    ("CIFAR-10", "CIFAR-10"),
    ("MNIST", "MNIST"),
)
INPUT = "input"  # in a contestant's text; no option has this name
_OWN = frozenset(":/\\.")  # signs that no name of the catalogue has


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One of the compared: a label and a trace; a network of the catalogue also says what it is."""

    label: str  # "resnet50@paper,width=32"
    trace: Trace
    network: Network | None = None  # None for a model of one's own
    convention: Convention | None = None  # what is counted as cost; None: MACs

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """Every layer with what it costs."""
        return costs(self.trace, self.convention)

    @cached_property
    def counted(self) -> int:
        """What the convention counts of the whole network for one image; without one its MACs."""
        return sum(cost.counted for cost in self.costs) if self.convention else macs(self.trace)

    @property
    def title(self) -> str:
        """`ResNet-50 @paper`, for people; a model of one's own has its label only."""
        if self.network is None:
            return self.label
        changed = self.label.removeprefix(self.network.name)
        title = f"{self.network.architecture.title} @{self.network.variant.name}"
        return f"{title}{changed.replace(',', ', ').replace('=', ' ')}"

    @property
    def as_published(self) -> bool:
        """Whether published figures are about this: the published options and input."""
        network = self.network
        return bool(network and not network.changed and self.trace.input_shape == network.input_shape)

    def published(self, quantity: Quantity) -> Published | None:
        """The first published figure that applies to it."""
        if self.network is None or not self.as_published:
            return None
        figures = self.network.variant.published
        return next((f for f in figures if f.quantity == quantity and f.applies), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a contestant's text says, unchecked."""

    target: str  # "resnet50@paper", or a model of one's own
    options: tuple[tuple[str, str], ...] = ()
    size: str = ""  # "160", "160x200", "3x160x160"; "" for the usual input

    @property
    def own(self) -> bool:
        """Whether the target is no name of the catalogue: making its trace may run a person's code."""
        return not _OWN.isdisjoint(self.target)


def read(text: str) -> Spec:
    """What a contestant's text says. Raises OptionError where it cannot be read."""
    target, *changes = (part.strip() for part in text.strip().split(","))
    if not target:
        raise OptionError(
            f"a network begins with its name, such as resnet50@paper,width=32, got {text!r:.80}"
        )
    options: list[tuple[str, str]] = []
    size = ""
    for change in changes:
        name, equals, value = (part.strip() for part in change.partition("="))
        if not (name and equals and value):
            raise OptionError(f"{target} takes name=value after each comma, got {change!r:.40}")
        if name == INPUT:
            size = value
        else:
            options.append((name, value))
    return Spec(target=target, options=tuple(options), size=size)


def network_and_shape(spec: Spec, size: str = "") -> tuple[Network, Shape]:
    """The network of the catalogue that this names, and its input; `size` where it has none of its own."""
    network = find(spec.target, dict(spec.options))
    wanted = spec.size or size
    return network, shape_of(wanted, network.input_shape) if wanted else network.input_shape


def contestant(text: str, size: str = "") -> Contestant:
    """The contestant that a text names; `size` is its input where the text has none.

    Raises CnnvizError with the way out.
    """
    spec = read(text)
    if spec.own:
        wanted = spec.size or size
        shape = shape_of(wanted, DEFAULT_INPUT) if wanted else None
        made = trace(spec.target, shape, options=dict(spec.options))
        return Contestant(label=f"{spec.target},input={spec.size}" if spec.size else spec.target, trace=made)
    network, shape = network_and_shape(spec, size)
    return of_network(network, trace(network.name, shape, options=network.changed))


def of_network(network: Network, made: Trace) -> Contestant:
    """The contestant of a network of the catalogue and its trace."""
    return Contestant(label=label_of(network, made.input_shapes[0]), trace=made, network=network)


def label_of(network: Network, shape: Shape) -> str:
    """The shortest text that names a network at this input: read, it gives the same again."""
    texts = {option.name: option.text for option in network.options}
    changes = [f"{name}={texts[name](value)}" for name, value in network.changed.items()]
    if shape != network.input_shape:
        same = len(shape) == 3 and shape[0] == network.input_shape[0]
        square = same and len(set(shape[1:])) == 1
        changes.append(f"{INPUT}={shape[1] if square else size_text(shape[1:] if same else shape)}")
    return ",".join([network.name, *changes])


def data_of(figure: Published) -> Data | None:
    """The images that an error was measured on, as its note says."""
    said = f"{figure.note} {figure.source}"
    return next((data for sign, data in _SIGNS if sign in said), None)


def shape_of(text: str, usual: Shape) -> Shape:
    """`3x160x160` as a shape; with fewer numbers the usual channels, and one number for all sides."""
    try:
        numbers = tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        numbers = ()
    if not numbers or len(numbers) > 4 or min(numbers) < 1 or max(numbers) > 1_000_000:
        raise ShapeError(
            f"an input is channels x height x width, such as 3x224x224, or 224x224, or 224, got {text!r:.40}"
        )
    if len(numbers) > 2:
        return numbers
    return (usual[0], numbers[0], numbers[-1])


def contestants(
    texts: Iterable[str], size: str = "", *, convention: Convention | None = None
) -> tuple[Contestant, ...]:
    """All that these texts name, in their order, counted alike. An error names the one that it is about."""
    found = []
    for text in texts:
        try:
            found.append(replace(contestant(text, size), convention=convention))
        except CnnvizError as error:
            name = read(text).target
            if name.partition("@")[0] in str(error):
                raise
            raise type(error)(f"{name}: {error}") from None
    return tuple(found)
