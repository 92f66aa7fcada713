"""Saliency, Grad-CAM and occlusion: Captum's results against autograd by hand and against its own patches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from cnnviz import inside
from cnnviz.errors import OptionError
from cnnviz.inside.fields import Box
from cnnviz.inside.looking import Seen, look
from cnnviz.inside.pictures import sample, samples
from cnnviz.inside.reasons import grad_cam, last_maps, occluded, occlusion_map, places, saliency


@pytest.fixture(params=["lenet5", "resnet20", "photo"])
def one(request: pytest.FixtureRequest) -> Seen:
    network = inside.trained(request.param)
    return look(network, sample(network, samples(network)[2]))


def test_saliency_is_the_size_of_the_gradient(one: Seen) -> None:
    """Oracle: Simonyan et al. 2013, section 3: the gradient of the score, its largest over the channels."""
    for of in (0, one.predictions[0].index):
        given = one.given.clone().requires_grad_(True)
        one.network.model(given)[0, of].backward()
        assert given.grad is not None
        assert torch.allclose(saliency(one, of), given.grad[0].abs().amax(0), atol=1e-6)


def test_grad_cam_weighs_maps_by_their_mean_gradient(one: Seen) -> None:
    """Oracle: Selvaraju et al. 2016, equations 1 and 2, worked out here by autograd."""
    layer = last_maps(one.network)
    of = one.predictions[0].index
    kept: list[Tensor] = []
    handle = one.network.module(layer).register_forward_hook(lambda _, __, out: kept.append(out))
    given = one.given.clone().requires_grad_(True)
    scores = one.network.model(given)
    handle.remove()
    (gradient,) = torch.autograd.grad(scores[0, of], kept[0])
    weights = gradient[0].mean((1, 2), keepdim=True)
    wanted = (weights * kept[0][0].detach()).sum(0).relu()
    assert torch.allclose(grad_cam(one, of), wanted, atol=1e-5)
    assert grad_cam(one, of).max() > 0


def test_an_occlusion_map_is_what_each_patch_says_by_itself(one: Seen) -> None:
    """Oracle: the network asked about every place, one after the other."""
    height, width = one.network.shape[1:]
    size, of = width // 3, one.predictions[0].index
    found = occlusion_map(one, of, size)
    tops, lefts = places(one.network, height, size), places(one.network, width, size)
    assert found.shape == (len(tops), len(lefts))
    assert tops[0] == 0
    assert tops[-1] + size == height
    for i, j in ((0, 0), (len(tops) - 1, 1), (1, len(lefts) - 1)):
        patch = Box(tops[i], lefts[j], tops[i] + size - 1, lefts[j] + size - 1)
        alone = next(p.probability for p in occluded(one, patch) if p.index == of)
        assert float(found[i, j]) == pytest.approx(alone, abs=1e-5)


def test_occlusion_agrees_with_captums(one: Seen) -> None:
    """Oracle: captum.attr.Occlusion, which gives how far the score falls for a patch that moves by itself."""
    from captum.attr import Occlusion

    channels, height, width = one.network.shape
    size = height // 2
    of = one.predictions[0].index
    with torch.no_grad():
        fallen = Occlusion(one.network.model).attribute(
            one.given,
            target=of,
            sliding_window_shapes=(channels, size, size),
            strides=(channels, size, size),
            baselines=0,
        )
    for top, left in ((0, 0), (0, width - size), (height - size, 0), (height - size, width - size)):
        alone = next(
            p.score for p in occluded(one, Box(top, left, top + size - 1, left + size - 1)) if p.index == of
        )
        whole = next(p.score for p in one.predictions if p.index == of)
        assert float(fallen[0, 0, top, left]) == pytest.approx(whole - alone, abs=1e-3)


def test_hiding_everything_leaves_nothing_to_tell_images_apart() -> None:
    """Oracle: with all pixels grey, two images are the same to a network."""
    network = inside.trained("lenet5")
    everything = Box(-5, -5, 100, 100)
    found = [occluded(look(network, sample(network, name)), everything) for name in ("test:1", "test:7")]
    assert found[0] == found[1]


def test_what_cannot_be_asked_is_refused(one: Seen) -> None:
    with pytest.raises(OptionError, match="classes 0 to"):
        saliency(one, 99)
    with pytest.raises(OptionError, match="outside of the image"):
        occluded(one, Box(500, 500, 510, 510))
    with pytest.raises(OptionError, match="Grad-CAM needs a layer with maps"):
        grad_cam(one, 0, one.network.layers[-1].name)
    with pytest.raises(OptionError, match="the patch is 1 to"):
        occlusion_map(one, 0, 1000)
