"""The claims of the presets, at a reduced size: fewer images and epochs, several seeds, a margin.

Oracle of all: the claim itself, as the papers and the preset's text have it. The figures at full size stand
in the presets' notes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest

from cnnviz.training import data
from cnnviz.training.cost import traced
from cnnviz.training.loop import train
from cnnviz.training.presets import preset, runs_of
from cnnviz.training.records import End, Epoch, Norms, Record
from cnnviz.training.settings import Settings
from cnnviz.training.transfer import PRETRAINING

pytestmark = pytest.mark.slow
FEW = {"images": 600, "batch_size": 32}  # half of the images in the same number of steps
SMALL = {**FEW, "epochs": 4}
TESTED = (
    100  # images, where a claim is about the training error: of others a third of the time would go there
)


@pytest.fixture
def seldom_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digits with few test images; those to train on are all there."""
    whole = data.digits()
    few = replace(whole, test=whole.test[:TESTED], test_labels=whole.test_labels[:TESTED])
    monkeypatch.setitem(data.COMES_WITH, "digits", lambda: few)


def chosen(name: str, labels: list[str], seeds: int, **changed: object) -> dict[str, list[Settings]]:
    """The runs of these curves, but for what is changed as the preset has them."""
    runs: dict[str, list[Settings]] = {label: [] for label in labels}
    for curve, wanted in runs_of(preset(name), seeds, **changed):
        if curve.label in runs:
            runs[curve.label].append(wanted)
    assert all(runs.values()), f"{name} has no such curves: {labels}"
    return runs


def records_of(name: str, labels: list[str], seeds: int, **changed: object) -> dict[str, list[list[Record]]]:
    """The records of every seed for each of these curves."""
    runs = chosen(name, labels, seeds, **changed)
    return {label: [list(train(wanted)) for wanted in made] for label, made in runs.items()}


def epochs_of(records: list[Record]) -> list[Epoch]:
    return [record for record in records if isinstance(record, Epoch)]


def errors(
    name: str, labels: list[str], seeds: int, *, what: str = "train_error", **changed: object
) -> dict[str, float]:
    """The last error of each curve in percent, the mean over its seeds."""
    found = records_of(name, labels, seeds, **changed)
    return {
        label: mean(getattr(epochs_of(records)[-1], what) for records in runs)
        for label, runs in found.items()
    }


def first_norms(name: str, labels: list[str], seeds: int) -> dict[str, list[Norms]]:
    """Those of the first step; nobody waits for a second one."""
    runs = chosen(name, labels, seeds, images=128)
    return {
        label: [next(r for r in train(wanted) if isinstance(r, Norms)) for wanted in made]
        for label, made in runs.items()
    }


def slope(norms: Norms) -> float:
    """The first layer's gradient over the last one's."""
    return norms.gradients[0] / norms.gradients[-1]


@pytest.mark.usefixtures("seldom_tested")
def test_deeper_plain_networks_have_a_higher_training_error_and_residual_ones_do_not() -> None:
    found = errors("degradation", ["plain 8", "plain 32", "residual 32"], 2, epochs=4, images=400)
    assert found["plain 32"] > found["plain 8"] + 15
    assert found["residual 32"] < found["plain 32"] - 15


@pytest.mark.usefixtures("seldom_tested")
def test_twenty_layers_without_batch_norm_learn_with_shortcuts_only() -> None:
    found = errors("degradation-quick", ["plain 20", "residual 20"], 2, **SMALL)
    assert found["plain 20"] > 80
    assert found["residual 20"] < 45


@pytest.mark.usefixtures("seldom_tested")
def test_gradients_vanish_with_depth_in_plain_networks() -> None:
    found = first_norms("vanishing", ["plain 8", "plain 20", "plain 56", "residual 8", "residual 56"], 3)
    assert all(1e-4 < slope(norms) < 0.1 for norms in found["plain 8"])
    assert all(slope(norms) < 1e-5 for norms in found["plain 20"])
    assert all(slope(norms) < 1e-20 for norms in found["plain 56"])
    assert all(slope(norms) > 0.01 for norms in found["residual 8"] + found["residual 56"])


@pytest.mark.usefixtures("seldom_tested")
def test_large_weights_explode_without_batch_norm() -> None:
    found = records_of("exploding", ["plain 20", "plain 20, batch norm"], 3)
    for records in found["plain 20"]:
        first = next(r for r in records if isinstance(r, Norms))
        assert first.activations[-1] > 1000 * first.activations[0]
        assert min(first.gradients) > 1000
        assert isinstance(records[-1], End)
        assert (records[-1].reason, records[-1].step <= 3) == ("diverged", True)
    for records in found["plain 20, batch norm"]:
        norms = [r for r in records if isinstance(r, Norms)]
        assert max(norms[0].gradients) < 100
        assert len(norms) == 10, "every step is recorded"


@pytest.mark.usefixtures("seldom_tested")
def test_batch_norm_alone_lets_gradients_grow_towards_the_first_layers() -> None:
    found = first_norms("gradients-batch-norm", ["plain 56", "residual 56"], 3)
    assert all(slope(norms) > 30 for norms in found["plain 56"])
    assert all(0.03 < slope(norms) < 30 for norms in found["residual 56"])


@pytest.mark.usefixtures("seldom_tested")
def test_a_residual_network_that_begins_as_the_identity_learns_and_a_plain_one_with_zeros_does_not() -> None:
    found = errors("identity", ["residual 32, identity", "residual 32, He"], 2, **{**SMALL, "images": 400})
    assert found["residual 32, identity"] < found["residual 32, He"] - 8
    assert errors("identity", ["plain 32, zeros"], 2, epochs=2, images=300)["plain 32, zeros"] > 80


