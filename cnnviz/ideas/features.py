"""Hand-made features of an image, by scikit-image: edges, HOG, corners, SIFT, DAISY, and visual words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.ideas.photos import OWN, SAMPLES, pixels, sample
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
STEPS = ("edges", "HOG", "Harris", "SIFT", "DAISY", "words", "learned")
SIDE = 192  # pixels of the image that is looked at
CELL, ORIENTATIONS, BLOCK = 16, 8, 2  # of HOG
MOST_MARKS, WORDS = 120, 12
DAISY_STEP, DAISY_RADIUS = 32, 15
_GREY = np.array([0.299, 0.587, 0.114]) / 255
_ROUNDS = 20  # of k-means: it has come to rest long before


class Corners(Record):
    """Where a patch differs from itself in every direction."""

    places: Array  # row, column


class Keypoints(Record):
    """SIFT's places with their size and direction, and 128 numbers for each."""

    places: Array  # row, column
    sizes: Array  # pixels
    angles: Array  # radians
    descriptors: Array  # of 0 to 255


def grey(jpeg: bytes) -> Array:
    """The middle of the image in grey, from 0 to 1."""
    made: Array = pixels(jpeg, SIDE) @ _GREY
    return made


def edges(x: Array) -> Array:
    """How steep the image is: Sobel's filter, both ways."""
    from skimage.filters import sobel

    made: Array = sobel(x)  # type: ignore[no-untyped-call]
    return made


def hog(x: Array) -> Array:
    """Histograms of gradients: cells x cells x orientations, each block of 2 x 2 cells normalised."""
    from skimage.feature import hog

    made: Array = hog(
        x,
        orientations=ORIENTATIONS,
        pixels_per_cell=(CELL, CELL),
        cells_per_block=(BLOCK, BLOCK),
        feature_vector=False,
    )
    return made


