"""Runs that start from torchvision's ImageNet weights.

No published file is needed: torchvision's own networks, with random weights, are saved under the names that
torchvision gives its files, and say what the outputs must be.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnviz.errors import CnnvizError, DataError, OptionError
from cnnviz.training import imagenet, published
from cnnviz.training.cost import traced
from cnnviz.training.data import few, images, loaded
from cnnviz.training.imagenet import WEIGHTS, Weights, missing, side
from cnnviz.training.laboratory import network_of
from cnnviz.training.limits import estimated
from cnnviz.training.loop import train
from cnnviz.training.networks import built
from cnnviz.training.published import File, load_published
from cnnviz.training.records import End, Epoch
from cnnviz.training.settings import Settings, settings
from tests.libraries import fitted

SMALL = "squeezenet1_1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """torch's and our cache folders, of the test's own; there is no internet, as in a lecture hall."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("CNNVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(imagenet, "PLACE", "http://127.0.0.1:9/")
    return tmp_path / "torch" / "hub" / "checkpoints"


def theirs(network: str) -> Any:
    """torchvision's own network, with random weights and running means that differ from layer to layer."""
    fitted()
    models = importlib.import_module("torchvision.models")
    name, _, variant = network.partition("@")
    plain = {"init_weights": False} if name in ("googlenet", "inception_v3", "vgg11") else {}
    torch.manual_seed(3)
    model = getattr(models, name + ("_bn" if variant == "bn" else ""))(weights=None, **plain)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)  # type: ignore[arg-type]
            for tensor in (module.running_var, module.weight):
                nn.init.uniform_(tensor, 0.5, 1.5)  # type: ignore[arg-type]
    model.eval()
    return model


def saved(
    model: nn.Module, network: str, folder: Path, patch: pytest.MonkeyPatch, *, old: bool = False
) -> Path:
    """The file of a network's weights, and `WEIGHTS` with its checksum."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v for k, v in model.state_dict().items() if not (old and k.endswith("num_batches_tracked"))}
    file = folder / "new"
    torch.save(state, file, _use_new_zipfile_serialization=not old)
    known = WEIGHTS[network]
    name = known.name.replace(known.digits, hashlib.sha256(file.read_bytes()).hexdigest()[:8])
    patch.setitem(WEIGHTS, network, replace(known, name=name))
    return file.rename(folder / name)


@pytest.mark.parametrize(
    "network",
    [
        "alexnet@torchvision",
        "vgg11@bn",
        "googlenet@torchvision",
        "inception_v3@torchvision",
        "resnet18@torchvision",
        "resnet50@torchvision",
        "resnext50_32x4d@torchvision",
        "squeezenet1_1@torchvision",
        "densenet121@torchvision",
        "mobilenet_v2@torchvision",
        "efficientnet_b0@torchvision",
        "convnext_tiny@torchvision",
    ],
)
def test_our_networks_with_torchvisions_weights_answer_as_torchvisions(network: str, tmp_path: Path) -> None:
    """Oracle: torchvision's network, on the same image."""
    model = theirs(network)
    size = 224 if network.startswith("vgg") else 96
    image = torch.randn(2, 3, size, size)
    ours = network_of(network).build().eval()
    with torch.inference_mode():
        ours(image)  # layers that are made to fit the input
        torch.save(model.state_dict(), tmp_path / "file.pth")
        load_published(ours, File(path=tmp_path / "file.pth", digest=""), network)
        expected, found = model(image), ours(image)
    assert expected.std() > 0
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))


def test_the_list_has_torchvisions_files() -> None:
    """Oracle: torchvision's own list of weights: address and size in megabytes."""
    fitted()
    models = importlib.import_module("torchvision.models")
    for network, weights in WEIGHTS.items():
        name, _, variant = network.partition("@")
        given = models.get_model_weights(name + ("_bn" if variant == "bn" else "")).IMAGENET1K_V1
        assert weights.url == "http://127.0.0.1:9/" + given.url.rpartition("/")[2]
        assert given.url.startswith("https://download.pytorch.org/models/")
        assert weights.megabytes == pytest.approx(given.meta["_file_size"], abs=0.06)