@pytest.mark.usefixtures("seldom_tested")
def test_batch_norm_trains_where_the_rate_is_too_large_without_it() -> None:
    labels = ["without, rate 0.3", "with, rate 0.1", "with, rate 0.3"]
    found = errors("batch-norm", labels, 2, **SMALL)
    assert found["without, rate 0.3"] > 60
    assert found["with, rate 0.1"] < 20
    assert found["with, rate 0.3"] < 30


@pytest.mark.usefixtures("seldom_tested")
def test_a_deep_sigmoid_network_stalls_unless_it_is_normalised() -> None:
    labels = ["ReLU", "tanh", "sigmoid", "sigmoid, batch norm"]
    found = records_of("activations", labels, 2, **SMALL)
    last = {label: mean(epochs_of(r)[-1].train_error for r in runs) for label, runs in found.items()}
    assert last["sigmoid"] > 70
    assert max(last["ReLU"], last["tanh"], last["sigmoid, batch norm"]) < 20
    first = {label: next(r for r in runs[0] if isinstance(r, Norms)) for label, runs in found.items()}
    assert slope(first["sigmoid"]) < 0.01 * slope(first["tanh"])


@pytest.mark.usefixtures("seldom_tested")
def test_the_modern_lenet_learns_in_fewer_epochs() -> None:
    labels = ["sigmoid, average, SGD", "ReLU, maximum, Adam"]
    found = errors("lenet", labels, 2, epochs=4, images=500)
    assert found["ReLU, maximum, Adam"] < 25
    assert found["sigmoid, average, SGD"] > 40


def test_a_1x1_in_front_saves_multiplications_and_little_accuracy() -> None:
    pairs = {"5x5": "1x1, then 5x5", "residual, two 3x3": "residual bottleneck"}
    found = errors(
        "bottleneck", [*pairs, *pairs.values()], 2, what="test_error", **{**SMALL, "epochs": 5}, image_size=6
    )
    for whole, reduced in pairs.items():
        assert found[reduced] < found[whole] + 12
    assert max(found.values()) < 35, "all have learned: nine of ten would be wrong by chance"


def test_each_block_with_a_1x1_in_front_has_a_third_of_the_multiplications_or_less() -> None:
    macs = {curve.label: traced(curve.settings).macs for curve in preset("bottleneck").curves}
    assert macs["5x5"] > 3 * macs["1x1, then 5x5"]
    assert macs["inception, naive"] > 3 * macs["inception"]
    assert macs["residual, two 3x3"] > 3 * macs["residual bottleneck"]


def test_dropout_and_augmentation_lower_the_test_error_on_few_noisy_images() -> None:
    labels = ["nothing", "dropout", "augmentation"]
    found = errors("overfitting", labels, 2, what="test_error", images=300, epochs=30)
    assert found["dropout"] < found["nothing"] - 2
    assert found["augmentation"] < found["nothing"] - 4


@pytest.mark.usefixtures("seldom_tested")
def test_a_sorted_file_must_be_shuffled_and_a_mixed_one_need_not() -> None:
    labels = [curve.label for curve in preset("shuffle").curves]
    found = errors("shuffle", labels, 2, **FEW)
    assert found["sorted file, as it is"] > 60
    assert max(value for label, value in found.items() if label != "sorted file, as it is") < 15


@pytest.mark.usefixtures("seldom_tested")
def test_in_the_same_epochs_large_batches_take_fewer_steps_and_learn_less() -> None:
    found = records_of("batch-size", ["8 at once", "64 at once", "512 at once"], 2, images=600)
    by_epoch = {label: mean(epochs_of(r)[-1].train_loss for r in runs) for label, runs in found.items()}
    assert by_epoch["512 at once"] > by_epoch["64 at once"] + 0.2
    steps = {label: epochs_of(runs[0])[-1].step for label, runs in found.items()}
    assert steps == {"8 at once": 6 * 75, "64 at once": 6 * 10, "512 at once": 6 * 2}  # ceil(600 / size)


@pytest.mark.usefixtures("seldom_tested")
def test_the_learning_rate_can_be_too_small_and_too_large() -> None:
    found = errors("learning-rate", ["rate 0.0005", "rate 0.02", "rate 0.5"], 2, **FEW)
    assert found["rate 0.02"] < 15
    assert found["rate 0.0005"] > found["rate 0.02"] + 15
    assert found["rate 0.5"] > found["rate 0.02"] + 15


def test_what_was_learned_from_letters_helps_where_labels_are_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network of half the width: frozen features beat training from scratch, in less time."""
    monkeypatch.setenv("CNNVIZ_CACHE", str(tmp_path))
    short = {**PRETRAINING["letters"], "images": 4000, "epochs": 4}
    monkeypatch.setitem(PRETRAINING, "letters", short)
    small = {**dict(preset("transfer").curves[0].settings.network_options), "width": 16}
    last: dict[str, list[Epoch]] = {}
    for curve, wanted in runs_of(preset("transfer"), 2):
        if curve.label in ("5 labels, from scratch", "5 labels, frozen, new last layer"):
            made = replace(wanted, network_options=tuple(sorted(small.items())))
            last.setdefault(curve.label, []).append(epochs_of(list(train(made)))[-1])
    scratch, frozen = last.values()
    assert mean(e.test_error for e in frozen) < mean(e.test_error for e in scratch) - 5
    assert mean(e.seconds for e in frozen) < 0.5 * mean(e.seconds for e in scratch)
