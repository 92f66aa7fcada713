"""The training loop: reproducible, can be cancelled and resumed, ends where it diverges."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from cnnviz.errors import CnnvizError, OptionError
from cnnviz.training.data import images
from cnnviz.training.loop import train
from cnnviz.training.networks import built
from cnnviz.training.records import End, Epoch, Norms, Record, Step, as_dict, from_dict
from cnnviz.training.settings import Settings, settings


def small(**options: object) -> Settings:
    """A run of a second: 200 digits, one small network."""
    given = {"epochs": 2, "images": 200, **options}
    return settings("plain_convolutions", network_options={"depth": 2, "width": 4}, **given)  # type: ignore[arg-type]


def without_seconds(records: list[Record]) -> list[dict[str, object]]:
    return [{name: value for name, value in as_dict(r).items() if name != "seconds"} for r in records]


def test_the_same_settings_give_the_same_curve_and_another_seed_another() -> None:
    """Oracle: equality to the last bit; the random numbers of the caller are left alone."""
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    first = list(train(small()))
    assert torch.equal(torch.rand(2), expected)
    torch.rand(7)
    assert without_seconds(list(train(small()))) == without_seconds(first)
    assert without_seconds(list(train(small().seeded(1)))) != without_seconds(first)


def test_it_is_plain_gradient_descent() -> None:
    """Oracle: the same steps written out in ten lines, without momentum, shuffling or anybody's optimizer."""
    wanted = small(shuffle=False, momentum=0.0, learning_rate=0.1, epochs=1, batch_size=50)
    torch.manual_seed(wanted.seed)
    data = images(wanted)
    model = built(wanted, data).train()
    losses = []
    for first in range(0, 200, 50):
        batch = slice(first, first + 50)
        loss = F.cross_entropy(model(data.train[batch]), data.train_labels[batch])
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 0.1 * parameter.grad
        losses.append(loss.item())
    steps = [record.loss for record in train(wanted) if isinstance(record, Step)]
    assert steps == pytest.approx(losses, rel=1e-5)


def test_the_evaluation_is_that_of_scikit_learn() -> None:
    """Oracle: accuracy_score and log_loss of scikit-learn on a network that has not been trained."""
    from sklearn.metrics import accuracy_score, log_loss

    wanted = small()
    first = next(iter(train(wanted)))
    assert isinstance(first, Epoch)
    torch.manual_seed(wanted.seed)
    data = images(wanted)
    model = built(wanted, data).eval()
    with torch.no_grad():
        chances = model(data.test).softmax(1).double()
    chances = chances / chances.sum(1, keepdim=True)
    labels = data.test_labels.numpy()
    assert first.test_loss == pytest.approx(log_loss(labels, chances.numpy(), labels=range(10)), rel=1e-4)
    wrong = 1 - accuracy_score(labels, chances.argmax(1).numpy())
    assert first.test_error == pytest.approx(100 * wrong)


def test_a_resumed_run_goes_on_as_if_nothing_had_been() -> None:
    """Oracle: the records of the run that was not interrupted, with dropout and augmentation in it."""
    wanted = settings(
        "plain_convolutions",
        network_options={"depth": 2, "width": 4, "dropout": 0.3, "batch_norm": True},
        epochs=3,
        images=200,
        augment="affine",
        optimizer="adam",
        learning_rate=0.01,
    )
    kept: list[bytes] = []
    whole = list(train(wanted, keep=kept.append))
    rest = list(train(wanted, resume=kept[0]))
    assert without_seconds(rest) == without_seconds(whole)[-len(rest) :]
    assert rest[0].epoch > 1
    assert len(kept) == 3


def test_cancelling_ends_the_run_at_the_next_step() -> None:
    """Oracle: the number of times it was asked."""
    asked = iter(range(100))
    records = list(train(small(batch_size=10), cancelled=lambda: next(asked) >= 5))
    assert isinstance(records[-1], End)
    assert records[-1].reason == "cancelled"
    assert records[-1].step <= 5


def test_a_loss_that_explodes_ends_the_run_with_the_reason() -> None:
    """Oracle: rate 10 and decay 1 multiply every weight by 1 - 10 * 1 = -9 in each step."""
    records = list(train(small(learning_rate=10.0, weight_decay=1.0, momentum=0.0, epochs=50)))
    last = records[-1]
    assert isinstance(last, End)
    assert last.reason == "diverged"
    assert str(last.step) in last.message
    assert all(math.isfinite(r.loss) for r in records if isinstance(r, Step))


