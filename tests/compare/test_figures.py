"""Figures draw the numbers they are given."""

from __future__ import annotations

import pytest

from cnnviz.compare import contestants
from cnnviz.compare.figures import (
    COLOURS,
    DASHES,
    bubble_figure,
    cost_figure,
    size_figure,
    timeline_figure,
    totals_figure,
    types_figure,
)
from cnnviz.compare.measures import MEASURES
from cnnviz.compare.published import front, points, timeline

NETS = contestants(["lenet5", "alexnet@paper", "vgg16", "resnet50"])


def test_bars_are_the_totals() -> None:
    figure = totals_figure(NETS)
    assert [list(bar.x) for bar in figure.data] == [
        [of.trace.parameters for of in NETS],
        [of.trace.macs for of in NETS],
        [of.trace.activation_bytes for of in NETS],
    ]


def test_a_number_stands_in_its_bar_only_where_it_is_long() -> None:
    """Oracle: AlexNet has 1/21 of VGG-16's MACs: beside a bar of 16 px, not shrunk into it."""
    _, macs, _ = totals_figure(NETS).data
    assert list(macs.textposition) == ["outside", "outside", "inside", "outside"]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("along", [True, False])
def test_curves_end_at_total_and_depth(measure: str, along: bool) -> None:
    """Oracle: the trace's totals and weight layers; without a convention MACs are counted."""
    absolute = cost_figure(NETS, measure, relative=False, along=along)
    relative = cost_figure(NETS, measure, relative=True, along=along)
    for line, share, of in zip(absolute.data, relative.data, NETS, strict=True):
        assert line.name == of.label
        assert line.y[-1] == getattr(of.trace, "macs" if measure == "counted" else measure)
        assert share.y[-1] == pytest.approx(100)
        assert line.x[-1] == (100 if along else of.trace.weight_layers)


def test_sizes_are_drawn_along_the_depth() -> None:
    """Oracle: VGG-16's channels by its paper's table."""
    line = size_figure(NETS, "n_C", along=False).data[2]
    assert list(line.y) == [64, 64, 128, 128, *[256] * 3, *[512] * 6, 4096, 4096, 1000]


def test_stacked_bars_are_whole() -> None:
    for measure in MEASURES:
        figure = types_figure(NETS, measure)
        for i in range(len(NETS)):
            assert sum(bar.x[i] for bar in figure.data) == pytest.approx(100)


def test_bubbles_mark_the_front_and_name_the_source() -> None:
    shown = points(NETS, "top5_error")
    figure = bubble_figure(shown, ["vgg16@paper"], front(shown, "macs"), "top5_error", "macs")
    line, others, ours = figure.data
    assert sorted(line.x) == list(line.x)
    assert sorted(line.y, reverse=True) == list(line.y)
    assert list(ours.x) == [15_470_264_320]
    assert list(ours.y) == [9.618]
    assert "torchvision, VGG16" in ours.customdata[0][4]
    assert len(others.x) == 2


def test_the_timeline_draws_lenet_without_an_imagenet_error() -> None:
    figure = timeline_figure(timeline("top1_error"), ["alexnet@paper"], "top1_error")
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn["compared"].x) == [42.9]
    assert drawn["on other images"].text == (" 0.95 % on MNIST",)
    assert list(drawn["lowest so far"].x) == sorted(drawn["lowest so far"].x, reverse=True)


def test_no_two_lines_look_alike() -> None:
    assert len({(c, d) for c in COLOURS for d in DASHES}) >= 16
