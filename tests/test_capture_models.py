"""Models that are hard to trace: each against torch itself, or against arithmetic by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import cnnviz
from cnnviz.errors import ShapeError, TargetError
from tests.models import Written, flop_counter_macs, ops

# ---- modules and parameters used more than once, or in unusual places


def test_a_module_used_twice_is_two_rows_and_counts_its_parameters_once() -> None:
    """Oracle: torch: one weight of 3*3*3*3 + 3 numbers, FlopCounterMode for two passes through it."""
    model = Written(lambda m, x: m.conv(m.conv(x)), conv=nn.Conv2d(3, 3, 3, padding=1))
    trace = cnnviz.trace(model, (3, 8, 8))
    assert [layer.name for layer in trace.layers] == ["conv", "conv"]
    assert [layer.operation.scope for layer in trace.layers] == ["conv", "conv#1"]
    assert [layer.parameters for layer in trace.layers] == [84, 0]
    assert trace.parameters == sum(p.numel() for p in model.parameters()) == 84
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 3, 8, 8))


def test_shared_weights_count_once() -> None:
    """Oracle: sum(p.numel()) of torch, which lists a shared weight once."""
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    model[2].weight = model[0].weight
    trace = cnnviz.trace(model, (8,))
    assert trace.parameters == sum(p.numel() for p in model.parameters()) == 64 + 8 + 8
    assert trace.layers[2].shared_with == ("0.weight",)
    assert "count once" in trace.layers[2].formulas.parameters


def test_one_sequential_in_two_places_keeps_both_passes_apart() -> None:
    """Oracle: by hand: conv, relu, conv, relu; the second pass begins where the first ends."""
    block = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())
    trace = cnnviz.trace(nn.Sequential(block, block), (3, 8, 8))
    assert ops(trace) == ["conv2d", "relu"] * 2
    assert trace.edges == ((-1, 0), (0, 1), (1, 2), (2, 3))
    assert len({layer.operation.scope for layer in trace.layers}) == 4


def test_module_lists_and_dicts_have_their_torch_paths() -> None:
    """Oracle: model.named_modules()."""
    model = Written(
        lambda m, x: m.heads["b"](m.blocks[1](m.blocks[0](x))),
        blocks=nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(2)),
        heads=nn.ModuleDict({"a": nn.Conv2d(3, 1, 1), "b": nn.Conv2d(3, 2, 1)}),
    )
    trace = cnnviz.trace(model, (3, 8, 8))
    assert [layer.name for layer in trace.layers] == ["blocks.0", "blocks.1", "heads.b"]
    assert {layer.name for layer in trace.layers} <= {name for name, _ in model.named_modules()}
    assert trace.unused_parameters == 3 * 1 + 1
    assert trace.parameters == sum(p.numel() for p in model.parameters())


def test_parameters_of_no_leaf_belong_to_their_owner() -> None:
    """Oracle: sum(p.numel()): a layer scale of 3 numbers and a convolution of 3*3 + 3."""
    model = Written(
        lambda m, x: x + m.scale * m.conv(x), conv=nn.Conv2d(3, 3, 1), scale=nn.Parameter(torch.ones(3, 1, 1))
    )
    trace = cnnviz.trace(model, (3, 4, 4))
    assert {layer.op: layer.parameters for layer in trace.layers} == {"conv2d": 12, "mul": 3, "add": 0}
    assert trace.unused_parameters == 0


def test_bare_parameters_in_functional_calls_are_counted() -> None:
    """Oracle: FlopCounterMode / 2 and sum(p.numel())."""
    model = Written(
        lambda m, x: F.linear(F.conv2d(x, m.kernel, m.shift, stride=2, padding=1, groups=3).flatten(1), m.w),
        kernel=nn.Parameter(torch.zeros(6, 1, 3, 3)),
        shift=nn.Parameter(torch.zeros(6)),
        w=nn.Parameter(torch.zeros(5, 6 * 4 * 4)),
    )
    trace = cnnviz.trace(model, (3, 8, 8))
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 3, 8, 8))
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert [layer.parameters for layer in trace.layers] == [60, 0, 480]


def test_standardised_weights_lead_back_to_the_parameter() -> None:
    """Oracle: FlopCounterMode / 2; the weight's 4*3*3*3 numbers count where they are first used."""

    def forward(m: Any, x: Tensor) -> Tensor:
        w = m.conv.weight
        w = (w - w.mean(dim=(1, 2, 3), keepdim=True)) / (w.std(dim=(1, 2, 3), keepdim=True) + 1e-5)
        return F.conv2d(x, w, m.conv.bias)

    model = Written(forward, conv=nn.Conv2d(3, 4, 3))
    trace = cnnviz.trace(model, (3, 8, 8))
    assert trace.parameters == 112
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 3, 8, 8))
    assert trace.uncounted == ()


@pytest.mark.parametrize(
    "normalise",
    [nn.utils.weight_norm, nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm],
)
def test_parametrised_weights_are_counted_and_left_in_place(normalise: Callable[..., nn.Module]) -> None:
    """Oracle: sum(p.numel()); the convolution's 4*6*6*27 products; the weight is where it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = normalise(nn.Conv2d(3, 4, 3)).eval()
    before = model.weight.clone()
    trace = cnnviz.trace(model, (3, 8, 8))
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert trace.layers[-1].macs == 4 * 6 * 6 * 27
    assert torch.equal(model.weight, before)


def test_parameters_of_branches_not_run_are_shown_as_such() -> None:
    """Oracle: the auxiliary head's own 4*10 + 10 numbers."""
    model = Written(
        lambda m, x: (m.main(x), m.aux(x)) if m.training else m.main(x),
        main=nn.Linear(4, 3),
        aux=nn.Linear(4, 10),
    )
    assert cnnviz.trace(model, (4,)).unused_parameters == 50
    assert cnnviz.trace(model, (4,), training=True).unused_parameters == 0