def wanted(network: str = SMALL, **options: object) -> Settings:
    given = {
        "pretrained": "imagenet",
        "images": 40,
        "epochs": 1,
        "image_size": 32,
        "batch_size": 20,
        **options,
    }
    return settings(network, **given)  # type: ignore[arg-type]


def test_a_run_without_the_file_says_which_where_and_from_where(folder: Path) -> None:
    """Oracle: the file's name, its address and torch's folder; nothing half-made stays."""
    with pytest.raises(DataError) as error:
        list(train(wanted("resnet18")))
    said = str(error.value)
    assert "resnet18-f37072fd.pth (45 MB)" in said
    assert "http://127.0.0.1:9/resnet18-f37072fd.pth could not be got (the server cannot be reached)" in said
    assert str(folder) in said
    assert "TORCH_HOME" in said
    assert not list(folder.glob("*.pth"))


def test_a_file_that_is_not_torchvisions_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / WEIGHTS["resnet18@torchvision"].name).write_bytes(b"<html>404</html>")
    with pytest.raises(DataError, match=r"SHA-256 begins with .*, not f37072fd. Delete it"):
        list(train(wanted("resnet18")))


def test_a_broken_file_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / f"squeezenet1_1-{hashlib.sha256(b'no weights').hexdigest()[:8]}.pth"
    folder.mkdir(parents=True)
    file.write_bytes(b"no weights")
    monkeypatch.setitem(WEIGHTS, "squeezenet1_1@torchvision", Weights(name=file.name, megabytes=1))
    with pytest.raises(DataError, match="cannot be read"):
        list(train(wanted()))


