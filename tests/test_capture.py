"""Torch's functions, each traced without kernels and held against what torch itself makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

import cnnviz

BATCH, SHAPE = 2, (3, 6, 8)

# One expression of x, a tensor of 2x3x6x8, a line.
SHAPED = """
x + 1
1 - x
x / 2
x // 2
x % 2
2 ** x
-x
x.abs().exp().sqrt()
x.clamp(min=0)
torch.maximum(x, x)
torch.where(x > 0, x, 0.0)
x.masked_fill(x > 0, 0.0)
x.roll(1, 2).flip(1)
x.cumsum(1)
x.tril()
x + x[:, :1]
x[0] + x
x.mean()
x.mean((2, 3))
x.mean((2, 3), keepdim=True)
x.sum(dim=-1)
x.amax(1, keepdim=True)
x.std(1)
x.var(dim=1, unbiased=False)
x.max()
torch.max(x, 1)[0]
x.max(dim=1, keepdim=True).values
torch.max(x, x)
x.min(-1)[0]
x.logsumexp(1)
x.view(2, -1)
x.view(x.size(0), -1)
x.reshape(x.shape[0], 3, -1)
x.flatten(1)
x.flatten(2).transpose(1, 2)
x.unflatten(1, (3, 1))
x.permute(0, 2, 3, 1)
x.permute(0, 2, 3, 1).reshape(2, 48, 3)
x.permute(0, 2, 3, 1).contiguous()
x.transpose(1, 2).reshape(2, -1)
x.transpose(1, 2).flatten(1)
x.mT
x[0, 0].T
x[0, 0].t()
x.movedim(1, -1)
x[:, :1].squeeze(1)
x.squeeze()
x.unsqueeze(-1)
x[None]
x[..., None]
x[:, 0]
x[:, -1]
x[..., ::2]
x[:, :, 1:-1, 1:-1]
x[:, 1, None, 2]
x[:, :, 5:2]
x.select(1, 0)
x.narrow(2, 1, 3)
x.index_select(1, torch.tensor([0, 2, 1, 0]))
x[:, :1].expand(-1, 4, -1, -1)
x.expand(5, 2, 3, 6, 8)
x.repeat(1, 2, 1, 1)
torch.cat([x, x], 1)
torch.cat((x, x), dim=-1)
torch.stack([x, x], 1)
torch.stack([x, x], -1)
x.chunk(2, 1)[1]
x.split(2, 1)[1]
x.split([1, 2], dim=1)[1]
x.unbind(1)[0]
torch.stack([part for part in x], 1)
F.relu(x)
F.gelu(x)
F.leaky_relu(x, 0.1)
F.softmax(x, 1)
x.softmax(-1)
torch.sigmoid(x).tanh()
F.dropout(x, 0.5, False)
F.normalize(x, dim=1)
F.max_pool2d(x, 2)
F.max_pool2d(x, kernel_size=3, stride=2, padding=1)
F.max_pool2d(x, (2, 3), ceil_mode=True)
F.avg_pool2d(x, x.size()[2:])
F.avg_pool2d(x, x.shape[-1] // 2)
F.adaptive_avg_pool2d(x, 1)
F.adaptive_avg_pool2d(x, (None, 3))
F.adaptive_max_pool2d(x, (2, 2))
F.pad(x, (1, 1, 2, 0), "reflect")
F.pad(x, (-1, 0))
F.interpolate(x, scale_factor=2)
F.interpolate(x, scale_factor=(0.5, 1.5), mode="bicubic")
F.interpolate(x, size=(5, 5), mode="bilinear", align_corners=False)
F.interpolate(x, scale_factor=0.3)
F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2)
F.pixel_unshuffle(x, 2)
F.layer_norm(x, x.shape[1:])
F.group_norm(x, 3)
F.instance_norm(x)
x + torch.zeros(8)
x + torch.arange(8)
x + torch.arange(x.shape[-1])
x + torch.tensor(2.0)
x + torch.linspace(0, 1, 8)
x * torch.ones(x.shape[2:])
x + torch.zeros(x.size(0), 1, 1, 8, device=x.device)
torch.zeros_like(x) + x
x + torch.full((8,), 2.0)
x + torch.eye(8)[:6]
x[:, torch.randperm(3).sort()[0]]
x.float()
x.half()
x.double()
x.to(torch.float16)
x.to("cpu")
x.long()
x.long() * 1.5
x.long() / 2
x.long().sum()
(x > 0).sum(1)
(x > 0) & (x < 1)
x.clone()
x.detach()
x @ x.transpose(-1, -2)
x @ x[0, 0, 0]
torch.bmm(x[0], x[0].mT)
torch.einsum("nchw,ndhw->ncd", x, x)
torch.einsum("nchw,nchw->nc", x, x)
torch.einsum("nchw, kc -> nkhw", x, torch.ones(5, 3))
torch.addmm(torch.zeros(6), x[0, 0], x[0, 0].T)
torch.baddbmm(torch.zeros(3, 6, 6), x[0], x[0].mT)
F.scaled_dot_product_attention(x, x, x)
F.linear(x, torch.zeros(5, 8), torch.zeros(5))
F.conv2d(x, torch.zeros(4, 3, 3, 3), padding="same")
F.conv_transpose2d(x, torch.zeros(3, 4, 2, 2), stride=2)
""".strip().splitlines()


class Expression(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Storages(TorchDispatchMode):
    """Bytes of every storage that torch makes while this is on."""

    def __init__(self, given: Tensor) -> None:
        super().__init__()
        self.known = {given.untyped_storage().data_ptr()}
        self.kept: list[Tensor] = []  # so that no address is used again

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        out = func(*args, **(kwargs or {}))
        self.kept += [t for t in (out if isinstance(out, tuple | list) else [out]) if isinstance(t, Tensor)]
        return out

    def made(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage().data_ptr() not in self.known


def expression(text: str) -> Expression:
    return Expression(eval(f"lambda x: {text}", {"torch": torch, "F": F}))


@pytest.mark.parametrize("text", SHAPED)
def test_a_function_has_torchs_shape_and_shares_memory_as_torch_does(text: str) -> None:
    """Oracle: torch on real numbers: shape, bytes of an element, and whether the result is a view of x."""
    x = torch.rand(BATCH, *SHAPE)
    with Storages(x) as storages, FlopCounterMode(display=False) as flops:
        want = expression(text)(x)
    trace = cnnviz.trace(expression(text), SHAPE, batch_size=BATCH)
    program = trace.program
    made_by = program.operations[program.producers[program.outputs[-1]]]
    assert trace._shapes[program.outputs[-1]] == tuple(want.shape)
    assert made_by.itemsize == want.element_size()
    assert not trace.remarks
    chain = [o for o in program.operations if not (o.alias or o.in_place)]
    assert bool(chain) == storages.made(want) or "torch." in text
    assert sum(layer.rule.macs(layer.arguments, layer.input_shapes, layer.output_shapes).number
               for layer in trace.layers) == flops.get_total_flops() // 2 + _missed(text)  # fmt: skip


def _missed(text: str) -> int:
    """Products that FlopCounterMode does not see on the CPU, by hand."""
    if text == "x @ x[0, 0, 0]":
        return 2 * 3 * 6 * 8  # a matrix times one vector: 2*3*6 sums of 8
    if "attention" in text:
        return 2 * 3 * 6 * 6 * (8 + 8)  # 6 queries by 6 keys, once with keys of 8 and once with values of 8
    return 0


@pytest.mark.parametrize("text", SHAPED)
def test_a_real_pass_writes_down_the_same_operations(text: str) -> None:
    """Oracle: the real pass, in which torch's kernels run and each rule is held against their shapes."""
    traced = cnnviz.trace(expression(text), SHAPE, batch_size=BATCH).program
    checked = cnnviz.trace(expression(text), SHAPE, batch_size=BATCH, verify=True).program
    assert checked.operations == traced.operations
    assert checked.constants == traced.constants