def test_frozen_parameters_are_not_trainable() -> None:
    """Oracle: torch's requires_grad."""
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    model[0].requires_grad_(False)
    trace = cnnviz.trace(model, (4,))
    assert (trace.parameters, trace.trainable_parameters) == (15 + 8, 8)


# ---- inputs and outputs


def test_several_inputs_and_nested_outputs() -> None:
    """Oracle: by hand: two sums of both inputs come out, and each reads both."""
    model = Written(lambda m, a, b: {"sum": a + b, "rest": [a * b]})
    trace = cnnviz.trace(model, ((3, 8, 8), (3, 1, 1)))
    assert trace.program.outputs == (2, 3)
    assert [o.inputs for o in trace.program.operations] == [(0, 1), (0, 1)]
    assert trace.at(((3, 9, 9), (3, 1, 1))).layers[0].output_shape == (3, 9, 9)


def test_a_forward_with_keyword_only_arguments() -> None:
    """Oracle: by hand."""
    model = Written(lambda m, *, image, gate: image * gate)
    trace = cnnviz.trace(model, {"image": (3, 8, 8), "gate": (3, 1, 1)})
    assert trace.layers[0].output_shape == (3, 8, 8)


def test_whole_number_inputs_come_as_examples() -> None:
    """Oracle: a table of 10x4 and a layer of 4*2 + 2; 6 tokens times 8 products."""
    model = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2))
    tokens = torch.zeros(1, 6, dtype=torch.long)
    trace = cnnviz.trace(model, inputs=tokens)
    assert (trace.parameters, trace.macs) == (50, 48)
    assert trace.program.inputs[0].itemsize == 8
    assert cnnviz.trace(model, inputs=tokens, device="cpu").macs == 48


# ---- kinds of modules


def test_lazy_linear_follows_the_size() -> None:
    """Oracle: (48 + 1) * 5 and (108 + 1) * 5 by hand; the user's layer stays lazy."""
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(5))
    trace = cnnviz.trace(model, (3, 4, 4))
    assert (trace.parameters, trace.macs) == (49 * 5, 48 * 5)
    assert trace.at((3, 6, 6)).parameters == 109 * 5
    assert model[1].has_uninitialized_params()


def test_other_lazy_layers_are_sized_on_a_copy() -> None:
    """Oracle: the same network written out, by torch; the user's stays lazy."""
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 5))
    trace = cnnviz.trace(model, (3, 8, 8))
    assert trace.parameters == sum(p.numel() for p in plain.parameters())
    assert trace.macs == cnnviz.trace(plain, (3, 8, 8)).macs
    assert any("lazy" in remark for remark in trace.remarks)
    assert model[0].has_uninitialized_params()


def test_torchscript_is_refused_kindly_and_compiled_modules_are_unwrapped() -> None:
    """Oracle: the sentence, and the plain module's trace."""
    plain = nn.Conv2d(3, 4, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = nn.Sequential(torch.jit.script(plain))
    with pytest.raises(TargetError, match=r"0 is TorchScript.*trace the Python module"):
        cnnviz.trace(scripted, (3, 8, 8))
    assert cnnviz.trace(torch.compile(plain), (3, 8, 8)).program == cnnviz.trace(plain, (3, 8, 8)).program


def test_padding_modes_shuffles_and_layouts() -> None:
    """Oracle: FlopCounterMode / 2 and torch's own shape."""

    def forward(m: Any, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)  # ShuffleNet's channel shuffle
        return m.up(m.conv(x.contiguous(memory_format=torch.channels_last)))

    model = Written(
        forward, conv=nn.Conv2d(4, 8, 3, padding=1, padding_mode="reflect"), up=nn.PixelShuffle(2)
    )
    trace = cnnviz.trace(model, (4, 8, 8))
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 4, 8, 8)) == 8 * 8 * 8 * 36
    assert trace.layers[-1].output_shape == (2, 16, 16)
    assert trace.uncounted == ()


@pytest.mark.parametrize(("dtype", "size"), [(torch.float16, 2), (torch.bfloat16, 2), (torch.float64, 8)])
def test_precision_shows_in_the_activation_bytes(dtype: torch.dtype, size: int) -> None:
    """Oracle: torch's element size; on the CPU the model also runs."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).to(dtype)
    for device in ("meta", "cpu"):
        trace = cnnviz.trace(model, (3, 8, 8), device=device)
        assert trace.activation_bytes == 2 * 4 * 6 * 6 * size
        assert trace.program.inputs[0].itemsize == size


def test_a_model_on_meta_can_be_traced_and_run() -> None:
    """Oracle: the same network with weights; it stays on meta."""
    with torch.device("meta"):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    assert cnnviz.trace(model, (3, 8, 8), device="cpu").macs == 4 * 6 * 6 * 27
    assert all(t.is_meta for t in model.state_dict().values())


def test_batch_norm_in_training_needs_more_than_one_value() -> None:
    """Oracle: torch refuses a 1x1 map of one image in training; two images are fine."""
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3))
    with pytest.raises(ValueError, match="more than 1 value"):
        model.train()(torch.rand(1, 3, 4, 4))
    assert cnnviz.trace(model, (3, 4, 4), batch_size=2, training=True).layers[-1].output_shape == (3, 1, 1)
    with pytest.raises(ShapeError, match="more than one"):
        cnnviz.trace(model, (3, 4, 4), training=True)
