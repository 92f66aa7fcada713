"""Images for networks: those that come along, one's own, and networks from the run store."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz import inside
from cnnviz.design import Design, row
from cnnviz.design.torch_module import torch_module
from cnnviz.errors import CnnvizError, DataError, MissingRunError, OptionError, PictureError, UnknownNameError
from cnnviz.inside.looking import look
from cnnviz.inside.networks import finished, of_run, trained
from cnnviz.inside.pictures import own_picture, sample, samples
from cnnviz.training.data import images
from cnnviz.training.designs import settings_of
from cnnviz.training.settings import settings
from cnnviz.training.store import Store
from cnnviz.training.worker import work


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_digits_are_what_the_network_was_tested_on() -> None:
    """Oracle: the images that the training laboratory gives to the network."""
    network = inside.trained("lenet5")
    known = inside.SHIPPED[0].settings
    assert known is not None
    data = images(known)
    for number, name in enumerate(samples(network)):
        given = network.normalised(sample(network, name).pixels(network.shape))
        near = (data.test - given).abs().amax((1, 2, 3))
        assert float(near.min()) < 0.02  # of about three; grey values go through 8 bits
        assert int(data.test_labels[near.argmin()]) == number


def test_a_drawing_on_white_paper_is_inverted_for_a_network_of_digits() -> None:
    """Oracle: the same digit in both brightnesses is the same to the network."""
    network = inside.trained("lenet5")
    grey = sample(network, "test:4").pixels((1, 28, 28))[0]
    light = Image.fromarray((grey * 255).byte().numpy()).resize((200, 200))
    dark = Image.fromarray(255 - np.asarray(light))
    on_black, on_white = (own_picture(png(image), network) for image in (light, dark))
    assert (on_black.inverted, on_white.inverted) == (False, True)
    assert torch.allclose(on_black.pixels(network.shape), on_white.pixels(network.shape), atol=0.05)
    assert [look(network, p).predictions[0].label for p in (on_black, on_white)] == ["4", "4"]
    assert not own_picture(png(dark), inside.trained("photo")).inverted


def test_the_middle_of_an_image_is_taken() -> None:
    """Oracle: a red square in the middle of a wide image is all that is left of it."""
    wide = Image.new("RGB", (240, 80), "blue")
    wide.paste("red", (80, 0, 160, 80))
    pixels = own_picture(png(wide), inside.trained("photo")).pixels((3, 96, 96))
    inner = pixels[:, 4:-4, 4:-4]
    assert pixels.shape == (3, 96, 96)
    assert float(inner[0].min()) > 0.9
    assert float(inner[2].max()) < 0.1


@pytest.mark.parametrize("contents", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"<svg/>"])
def test_what_is_no_image_is_told_plainly(contents: bytes) -> None:
    with pytest.raises(PictureError, match="image"):
        own_picture(contents)


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("lenet", UnknownNameError, "did you mean lenet5"),
        ("run:x", OptionError, "called run: and a run's number"),
        ("run:999", MissingRunError, "999"),
    ],
)
def test_a_network_that_is_not_there(tmp_path: Path, name: str, error: type[CnnvizError], says: str) -> None:
    with pytest.raises(error, match=says):
        trained(name, Store(f"sqlite:///{tmp_path / 'runs.sqlite'}"))


def test_a_run_of_the_laboratory_can_be_looked_into(tmp_path: Path) -> None:
    """Oracle: the test error that the run recorded, worked out with the network that is looked into."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    wanted = settings(
        "plain_convolutions", network_options={"depth": 2, "width": 4}, epochs=2, images=200, image_size=16
    )
    run = store.submit(wanted, label="small").id
    with pytest.raises(DataError, match="has kept no weights yet"):
        of_run(store, run)
    work(store, run)
    assert finished(store) == [(f"run:{run}", f"Run {run}: small")]
    network = trained(f"run:{run}", store)
    assert network.shape == (1, 16, 16)
    data = images(wanted)
    with torch.inference_mode():
        wrong = (network.model(data.test).argmax(1) != data.test_labels).float().mean()
    from cnnviz.training.records import Epoch

    last = [record for record in store.records(run) if isinstance(record, Epoch)][-1]
    assert 100 * wrong.item() == pytest.approx(last.test_error, abs=0.21)
    it = look(network, sample(network, "test:1"))
    assert it.maps("features.0").shape == (4, 8, 8)  # (16 + 2 - 3) // 2 + 1
    assert trained(f"run:{run}", store) is network


def test_a_run_of_a_design_can_be_looked_into(tmp_path: Path) -> None:
    """Oracle: the design's own module with the weights of the checkpoint; its name is a network's, too."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    rows = [
        row("conv", {"channels": 4, "activation": "relu"}),
        row("flatten"),
        row("linear", {"features": 10}),
    ]
    made = Design(name="lenet5", input_shape=(1, 8, 8)).having(rows)
    run = store.submit(settings_of(made, images=60, epochs=1)).id
    work(store, run)
    saved = store.weights(run)
    assert saved
    model = torch_module(made)
    model.load_state_dict(torch.load(io.BytesIO(saved), weights_only=True)["model"])
    network = trained(f"run:{run}", store)
    it = look(network, sample(network, "test:2"))
    with torch.inference_mode():
        assert torch.allclose(model.eval()(it.given)[0], it.scores, atol=1e-6)
    assert network.shape == (1, 8, 8)


def test_a_run_without_any_maps_is_refused_in_words(tmp_path: Path) -> None:
    """Oracle: a network of fully connected layers has none."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    rows = [row("flatten"), row("linear", {"features": 10})]
    made = Design(name="flat", input_shape=(1, 8, 8)).having(rows)
    run = store.submit(settings_of(made, images=60, epochs=1)).id
    work(store, run)
    with pytest.raises(OptionError, match="no layer with feature maps"):
        trained(f"run:{run}", store)


def test_a_checkpoint_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: counting the readings; another epoch is another network."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    options = {"depth": 2, "width": 4}
    run = store.submit(settings("plain_convolutions", network_options=options, images=60, epochs=1)).id
    work(store, run)
    read: list[int] = []
    weights = store.weights

    def counted(number: int) -> bytes | None:
        read.append(number)
        return weights(number)

    monkeypatch.setattr(store, "weights", counted)
    first = trained(f"run:{run}", store)
    assert trained(f"run:{run}", store) is first
    assert read == [run]
    monkeypatch.setattr(store, "kept_epoch", lambda _: 2)
    assert trained(f"run:{run}", store) is not first
    assert read == [run, run]


def test_a_run_that_kept_its_last_layers_alone_is_refused_in_words(tmp_path: Path) -> None:
    """Oracle: a checkpoint without the convolutions, as a run with frozen layers keeps it."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.submit(settings("plain_convolutions", network_options={"depth": 2, "width": 4})).id
    out = io.BytesIO()
    torch.save({"model": {"fc.weight": torch.zeros(10, 16), "fc.bias": torch.zeros(10)}}, out)
    store.claim("worker", run=run)
    store.keep(run, "worker", 1, out.getvalue())
    with pytest.raises(DataError, match="last layers alone"):
        trained(f"run:{run}", store)
