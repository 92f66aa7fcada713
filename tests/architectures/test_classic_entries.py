"""What must hold for every network of the classic families, from LeNet-5 to GoogLeNet."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnnviz.architectures.architecture import Architecture, Option, Value, Variant, network
from cnnviz.architectures.entries import alexnet, googlenet, lenet, nin, vgg, zfnet
from cnnviz.architectures.layers import ACTIVATIONS
from tests.architectures.measure import macs, parameters

FAMILIES = (lenet, alexnet, zfnet, nin, vgg, googlenet)
ENTRIES = tuple(entry for family in FAMILIES for entry in family.ARCHITECTURES)
VARIANTS = tuple((entry, variant) for entry in ENTRIES for variant in entry.variants)
VARIANT_IDS = [f"{entry.name}@{variant.name}" for entry, variant in VARIANTS]
MOST_PARAMETERS = 2_000_000_000  # what a visitor may ask for stays within a machine's memory


def bounds(option: Option) -> list[Value]:
    """The outermost values of an option, or all where they are few; defaults run in the other tests."""
    values: tuple[Value | None, ...] = option.choices or (option.minimum, option.maximum)
    if option.kind == "bool":
        values = (False, True)
    return [value for value in values if value is not None and value != option.default]


def run(entry: Architecture, variant: Variant, **options: Value) -> tuple[nn.Module, tuple[Tensor, ...]]:
    chosen = network(entry, variant.name, options)
    with torch.device("meta"):
        model = chosen.build()
        output = model(torch.empty(2, *chosen.input_shape))
    return model, output if isinstance(output, tuple) else (output,)


@pytest.mark.parametrize(("entry", "variant"), VARIANTS, ids=VARIANT_IDS)
def test_every_option_builds_and_runs_at_its_bounds(entry: Architecture, variant: Variant) -> None:
    """Oracle: the declaration. The last layer has as many outputs as there are classes."""
    for option in entry.options_of(variant):
        for value in bounds(option):
            _, outputs = run(entry, variant, **{option.name: value})
            classes = network(entry, variant.name, {option.name: value}).values[0][1]
            assert {tuple(output.shape) for output in outputs} == {(2, classes)}, (option.name, value)


@pytest.mark.parametrize(("entry", "variant"), VARIANTS, ids=VARIANT_IDS)
def test_all_options_at_their_largest_together_stay_buildable(entry: Architecture, variant: Variant) -> None:
    largest = {
        option.name: option.maximum
        for option in entry.options_of(variant)
        if option.kind in ("int", "float") and option.name not in ("dropout", "groups")
    }
    model, _ = run(entry, variant, **{name: value for name, value in largest.items() if value is not None})
    assert parameters(model) < MOST_PARAMETERS


@pytest.mark.parametrize(("entry", "variant"), VARIANTS, ids=VARIANT_IDS)
def test_every_parameter_receives_a_gradient(entry: Architecture, variant: Variant) -> None:
    """Oracle: autograd. A layer that forward forgets has no gradient."""
    heads = {option.name: True for option in entry.options_of(variant) if option.name == "aux_heads"}
    model, outputs = run(entry, variant, **heads)
    sum(output.sum() for output in outputs).backward()  # type: ignore[union-attr]
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize(("entry", "variant"), VARIANTS, ids=VARIANT_IDS)
def test_published_parameters_and_macs_are_ours_where_they_apply(
    entry: Architecture, variant: Variant
) -> None:
    """Oracle: what others published, at the precision they published it with."""
    with torch.device("meta"):
        model = network(entry, variant.name).build()
    ours = {"macs": macs(model, variant.input_shape), "parameters": parameters(model)}
    for figure in variant.published:
        if figure.applies and figure.quantity in ours:
            assert figure.matches(ours[figure.quantity]), (figure, ours)
        assert figure.applies or figure.note


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_the_idea_is_two_sentences_and_differences_are_sentences(entry: Architecture) -> None:
    assert entry.idea.count(". ") == 1
    assert entry.idea.endswith(".")
    for variant in entry.variants:
        for difference in variant.differences:
            assert difference.endswith(".")
            assert difference[0].isupper() or difference[0].isdigit()


def test_the_activation_option_offers_what_the_layers_have() -> None:
    for entry in ENTRIES:
        option = {option.name: option for option in entry.options}["activation"]
        assert set(option.choices) == set(ACTIVATIONS)
