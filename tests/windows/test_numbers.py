"""The numbers of the grids: named, typed, packed, random; kernels; lines of PyTorch; files."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from skimage import filters

from cnnviz.errors import OptionError
from cnnviz.windows import EXAMPLES, KERNELS, Scene, learned_kernels, outputs, read_input, read_weights, scene
from cnnviz.windows.kernels import kernel
from cnnviz.windows.numbers import MOST_EDITS, Numbers, hashed, settled
from cnnviz.windows.scene import read_place, read_values
from cnnviz.windows.sheets import grids_csv, products_csv, scene_markdown
from cnnviz.windows.told import remarks
from cnnviz.windows.torch_lines import torch_lines

NUMBER = st.integers(-9999, 9999) | st.decimals(-999, 999, places=3).map(float)


def example(name: str) -> Scene:
    of = EXAMPLES[name]
    return scene(of.kind, read_values(of.kind, of.values), of.input, of.weights)


@given(st.integers(1, 3), st.data())
@hypothesis_settings(max_examples=100, deadline=None)
def test_numbers_come_back_from_a_link_as_they_were(planes: int, data: st.DataObject) -> None:
    side = data.draw(st.integers(1, 12))
    row = st.tuples(*[NUMBER.map(float)] * side)
    own = data.draw(st.tuples(*[st.tuples(*[row] * side)] * planes))
    made = Numbers(own=own)
    assert read_input(made.text).own == own


@given(st.text(max_size=40) | st.text("0123456789,;.-~=z:+edg", max_size=40))
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for read in (read_input, read_weights):
        try:
            made = read(text)
        except OptionError:
            continue
        assert read(made.text) == made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hill", "there is edge, dark"),
        ("seed:-1", "a seed is a whole number"),
        ("1,2;x", "numbers such as 1,0,-1"),
        ("1e400", "got 1e400"),
        ("zAAAA", "not whole"),
        ("edge~1", "a changed cell is written as"),
        ("edge~0.0.0=99999", "a changed cell is written as"),
        ("z" + "A" * 9000, "not whole"),
        (",".join(["1"] * 33), "at most 32 rows and columns"),
    ],
)
def test_numbers_that_cannot_be_are_said_with_the_rule(text: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        read_input(text)


def test_a_packed_word_cannot_swell_beyond_what_is_drawn() -> None:
    """Oracle: 3,072 numbers are the most; a word that holds a hundred thousand is refused."""
    made = Numbers(own=(tuple((1.0,) * 30 for _ in range(30)),) * 100)
    with pytest.raises(OptionError, match="not whole"):
        read_input(made.text)


def test_cells_that_were_changed_stay_readable_and_then_become_own_numbers() -> None:
    some = scene("conv", {}, "edge~0.2.3=7")
    assert some.x[0, 2, 3] == 7
    assert settled(some.input, lambda: some.x) == some.input
    many = Numbers(names=("edge",), edits=tuple((0, i, j, 5.0) for i in range(5) for j in range(6)))
    whole = scene("conv", {}, "edge").replace(input=many)
    packed = settled(many, lambda: whole.x)
    assert len(many.edits) > MOST_EDITS
    assert not packed.edits
    assert np.array_equal(whole.replace(input=packed).x, whole.x)


def test_random_numbers_depend_on_their_place_and_on_nothing_else() -> None:
    """A larger input has the smaller one in its corner, so that a changed size keeps what was there."""
    assert np.array_equal(hashed(7, 3, 4), hashed(7, 5, 9)[:3, :4, :4])
    counts = np.bincount((hashed(1, 30, 30) % 10).ravel().astype(int), minlength=10)
    assert counts.min() > 0.9 * 2700  # of 27,000 numbers, a tenth each


@pytest.mark.parametrize(
    ("name", "operator", "over"),
    [
        ("sobel", filters.sobel_v, 4),
        ("sobel-y", filters.sobel_h, 4),
        ("scharr", filters.scharr_v, 16),
        ("scharr-y", filters.scharr_h, 16),
        ("vertical", filters.prewitt_v, 3),
        ("horizontal", filters.prewitt_h, 3),
    ],
)
def test_edge_kernels_are_those_of_the_textbooks(name, operator, over) -> None:
    """Oracle: scikit-image, which divides by the weights of one side and turns the kernel round, as
    mathematics has it: of these kernels that leaves all but the sign.
    """
    picture = np.random.default_rng(0).random((12, 12))
    of = scene("conv", {"n": 12}, weights_text=name)
    ours = outputs(of.setting, picture[None], of.w)[0] / over
    assert np.allclose(ours, -operator(picture)[1:-1, 1:-1])


@pytest.mark.parametrize("name", ["blur", "gaussian", "gaussian5", "sharpen", "emboss", "identity"])
def test_kernels_that_keep_brightness_add_up_to_one(name: str) -> None:
    size = max(KERNELS[name].sizes, default=3)
    assert np.isclose(np.sum(kernel(name, size)), 1)


@pytest.mark.parametrize("name", ["vertical", "horizontal", "sobel", "scharr", "laplacian"])
def test_edge_kernels_see_nothing_in_an_even_input(name: str) -> None:
    assert np.sum(kernel(name, 3)) == 0


def test_a_kernel_in_a_larger_window_changes_nothing_but_the_edge() -> None:
    """Oracle: torch: zeros around a kernel take one row off each side and leave the rest."""
    small, large = (scene("conv", {"n": 9, "f": f}, "seed:5", "sobel") for f in (3, 5))
    assert np.array_equal(
        outputs(small.setting, small.x, small.w)[:, 1:-1, 1:-1], outputs(large.setting, large.x, large.w)
    )


def test_several_filters_take_several_kernels_each_the_same_in_all_channels() -> None:
    of = example("filters")
    assert np.array_equal(of.w[0], np.array([kernel("vertical", 3)] * 3))
    assert np.array_equal(of.w[1], np.array([kernel("horizontal", 3)] * 3))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "channels"])
def test_the_lines_of_pytorch_make_the_same(name: str) -> None:
    """Oracle: torch, which runs the lines."""
    of = example(name)
    lines = torch_lines(of)
    found: dict[str, torch.Tensor] = {}
    exec(lines, found)
    expected = outputs(of.setting, of.x, of.w)
    assert tuple(found["y"].shape[1:]) == expected.shape
    if "randint" not in lines:
        assert np.allclose(found["y"][0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("max", {"n": 7, "f": 2, "s": 2, "p": "same"}),
        ("max", {"n": 9, "f": 3, "s": 1, "p": "same", "d": 2}),
        ("average", {"n": 6, "f": 4, "s": 1, "p": "same"}),
        ("conv", {"n": 7, "s": 3, "p": "same"}),
        ("depthwise", {"p": 2, "d": 2}),
        ("transposed", {"s": 3, "q": 2, "d": 2, "p": 1}),
        ("channels-of-28", {}),
    ],
)
def test_the_lines_of_pytorch_have_every_option(kind: str, values: dict[str, object]) -> None:
    """Oracle: torch, which runs the lines, in which the shape is asserted too."""
    of = example("channels") if kind == "channels-of-28" else scene(kind, values, "seed:3", "seed:4")
    found: dict[str, torch.Tensor] = {}
    exec(torch_lines(of), found)
    if kind != "channels-of-28":
        assert np.allclose(found["y"][0].numpy(), outputs(of.setting, of.x, of.w), atol=1e-4)


def test_the_products_of_a_step_as_csv() -> None:
    """Oracle: the course's edge: at the second step the three tens on the left count, and zeros."""
    of = example("vertical-edge")
    lines = list(csv.reader(io.StringIO(products_csv(of.replace(place=of.place.replace(step=1))))))
    assert lines[0] == ["channel", "row", "column", "value", "weight", "product"]
    assert lines[1] == ["1", "1", "2", "10", "1", "10"]
    assert [row[5] for row in lines[1:-1]] == ["10", "0", "0"] * 3
    assert lines[-1] == ["sum", "", "", "", "", "30"]


