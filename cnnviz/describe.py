"""What the catalogue says of a network, as lines of text for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cnnviz.architectures.architecture import Architecture, Network, Option, Published
from cnnviz.tables import counts_of
from cnnviz.targets import program_of, trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention


def description(network: Network, convention: Convention | None = None) -> list[str]:
    """What a network is: idea, variants, sources, costs, published figures, options, line by line."""
    architecture = network.architecture
    lines = [
        f"{architecture.title} ({architecture.year}), {architecture.authors}",
        f"{architecture.paper}",
        f"{architecture.link}",
        "",
        *_wrapped(architecture.idea),
        "",
        "variants (the first is the default)",
    ]
    for variant in architecture.variants:
        mark = "*" if variant.name == network.variant.name else " "
        size = "x".join(str(n) for n in variant.input_shape)
        lines += [f" {mark} @{variant.name}, input {size}", *_wrapped(variant.source, "     ")]
    lines += _counted(network, convention)
    lines += _of_variant(network, architecture)
    lines += ["", f"options of @{network.variant.name} (--set option=value)"]
    lines += [line for option in network.options for line in _option(option)]
    return lines


def _counted(network: Network, convention: Convention | None) -> list[str]:
    """What it costs; the convention's count stands below the MACs, which are what is published."""
    made = trace(network.name)
    told = [f"parameters {made.parameters:,}", f"MACs {made.macs:,}"]
    if convention:
        counted = sum(counts_of(made, convention))
        told.append(f"{convention.quantity} {counted:,}: {convention.words}; published figures are in MACs")
    lines = [line for text in told for line in _wrapped(text, "   ", first=" - ")]
    return ["", f"counted here for @{network.variant.name}", *lines]


def _of_variant(network: Network, architecture: Architecture) -> list[str]:
    variant = network.variant
    lines = []
    if variant.differences:
        lines += ["", f"@{variant.name} differs from the paper"]
        lines += [line for text in variant.differences for line in _wrapped(text, "   ", first=" - ")]
    if variant.published:
        lines += ["", f"published for @{variant.name}"]
        lines += [
            line for figure in variant.published for line in _wrapped(_figure(figure), "   ", first=" - ")
        ]
    smallest = program_of(network).smallest
    if smallest:
        lines += ["", f"smallest input that works: {smallest}x{smallest} (found by tracing)"]
    return lines


def _figure(figure: Published) -> str:
    names = {
        "macs": "MACs",
        "top1_error": "top-1 error",
        "top5_error": "top-5 error",
        "weight_layers": "layers",
    }
    unit = " %" if figure.quantity.endswith("error") else ""
    value = f"{figure.value:,}" if isinstance(figure.value, int) else f"{figure.value:g}"
    note = f" ({figure.note})" if figure.note else ""
    name = names.get(figure.quantity, figure.quantity.replace("_", " "))
    return f"{name} {value}{unit}: {figure.source}{note}"


def _option(option: Option) -> list[str]:
    text = f"{option.help}; {option.rule}; default {option.text(option.default)}"
    return [f"   {option.name}", *_wrapped(text, "     ")]


def _wrapped(text: str, indent: str = "", first: str | None = None) -> list[str]:
    wrapper = textwrap.TextWrapper(
        79, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    wrapper.initial_indent = indent if first is None else first
    return wrapper.wrap(text)
