"""Which part of the image made the network say what it says: saliency, Grad-CAM, and what is hidden.

Saliency and Grad-CAM are Captum's (https://captum.ai).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import torch
from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.inside.fields import Box
from cnnviz.inside.looking import Prediction, Seen, ranked
from cnnviz.inside.networks import Trained

MOST_WORK = 7e8  # multiplications of an occlusion map: some hundredths of a second
LEAST_PLACES = 3  # along a side, whatever the network costs
AT_ONCE = 7e8  # multiplications of the images that a network is asked about at once
MOST_PLACES = 15  # of the patch along a side
# Captum's hooks on a layer hear every pass through it, whoever makes it.
_one_at_a_time = threading.Lock()


def saliency(seen: Seen, class_index: int) -> Tensor:
    """How much each pixel moves the score of a class: n_H x n_W, the largest of its channels.

    Simonyan, Vedaldi, Zisserman 2013 (https://arxiv.org/abs/1312.6034).
    """
    from captum.attr import Saliency

    of = checked_class(seen.network, class_index)
    with _one_at_a_time:
        model = seen.network.own_modules
        given = seen.given.clone().requires_grad_(True)
        found: Tensor = Saliency(model).attribute(given, target=of)
    return found[0].detach().amax(0)


def grad_cam(seen: Seen, class_index: int, layer: str = "") -> Tensor:
    """Where a layer sees signs of a class: n_H x n_W of that layer, zeros where it sees signs against it.

    Selvaraju et al. 2016 (https://arxiv.org/abs/1610.02391). `layer`: the last with maps, as in the paper.
    """
    from captum.attr import LayerGradCam

    of = checked_class(seen.network, class_index)
    name = layer or last_maps(seen.network)
    if seen.maps(name).shape[1:] == (1, 1):
        raise OptionError(f"Grad-CAM needs a layer with maps, and those of {name} are 1x1")
    with _one_at_a_time:
        model = seen.network.own_modules
        given = seen.given.clone().requires_grad_(True)
        grad_cam = LayerGradCam(model, model.get_submodule(name))
        found: Tensor = grad_cam.attribute(given, target=of, relu_attributions=True)
    return found[0, 0].detach()


def last_maps(network: Trained) -> str:
    """The last layer whose maps are larger than one pixel, before what pools them."""
    return network.mapped[-1]


def checked_class(network: Trained, class_index: int) -> int:
    """Raises OptionError."""
    if not 0 <= class_index < len(network.classes):
        raise OptionError(f"{network.title} has classes 0 to {len(network.classes) - 1}, got {class_index}")
    return class_index


def occluded(seen: Seen, patch: Box) -> tuple[Prediction, ...]:
    """What the network says with the pixels of a patch made grey: as bright as its images are on average."""
    given = seen.given.clone()
    height, width = seen.network.shape[1:]
    top, left = max(patch.top, 0), max(patch.left, 0)
    bottom, right = min(patch.bottom, height - 1), min(patch.right, width - 1)
    if bottom < top or right < left:
        raise OptionError(f"the patch lies outside of the image, which has {height}x{width} pixels")
    given[:, :, top : bottom + 1, left : right + 1] = 0
    with torch.inference_mode():
        return ranked(seen.network, seen.network.model(given)[0])


def occlusion_map(seen: Seen, class_index: int, size: int, most_work: float = MOST_WORK) -> Tensor:
    """The probability of a class with a patch of that size at each of a grid of places: rows x columns.

    The places lie evenly from one edge to the other; how many there are depends on what the network costs and
    on `most_work`, in multiplications.
    Zeiler and Fergus 2013, section 4.2 (https://arxiv.org/abs/1311.2901).
    """
    of = checked_class(seen.network, class_index)
    height, width = seen.network.shape[1:]
    if not 1 <= size <= min(height, width):
        raise OptionError(f"the patch is 1 to {min(height, width)} pixels wide, got {size}")
    tops, lefts = (places(seen.network, n, size, most_work) for n in (height, width))
    at = [(top, left) for top in tops for left in lefts]
    rows = [_hidden_at(seen, part, size, of) for part in _split(at, seen.network.trace.macs)]
    return torch.cat(rows).view(len(tops), len(lefts))


def _hidden_at(seen: Seen, at: Sequence[tuple[int, int]], size: int, of: int) -> Tensor:
    """The probability of a class with a patch at each of these places."""
    given = seen.given.repeat(len(at), 1, 1, 1)
    for image, (top, left) in zip(given, at, strict=True):
        image[:, top : top + size, left : left + size] = 0
    with torch.inference_mode():
        shares: Tensor = seen.network.model(given).softmax(1)[:, of]
    return shares


def _split(at: list[tuple[int, int]], macs: int) -> list[list[tuple[int, int]]]:
    """The places in groups that are asked about at once: with large networks more would only take memory."""
    together = max(1, int(AT_ONCE / max(macs, 1)))
    return [at[i : i + together] for i in range(0, len(at), together)]


def places(network: Trained, side: int, size: int, most_work: float = MOST_WORK) -> list[int]:
    """Where the patch of an occlusion map begins along one side."""
    affordable = int((most_work / max(network.trace.macs, 1)) ** 0.5)
    count = max(LEAST_PLACES, min(MOST_PLACES, affordable, side - size + 1))
    if side == size:
        return [0]
    return sorted({round(i * (side - size) / (count - 1)) for i in range(count)})
