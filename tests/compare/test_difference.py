"""What is different between two networks: known differences, brute-force alignments, sums that add up."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cnnviz.compare import contestants, difference, findings
from cnnviz.compare.difference import Difference, Sums
from cnnviz.compare.findings import short, signed
from cnnviz.compare.pairing import pairs

PAIRS = [
    ("resnet50@paper", "resnet50@torchvision"),
    ("resnet50@torchvision", "resnet50@paper"),
    ("alexnet@paper", "alexnet@course"),
    ("alexnet@course", "alexnet@torchvision"),
    ("googlenet@paper", "googlenet@torchvision"),
    ("googlenet@torchvision", "googlenet@torchvision,aux_heads=on"),
    ("vgg16", "vgg19"),
    ("vgg16", "vgg16,input=96"),
    ("vgg19", "resnet152"),
    ("plain34", "resnet34@paper"),
    ("densenet121", "densenet201"),
    ("lenet5@course", "lenet5@paper"),
    ("mobilenet_v1", "mobilenet_v2"),
    ("resnet50", "resnext50_32x4d"),
    ("efficientnet_b0", "convnext_tiny"),
    ("tests.compare.own:half_used,input=32", "tests.compare.own:small,input=32"),
]


def told(before: str, after: str) -> Difference:
    return difference(*contestants([before, after]))


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_causes_and_findings_add_up_to_the_difference_of_the_totals(before: str, after: str) -> None:
    """Oracle: the totals of both traces, of which the causes take no notice."""
    found = told(before, after)
    old, new = found.before.trace, found.after.trace
    macs = new.macs - old.macs
    wanted = Sums(
        new.parameters - old.parameters, macs, macs, new.activation_bytes - old.activation_bytes
    )  # without a convention MACs are what is counted
    assert found.total == wanted
    for parts in (found.causes, findings(found)):
        summed = [sum(getattr(part.sums, name) for part in parts) for name in Sums._fields]
        unused = found.not_run if parts is found.causes else 0
        assert [summed[0] + unused, *summed[1:]] == list(wanted)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_layer_of_both_is_aligned_once_and_in_order(before: str, after: str) -> None:
    """Oracle: the definition: a partition of both networks; what runs later stands later."""
    old, new = contestants([before, after])
    aligned = pairs(old.trace.layers, new.trace.layers, (old.costs, new.costs))
    assert sorted(a for a, _ in aligned if a is not None) == list(range(len(old.trace.layers)))
    assert [b for _, b in aligned if b is not None] == list(range(len(new.trace.layers)))


def test_layers_of_one_path_and_kind_are_the_same_layer() -> None:
    """Oracle: brute force: every pair of layers whose path and kind are found once in either network."""
    old, new = contestants(["resnet34", "resnet50"])
    aligned = {(a, b) for a, b in pairs(old.trace.layers, new.trace.layers, (old.costs, new.costs))}
    for x in old.trace.layers:
        same = [y for y in new.trace.layers if (y.operation.scope, y.kind) == (x.operation.scope, x.kind)]
        twins = [y for y in old.trace.layers if (y.operation.scope, y.kind) == (x.operation.scope, x.kind)]
        if len(same) == len(twins) == 1:
            assert (x.index, same[0].index) in aligned


def test_resnet50_the_stride_moved() -> None:
    """Oracle: torchvision's note (ResNet v1.5) and arithmetic: three 1x1 convolutions on four times the area.

    256 -> 128 channels at 56x56 instead of 28x28: 256*128*(56*56 - 28*28) more, the same in the next two.
    """
    (finding,) = findings(told("resnet50@paper", "resnet50@torchvision"))
    assert finding.sentence == "stride 2 moved from the 1x1 to the 3x3 convolution in three blocks"
    assert finding.sums.macs == 3 * 256 * 128 * (56 * 56 - 28 * 28) == 231_211_008
    assert finding.sums.parameters == 0
    assert "+231 M MACs" in finding.text
    (back,) = findings(told("resnet50@torchvision", "resnet50@paper"))
    assert back.sentence == "stride 2 moved from the 3x3 to the 1x1 convolution in three blocks"
    assert back.sums == Sums(*(-n for n in finding.sums))


def test_alexnet_one_tower_instead_of_two() -> None:
    """Oracle: arithmetic: conv2, conv4, conv5 see twice the channels: as many weights and products again."""
    conv2, conv4, conv5 = 5 * 5 * 48 * 256, 3 * 3 * 192 * 384, 3 * 3 * 192 * 256
    told_of = {f.sentence: f.sums for f in findings(told("alexnet@paper", "alexnet@course"))}
    groups = told_of.pop("groups 2 → 1 in three convolutions")
    macs = 27 * 27 * conv2 + 13 * 13 * (conv4 + conv5)
    assert groups == Sums(conv2 + conv4 + conv5, macs, macs, 0)
    norms = told_of.pop("two local response normalisations removed")
    assert norms == Sums(0, 0, 0, -4 * (55 * 55 * 96 + 27 * 27 * 256))
    assert not told_of


def test_googlenet_the_known_mistake() -> None:
    """Oracle: https://github.com/pytorch/vision/issues/906: 3x3 where the paper has 5x5, in nine modules."""
    sentences = [f.sentence for f in findings(told("googlenet@paper", "googlenet@torchvision"))]
    assert sentences[0] == "kernel 5x5 → 3x3, padding 2 → 1, no bias any more in nine convolutions"
    assert "57 batch normalisations added" in sentences
    assert "kernel 3x3 → 2x2 in the pooling" in sentences