@pytest.mark.parametrize(
    "text", [t for t in SHAPED if "2, -1)" in t or "x.s" in t or ".shape" in t or "F." in t]
)
def test_what_is_written_down_holds_at_another_size(text: str) -> None:
    """Oracle: torch on real numbers of the other size, or a fresh trace's word that it does not work."""
    trace = cnnviz.trace(expression(text), SHAPE, batch_size=BATCH)
    for batch, shape in itertools.product((1, BATCH), (SHAPE, (3, 10, 12), (4, 7, 9))):
        try:
            want = expression(text)(torch.rand(batch, *shape))
        except (RuntimeError, IndexError, ValueError):
            continue
        try:
            moved = trace.at(shape, batch_size=batch)
        except cnnviz.CnnvizError:
            continue
        assert moved._shapes[moved.program.outputs[-1]] == tuple(want.shape)


IN_PLACE = [
    ("F.relu(x, inplace=True)", 1),
    ("x.relu_()", 1),
    ("F.silu(x, inplace=True)", 1),
    ("F.leaky_relu(x, 0.1, True)", 1),
    ("x.add_(1).mul_(2)", 2),
    ("x.sigmoid_()", 1),
    ("torch.relu_(x)", 1),
    ("x.clamp_(0, 1)", 1),
    ("x.zero_()", 1),
]


@pytest.mark.parametrize(("text", "operations"), IN_PLACE)
def test_in_place_operations_make_no_tensor(text: str, operations: int) -> None:
    """Oracle: torch gives back the very tensor that it was given."""
    x = torch.rand(BATCH, *SHAPE)
    assert expression(text)(x) is x
    trace = cnnviz.trace(expression(text), SHAPE)
    assert len(trace.layers) == operations
    assert trace.activation_bytes == 0


@pytest.mark.parametrize(
    "view", ["y.view(-1)", "y[:, 0]", "y.transpose(1, 2)", "y.chunk(3, 1)[1]", "y.view(2, -1)[0]"]
)
@pytest.mark.parametrize("verify", [False, True])
def test_writing_through_a_view_is_seen_by_those_who_read_the_whole(view: str, verify: bool) -> None:
    """Oracle: by hand: y * 2 must come after the addition, on a way through the dataflow."""
    look = eval(f"lambda y: {view}")

    def forward(x: Tensor) -> Tensor:
        y = x * 3
        look(y).add_(1)
        return y * 2

    trace = cnnviz.trace(Expression(forward), (3, 6, 8), batch_size=2, verify=verify)
    ops = [layer.op for layer in trace.layers]
    reached = {ops.index("add")}
    for start, end in trace.edges:
        if start in reached:
            reached.add(end)
    assert len(trace.layers) - 1 in reached


def test_a_function_without_a_rule_is_torchs_own_and_said_so() -> None:
    """Oracle: torch.fft.rfft2 has no rule; its shape is torch's, 6x5 of 6x8."""
    trace = cnnviz.trace(expression("torch.fft.rfft2(x).abs()"), SHAPE)
    assert trace.layers[-1].output_shape == (3, 6, 5)
    assert trace.uncounted[0].startswith("fft_rfft2 (1x)")
    with pytest.raises(cnnviz.CnnvizError, match="has no rule for other sizes"):
        trace.at((3, 8, 8))
