"""Ways to save: papers' figures, the course's example, torch's own counter, brute force."""

from __future__ import annotations

import json
from pathlib import Path as File

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError, OptionError, UnknownNameError
from cnnviz.savings import TRICKS, Trick, compared, cost_curve, trick
from cnnviz.savings.comparison import branches, times, verdict
from cnnviz.savings.curve import break_even_width
from tests.torch_paths import BUILT, counted

COURSE = json.loads((File(__file__).parent / "oracle" / "worked_examples.json").read_text())
SMALL = {  # bounds that torch counts in milliseconds
    "n_H": (5, 9),
    "n_W": (5, 9),
    "kernel": (3, 7),
    "padding": (0, 3),
    "stride": (1, 3),
    "groups": (1, 3),
    "hidden_layers": (0, 2),
    "units": (1, 12),
}
by_name = pytest.mark.parametrize("of", TRICKS, ids=lambda of: of.name)


@st.composite
def settled(draw: st.DrawFn, of: Trick) -> dict[str, int]:
    """Values of a trick that go together."""
    values: dict[str, int] = {}
    for option in of.options:
        if option.kind == "bool":
            values[option.name] = draw(st.integers(0, 1))
            continue
        low, high = SMALL.get(option.name, (1, 12))
        low = max(low, int(option.minimum or 0))
        step = int(option.step or 1)
        values[option.name] = draw(st.integers(0, max(0, high - low) // step)) * step + low
    if of.name == "stacked":
        values["same"] = 1  # the only padding that torch has for each layer alike
    for name in ("channels", "filters", "width"):
        if "groups" in values and "kernel" in values and name in values:
            values[name] *= values["groups"]
    if "kernel" in values:
        values["n_H"], values["n_W"] = (max(values[n], values["kernel"]) for n in ("n_H", "n_W"))
    return values


@pytest.mark.parametrize("number", range(4))
def test_the_course_example(number: int) -> None:
    """Oracle: the course notes, worked_examples.json, bottleneck_course."""
    known = COURSE["bottleneck_course"]
    of = trick("bottleneck")
    n_H, n_W, C = known["input"]
    assert of.defaults | {"n_H": n_H, "n_W": n_W, "channels": C, "filters": known["filters"]} == of.defaults
    made = compared(of, {})
    reduce, expand = made.traces[1].layers
    told = (made.macs[0], reduce.macs, expand.macs, made.macs[1])
    names = ("direct_macs", "reduce_macs", "expand_macs", "total_macs")
    assert told[number] == known[names[number]]


@by_name
def test_torch_counts_the_same(of: Trick) -> None:
    """Oracle: both paths as torch modules: FlopCounterMode / 2, parameters, the shape that comes out."""

    @settings(max_examples=25, deadline=None)
    @given(settled(of))
    def counts(values: dict[str, int]) -> None:
        made = compared(of, values)
        modules = BUILT[of.name](values)
        assert len(modules) == len(made.paths)
        for module, trace in zip(modules, made.traces, strict=True):
            told = trace.macs, trace.parameters, trace.layers[-1].output_shape
            assert told == counted(module, (values["channels"], values["n_H"], values["n_W"]))

    counts()


@settings(max_examples=60, deadline=None)
@given(settled(trick("stacked")), st.integers(0, 5))
def test_layers_in_a_row_make_the_same_volume_whatever_the_padding(
    values: dict[str, int], padding: int
) -> None:
    """Oracle: torch's own convolution with the large window."""
    spread = values | {"same": 0, "padding": padding}
    made = compared(trick("stacked"), spread)
    whole = BUILT["stacked"](spread)[0]
    assert made.traces[1].layers[-1].output_shape == counted(whole, made.paths[0].input_shape)[2]


@by_name
def test_rows_add_up(of: Trick) -> None:
    """Invariant: the layers of a path add up to its totals, and all paths but the naive module end alike."""
    made = compared(of, {})
    for i, trace in enumerate(made.traces):
        assert sum(layer.macs for layer in trace.layers) == made.macs[i]
        assert sum(layer.parameters for layer in trace.layers) == made.parameters[i]
        assert sum(layer.activation_bytes for layer in trace.layers) == made.activation_bytes[i]
    assert len({trace.layers[-1].output_shape for trace in made.traces}) == 1


@by_name
def test_the_break_even_is_the_last_width_that_costs_no_more(of: Trick) -> None:
    """Oracle: brute force over all widths, by the costs of the paths alone."""

    @settings(max_examples=25, deadline=None)
    @given(settled(of))
    def found(values: dict[str, int]) -> None:
        made = compared(of, values)
        width, step = break_even_width(made), made.break_even.step
        if made.break_even.term is None or (of.name == "head" and not values["hidden_layers"]):
            assert width is None
            return

        def pays(w: int) -> bool:
            costs = [path.trace().macs for path in of.paths({**values, of.main: w})[:2]]
            return costs[0] <= costs[1] if of.name == "head" else costs[1] <= costs[0]

        if made.break_even.least:
            assert width is not None
            assert pays(width)
            assert not any(pays(w) for w in range(1, width))
        elif width is None:
            assert not pays(step)
        else:
            assert pays(width)
            assert not pays(width + step)

    found()


@by_name
def test_the_curve_is_exact_where_it_is_drawn(of: Trick) -> None:
    """Oracle: each path traced at that width."""

    @settings(max_examples=10, deadline=None)
    @given(settled(of), st.integers(0, 10_000))
    def drawn(values: dict[str, int], at: int) -> None:
        made = compared(of, values)
        curve = cost_curve(made)
        i = at % len(curve.widths)
        there = of.paths({**values, of.main: curve.widths[i]})
        assert [macs[i] for macs in curve.macs] == [path.trace().macs for path in there]
        assert values[of.main] in curve.widths
        assert curve.chosen_macs == made.macs
        if curve.break_even is not None:
            assert curve.break_even in curve.widths

    drawn()


@pytest.mark.parametrize(("kernel", "share"), [(5, (18, 25)), (7, (27, 49))])
def test_layers_of_3x3_in_a_row(kernel: int, share: tuple[int, int]) -> None:
    """Oracle: VGG, section 2.3: 27 C*C weights against 49 C*C; Inception-v3, section 3.1: 18 against 25."""
    made = compared(trick("stacked"), {"kernel": kernel, "bias": 0})
    C = 256
    assert made.parameters == (share[1] * C * C, share[0] * C * C)
    assert made.fields[0] == made.fields[1] == (kernel, kernel)


def test_a_row_and_a_column_for_3x3_are_a_third_cheaper() -> None:
    """Oracle: Inception-v3, section 3.2: 33% cheaper for the same number of filters."""
    made = compared(trick("asymmetric"), {"kernel": 3, "bias": 0})
    assert made.macs[1] * 3 == made.macs[0] * 2
    assert made.fields[0] == made.fields[1] == (3, 3)


@given(st.integers(1, 600), st.sampled_from((3, 5)))
def test_depthwise_separable_costs_what_mobilenet_says(filters: int, kernel: int) -> None:
    """Oracle: MobileNets, section 3.1: 1/N + 1/D_K^2 of the standard convolution."""
    direct, separable = compared(trick("separable"), {"filters": filters, "kernel": kernel}).macs
    assert separable * filters * kernel**2 == direct * (kernel**2 + filters)


def test_depthwise_separable_is_8_to_9_times_cheaper() -> None:
    """Oracle: MobileNets, section 3.1: between 8 and 9 times less computation with 3x3."""
    for filters in (128, 256, 512, 1024):
        assert 8 < compared(trick("separable"), {"filters": filters}).ratio < 9


FIRES = {  # SqueezeNet, table 1: what comes in, squeeze, expand 1x1 and 3x3 each, parameters
    "fire2": (96, 16, 64, 11_920),
    "fire3": (128, 16, 64, 12_432),
    "fire4": (128, 32, 128, 45_344),
    "fire5": (256, 32, 128, 49_440),
    "fire6": (256, 48, 192, 104_880),
    "fire7": (384, 48, 192, 111_024),
    "fire8": (384, 64, 256, 188_992),
    "fire9": (512, 64, 256, 197_184),
}


@pytest.mark.parametrize("name", FIRES)
def test_fire_modules_have_the_parameters_of_the_paper(name: str) -> None:
    C, squeeze, expand, parameters = FIRES[name]
    values = {"channels": C, "squeeze": squeeze, "expand1x1": expand, "expand3x3": expand}
    assert compared(trick("fire"), values).parameters[1] == parameters


MODULES = {  # GoogLeNet, table 1: side, in, 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool; millions of ops
    "3a": ((28, 192, 64, 96, 128, 16, 32, 32), 128),
    "3b": ((28, 256, 128, 128, 192, 32, 96, 64), 304),
    "4a": ((14, 480, 192, 96, 208, 16, 48, 64), 73),
    "4b": ((14, 512, 160, 112, 224, 24, 64, 64), 88),
    "4c": ((14, 512, 128, 128, 256, 24, 64, 64), 100),
    "4d": ((14, 512, 112, 144, 288, 32, 64, 64), 119),
    "4e": ((14, 528, 256, 160, 320, 32, 128, 128), 170),
    "5b": ((7, 832, 384, 192, 384, 48, 128, 128), 71),
}
# The same table's parameters. From 4a on what it prints does not follow from the filters beside it, as the
# 54 M of 5a do not, which is left out above.
THOUSANDS = {"3a": 159, "3b": 380}


@pytest.mark.parametrize("name", MODULES)
def test_inception_modules_cost_what_the_paper_prints(name: str) -> None:
    """Oracle: GoogLeNet, table 1. Its K is 1024: 163,696 parameters of 3a are printed as 159K."""
    (side, *sizes), millions = MODULES[name]
    names = ("channels", "n1x1", "reduce3x3", "n3x3", "reduce5x5", "n5x5", "pool_proj")
    made = compared(trick("inception"), {"n_H": side, "n_W": side, **dict(zip(names, sizes, strict=True))})
    assert abs(made.macs[1] / 1e6 - millions) < 1
    if name in THOUSANDS:
        assert abs(made.parameters[1] / 1024 - THOUSANDS[name]) < 1


def test_the_branches_of_the_module_add_up_to_it() -> None:
    """Oracle: the course's 5x5 branch is one of them, and their sum the module."""
    made = compared(trick("inception"), {})
    parts = branches(made)
    assert [branch.name for branch in parts] == ["1x1", "3x3", "5x5", "pool"]
    assert parts[2].macs == (120_422_400, 12_443_648)
    for i in range(2):
        assert sum(branch.macs[i] for branch in parts) == made.macs[i]
    five = compared(trick("bottleneck"), {})
    even = parts[2].break_even
    assert even is not None
    assert even.number == break_even_width(five)


def test_resnext_of_the_paper() -> None:
    """Oracle: ResNeXt, section 3.3: both blocks have about 70 k parameters, the grouped one by equation 4."""
    made = compared(trick("resnext"), {"bias": 0})
    assert made.parameters == (
        256 * 64 + 3 * 3 * 64 * 64 + 64 * 256,
        32 * (256 * 4 + 3 * 3 * 4 * 4 + 4 * 256),
    )


def test_a_bottleneck_block_costs_about_a_basic_block_of_64_channels() -> None:
    """Oracle: He et al. 2015, section 4.1: the two designs of figure 5 have similar time complexity."""
    wide = compared(trick("resnet"), {"bias": 0}).macs[1]
    narrow = compared(trick("resnet"), {"channels": 64, "bias": 0}).macs[0]
    assert 0.9 < wide / narrow < 1.1


def test_the_head_of_vgg16() -> None:
    """Oracle: torchvision's VGG-16 has 138,357,544 parameters, 14,714,688 of them before the head."""
    assert compared(trick("head"), {}).parameters[0] == 138_357_544 - 14_714_688


def test_one_layer_and_one_map_a_class_multiply_alike() -> None:
    """Oracle: both are n_H * n_W * n_C * classes products."""
    made = compared(trick("head"), {"hidden_layers": 0})
    assert made.macs[0] == made.macs[1] == 7 * 7 * 512 * 1000
    assert break_even_width(made) is None


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("bottleneck", {"width": 0}, "width must be a whole number from 1 to 512, got 0"),
        ("bottleneck", {"channels": "many"}, "got many"),
        ("bottleneck", {"kernel": 4}, "steps of 2, got 4"),
        (
            "bottleneck",
            {"groups": 5},
            "5 groups need channels to be a multiple of 5, got 192: take 190 or 195",
        ),
        ("bottleneck", {"groups": 32, "width": 16}, "got 16: take 32"),
        (
            "bottleneck",
            {"n_H": 3, "same": 0, "padding": 0},
            "needs n_H to be at least 5 with padding 0, got 3",
        ),
        ("grouped", {"groups": 3}, "got 128: take 126 or 129"),
        ("inception", {"n5x5": 1e9}, "whole number from 1 to 512"),
        ("head", {"hidden_layers": 3}, "from 0 to 2, got 3"),
    ],
)
def test_what_cannot_be_is_told_with_the_way_out(name: str, values: dict[str, object], says: str) -> None:
    of = trick(name)
    with pytest.raises(OptionError, match=says):
        of.values(values)


def test_unknown_names_are_told() -> None:
    with pytest.raises(UnknownNameError, match="did you mean bottleneck"):
        trick("botleneck")
    with pytest.raises(UnknownNameError, match="did you mean width"):
        trick("bottleneck").values({"widht": 3})


@by_name
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_values_give_a_comparison_or_a_sentence(of: Trick, data: st.DataObject) -> None:
    """Invariant: within the bounds nothing but an error of ours, and that with the way out."""
    chosen = {
        option.name: data.draw(st.integers(int(option.minimum or 0), int(option.maximum or 1)))
        for option in of.options
    }
    try:
        made = compared(of, chosen)
    except CnnvizError as error:
        assert len(str(error)) > 20  # noqa: PT017 - either of two outcomes
    else:
        assert verdict(made)
        assert cost_curve(made).widths


def test_ratios_in_words() -> None:
    assert times(120_422_400, 12_443_648) == "9.68 times fewer"  # the course's
    assert times(10, 15) == "1.5 times more"
    assert times(7, 7) == "the same"
    assert times(1000, 999) == "about the same"
    assert times(1_000_000, 1000) == "1,000 times fewer"
