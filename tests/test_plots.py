"""The numbers behind the figures, and that the figures show them."""

import cnnviz
from cnnviz import plots
from cnnviz.tables import layer_rows

TRACE = cnnviz.trace("alexnet@course")
ALEXNET = layer_rows(TRACE)


def test_sizes_fall_and_channels_rise_as_in_the_paper():
    """Oracle: the course's table of AlexNet: 55x55x96, 27x27x96, 27x27x256, 13x13x256, ..., 6x6x256."""
    curves = plots.shape_curves(ALEXNET, TRACE.edges)
    maps = [(h, w, c) for h, w, c in zip(curves.n_H, curves.n_W, curves.n_C, strict=True) if h is not None]
    assert maps[0] == (55, 55, 96)
    assert [n for n in (27, 13, 6) if (n, n) in {(h, w) for h, w, _ in maps}] == [27, 13, 6]
    assert [c for h, _, c in maps if c is not None][-1] == 256
    assert curves.square


def test_costs_end_at_the_totals():
    """Invariant: rows add up to totals."""
    curves = plots.cost_curves(ALEXNET)
    assert curves.parameters[-1] == TRACE.parameters
    assert curves.macs[-1] == TRACE.macs
    assert curves.macs_percent[-1] == 100.0
    assert list(curves.parameters) == sorted(curves.parameters)


def test_network_without_costs_has_no_shares():
    assert plots.cost_curves([]).macs_percent == ()
    assert plots.cost_words(plots.cost_curves([])) == "Costs added up through the depth: nothing is counted."


def test_figures_draw_the_curves():
    shapes, costs = plots.shape_curves(ALEXNET, TRACE.edges), plots.cost_curves(ALEXNET)
    drawn = {line.name: line for line in plots.shape_figure(shapes).data}
    assert list(drawn) == ["n_H = n_W", "n_C"]
    assert [int(n) for n in drawn["n_C"].y[:-1]] == list(shapes.n_C)
    assert drawn["n_C"].x[-1] == len(ALEXNET)  # the last step is as long as the others
    parameters, macs = plots.cost_figure(costs).data
    assert tuple(parameters.y[:-1]) == costs.parameters_percent
    assert tuple(macs.y[:-1]) == costs.macs_percent


def test_oblong_input_has_a_line_for_each_side():
    trace = cnnviz.trace("vgg16", (3, 64, 96))
    curves = plots.shape_curves(layer_rows(trace), trace.edges)
    assert [line.name for line in plots.shape_figure(curves).data] == ["n_H", "n_W", "n_C"]


def test_the_selected_operation_is_marked_in_both_figures():
    """Oracle: AlexNet's operations in order: conv1, relu, pool1, conv2: the fourth has index 3."""
    mark = plots.Mark(3, ALEXNET[3].name)
    assert mark.words == "operation; the line is at 3, conv2"
    shapes, costs = plots.shape_curves(ALEXNET, TRACE.edges), plots.cost_curves(ALEXNET)
    for figure in (plots.shape_figure(shapes, mark), plots.cost_figure(costs, mark)):
        (line,) = figure.layout.shapes
        assert (line.x0, line.x1, line.y0, line.y1, line.yref) == (3, 3, 0, 1, "paper")
        assert figure.layout.xaxis.title.text == mark.words
    assert plots.shape_figure(shapes).layout.shapes == ()


def test_the_end_of_a_long_name_is_what_tells_layers_apart():
    words = plots.Mark(7, "stages.stage_2.block_10.residual.convolution_3").words
    assert words.endswith("residual.convolution_3")
    assert len(words) < 60


def test_words_say_what_the_figures_show():
    """Oracle: AlexNet's first fully connected layer holds 37.8 of its 62.4 million parameters."""
    assert "n_H from 55 to 6" in plots.shape_words(plots.shape_curves(ALEXNET, TRACE.edges))
    assert "62,378,344 parameters" in plots.cost_words(plots.cost_curves(ALEXNET))


def test_branches_stay_off_the_main_line():
    """Oracle: table 1 of the GoogLeNet paper, channels after each inception module."""
    trace = cnnviz.trace("googlenet@paper")
    curves = plots.shape_curves(layer_rows(trace), trace.edges)
    channels = [c for c, after in zip(curves.n_C, [*curves.n_C[1:], None], strict=True) if c != after]
    assert [c for c in channels if c and c >= 256][:6] == [256, 480, 512, 528, 832, 1024]
    assert sum(name.startswith("inception") for name in curves.names) == 9  # their concatenations


def test_shortcut_takes_a_block_off_the_main_line():
    """Oracle: brute force, every way through the small graph by hand: 0, then 1 or past it to 2, then 3."""
    rows = layer_rows(cnnviz.trace("alexnet@course"))[:4]
    assert plots.shape_curves(rows, [(-1, 0), (0, 1), (1, 2), (0, 2), (2, 3)]).indexes == (0, 2, 3)


def test_dense_block_grows_by_its_growth_rate():
    """Oracle: DenseNet-121, growth rate 32: its first block concatenates 64, 96, ..., 256 channels."""
    trace = cnnviz.trace("densenet121")
    curves = plots.shape_curves(layer_rows(trace), trace.edges)
    block = [c for name, c in zip(curves.names, curves.n_C, strict=True) if name.startswith("dense_block_1")]
    assert sorted(set(block)) == list(range(64, 257, 32))