@pytest.mark.parametrize("old", [False, True], ids=["new file", "file of an old torch"])
def test_a_run_begins_with_torchvisions_features(
    folder: Path, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Oracle: what torchvision's network gives its last layer, for images of ours in three channels."""
    model = theirs("mobilenet_v2@torchvision")
    saved(model, "mobilenet_v2@torchvision", folder, monkeypatch, old=old)
    run = wanted("mobilenet_v2", frozen=52, epochs=2)
    kept: list[bytes] = []
    records = list(train(run, keep=kept.append))
    assert isinstance(records[-1], End)
    assert records[-1].reason == "done"
    (cached,) = (folder.parents[2] / "cache").glob("features-*.pt")
    features = torch.load(cached, weights_only=True)["test"]
    some = torch.nn.functional.interpolate(
        loaded("digits").test[:5].expand(-1, 3, -1, -1), (32, 32), mode="bilinear", antialias=True
    )
    with torch.inference_mode():
        expected = model.features(some).mean((2, 3))
    assert torch.allclose(features[:5], expected, atol=1e-4)
    losses = [r.train_loss for r in records if isinstance(r, Epoch)]
    assert losses[-1] < losses[0]


def test_frozen_layers_stay_torchvisions_and_others_are_trained(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: torchvision's tensors, in the order of its 26 convolutions, the last of which answers."""
    model = theirs("squeezenet1_1@torchvision")
    saved(model, "squeezenet1_1@torchvision", folder, monkeypatch)
    kept: list[bytes] = []
    list(train(wanted(frozen=10, optimizer="adam"), keep=kept.append))
    after = list(torch.load(io.BytesIO(kept[-1]), weights_only=True)["model"].values())
    same = [
        a.shape == b.shape and torch.equal(a, b)
        for a, b in zip(after, model.state_dict().values(), strict=True)
    ]
    assert same[:20] == [True] * 20  # weight and bias of each of ten
    assert not any(same[20:])
    assert after[-1].shape == (10,)


@pytest.mark.parametrize(
    ("network", "asked", "own", "expected"),
    [("resnet18", 0, 8, 64), ("resnet18", 0, 100, 100), ("resnet18", 0, 256, 224), ("resnet18", 32, 8, 32),
     ("vgg16", 0, 8, 224), ("vgg16", 224, 8, 224), ("inception_v3", 0, 8, 96)],
)  # fmt: skip
def test_images_are_scaled_to_what_the_network_needs(
    network: str, asked: int, own: int, expected: int
) -> None:
    assert side(network, asked, own) == expected


def test_images_get_three_channels_and_the_cost_is_of_those() -> None:
    """Oracle: the first convolution of ResNet-18 at 64x64: 7 x 7 x 3 x 64 for each of 32 x 32 pixels."""
    run = settings("resnet18", pretrained="imagenet", images=5)
    assert images(run).shape == few(run).shape == (3, 64, 64)
    assert traced(run).layers[0].macs == 7 * 7 * 3 * 64 * 32 * 32
    assert built(run, few(run))(few(run).train).shape == (2, 10)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: settings("lenet5", pretrained="imagenet"), "no ImageNet weights for lenet5"),
        (lambda: settings("plain_convolutions", pretrained="imagenet"), "there are for resnet18"),
        (lambda: settings("resnet50@paper", pretrained="imagenet"), "there are for resnet50@torchvision$"),
        (lambda: images(settings("vgg16", pretrained="imagenet", image_size=64)), "image_size must be 224"),
        (lambda: images(settings("resnet18", pretrained="imagenet", image_size=256)), "set images to fewer"),
    ],
)
def test_what_cannot_be_is_told(make: object, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.data.MOST_BYTES", 1e8)
    with pytest.raises(OptionError, match=said):
        make()  # type: ignore[operator]


def test_a_network_with_other_options_is_not_the_one_that_the_weights_are_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(theirs("resnet18@torchvision"), "resnet18@torchvision", folder, monkeypatch)
    run = settings("resnet18", network_options={"width": 16}, pretrained="imagenet", images=20, image_size=32)
    with pytest.raises(OptionError, match="do not fit resnet18"):
        list(train(run))


def test_the_command_line_tells_it_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.terminal import run

    monkeypatch.setenv("CNNVIZ_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    done = run("train", "resnet18", "--set", "pretrained=imagenet", "--set", "images=20")
    assert done.status == 2
    assert "resnet18-f37072fd.pth (45 MB)" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_download_that_is_cut_or_cancelled_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the folder; the run ends as one that was cancelled."""
    monkeypatch.setattr(published, "fetched", lambda *_, **__: False)
    (end,) = train(wanted())
    assert isinstance(end, End)
    assert end.reason == "cancelled"
    assert not list(folder.glob("*.pth"))


def test_errors_name_the_address_even_before_a_run() -> None:
    said = missing("resnet18")
    assert "it comes from http://127.0.0.1:9/resnet18-f37072fd.pth" in said
    with pytest.raises(CnnvizError):
        missing("lenet5")


def test_what_all_frozen_convolutions_cost_does_not_grow_with_the_epochs() -> None:
    """Oracle: each of the 1,797 digits passes once."""
    frozen = [settings("resnet18", pretrained="imagenet", frozen=20, epochs=n) for n in (1, 100)]
    macs = traced(frozen[0]).macs
    assert [estimated(wanted).multiplications for wanted in frozen] == [macs * 1797] * 2
    trained = settings("resnet18", pretrained="imagenet", frozen=19, epochs=1)
    assert estimated(trained).multiplications == 3 * macs * 1297


def test_a_network_whose_last_convolution_answers_cannot_be_frozen_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: torchvision's SqueezeNet has 26 convolutions and nothing else with weights."""
    saved(theirs("squeezenet1_1@torchvision"), "squeezenet1_1@torchvision", folder, monkeypatch)
    wanted = settings(SMALL, pretrained="imagenet", frozen=26, images=20, epochs=2)
    with pytest.raises(OptionError, match=r"frozen=26 leaves nothing to train.* 25 is the most"):
        list(train(wanted))
    once = estimated(settings(SMALL, pretrained="imagenet", frozen=26, images=20, epochs=1))
    assert estimated(wanted).multiplications == 2 * once.multiplications
