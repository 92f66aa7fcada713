"""The numbers of the ideas that work on photographs: augmentation, and features made by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance
from skimage.filters import sobel_h, sobel_v
from sklearn.cluster import KMeans

from cnnviz.ideas import augmentation, features, photos


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.array(array, dtype=float))


# ---- augmentation

EVERYTHING = augmentation.Settings(crop=0.5, rotate=60, shift=0.2)


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    return photos.pixels(photos.sample("cat"), 40)


@pytest.mark.parametrize("draw", range(4))
def test_geometry_is_torchs_grid_sample(cat: np.ndarray, draw: int) -> None:
    """Oracle: F.affine_grid and F.grid_sample."""
    theta = augmentation.theta(EVERYTHING, augmentation.drawn(5, draw))
    grid = F.affine_grid(tensor(theta)[None], [1, 3, 40, 40], align_corners=False)
    expected = F.grid_sample(tensor(cat).permute(2, 0, 1)[None], grid, align_corners=False)
    ours = augmentation.sampled(cat, theta)
    np.testing.assert_allclose(ours, expected[0].permute(1, 2, 0).numpy(), atol=1e-8)


def test_a_flip_is_a_flip_and_nothing_is_nothing(cat: np.ndarray) -> None:
    """Oracle: numpy's reversed columns."""
    nothing = augmentation.Settings(flip="no")
    np.testing.assert_allclose(augmentation.augmented(cat, nothing, 3, 0), cat, atol=1e-8)
    flips = 0
    for draw in range(20):
        made = augmentation.augmented(cat, augmentation.Settings(), 3, draw)
        flipped = np.allclose(made, cat[:, ::-1], atol=1e-8)
        assert flipped or np.allclose(made, cat, atol=1e-8)
        flips += flipped
    assert 3 < flips < 17


@pytest.mark.parametrize("amount", [0.5, 1.4])
def test_colours_are_pillows(cat: np.ndarray, amount: float) -> None:
    """Oracle: PIL.ImageEnhance, which rounds to whole numbers."""
    image = Image.fromarray(np.round(cat).astype(np.uint8))
    for i, kind in enumerate((ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)):
        amounts = [amount if i == k else 1.0 for k in range(3)]
        ours = augmentation.coloured(np.round(cat), *amounts)
        np.testing.assert_allclose(ours, np.asarray(kind(image).enhance(amount), dtype=float), atol=1.6)


def test_noise_and_squares_are_as_large_as_said(cat: np.ndarray) -> None:
    """Oracle: the standard deviation asked for; the pixels of the square, counted."""
    flat = np.full((64, 64, 3), 128.0)
    noisy = augmentation.augmented(flat, augmentation.Settings(flip="no", noise=0.1), 4, 0)
    assert (noisy - 128).std() == pytest.approx(25.5, rel=0.05)
    erased = augmentation.augmented(flat, augmentation.Settings(flip="no", erase=0.25), 4, 0)
    assert (erased == 127).all(axis=-1).sum() == 16 * 16


# ---- features


@pytest.fixture(scope="module")
def coffee() -> np.ndarray:
    return features.grey(photos.sample("coffee"))


def test_edges_are_sobels(coffee: np.ndarray) -> None:
    """Oracle: scikit-image's two halves of Sobel's filter; and our moving sum of products with its kernel."""
    both = np.sqrt((sobel_h(coffee) ** 2 + sobel_v(coffee) ** 2) / 2)
    np.testing.assert_allclose(features.edges(coffee), both, atol=1e-12)
    kernel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4
    ours = features.filtered(coffee, kernel)
    theirs = F.conv2d(tensor(coffee)[None, None], tensor(kernel)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_allclose(np.abs(ours), np.abs(sobel_v(coffee)[1:-1, 1:-1]), atol=1e-12)


def test_descriptions_are_as_long_as_said(coffee: np.ndarray) -> None:
    """Oracle: Dalal and Triggs: blocks overlap; Lowe: 4x4x8; Tola et al.: (1 + rings x petals) x 8."""
    assert features.hog(coffee).size == 11 * 11 * 2 * 2 * 8
    assert features.keypoints(coffee).descriptors.shape[1] == 4 * 4 * 8
    assert features.daisy(coffee).shape[2] == (1 + 2 * 6) * 8


def test_hog_tells_the_direction_of_stripes() -> None:
    """Oracle: the image: stripes from top to bottom have gradients across, in the first direction."""
    stripes = np.tile((np.arange(features.SIDE) // 8 % 2).astype(float), (features.SIDE, 1))
    across = features.hog_cells(stripes).sum(axis=(0, 1))
    assert across.argmax() in (0, features.ORIENTATIONS - 1)
    down = features.hog_cells(stripes.T).sum(axis=(0, 1))
    assert down.argmax() in (features.ORIENTATIONS // 2 - 1, features.ORIENTATIONS // 2)


def test_corners_are_corners() -> None:
    """Oracle: the image: a square has four."""
    x = np.zeros((features.SIDE, features.SIDE))
    x[60:120, 50:140] = 1
    found = features.corners(x).places
    assert len(found) == 4
    for row, column in ((60, 50), (60, 139), (119, 50), (119, 139)):
        assert np.abs(found - (row, column)).max(axis=1).min() <= 3


def test_words_are_the_nearest_centres(coffee: np.ndarray) -> None:
    """Oracle: scikit-learn's KMeans from the same centres does not move them, and predicts the same words."""
    descriptors = np.concatenate(
        [features.keypoints(features.grey(photos.sample(name))).descriptors for name in photos.SAMPLES]
    )
    words = features.vocabulary()
    theirs = KMeans(features.WORDS, init=words, n_init=1, max_iter=100).fit(descriptors)
    np.testing.assert_allclose(theirs.cluster_centers_, words, atol=1e-6)
    own = features.keypoints(coffee).descriptors
    np.testing.assert_array_equal(features.words_of(own), theirs.predict(own))


def test_an_image_without_anything_has_no_keypoints() -> None:
    grey = np.full((features.SIDE, features.SIDE), 0.5)
    found = features.keypoints(grey)
    assert len(found.places) == 0
    assert len(features.words_of(found.descriptors)) == 0
    assert len(features.corners(grey).places) == 0


def test_photographs_are_square_and_small() -> None:
    """Oracle: Pillow reads them."""
    for name in photos.SAMPLES:
        with Image.open(io.BytesIO(photos.square(photos.sample(name), 192))) as image:
            assert image.size == (192, 192)


def test_learned_filters_are_those_that_ship_and_filter_as_torch_does(coffee: np.ndarray) -> None:
    """Oracle: torch's conv2d with the shipped kernels, where this package has trained networks."""
    kernels = pytest.importorskip("cnnviz.inside.kernels").learned_kernels()
    assert 0 < len(kernels) <= 64  # what a link can name
    for kernel in kernels[:: len(kernels) // 4]:
        w = np.array(kernel.rows)
        expected = F.conv2d(tensor(coffee)[None, None], tensor(w)[None, None])[0, 0].numpy()
        np.testing.assert_allclose(features.filtered(coffee, w), expected, atol=1e-9)
