"""What must hold for every network of the catalogue, from LeNet-5 to ConvNeXt."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnnviz.architectures import CATALOGUE
from cnnviz.architectures.architecture import Architecture, Option, Value, Variant, network
from cnnviz.architectures.entries import alexnet, googlenet, lenet, nin, vgg, zfnet
from cnnviz.architectures.layers import ACTIVATIONS
from tests.architectures.measure import counted, parameters

CLASSIC = tuple(
    entry for family in (lenet, alexnet, zfnet, nin, vgg, googlenet) for entry in family.ARCHITECTURES
)
VARIANTS = tuple((entry, variant) for entry in CATALOGUE for variant in entry.variants)
# The other depths of a ResNet or DenseNet declare the same options and repeat the same blocks.
DEPTHS = ("resnet18@torchvision", "resnet18@d2l", "resnet50@paper", "plain18@paper", "resnet20@paper")
DEPTHS = (*DEPTHS, "resnet32@paper", "plain20@paper", "densenet121@torchvision", "densenet@d2l")
MOST_PARAMETERS = 2_000_000_000  # what a visitor may ask for stays within a machine's memory


def name_of(entry: Architecture, variant: Variant) -> str:
    return f"{entry.name}@{variant.name}"


def each(variants: tuple[tuple[Architecture, Variant], ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("entry", "variant"), variants, ids=[name_of(*one) for one in variants])


DIFFERENT = tuple(
    one
    for one in VARIANTS
    if not one[0].name.startswith(("resnet", "plain", "densenet")) or name_of(*one) in DEPTHS
)


def bounds(option: Option) -> list[Value]:
    """The outermost values of an option, or all where they are few; defaults run in the other tests."""
    values: tuple[Value | None, ...] = option.choices or (option.minimum, option.maximum)
    if option.kind == "bool":
        values = (False, True)
    return [value for value in values if value is not None and value != option.default]


def run(entry: Architecture, variant: Variant, **options: Value) -> tuple[nn.Module, tuple[Tensor, ...]]:
    chosen = network(entry, variant.name, options)
    with torch.device("meta"):
        model = chosen.build().train()
        output = model(torch.empty(2, *chosen.input_shape))
    return model, output if isinstance(output, tuple) else (output,)


def test_the_depths_that_stand_for_the_others_are_there() -> None:
    assert set(DEPTHS) <= {name_of(*one) for one in DIFFERENT}


@each(DIFFERENT)
def test_every_option_builds_and_runs_at_its_bounds(entry: Architecture, variant: Variant) -> None:
    """Oracle: the declaration. The last layer has as many outputs as there are classes."""
    for option in entry.options_of(variant):
        for value in bounds(option):
            _, outputs = run(entry, variant, **{option.name: value})
            classes = dict(network(entry, variant.name, {option.name: value}).values)["num_classes"]
            assert {tuple(output.shape) for output in outputs} == {(2, classes)}, (option.name, value)


@each(tuple(one for one in VARIANTS if one[0] in CLASSIC))
def test_all_options_at_their_largest_together_stay_buildable(entry: Architecture, variant: Variant) -> None:
    largest = {
        option.name: option.maximum
        for option in entry.options_of(variant)
        if option.kind in ("int", "float") and option.name not in ("dropout", "groups")
    }
    model, _ = run(entry, variant, **{name: value for name, value in largest.items() if value is not None})
    assert parameters(model) < MOST_PARAMETERS


@each(DIFFERENT)
def test_every_parameter_receives_a_gradient(entry: Architecture, variant: Variant) -> None:
    """Oracle: autograd. A layer that forward forgets has no gradient."""
    heads = {option.name: True for option in entry.options_of(variant) if option.name == "aux_heads"}
    model, outputs = run(entry, variant, **heads)
    sum(output.sum() for output in outputs).backward()  # type: ignore[union-attr]
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


@each(VARIANTS)
def test_published_parameters_and_macs_are_ours_where_they_apply(
    entry: Architecture, variant: Variant
) -> None:
    """Oracle: what others published, at the precision they published it with."""
    ours = dict(zip(("parameters", "macs"), counted(entry.name, variant.name), strict=True))
    for figure in variant.published:
        if figure.applies and figure.quantity in ours:
            assert figure.matches(ours[figure.quantity]), (figure, ours)
        assert figure.applies or figure.note


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_the_idea_is_two_sentences_and_differences_are_sentences(entry: Architecture) -> None:
    assert entry.idea.count(". ") == 1
    assert entry.idea.endswith(".")
    for variant in entry.variants:
        for difference in variant.differences:
            assert difference.endswith(".")
            assert difference[0].isupper() or difference[0].isdigit()


def test_the_activation_option_offers_what_the_layers_have() -> None:
    for entry in CLASSIC:
        option = {option.name: option for option in entry.options}["activation"]
        assert set(option.choices) == set(ACTIVATIONS)
