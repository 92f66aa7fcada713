"""Networks with the weights that torchvision publishes: found on disk, made ready, looked into."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from cnnviz import inside
from cnnviz.errors import CnnvizError, DataError, LimitError, OptionError
from cnnviz.inside import imagenet, limits
from cnnviz.inside.fields import Box
from cnnviz.inside.looking import look
from cnnviz.inside.networks import offered, trained
from cnnviz.inside.photographs import BY_NAME
from cnnviz.inside.pictures import own_picture, sample
from cnnviz.inside.reasons import occluded
from cnnviz.targets import trace
from cnnviz.training.imagenet import WEIGHTS
from cnnviz.ui.looking import kept, told
from tests.libraries import fitted
from tests.training.test_imagenet import folder, saved, theirs  # noqa: F401 - a fixture for all

NAME = "squeezenet1_1@torchvision"


def published(network: str) -> Any:
    """What torchvision does to an image before its network gets it."""
    fitted()
    name, _, variant = network.partition("@")
    models = importlib.import_module("torchvision.models")
    weights = models.get_model_weights(name + ("_bn" if variant == "bn" else "")).IMAGENET1K_V1
    return weights.transforms()


@pytest.mark.parametrize("photograph", ["cat", "temple", "retina", "photographer"])
def test_a_file_on_disk_is_offered_and_answers_as_torchvision(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    photograph: str,
) -> None:
    """Oracle: torchvision's own network with these weights, on an image that torchvision made ready."""
    model = theirs(NAME)
    assert f"imagenet:{NAME}" not in dict(offered())
    saved(model, NAME, folder, monkeypatch)
    assert f"imagenet:{NAME}" in dict(offered())
    network = trained(f"imagenet:{NAME}")
    with Image.open(BY_NAME[photograph].path) as image, torch.inference_mode():
        given = published(NAME)(image.convert("RGB"))
        wanted = model(given[None])[0]
    it = look(network, sample(network, photograph))
    assert torch.equal(it.given[0], given)
    assert torch.allclose(it.scores, wanted, atol=1e-4)
    assert len(network.classes) == 1000
    why = inside.explained(it, inside.Element(network.layers[0].name, 3, 10, 11))
    assert why.total == pytest.approx(why.value, abs=1e-4)


@pytest.mark.parametrize("size", [(640, 427), (300, 451), (200, 200), (1000, 257)])
@pytest.mark.parametrize("network", ["resnet50@torchvision", "efficientnet_b0@torchvision"])
def test_an_image_of_ones_own_is_made_ready_as_torchvision_does_it(
    network: str, size: tuple[int, int]
) -> None:
    """Oracle: torchvision's transforms of the same file."""
    out = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, "PNG")
    own = own_picture(out.getvalue())
    ready = own.pixels(imagenet.shape(network), imagenet.scaling(network))
    transforms = published(network)
    with Image.open(out) as image:
        wanted = transforms(image)
    mean, deviation = (torch.tensor(v).view(-1, 1, 1) for v in (transforms.mean, transforms.std))
    assert torch.equal((ready - mean) / deviation, wanted)


def test_every_network_is_looked_into_as_it_was_tested() -> None:
    """Oracle: torchvision's own records: sides in pixels and the way of scaling."""
    for network in WEIGHTS:
        transforms = published(network)
        assert imagenet.shape(network) == (3, *transforms.crop_size * 2)
        side, bicubic = imagenet.scaling(network)
        assert ([side], bicubic) == (transforms.resize_size, transforms.interpolation.value == "bicubic")


def test_of_a_thousand_classes_a_change_tells_the_likely_ones(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Oracle: the network asked here, with and without the patch."""
    saved(theirs(NAME), NAME, folder, monkeypatch)
    it = kept.seen(kept.network(f"imagenet:{NAME}"), "cat")
    now = occluded(it, Box(20, 20, 120, 120))
    query = {"net": f"imagenet:{NAME}", "image": "cat", "patch": "20,20,120,120"}
    found = told.of_occluded(query)["predictions"]
    likely = {p.index for p in (*it.predictions[:10], *now[:10])}
    assert [p["index"] for p in found] == [p.index for p in now if p.index in likely]


def test_two_names_of_one_network_are_one_network(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved(theirs(NAME), NAME, folder, monkeypatch)
    assert trained("imagenet:squeezenet1_1") is trained(f"imagenet:{NAME}")


def test_a_page_says_which_file_is_missing_and_downloads_nothing() -> None:
    """Oracle: the file's name as torchvision publishes it."""
    with pytest.raises(DataError, match=r"resnet18-f37072fd\.pth"):
        kept.network("imagenet:resnet18")


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("imagenet:resnet152", LimitError, "multiplications for an image, and 6,000,000,000 is the most"),
        ("imagenet:vgg16", LimitError, "`cnnviz inside` at a terminal of one's own has no limit"),
        ("imagenet:lenet5", OptionError, "no ImageNet weights for lenet5"),
    ],
)
def test_what_is_too_much_is_refused_with_the_rule(name: str, error: type[CnnvizError], says: str) -> None:
    with pytest.raises(error, match=says):
        kept.network(name)


def test_the_owner_of_a_server_sets_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: torchvision's counts: AlexNet has 61,100,840 parameters, 4 bytes each."""
    alexnet = trace("alexnet@torchvision", (3, 224, 224))
    limits.check("AlexNet", alexnet)
    monkeypatch.setenv(limits.VARIABLE, "weight_megabytes=244 occlusion=1e9")
    with pytest.raises(LimitError, match="AlexNet takes 244 MB of weights, and 244 is the most"):
        limits.check("AlexNet", alexnet)
    assert limits.too_dear(500_000_000, 2) == ""
    assert "1,500,000,000 multiplications" in limits.too_dear(500_000_000, 3)
    for text, says in (("weight=3", "there are multiplications, occlusion"), ("side=x", "a number above 0")):
        monkeypatch.setenv(limits.VARIABLE, text)
        with pytest.raises(OptionError, match=says):
            limits.limits()
