"""The numbers behind the figures, and that the figures show them."""

import cnnviz
from cnnviz import plots
from cnnviz.tables import layer_rows

ALEXNET = layer_rows(cnnviz.trace("alexnet@course"))


def test_sizes_fall_and_channels_rise_as_in_the_paper():
    """Oracle: the course's table of AlexNet: 55x55x96, 27x27x96, 27x27x256, 13x13x256, ..., 6x6x256."""
    curves = plots.shape_curves(ALEXNET)
    maps = [(h, w, c) for h, w, c in zip(curves.n_H, curves.n_W, curves.n_C, strict=True) if h is not None]
    assert maps[0] == (55, 55, 96)
    assert [n for n in (27, 13, 6) if (n, n) in {(h, w) for h, w, _ in maps}] == [27, 13, 6]
    assert [c for h, _, c in maps if c is not None][-1] == 256
    assert curves.square


def test_costs_end_at_the_totals():
    """Invariant: rows add up to totals."""
    trace = cnnviz.trace("alexnet@course")
    curves = plots.cost_curves(ALEXNET)
    assert curves.parameters[-1] == trace.parameters
    assert curves.macs[-1] == trace.macs
    assert curves.macs_percent[-1] == 100.0
    assert list(curves.parameters) == sorted(curves.parameters)


def test_network_without_costs_has_no_shares():
    assert plots.cost_curves([]).macs_percent == ()
    assert plots.cost_words(plots.cost_curves([])) == "Costs added up through the depth: nothing is counted."


def test_figures_draw_the_curves():
    shapes, costs = plots.shape_curves(ALEXNET), plots.cost_curves(ALEXNET)
    drawn = {line.name: line for line in plots.shape_figure(shapes).data}
    assert list(drawn) == ["n_H = n_W", "n_C"]
    assert tuple(drawn["n_C"].y) == shapes.n_C
    assert [tuple(line.y) for line in plots.cost_figure(costs).data] == [
        costs.parameters_percent,
        costs.macs_percent,
    ]


def test_oblong_input_has_a_line_for_each_side():
    curves = plots.shape_curves(layer_rows(cnnviz.trace("vgg16", (3, 64, 96))))
    assert [line.name for line in plots.shape_figure(curves).data] == ["n_H", "n_W", "n_C"]


def test_words_say_what_the_figures_show():
    """Oracle: AlexNet's first fully connected layer holds 37.8 of its 62.4 million parameters."""
    assert "n_H from 55 to 6" in plots.shape_words(plots.shape_curves(ALEXNET))
    assert "62,378,344 parameters" in plots.cost_words(plots.cost_curves(ALEXNET))
