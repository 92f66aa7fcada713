"""What is compared: how it is written, what it is called, and what is said to what cannot be."""

from __future__ import annotations

import pytest

import cnnviz
from cnnviz.architectures import CATALOGUE
from cnnviz.compare import contestant, contestants
from cnnviz.compare.contestants import INPUT, data_of, read
from cnnviz.errors import CnnvizError, OptionError, ShapeError, UnknownNameError


def test_a_text_says_target_options_and_input() -> None:
    """Oracle: the same call in Python."""
    made = contestant("resnet50@paper, width=32 ,input=160")
    wanted = cnnviz.trace("resnet50@paper", (3, 160, 160), options={"width": 32})
    assert made.trace == wanted
    assert made.label == "resnet50@paper,width=32,input=160"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("resnet50", "resnet50@torchvision"),
        ("RESNET50@paper", "resnet50@paper"),
        ("vgg16,input=3x224x224", "vgg16@paper"),
        ("vgg16,input=224x256", "vgg16@paper,input=224x256"),
        ("vgg16,input=3x256x256", "vgg16@paper,input=256"),
        ("alexnet@paper,groups=2", "alexnet@paper"),
        ("lenet5,in_channels=3", "lenet5@course,in_channels=3"),
        ("vgg16,dropout=0.25", "vgg16@paper,dropout=0.25"),
    ],
)
def test_a_label_is_short_and_says_the_same(text: str, label: str) -> None:
    """Oracle: reading the label gives the same trace and the same label."""
    made = contestant(text)
    assert made.label == label
    again = contestant(label)
    assert (again.label, again.trace) == (label, made.trace)


def test_the_common_input_is_for_those_without_one_of_their_own() -> None:
    first, second = contestants(["vgg16", "vgg16,input=64"], "96x128")
    assert first.trace.input_shape == (3, 96, 128)
    assert second.trace.input_shape == (3, 64, 64)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("resnet51", UnknownNameError, "did you mean"),
        ("vgg16@papr", UnknownNameError, "did you mean paper"),
        ("vgg16,widht=3", UnknownNameError, "widht"),
        ("vgg16,width_multiplier=9", OptionError, "width_multiplier must be"),
        ("vgg16,width", OptionError, "name=value"),
        ("vgg16,=3", OptionError, "name=value"),
        ("", OptionError, "begins with its name"),
        (",width=3", OptionError, "begins with its name"),
        ("vgg16,input=0", ShapeError, "an input is channels x height x width"),
        ("vgg16,input=-5", ShapeError, "an input is channels x height x width"),
        ("vgg16,input=1e9", ShapeError, "an input is channels x height x width"),
        ("vgg16,input=99999999999", ShapeError, "an input is channels x height x width"),
        ("vgg16,input=16", ShapeError, "at least 32x32"),
        ("vgg16,input=1x224x224", ShapeError, "3 channels"),
        ("vgg16,input=3x3x3x3", ShapeError, "needs an input like 3x224x224"),
    ],
)
def test_what_cannot_be_compared_is_told(text: str, kind: type[CnnvizError], says: str) -> None:
    with pytest.raises(kind, match=says):
        contestants(["alexnet", text])


def test_a_model_of_ones_own_is_compared_too() -> None:
    """Oracle: a 3x3 convolution of 3 to 8 channels has (3*3*3 + 1) * 8 parameters."""
    (made,) = contestants(["tests.compare.own:small,input=32"])
    assert made.trace.parameters == (27 + 1) * 8
    assert made.trace.input_shape == (3, 32, 32)
    assert (made.network, made.title) == (None, made.label)
    assert made.published("top1_error") is None


def test_published_errors_are_of_just_this() -> None:
    """Oracle: torchvision's 76.13 % for ResNet-50; another input or option is another network."""
    assert contestant("resnet50").published("top1_error").value == pytest.approx(100 - 76.13)
    assert contestant("resnet50,input=256").published("top1_error") is None
    assert contestant("resnet50,num_classes=10").published("top1_error") is None
    assert contestant("resnet18@paper").published("top1_error") is None  # ten crops only, which do not apply


def test_of_every_published_error_it_is_known_which_images_it_is_on() -> None:
    for architecture in CATALOGUE:
        for variant in architecture.variants:
            for figure in variant.published:
                if figure.quantity.endswith("error") and figure.applies:
                    assert data_of(figure), (variant.source, figure.note)


def test_no_option_has_the_name_of_the_input() -> None:
    assert all(option.name != INPUT for architecture in CATALOGUE for option in architecture.options)


def test_reading_takes_nothing_for_granted() -> None:
    spec = read(" torchvision.models:resnet18 ")
    assert (spec.target, spec.options, spec.size, spec.own) == ("torchvision.models:resnet18", (), "", True)
    assert not read("resnext50_32x4d@torchvision").own