def hog_cells(x: Array) -> Array:
    """For the picture: a histogram for each cell alone, the longest of all is 1."""
    from skimage.feature import hog

    cells = hog(x, ORIENTATIONS, (CELL, CELL), (1, 1), block_norm="L1", feature_vector=False)[:, :, 0, 0]
    steep = edges(x).reshape(SIDE // CELL, CELL, SIDE // CELL, CELL).mean((1, 3))
    made: Array = cells * steep[..., None]
    return made / max(float(made.max()), 1e-9)


def corners(x: Array) -> Corners:
    """Harris: the strongest corners, strongest first."""
    from skimage import feature

    found: Any = feature
    places = found.corner_peaks(
        found.corner_harris(x, sigma=1.5), min_distance=4, threshold_rel=0.02, num_peaks=MOST_MARKS
    )
    return Corners(places=places.astype(float))


def keypoints(x: Array) -> Keypoints:
    """SIFT; none where the image has nothing to hold on to."""
    from skimage.feature import SIFT

    sift: Any = SIFT(upsampling=1)  # type: ignore[no-untyped-call]
    try:
        sift.detect_and_extract(x)
    except RuntimeError:  # what scikit-image says where it finds none
        none = np.zeros((0, 2))
        return Keypoints(places=none, sizes=none[:, 0], angles=none[:, 0], descriptors=np.zeros((0, 128)))
    largest = np.argsort(-sift.sigmas, kind="stable")[:MOST_MARKS]
    return Keypoints(
        places=sift.keypoints[largest].astype(float),
        sizes=sift.sigmas[largest].astype(float),
        angles=sift.orientations[largest].astype(float),
        descriptors=sift.descriptors[largest].astype(float),
    )


def daisy(x: Array) -> Array:
    """Descriptors on a grid: rows x columns x numbers."""
    from skimage.feature import daisy

    found: Any = daisy
    made: Array = found(x, step=DAISY_STEP, radius=DAISY_RADIUS, rings=2, histograms=6, orientations=8)
    return made


def k_means(points: Array, words: int) -> Array:
    """The centres of that many groups; the first ones lie far from each other."""
    centres = [points[0]]
    while len(centres) < words:
        centres.append(points[distances(points, np.array(centres)).min(axis=1).argmax()])
    found = np.array(centres)
    for _ in range(_ROUNDS):
        nearest = distances(points, found).argmin(axis=1)
        filled = np.unique(nearest)
        found[filled] = [points[nearest == one].mean(axis=0) for one in filled]
    return found


def distances(points: Array, centres: Array) -> Array:
    """From each point to each centre, squared."""
    made: Array = ((points[:, None] - centres[None]) ** 2).sum(axis=-1)
    return made


@lru_cache(maxsize=1)
def vocabulary() -> Array:
    """The visual words: the centres of the SIFT descriptors of the photographs that ship."""
    found = [keypoints(grey(sample(name))).descriptors for name in SAMPLES]
    return k_means(np.concatenate(found), WORDS)


def words_of(descriptors: Array) -> npt.NDArray[np.int64]:
    """The nearest word of each descriptor."""
    if not len(descriptors):
        return np.zeros(0, dtype=np.int64)
    nearest: npt.NDArray[np.int64] = distances(descriptors, vocabulary()).argmin(axis=1)
    return nearest


def filtered(x: Array, kernel: Array) -> Array:
    """What a kernel makes of the image, without padding: each output a sum of products."""
    seen = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    made: Array = np.einsum("ijkl,kl->ij", seen, kernel)
    return made


IDEA = Idea(
    name="features",
    title="Hand-made features, and learned ones",
    group="History",
    sentence="HOG, Harris, SIFT, DAISY and visual words on an image of yours, beside what a network learned.",
    words=r"""
Until 2012 people thought about what is worth seeing in an image, wrote it down as an algorithm, and only a
linear classifier on top was learned:

- **Edges**: how steep the image is, and in which direction. Everything below is made of it.
- **HOG** counts directions in cells of $16 \times 16$ pixels, and normalises over blocks of $2 \times 2$
  cells, so that light does not matter.
- **Harris** finds corners: patches that differ from themselves however they are moved.
- **SIFT** finds spots at all sizes, turns each to its own main direction, and describes it by $4 \times 4$
  histograms of $8$ directions, $128$ numbers. Size and turn do not matter then.
- **DAISY** describes a dense grid of places in a like way, by rings of histograms.
- **Visual words**: descriptors are put into groups (k-means); each group is a *word*. An image is described
  by how often each occurs, as a text by its words, wherever they stand.

What the first layer of a network learns from data looks much like the beginning of all this: edges in every
direction, bars, spots of colour. But nobody wrote it down, and the layers behind it, which replace corners,
histograms and words, are learned for the same goal at the same time.
""",
    uses=(
        Use(network="alexnet@paper", layer="conv1", words="96 filters of 11x11: edges, bars, colours"),
        Use(network="zfnet", layer="conv1", words="smaller ones, after a look at AlexNet's"),
        Use(network="resnet50", layer="conv1", words="7x7"),
    ),
    papers=(
        Paper(text="Lowe 2004, SIFT", link="https://doi.org/10.1023/B:VISI.0000029664.99615.94"),
        Paper(text="Dalal and Triggs 2005, HOG", link="https://doi.org/10.1109/CVPR.2005.177"),
        Paper(text="Harris and Stephens 1988", link="https://doi.org/10.5244/C.2.23"),
        Paper(text="Tola et al. 2010, DAISY", link="https://doi.org/10.1109/TPAMI.2009.77"),
        Paper(
            text="Csurka et al. 2004, bags of keypoints",
            link="https://www.cs.cmu.edu/~efros/courses/LBMV07/Papers/csurka-eccv-04.pdf",
        ),
        Paper(text="scikit-image, which computes them here", link="https://scikit-image.org"),
    ),
    places=(
        Place(
            page="convolution",
            query=(("weights", "sobel"), ("cells", "ring"), ("grid", "n=16")),
            words="Sobel's kernel, number by number",
        ),
        Place(
            page="inside",
            query=(("trained", "photo"), ("look", "conv1,view=filters")),
            words="Filters that a network of photographs learned, beside classic ones",
        ),
    ),
    values=(
        Value(name="of", label="image", default="coffee", choices=(*SAMPLES, OWN)),
        Value(name="step", label="step", default="HOG", choices=STEPS),
        Value(name="filter", label="learned filter", default=0, least=0, most=63),
    ),
)
