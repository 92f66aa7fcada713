"""A model is left as it was found, whoever else uses it, and traces do not disturb each other."""

from __future__ import annotations

import copy
import io
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnviz

PASSES: list[dict[str, Any]] = [
    {},
    {"training": True},
    {"verify": True},
    {"device": "cpu"},
    {"device": "cpu", "training": True},
]


class Busy(nn.Module):
    """A model whose forward writes to its own buffers and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("seen", torch.zeros(1))
        self.calls = 0
        self.table: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen += 1
        if self.table is None:
            self.table = torch.linspace(0, 1, x.shape[-1])
        self.last = self.drop(self.norm(self.conv(x + self.table)))
        return self.last


def everything(model: nn.Module) -> dict[str, Any]:
    """All that a user could find changed."""
    return {
        "state": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "attributes": {path: dict(module.__dict__) for path, module in model.named_modules()},
        "modes": [module.training for module in model.modules()],
        "stamps": [dict(t.__dict__) for t in (*model.parameters(), *model.buffers())],
        "versions": [p._version for p in model.parameters()],
    }


def same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    for path, attributes in before["attributes"].items():
        now = after["attributes"][path]
        if list(now) != list(attributes) or any(now[key] is not attributes[key] for key in attributes):
            return False
    state = all(torch.equal(before["state"][name], after["state"][name]) for name in before["state"])
    return state and all(before[key] == after[key] for key in ("modes", "stamps", "versions"))


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("how", PASSES)
def test_nothing_of_the_model_has_changed(how: dict[str, Any], mode: bool) -> None:
    """Oracle: the model itself before: tensors, attributes by identity, modes, versions, random state."""
    model = Busy().train(mode)
    model.norm.eval()
    before, random = everything(model), torch.random.get_rng_state()
    cnnviz.trace(model, (3, 8, 8), batch_size=2, **how)
    assert same(before, everything(model))
    assert torch.equal(random, torch.random.get_rng_state())
    model(torch.rand(2, 3, 8, 8))  # and it runs
    torch.save(model.state_dict(), io.BytesIO())
    copy.deepcopy(model.norm)


@pytest.mark.parametrize("how", PASSES)
def test_nothing_has_changed_after_a_failure_either(how: dict[str, Any]) -> None:
    """Oracle: the model itself before."""
    model = nn.Sequential(Busy(), nn.Conv2d(5, 1, 3))
    before = everything(model)
    with pytest.raises(cnnviz.CnnvizError):
        cnnviz.trace(model, (3, 8, 8), batch_size=2, **how)
    assert same(before, everything(model))


def test_hooks_of_the_users_still_run() -> None:
    """Oracle: by hand: one call each, and a hook that changes the output changes the trace."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    calls: list[str] = []
    model[0].register_forward_pre_hook(lambda module, args: calls.append("before"))
    model[0].register_forward_hook(lambda module, args, out: calls.append("after"))
    model[1].register_forward_hook(lambda module, args, out: out.flatten(1))
    trace = cnnviz.trace(model, (3, 8, 8))
    assert calls == ["before", "after"]
    assert [layer.op for layer in trace.layers] == ["conv2d", "relu", "flatten"]
    assert [len(m._forward_hooks) for m in model] == [1, 1]


def test_a_hook_that_the_forward_itself_registers_runs() -> None:
    """Oracle: by hand: the hook sees the map of its layer, once."""

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))

        def forward(self, x: Tensor) -> Tensor:
            seen: list[Tensor] = []
            for part in (self.body[0], self.body):
                part.register_forward_hook(lambda module, args, out: seen.append(out))
            self.body(x)
            first, last = seen
            return torch.cat([last.flatten(1), first.flatten(1)], 1)

    model = Watched()
    trace = cnnviz.trace(model, (3, 8, 8))
    assert [layer.op for layer in trace.layers] == ["conv2d", "relu", "conv2d", "flatten", "flatten", "cat"]
    assert trace.layers[-1].output_shape == (5 * 4 * 4 + 4 * 6 * 6,)
    assert trace.layers[2].name == "body.2"


