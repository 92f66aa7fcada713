"""What the texts of a link name: networks of the catalogue, a visitor's own models, designs.

A key is such a text in the form that caches may know: the file of a visit has its contents' mark in it, so
that two files of one name are never taken for each other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cnnviz.architectures.architecture import Network, Shape
from cnnviz.compare.contestants import (
    INPUT,
    Contestant,
    Spec,
    label_of,
    network_and_shape,
    of_network,
    read,
    shape_of,
)
from cnnviz.conventions import chosen
from cnnviz.design import Built
from cnnviz.design.files import file_stem
from cnnviz.errors import OptionError, ShapeError
from cnnviz.formulas import size_text
from cnnviz.ui import cached, links, own_models, visit

_ENTRIES = 256
_DESIGNED = "the link's design"  # where it has no name of its own


def key(text: str) -> str:
    """The shortest key of what a text names. Raises CnnvizError, without tracing it."""
    spec = read(text)
    if spec.target.startswith(cached.DESIGNED):
        return _design_key(spec)
    if spec.own:
        return _own_key(spec)
    return _catalogue_key(text)


def text_of(key: str) -> str:
    """What stands in the link and in a chip: without the mark of a file."""
    target, comma, rest = key.partition(",")
    return f"{target.partition('#')[0]}{comma}{rest}"


def own_text(network: Network, shape: Shape) -> str:
    """The text that names what the picker has."""
    return text_of(label_of(network, shape))


def in_shell(key: str) -> str:
    """What stands on a command line; a design is a file there."""
    spec = read(key)
    if not spec.target.startswith(cached.DESIGNED):
        return text_of(key)
    name = f"{file_stem(_design(spec).design)}.toml"
    return f"{name},{INPUT}={spec.size}" if spec.size else name


def title(key: str) -> str:
    """What a person calls it: a design by its name."""
    spec = read(key)
    if not spec.target.startswith(cached.DESIGNED):
        return text_of(key)
    name = _design(spec).design.name or _DESIGNED
    return f"{name},{INPUT}={spec.size}" if spec.size else name


@visit.apart(visit.plainly(2 * _ENTRIES))
def contestant(key: str, convention: str = "") -> Contestant:
    """What this key names, counted so. Raises CnnvizError where its input does not work."""
    if convention:
        return replace(contestant(key), convention=chosen(convention))
    spec = read(key)
    if spec.target.startswith(cached.DESIGNED):
        usual = _design(spec).design.input_shape
        made = cached.traced(spec.target, (), usual)
        return Contestant(label=title(key), trace=made.at(shape_of(spec.size, usual)) if spec.size else made)
    if own_models.knows(spec.target):
        shape = _shape(spec, _own(spec).input_shape)
        return Contestant(label=text_of(key), trace=cached.traced(spec.target, (), shape))
    network, shape = network_and_shape(spec)
    return of_network(network, cached.traced(network.name, tuple(network.changed.items()), shape))


def contestants(keys: tuple[str, ...], convention: str = "") -> tuple[Contestant, ...]:
    """All of them; where two designs have one name, the later is numbered."""
    found: list[Contestant] = []
    for one in keys:
        made = contestant(one, convention)
        alike = sum(other.trace.model == made.trace.model for other in found)
        taken = any(other.label == made.label for other in found)
        found.append(replace(made, label=f"{made.label} ({alike + 1})") if taken else made)
    return tuple(found)


def _own(spec: Spec) -> Network:
    return own_models.find(spec.target.partition("#")[0])


@lru_cache(maxsize=_ENTRIES)
def _catalogue_key(text: str) -> str:
    network, shape = network_and_shape(read(text))
    _checked(network.name, shape)
    return label_of(network, shape)


def _own_key(spec: Spec) -> str:
    network = own_models.find(spec.target)
    name = network.architecture.name
    if spec.options:
        raise OptionError(f"{name} is a model of its own and has no option {spec.options[0][0]!r:.40}")
    shape = _shape(spec, network.input_shape)
    _checked(name, shape)
    return label_of(network, shape)


def _design_key(spec: Spec) -> str:
    made = _design(spec)
    name = made.design.name or _DESIGNED
    if spec.options:
        raise OptionError(f"{name} is a design and has no option {spec.options[0][0]!r:.40}")
    if made.problem:
        raise ShapeError(f"{name}: {made.problem.message}; mend it on the page Design")
    if not made.costs:
        raise ShapeError(f"{name} has no rows yet: add a layer on the page Design")
    usual = made.design.input_shape
    shape = _shape(spec, usual)
    _checked(name, shape)
    return spec.target if shape == usual else f"{spec.target},{INPUT}={size_text(shape)}"


def _design(spec: Spec) -> Built:
    return cached.designed(spec.target.removeprefix(cached.DESIGNED))


def _shape(spec: Spec, usual: Shape) -> Shape:
    return shape_of(spec.size, usual) if spec.size else usual


def _checked(name: str, shape: Shape) -> None:
    if max(shape[1:], default=1) > links.LARGEST_SIZE:
        raise ShapeError(f"{name}: the app takes inputs up to {links.LARGEST_SIZE} wide and high")