def test_all_grids_as_csv() -> None:
    """Oracle: 36 numbers, 9 weights, 16 outputs that add up to four times 60."""
    lines = list(csv.DictReader(io.StringIO(grids_csv(example("vertical-edge")))))
    assert [sum(line["grid"] == name for line in lines) for name in ("input", "weight", "output")] == [
        36,
        9,
        16,
    ]
    assert sum(float(line["value"]) for line in lines if line["grid"] == "output") == 4 * 60


def test_a_scene_as_markdown() -> None:
    text = scene_markdown(example("max-pool"))
    assert text.startswith("# 4 × 4, the largest of each 2 × 2, makes 2 × 2")
    assert "**Step 1 of 4**: maximum 9" in text
    assert "| 1 | 9 | 2 |" in text  # the first row of what comes out


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("n=8,s=2", "Row 8 and column 8 are never read: the last window ends before them. That is 15 of 64"),
        (
            "n=9,f=1,s=3",
            "Rows 2, 3, 5, 6, 8 and 9 and columns 2, 3, 5, 6, 8 and 9 are never read: the stride is",
        ),
    ],
)
def test_rows_that_are_never_read_are_named(values: str, says: str) -> None:
    """Oracle: windows at rows 1-3, 3-5, 5-7 of 8; rows 1, 4, 7 of 9."""
    assert remarks(scene("conv", read_values("conv", values), "", "seed:1").setting)[0].startswith(says)


@pytest.mark.parametrize(("text", "says"), [("x", "a place is written as"), ("1.2.3.4", "got 1.2.3.4")])
def test_a_place_that_cannot_be_is_said(text: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        read_place(text)


def test_a_place_beyond_the_end_is_the_last_one() -> None:
    from cnnviz.windows.scene import fitted

    of = example("filters").replace(place=read_place("99.9.9"))
    assert fitted(of).place == read_place("15.1.2")


def test_an_unknown_kernel_is_told_in_a_sentence_that_can_be_read() -> None:
    """However many filters networks have learned: one of them stands for all."""
    with pytest.raises(
        OptionError, match=r"there is vertical, .*-filter-0, seed:NUMBER.* got sobelx"
    ) as told:
        read_weights("sobelx")
    assert len(str(told.value)) < 300


def test_kernels_that_networks_learned_have_names_of_their_own() -> None:
    """Oracle: the trained networks that come with the package, where they do."""
    inside = pytest.importorskip("cnnviz.inside")
    shipped = [rows for _, rows in inside.learned_kernels() if len(rows) <= 11]
    learned = learned_kernels()
    assert shipped
    assert [one.rows for one in learned] == shipped
    for one in learned:
        of = scene("conv", {"n": 16, "f": len(one.rows)}, "ring", one.name)
        assert np.array_equal(of.w[0, 0], np.array(one.rows))