def test_weights_that_the_forward_works_out_are_seen() -> None:
    """Oracle: by hand: a hypernetwork's linear layer makes the 3*2 weights of the layer that it calls."""

    class Hyper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maker, self.layer = nn.Linear(4, 6, bias=False), nn.Linear(2, 3, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            weight = self.maker(x).reshape(3, 2)
            made: Tensor = torch.func.functional_call(self.layer, {"weight": weight}, (x[:, :2],))
            return made

    trace = cnnviz.trace(Hyper(), (4,))
    last = trace.layers[-1]
    assert (last.op, last.output_shape) == ("linear", (3,))
    assert [trace.layers[i].op for i in last.inputs] == ["getitem", "reshape"]


def test_a_bias_that_the_forward_works_out_is_seen() -> None:
    """Oracle: by hand: the layer reads the bias that another layer made."""

    class Hyper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maker, self.layer = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            bias = self.maker(x).reshape(3)
            made: Tensor = torch.func.functional_call(self.layer, {"bias": bias}, (x,))
            return made

    trace = cnnviz.trace(Hyper(), (4,))
    assert "reshape" in [trace.layers[i].op for i in trace.layers[-1].inputs if i >= 0]


def test_a_module_with_a_call_of_its_own_is_called_so() -> None:
    """Oracle: by hand: its call doubles what its forward gives."""

    class Doubled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.conv(x)
            return out

        def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
            return super()._call_impl(*args, **kwargs) * 2

    model = nn.Sequential(Doubled(), nn.ReLU())
    assert [layer.op for layer in cnnviz.trace(model, (3, 8, 8)).layers] == ["conv2d", "mul", "relu"]


@pytest.mark.parametrize("between", [nn.LayerNorm(4), nn.Linear(4, 4), nn.ReLU(), nn.Softmax(-1)])
def test_what_a_reshape_copies_after_a_transpose_is_what_torch_copies(between: nn.Module) -> None:
    """Oracle: the same trace with torch's own kernels, whose strides decide whether a reshape copies."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.between = nn.Conv2d(3, 4, 2, stride=2), between

        def forward(self, x: Tensor) -> Tensor:
            tokens: Tensor = self.between(self.conv(x).flatten(2).transpose(1, 2))
            return tokens.reshape(1, -1)

    told, real = (cnnviz.trace(Patches(), (3, 8, 8), verify=verify) for verify in (False, True))
    assert [layer.activation_bytes for layer in told.layers] == [
        layer.activation_bytes for layer in real.layers
    ]


def test_a_forward_of_the_users_own_on_an_instance_is_run_and_kept() -> None:
    """Oracle: by hand."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    model[0].forward = own = lambda x: x * 2  # type: ignore[method-assign]
    assert [layer.op for layer in cnnviz.trace(model, (3, 8, 8)).layers] == ["mul"]
    assert model[0].forward is own


def test_a_subclass_of_a_known_layer_runs_its_own_forward() -> None:
    """Oracle: by hand: twice the convolution."""

    class Twice(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * 2

    assert [layer.op for layer in cnnviz.trace(Twice(3, 4, 3), (3, 8, 8)).layers] == ["conv2d", "mul"]


def test_threads_trace_and_run_at_once() -> None:
    """Oracle: traces made one after another, and the network's own answer before; no thread sees another."""
    shared = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)).eval()
    others = [nn.Sequential(nn.Conv2d(3, n, 3), nn.Sequential(nn.ReLU(), nn.Conv2d(n, 2, 1))) for n in (5, 6)]
    x = torch.rand(1, 3, 8, 8)
    want = shared(x)
    expected = [cnnviz.trace(model, (3, 8, 8)) for model in (shared, *others)]
    wrong: list[object] = []

    def traces(model: nn.Module, right: cnnviz.Trace) -> None:
        for turn in range(25):
            if cnnviz.trace(model, (3, 8, 8), verify=turn % 5 == 0) != right:
                wrong.append(model)

    def runs() -> None:
        with torch.no_grad():
            for _ in range(100):
                if not torch.equal(shared(x), want):
                    wrong.append("run")

    jobs = [(traces, (shared, expected[0]))] * 2
    jobs += [(traces, (model, right)) for model, right in zip(others, expected[1:], strict=True)]
    threads = [threading.Thread(target=target, args=args) for target, args in jobs]
    threads.append(threading.Thread(target=runs))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_model_is_traced_inside_a_users_own_function_mode() -> None:
    """Oracle: the trace made outside; torch.inference_mode and a default device must not matter either."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    plain = cnnviz.trace(model, (3, 8, 8))
    with torch.inference_mode():
        assert cnnviz.trace(model, (3, 8, 8)) == plain
    with torch.device("meta"):
        assert cnnviz.trace(model, (3, 8, 8)) == plain
