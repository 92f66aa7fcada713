"""The training page without a browser: every preset and every picture opens, and links are read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from cnnviz.training.presets import PRESETS
from cnnviz.training.store import URL
from cnnviz.ui.training import shared
from cnnviz.ui.training.views import VIEWS
from tests.pages import page
from tests.pages import page_text as texts
from tests.run_store import store_in


@pytest.fixture(autouse=True, scope="module")
def store_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with store_in(tmp_path_factory.mktemp("runs")):
        yield


opened = partial(page, "training")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_opens_with_its_claim_and_its_picture(preset) -> None:
    app = opened(preset=preset.name)
    assert not app.error
    assert preset.claim in texts(app)
    assert app.selectbox(key="picture").value == VIEWS[preset.view].label


def test_another_preset_begins_with_its_own_picture() -> None:
    app = opened(preset="degradation", picture="Test loss")
    app.selectbox(key="training_picked").set_value("vanishing").run()
    assert not app.exception
    assert app.selectbox(key="picture").value == VIEWS["gradients"].label
    assert app.query_params["preset"] == "vanishing"


def test_what_is_changed_in_the_form_is_in_the_link() -> None:
    app = opened(preset="free")
    app.number_input(key="training_set_epochs").set_value(3).run()
    app.selectbox(key="training_set_activation").set_value("tanh").run()
    assert app.query_params["train"] == "epochs=3,activation=tanh"
    app.number_input(key="training_set_epochs").set_value(8).run()  # the default
    assert app.query_params["train"] == "activation=tanh"


def test_a_preset_is_trained_with_other_numbers() -> None:
    """What is not changed stays each curve's own."""
    app = opened(preset="learning-rate")
    assert app.number_input(key="training_set_epochs").value is None
    app.number_input(key="training_set_epochs").set_value(2).run()
    app.selectbox(key="training_set_norms").set_value("on").run()
    assert not app.exception
    assert app.query_params["train"] == "epochs=2,norms=on"
    assert app.selectbox(key="training_set_norms").value == "on"


def test_a_free_run_of_the_network_above_takes_its_options() -> None:
    app = opened(preset="free", train="network=above", net="resnet20")
    assert not app.error
    assert "resnet20@paper" in texts(app).replace("\\", "")


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"preset": "nothing"}, "There is no preset"),
        ({"runs": "1;2"}, "such as 1,2,3"),
        ({"preset": "free", "train": "epochs=1000"}, "Epochs must be a whole number from 1 to 200"),
        ({"preset": "free", "train": "network=lenet6"}, "lenet5"),
    ],
)
def test_what_a_link_cannot_say_is_told(link: dict[str, str], says: str) -> None:
    app = opened(**link)
    assert any(says in error.value.replace("\\", "") for error in app.error)


def test_a_store_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    shared.close()
    shared.forget()
    with monkeypatch.context() as patch:
        patch.setenv(URL, "sqlite:////nowhere/at/all/runs.sqlite")
        app = opened()
        assert any("does not answer" in error.value for error in app.error)
    shared.forget()
