"""Control flow, attention and recurrence: each against torch itself, or against arithmetic by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import cnnviz
from cnnviz.errors import ReplayError
from tests.models import Written, flop_counter_macs, ops

# ---- control flow


def test_a_branch_on_the_size_is_taken_and_guarded() -> None:
    """Oracle: a fresh trace takes the other branch at 5x5, so the first trace must not pretend to know it."""
    model = Written(lambda m, x: x + 1 if x.shape[2] > 7 else x * 2)
    trace = cnnviz.trace(model, (3, 8, 8))
    assert ops(trace) == ["add"]
    assert trace.at((3, 15, 5)).layers[0].output_shape == (3, 15, 5)
    with pytest.raises(ReplayError, match="takes another way"):
        trace.at((3, 5, 5))
    assert ops(cnnviz.trace(model, (3, 5, 5))) == ["mul"]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_loop_over_a_size_is_not_replayed_at_another(axis: int) -> None:
    """Oracle: a fresh trace has one operation more for each turn of the loop."""
    model = Written(lambda m, x: sum(x.select(axis, i) for i in range(x.size(axis))))
    trace = cnnviz.trace(model, (3, 8, 8), batch_size=2)
    other = tuple(n + (axis == i) for i, n in enumerate((2, 3, 8, 8)))
    with pytest.raises(ReplayError, match="trace it again"):
        trace.at(other[1:], batch_size=other[0])
    longer = cnnviz.trace(model, other[1:], batch_size=other[0])
    assert len(longer.layers) == len(trace.layers) + 2


def test_an_upsampling_to_the_size_of_a_skip_follows_the_input() -> None:
    """Oracle: real torch at odd sizes, as in U-Net."""
    model = Written(lambda m, x: F.interpolate(F.max_pool2d(x, 2), size=x.shape[2:]) + x)
    trace = cnnviz.trace(model, (3, 9, 9))
    for side in (4, 7, 12):
        assert (
            trace.at((3, side, side + 3)).layers[-1].output_shape
            == model(torch.rand(1, 3, side, side + 3)).shape[1:]
        )


@pytest.mark.parametrize(
    "forward",
    [
        lambda m, x: x + 1 if x.sum() > 0 else x * 2,
        lambda m, x: x * x.max().item(),
        lambda m, x: x[x > 0.5] + 1,
        lambda m, x: x + float(x.mean()),
        lambda m, x: x + torch.unique(x).numel(),
    ],
)
def test_a_forward_that_looks_at_values_is_traced_by_a_real_pass(forward: Callable[..., Tensor]) -> None:
    """Oracle: the trace's own remark, and that the random state is as it was."""
    state = torch.random.get_rng_state()
    trace = cnnviz.trace(Written(forward), (3, 8, 8))
    assert any("real pass on the CPU" in remark for remark in trace.remarks)
    assert trace.device == "cpu"
    assert torch.equal(state, torch.random.get_rng_state())
    with pytest.raises(ReplayError):
        trace.at((3, 9, 9))


def test_tensors_made_in_the_forward_are_no_obstacle() -> None:
    """Oracle: real torch for the shape; positions of 8 columns are added to each row."""

    def forward(m: Any, x: Tensor) -> Tensor:
        mask = torch.ones(x.shape[-2:]).tril()
        ramp = torch.arange(x.size(-1), dtype=torch.float32)
        return x * mask + ramp + torch.tensor([0.5]) + torch.zeros(1, device=x.device)

    trace = cnnviz.trace(Written(forward), (3, 8, 8))
    assert trace.layers[-1].output_shape == (3, 8, 8)
    assert trace.remarks == ()
    assert trace.at((3, 5, 6)).layers[-1].output_shape == (3, 5, 6)


# ---- attention and recurrence


def test_attention_by_hand_equals_the_fused_one() -> None:
    """Oracle: FlopCounterMode / 2 of the version by hand; both have n*n*d products, twice, for each head."""

    def by_hand(m: Any, x: Tensor) -> Tensor:
        q, k, v = m.qkv(x).reshape(*x.shape[:2], 3, 2, 4).permute(2, 0, 3, 1, 4)
        return (q @ k.transpose(-2, -1) / 2).softmax(-1) @ v

    def fused(m: Any, x: Tensor) -> Tensor:
        q, k, v = m.qkv(x).reshape(*x.shape[:2], 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        return F.scaled_dot_product_attention(q, k, v)

    model = Written(by_hand, qkv=nn.Linear(8, 24))
    trace = cnnviz.trace(model, (6, 8))
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 6, 8)) == 6 * 8 * 24 + 2 * (2 * 6 * 6 * 4)
    assert cnnviz.trace(Written(fused, qkv=nn.Linear(8, 24)), (6, 8)).macs == trace.macs
    assert trace.at((9, 8)).macs == 9 * 8 * 24 + 2 * (2 * 9 * 9 * 4)
    assert trace.uncounted == ()


def test_a_mask_that_was_worked_out_is_part_of_the_dataflow() -> None:
    """Oracle: by hand: the mask is layer 1, attention is layer 2; 2 heads of 5*5 by 8 and 8 products."""
    model = Written(lambda m, x: F.scaled_dot_product_attention(x, x, x, attn_mask=x @ x.mT))
    trace = cnnviz.trace(model, (2, 5, 8))
    assert (1, 2) in trace.edges
    assert trace.layers[2].macs == 2 * 5 * 5 * (8 + 8)
    assert trace.layers[2].receptive_field == (5, 8)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_multihead_attention(batch_first: bool, named: bool) -> None:
    """Oracle: four projections 5*8*8 and two products 5*5*8, by hand and by FlopCounterMode in training."""
    attention = nn.MultiheadAttention(8, 2, batch_first=batch_first)

    def forward(m: Any, x: Tensor) -> Tensor:
        x = x if batch_first else x.transpose(0, 1)
        return m.a(query=x, key=x, value=x)[0] if named else m.a(x, x, x)[0]

    model = Written(forward, a=attention)
    trace = cnnviz.trace(model, (5, 8))
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 5, 8)) == 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert trace.uncounted == ()


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_transformer_layer_is_not_hidden_by_its_fast_path(device: str) -> None:
    """Oracle: FlopCounterMode / 2 in training, where torch runs the parts one by one."""
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    model.eval()
    trace = cnnviz.trace(model, (5, 8), device=device)
    assert trace.macs == flop_counter_macs(model, torch.rand(1, 5, 8))
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert trace.uncounted == ()


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers(kind: type) -> None:
    """Oracle: each weight matrix times one vector at each of 7 steps; torch for shapes and parameters."""
    model = kind(4, 6, 2, batch_first=True, bidirectional=True)
    trace = cnnviz.trace(model, (7, 4), batch_size=3, verify=True)
    matrices = sum(w.numel() for name, w in model.named_parameters() if name.startswith("weight"))
    assert trace.macs == 7 * matrices
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert trace.layers[0].output_shape == (7, 12)
