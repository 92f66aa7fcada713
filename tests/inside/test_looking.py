"""What every layer makes of an image, and one element of it down to its products: held against torch."""

from __future__ import annotations

import math
import threading

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz import inside
from cnnviz.errors import OptionError
from cnnviz.inside import shipped
from cnnviz.inside.fields import Element, effective, effective_box, theoretical
from cnnviz.inside.hooks import Change, Pass, passing, watched
from cnnviz.inside.looking import Seen, look, predicted
from cnnviz.inside.networks import Trained
from cnnviz.inside.pictures import sample, samples
from cnnviz.inside.products import explained

NAMES = [known.name for known in shipped.SHIPPED]


def seen(name: str, number: int = 3) -> Seen:
    network = inside.trained(name)
    return look(network, sample(network, samples(network)[number]))


@pytest.fixture(params=NAMES)
def one(request: pytest.FixtureRequest) -> Seen:
    return seen(request.param)


def elements(network: Trained) -> list[Element]:
    """A corner, where padding is seen, and the middle of every layer."""
    found = []
    for layer in network.layers:
        channels, height, width = (*layer.output_shapes[0][1:], 1, 1)[:3]
        found += [
            Element(layer.name, 0, 0, 0),
            Element(layer.name, channels - 1, height // 2, width // 2),
            Element(layer.name, channels // 2, height - 1, width - 1),
        ]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_network_names_the_images_that_come_along(name: str) -> None:
    """Oracle: the labels of the test images, and which photograph is which."""
    network = inside.trained(name)
    right = 0
    for number, of in enumerate(samples(network)):
        wanted = sample(network, of).title if name == "photo" else str(number)
        right += look(network, sample(network, of)).predictions[0].label == wanted
    assert right >= 0.9 * len(samples(network))


def test_weights_are_small_and_nothing_is_unpickled() -> None:
    """Oracle: the sizes on the disk; NumPy refuses arrays of objects where pickles are not allowed."""
    files = sorted(shipped.FOLDER.glob("*.npz"))
    assert [file.stem for file in files] == sorted(NAMES)
    assert sum(file.stat().st_size for file in files) < 600_000
    for name in NAMES:
        assert all(array.dtype.kind in "fi" for array in shipped.weights(name).values())


def test_records_tell_how_the_networks_were_trained() -> None:
    """Oracle: the settings that would train them now, and the error on test images worked out anew."""
    from cnnviz.training.data import images

    for known in shipped.SHIPPED:
        record = shipped.training_record(known.name)
        assert record["command"] == f"make trained NAMES={known.name}"
        if known.settings is None:
            continue
        assert record["settings"] == known.settings.as_dict()
        data, network = images(known.settings), inside.trained(known.name)
        with torch.inference_mode():
            wrong = (network.model(data.test).argmax(1) != data.test_labels).float().mean()
        assert 100 * wrong.item() == pytest.approx(record["test_error"], abs=0.41)  # two of 500: 16 bits
        assert network.mean == pytest.approx(data.mean)


def test_kept_outputs_are_those_of_torchs_own_hooks(one: Seen) -> None:
    """Oracle: hooks registered here, on a plain forward pass."""
    wanted: dict[str, torch.Tensor] = {}
    handles = [
        one.network.module(layer.name).register_forward_hook(
            lambda _, __, out, name=layer.name: wanted.__setitem__(name, out[0])
        )
        for layer in one.network.layers
    ]
    with torch.inference_mode():
        scores = one.network.model(one.given)[0]
    for handle in handles:
        handle.remove()
    assert torch.equal(scores, one.scores)
    for layer in one.network.layers:
        assert torch.equal(one.maps(layer.name).flatten(), wanted[layer.name].flatten())
        assert tuple(one.outputs[layer.name].shape) == layer.output_shapes[0][1:]


def test_predictions_are_the_softmax_in_order(one: Seen) -> None:
    """Oracle: torch's softmax."""
    shares = F.softmax(one.scores, 0)
    for found in one.predictions:
        assert found.probability == pytest.approx(float(shares[found.index]), abs=1e-6)
    probabilities = [found.probability for found in one.predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)


def test_products_sum_and_bias_come_to_the_value_that_the_network_has(one: Seen) -> None:
    """Oracle: the forward pass. Every product is worked out again from the numbers that are shown."""
    for element in elements(one.network):
        why = explained(one, element)
        value = float(one.maps(element.layer)[element[1:]])
        assert why.value == value
        if why.kind in ("convolution", "fully connected"):
            for part in why.parts:
                rows = zip(part.inputs, part.weights, strict=True)
                products = [a * w for row, weights in rows for a, w in zip(row, weights, strict=True)]
                assert sum(products) == pytest.approx(part.sum, abs=1e-4)
            assert why.total == pytest.approx(value, abs=2e-4, rel=2e-4), element
        elif why.kind.endswith("pooling"):
            assert why.total == pytest.approx(value, abs=1e-5), element


@pytest.mark.filterwarnings("ignore:Using padding")  # a kernel of four: torch pads one side more
def test_windows_of_all_kinds_of_convolutions() -> None:
    """Oracle: torch's convolution, with groups, stride, dilation and padding of every kind."""
    torch.manual_seed(0)
    for module in (
        nn.Conv2d(6, 4, 3, stride=2, padding=1, groups=2),
        nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6),
        nn.Conv2d(6, 3, (5, 3), padding="same", dilation=(1, 2)),
        nn.Conv2d(6, 3, 1, bias=False),
        nn.Conv2d(6, 3, 4, padding="same"),
    ):
        network = _around(nn.Sequential(module, nn.AdaptiveAvgPool2d(1), nn.Flatten()), (6, 9, 9))
        given = torch.randn(1, 6, 9, 9)
        with torch.inference_mode():
            output = module(given)[0]
        made = Seen(
            network=network,
            given=given,
            outputs={"0": output},
            inputs={"0": given[0]},
            scores=output.mean((1, 2)),
        )
        channels, height, width = output.shape
        for element in (Element("0", 0), Element("0", channels - 1, height - 1, width - 1)):
            assert explained(made, element).total == pytest.approx(float(output[element[1:]]), abs=1e-5)


def test_windows_of_all_kinds_of_pooling() -> None:
    """Oracle: torch's pooling, at both corners, where zeros of the padding are counted or are not."""
    torch.manual_seed(0)
    for pool in (
        nn.AvgPool2d(3, stride=1, padding=1),
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AdaptiveAvgPool2d(4),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.MaxPool2d(2, ceil_mode=True),
    ):
        network = _around(watched(nn.Sequential(pool, nn.Flatten())), (2, 10, 10))
        given = torch.randn(1, 2, 10, 10)
        with torch.inference_mode(), passing(Pass()) as it:
            network.model(given)
        outputs, inputs = ({name: t[0] for name, t in kept.items()} for kept in (it.kept, it.given))
        made = Seen(network=network, given=given, outputs=outputs, inputs=inputs, scores=outputs["1"])
        channels, height, width = outputs["0"].shape
        for element in (Element("0", 0), Element("0", channels - 1, height - 1, width - 1)):
            why = explained(made, element)
            assert why.total == pytest.approx(float(outputs["0"][element[1:]]), abs=1e-6)
            if isinstance(pool, nn.AvgPool2d):
                total, count = why.words.partition(" =")[0].replace("−", "-").split(" / ")
                assert float(total) / float(count) == pytest.approx(why.value, abs=1e-3)


def test_a_normalisation_is_told_with_its_numbers_in() -> None:
    """Oracle: the words, evaluated as Python; the network's own number."""
    one = seen("resnet20")
    for name in ("bn1", "conv2_x.block_1.residual.bn1"):
        for channel in range(8):
            why = explained(one, Element(name, channel, 14, 9))
            formula = why.words.partition(" = ")[0]
            text = formula.replace("−", "-").replace("×", "*").replace("√", "sqrt")
            assert not {"- -", "+ -"} & {text[i : i + 3] for i in range(len(text))}
            assert eval(text, {"sqrt": math.sqrt}) == pytest.approx(why.value, rel=5e-3, abs=5e-3)


def test_layers_whose_channels_come_last_are_not_taken_for_maps() -> None:
    """Oracle: by hand: between the two permutations of a ConvNeXt block the first axis is n_H, not n_C."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.depthwise = nn.Conv2d(3, 3, 7, padding=3, groups=3)
            self.expand, self.act, self.project = nn.Linear(3, 12), nn.GELU(), nn.Linear(12, 3)
            self.last = nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            inner = self.project(self.act(self.expand(self.depthwise(x).permute(0, 2, 3, 1))))
            made: torch.Tensor = self.last(x + inner.permute(0, 3, 1, 2))
            return made

    assert [layer.name for layer in _around(Block(), (3, 8, 8)).layers] == ["depthwise", "last"]


def _around(model: nn.Module, shape: tuple[int, int, int]) -> Trained:
    return Trained(
        name="test",
        title="Test",
        about="",
        model=model.eval().requires_grad_(False),
        shape=shape,
        classes=tuple("abcdef"),
        mean=(0.0,) * shape[0],
        deviation=(1.0,) * shape[0],
        data="",
        error=None,
    )


def test_the_effective_field_lies_inside_the_theoretical_one(one: Seen) -> None:
    """Oracle: what lies outside of the receptive field cannot move the element; autograd says what does."""
    moved = 0
    for element in elements(one.network):
        box, gradient = theoretical(one, element), effective(one, element)
        found = effective_box(gradient)
        if found is None:
            assert float(gradient.abs().max()) == 0
            continue
        moved += 1
        assert box.top <= found.top <= found.bottom <= box.bottom, element
        assert box.left <= found.left <= found.right <= box.right, element
        outside = gradient.clone()
        outside[max(box.top, 0) : box.bottom + 1, max(box.left, 0) : box.right + 1] = 0
        assert float(outside.max()) == 0
    assert moved > len(one.network.layers) / 2


def test_the_field_of_lenets_second_convolution_is_fourteen_pixels() -> None:
    """Oracle: by hand: 5 + (2 - 1)*1 = 6 after the pool, 6 + (5 - 1)*2 = 14; padding 2 moves it by -2."""
    box = theoretical(seen("lenet5"), Element("conv2", 0, 3, 4))
    assert box == (2 * 3 - 2, 2 * 4 - 2, 2 * 3 - 2 + 13, 2 * 4 - 2 + 13)


def test_the_effective_field_is_the_gradient_by_finite_differences() -> None:
    """Oracle: the value with one pixel moved a little both ways, in double precision of torch's own pass."""
    it = seen("lenet5")
    element = Element("conv2", 5, 4, 4)
    gradient = effective(it, element)
    for row, column in ((10, 10), (12, 8), (14, 14)):
        values = []
        for step in (1e-2, -1e-2):
            given = it.given.clone()
            given[0, 0, row, column] += step
            model = it.network.model
            with torch.inference_mode():
                values.append(float(model.conv2(model.pool1(model.act1(model.conv1(given))))[0][element[1:]]))
        assert abs(values[0] - values[1]) / 2e-2 == pytest.approx(float(gradient[row, column]), abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_scaled_channel_is_scaled_for_all_that_follows(name: str) -> None:
    """Oracle: a hook of torch that scales the channel; the network is as it was afterwards."""
    it = seen(name)
    before = {key: value.clone() for key, value in it.network.model.state_dict().items()}
    for layer in (it.network.layers[1].name, it.network.layers[-3].name):
        for factor in (0.0, 0.5, 2.0):

            def scaled(_: nn.Module, __: object, out: torch.Tensor, factor: float = factor) -> torch.Tensor:
                out = out.clone()
                out[:, 2] *= factor
                return out

            handle = it.network.module(layer).register_forward_hook(scaled)
            with torch.inference_mode():
                wanted = it.network.model(it.given)[0]
            handle.remove()
            found = predicted(it.network, it.given, Change(scales=((layer, 2, factor),)))
            for prediction in found:
                assert prediction.score == pytest.approx(float(wanted[prediction.index]), abs=1e-4)
    after = it.network.model.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert torch.equal(look(it.network, sample(it.network, samples(it.network)[3])).scores, it.scores)


def test_a_block_without_its_shortcut_passes_on_f_of_x_alone() -> None:
    """Oracle: the blocks run one after the other here, by hand."""
    it = seen("resnet20")
    model = it.network.model
    for off in (it.network.blocks[:1], it.network.blocks[3:4], it.network.blocks[4:7]):
        with torch.inference_mode():
            x = model.act1(model.bn1(model.conv1(it.given)))
            for stage in ("conv2_x", "conv3_x", "conv4_x"):
                for number, block in getattr(model, stage).named_children():
                    y = block.residual(x)
                    if f"{stage}.{number}" not in off:
                        y = y + (x if block.shortcut is None else block.shortcut(x))
                    x = torch.relu(y)
            wanted = model.fc(torch.flatten(model.avg_pool(x), 1))[0]
        found = predicted(it.network, it.given, Change(without_shortcut=off))
        for prediction in found:
            assert prediction.score == pytest.approx(float(wanted[prediction.index]), abs=1e-4)
        assert not torch.allclose(wanted, it.scores)


def test_changes_of_one_person_do_not_reach_another() -> None:
    """Oracle: the same passes one after the other; here four threads share one network."""
    it = seen("resnet20")
    plain = {p.index: p.score for p in it.predictions}
    change = Change(without_shortcut=it.network.blocks[:2])
    changed = {p.index: p.score for p in predicted(it.network, it.given, change)}
    wrong: list[object] = []

    def often(wanted: dict[int, float], change: Change) -> None:
        for _ in range(15):
            found = {p.index: p.score for p in predicted(it.network, it.given, change)}
            if found != pytest.approx(wanted, abs=1e-4):
                wrong.append(found)

    threads = [
        threading.Thread(target=often, args=given)
        for given in ((plain, Change()), (changed, change), (plain, Change()), (changed, change))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change(scales=(("conv9", 0, 0.0),)), "its layers are conv1"),
        (Change(scales=(("conv1", 6, 0.0),)), "channels 0 to 5, got 6"),
        (Change(scales=(("conv1", 0, float("nan")),)), "is scaled by -4 to 4"),
        (Change(without_shortcut=("conv1",)), "it has no shortcuts"),
    ],
)
def test_an_impossible_change_is_refused_with_the_rule(change: Change, says: str) -> None:
    network = inside.trained("lenet5")
    with pytest.raises(OptionError, match=says):
        look(network, sample(network, "test:0"), change)