def test_vgg19_is_vgg16_and_three_convolutions() -> None:
    """Oracle: Simonyan and Zisserman 2014, table 1, columns D and E; weights (3*3*C + 1) * n_C."""
    found = findings(told("vgg16", "vgg19"))
    assert found[0].sentence == "three 3x3 convolutions added"
    assert found[0].places == ("block3.conv3_4", "block4.conv4_4", "block5.conv5_4")
    assert found[0].sums.parameters == (9 * 256 + 1) * 256 + 2 * (9 * 512 + 1) * 512
    assert [f.sentence for f in found[1:]] == ["three relu activations added"]


def test_another_input_is_a_cause_of_its_own() -> None:
    """Oracle: a fully convolutional network costs in proportion to the area: (448 / 224)^2 = 4 times."""
    found = told("squeezenet1_1,input=227", "squeezenet1_1,input=227")
    assert (findings(found), found.total, found.causes) == ([], Sums(), ())
    (finding,) = findings(told("mobilenet_v1", "mobilenet_v1,input=448"))
    assert finding.sentence == "input 3x224x224 → 3x448x448"
    fully_connected = 1024 * 1000
    before = told("mobilenet_v1", "mobilenet_v1").before.trace.macs - fully_connected
    assert finding.sums.macs == 3 * before


def test_what_follows_from_a_change_counts_for_it() -> None:
    """Oracle: arithmetic: twice the filters in conv1 make conv2 see twice the channels."""
    (finding,) = findings(told("tests.compare.chains:narrow,input=8", "tests.compare.chains:wide,input=8"))
    assert finding.sentence == "filters 4 → 8 in the 3x3 convolution"
    own, following = 4 * (9 * 3 + 1), 4 * 9 * 5
    assert finding.sums.parameters == own + following
    assert finding.sums.macs == 8 * 8 * (4 * 9 * 3 + following)


def test_bias_activation_and_dilation_are_told() -> None:
    sentences = {
        f.sentence for f in findings(told("tests.compare.chains:narrow", "tests.compare.chains:other"))
    }
    assert sentences == {
        "no bias any more in the 3x3 convolution",
        "relu → tanh in the activation",
        "padding 1 → 2, dilation 1 → 2 in the 3x3 convolution",
    }


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 k"),
        (999_499, "999 k"),
        (999_500, "1 M"),
        (231_211_008, "231 M"),
        (15_470_264_320, "15.5 G"),
        (-1234, "-1.23 k"),
    ],
)
def test_short_numbers_have_three_digits(count: int, text: str) -> None:
    assert short(count) == text


def test_signs_are_always_there() -> None:
    assert (signed(231_211_008), signed(-1500), signed(0)) == ("+231 M", "−1.5 k", "±0")


def test_the_dearest_comes_first() -> None:
    found = findings(told("vgg16", "googlenet@paper"))
    assert all(abs(a.sums.macs) >= abs(b.sums.macs) for a, b in pairwise(found))