def test_a_run_that_ends_without_a_number_has_diverged() -> None:
    """Oracle: arithmetic: one step of plain gradient descent at a rate of 10 with gradients of 10^5 leaves
    weights whose product over 20 layers is beyond 32 bits, after a loss that was a number."""
    wanted = settings(
        "plain20",
        network_options={"depth": 20, "width": 8, "batch_norm": False},
        init="large",
        images=64,
        batch_size=64,
        epochs=1,
        learning_rate=10.0,
    )
    kept: list[bytes] = []
    records = list(train(wanted, keep=kept.append))
    steps = [record for record in records if isinstance(record, Step)]
    assert len(steps) == 1
    assert math.isfinite(steps[0].loss)
    last = records[-1]
    assert isinstance(last, End)
    assert last.reason == "diverged"
    assert "after epoch 1" in last.message
    assert not kept, "there is nothing to go on from"


def test_norms_are_those_of_one_batch() -> None:
    """Oracle: autograd on the same first batch, by hand."""
    wanted = small(norms=True, shuffle=False, epochs=1)
    found = next(r for r in train(wanted) if isinstance(r, Norms))
    torch.manual_seed(wanted.seed)
    data = images(wanted)
    model = built(wanted, data).train()
    weights = [m.weight for m in model.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    loss = F.cross_entropy(model(data.train[:64]), data.train_labels[:64])
    gradients = torch.autograd.grad(loss, weights)
    assert found.gradients == pytest.approx([g.norm().item() for g in gradients], rel=1e-4)
    assert found.layers == ("features.0", "features.2", "fc")
    first = model.features[0](data.train[:64])
    assert found.activations[0] == pytest.approx(first.std().item(), rel=1e-4)


def test_noise_changes_about_that_share_of_the_labels() -> None:
    """Oracle: a random label is right by chance once in ten."""
    clean, noisy = images(small(images=0)), images(small(images=0, label_noise=0.5))
    changed = (clean.train_labels != noisy.train_labels).float().mean().item()
    assert 0.40 < changed < 0.50
    assert torch.equal(clean.test_labels, noisy.test_labels)


def test_identity_at_the_start() -> None:
    """Oracle: with the last layer of each branch at zero, a residual block's branch gives zeros."""
    wanted = settings("resnet20", network_options={"depth": 8, "width": 4}, zero_residual=True)
    model = built(wanted, images(wanted)).eval()
    block = model.conv2_x[0]  # type: ignore[index,union-attr]
    x = torch.rand(2, 4, 8, 8)
    assert torch.equal(block.residual(x), torch.zeros(2, 4, 8, 8))
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("record", list(train(small(norms=True, epochs=1))), ids=lambda r: r.KIND)
def test_records_survive_a_dictionary(record: Record) -> None:
    """Oracle: equality after the way there and back."""
    assert from_dict(as_dict(record)) == record


def test_settings_are_the_same_however_written() -> None:
    """Oracle: JSON's way there and back; a default written out is no change."""
    made = settings("resnet20", epochs=8, learning_rate="0.05", network_options={"width": 8, "depth": 8})
    assert Settings.from_dict(made.as_dict()) == made
    assert made.key == settings("resnet20", learning_rate=0.05, network_options={"depth": 8, "width": 8}).key
    assert made.key != made.seeded(1).key


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"epochs": 0}, "epochs must be a whole number from 1 to 200"),
        ({"learning_rate": "fast"}, "learning_rate must be a number"),
        ({"epoch": 3}, "did you mean epochs"),
        ({"seed": -1}, "seed must be"),
        ({"data": "digit"}, "did you mean digits"),
        ({"images": 5000}, "digits has 1,297 training images"),
    ],
)
def test_bad_settings_are_told(how: dict[str, object], said: str) -> None:
    with pytest.raises(CnnvizError, match=said):
        list(train(settings("plain_convolutions", **how)))  # type: ignore[arg-type]


def test_a_network_that_cannot_take_the_images_is_told() -> None:
    """Oracle: LeNet-5's second convolution needs more than a digit of 8x8 leaves it."""
    with pytest.raises(OptionError, match=r"cannot take the 1x8x8 images of digits.*image_size"):
        list(train(settings("lenet5")))
