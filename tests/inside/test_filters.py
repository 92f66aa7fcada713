"""Filters, what classic kernels they are like, and maps packed into one picture."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz import inside
from cnnviz.errors import OptionError
from cnnviz.inside import shipped
from cnnviz.inside.kernels import best_match, classic, learned_kernels
from cnnviz.inside.layer_filters import filters, of_map
from cnnviz.inside.sprites import colours, sprite
from tests.test_import_rules import ROOT

SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
LAPLACIAN = ((0, -1, 0), (-1, 4, -1), (0, -1, 0))
PREWITT_DOWN = ((-1, -1, -1), (0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(
    ("kernel", "name"),
    [
        (SOBEL, "vertical edge"),
        (PREWITT_DOWN, "horizontal edge"),
        (LAPLACIAN, "spot (Laplacian)"),
        (((1, 2, 1), (2, 4, 2), (1, 2, 1)), "blur (Gaussian)"),
        (((0, 1, 2), (-1, 0, 1), (-2, -1, 0)), "diagonal \\ edge"),  # its zeros lie along the edge
        (((-2, -1, 0), (-1, 0, 1), (0, 1, 2)), "diagonal / edge"),
        (((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)), "vertical bar"),
    ],
)
def test_textbook_kernels_are_recognised_whatever_their_sign_and_size(
    kernel: tuple[tuple[int, ...], ...], name: str
) -> None:
    """Oracle: what image processing calls these kernels (Sobel, Prewitt, Laplace, binomial)."""
    for factor in (1, -3, 0.01):
        match = best_match(factor * np.array(kernel, float))
        assert (match.name, match.similarity >= 0.8) == (name, True)


@pytest.mark.parametrize("side", [3, 5, 7, 11])
@pytest.mark.parametrize("way", ["vertical", "horizontal", "diagonal /", "diagonal \\"])
def test_edges_and_bars_answer_most_to_lines_of_their_name(side: int, way: str) -> None:
    """Oracle: images drawn here: bright on one side of a line of that direction, and the line alone."""
    half = side // 2
    row, column = np.mgrid[-half : half + 1, -half : half + 1]  # rows downwards, as in an image
    across = {"vertical": column, "horizontal": row, "diagonal /": row + column, "diagonal \\": row - column}
    for kind, image in (("edge", np.sign(across[way])), ("bar", across[way] == 0)):
        answers = {name: abs(float((kernel * image).sum())) for name, kernel in classic(side).items()}
        alike = {name: answer for name, answer in answers.items() if name.endswith(kind)}
        assert max(alike, key=lambda name: alike[name]) == f"{way} {kind}"


@pytest.mark.parametrize("side", [3, 5, 7, 9])
def test_similarity_is_the_cosine(side: int) -> None:
    """Oracle: a kernel is itself (1); edges of perpendicular directions have nothing in common (0)."""
    known = classic(side)
    for name, kernel in known.items():
        assert np.linalg.norm(kernel) == pytest.approx(1)
        assert best_match(kernel) == (name, pytest.approx(1))
    assert float((known["vertical edge"] * known["horizontal edge"]).sum()) == pytest.approx(0, abs=1e-12)


def test_the_photographs_taught_edges_and_colours() -> None:
    """Oracle: what the first layers of photo networks learn (Krizhevsky et al. 2012, figure 3).

    Several are edges or bars, in at least two directions; in several one colour stands against others.
    """
    found = filters(inside.trained("photo"), "conv1")
    oriented = [m.name for m in found.matches if m.similarity > 0.7 and ("edge" in m.name or "bar" in m.name)]
    assert len(oriented) >= 5
    assert len({name.rpartition(" ")[0] for name in oriented}) >= 2
    means = found.weights.mean((2, 3))
    spread = (means.amax(1) - means.amin(1)) / found.weights.abs().amax((1, 2, 3))
    assert int((spread > 0.3).sum()) >= 5


def test_learned_kernels_need_no_torch_and_are_the_networks_weights() -> None:
    """Oracle: a process in which torch cannot be imported; the weights in the network."""
    code = (
        "import sys; sys.modules['torch'] = None; from cnnviz.inside import learned_kernels; "
        "print(len(learned_kernels()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    known = learned_kernels()
    assert int(done.stdout) == len(known) == 6 + 8 + 24
    assert len({kernel.name for kernel in known}) == len(known)
    weight = inside.trained("lenet5").model.conv1.weight
    for kernel, wanted in zip(known, weight, strict=False):
        assert torch.allclose(torch.tensor(kernel.rows), wanted[0], atol=1e-4)


def test_filters_come_from_the_convolution_before() -> None:
    network = inside.trained("resnet20")
    assert of_map(network, "conv2_x.block_1.act") == "conv2_x.block_1.residual.conv2"
    assert of_map(network, "bn1") == "conv1"
    assert of_map(network, "fc") == ""
    with pytest.raises(OptionError, match="has no filters; the convolutions are conv1"):
        filters(network, "bn1")


@pytest.mark.parametrize("shape", [(1, 1, 1), (6, 28, 28), (7, 3, 5), (120, 1, 1), (3, 1, 9)])
def test_a_sprite_holds_every_map_to_a_255th_of_its_own_range(shape: tuple[int, int, int]) -> None:
    """Oracle: the maps, cut out of the decoded picture again."""
    maps = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    maps[0] = 0.25  # one without any range
    drawn = sprite(maps)
    picture = np.asarray(Image.open(io.BytesIO(drawn.png)))
    count, height, width = shape
    for i in range(count):
        top, left = i // drawn.columns * height, i % drawn.columns * width
        levels = picture[top : top + height, left : left + width]
        values = drawn.low[i] + levels / 255 * (drawn.high[i] - drawn.low[i])
        assert np.abs(values - maps[i]).max() <= (maps[i].max() - maps[i].min()) / 500 + 1e-4


def test_colours_lie_in_the_same_way() -> None:
    images = np.linspace(0, 1, 5 * 3 * 4 * 4, dtype=np.float32).reshape(5, 3, 4, 4)
    png, columns = colours(images)
    picture = np.asarray(Image.open(io.BytesIO(png)))
    for i in range(5):
        top, left = i // columns * 4, i % columns * 4
        cut = picture[top : top + 4, left : left + 4].transpose(2, 0, 1)
        assert np.abs(cut / 255 - images[i]).max() <= 1 / 500


def test_channels_come_the_most_active_first() -> None:
    """Oracle: NumPy's mean of the absolute values."""
    network = inside.trained("photo")
    it = inside.look(network, inside.sample(network, "cat"))
    mean = np.abs(it.maps("conv2").numpy()).mean((1, 2))
    order = it.order("conv2")
    assert sorted(order) == list(range(32))
    assert all(mean[a] >= mean[b] for a, b in pairwise(order))


def test_photographs_are_in_the_wheels_that_they_come_with() -> None:
    """Oracle: the packages' own lists of their files."""
    from importlib.metadata import files

    from cnnviz.inside.photographs import PHOTOGRAPHS

    listed = {str(file) for package in ("scikit-image", "scikit-learn") for file in files(package) or ()}
    assert {photograph.file for photograph in PHOTOGRAPHS} <= listed
    assert len(shipped.BY_NAME["photo"].classes) == len(PHOTOGRAPHS)
