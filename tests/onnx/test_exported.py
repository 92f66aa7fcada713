"""Networks of the catalogue through torch's exporters: the file costs what the module costs."""

from __future__ import annotations

import io
import logging
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.architectures import find
from cnnviz.onnx import network, trace_file
from cnnviz.trace import Trace
from tests.models import flop_counter_macs

pytest.importorskip("onnxscript", reason="torch.onnx.export needs it")


def built(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    """The network with random weights: exporters merge weights that are equal."""
    found = find(name)
    module = found.build()
    module(torch.zeros(1, *found.input_shape))
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 1)
    return module, found.input_shape


def exported(module: nn.Module, shape: tuple[int, ...], **how: object) -> bytes:
    """The file of the exporter that has been in use for years, batch norm left as it is."""
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mode = torch.onnx.TrainingMode.PRESERVE
        torch.onnx.export(module, (torch.zeros(1, *shape),), written, dynamo=False, training=mode, **how)
    return written.getvalue()


def totals(trace: Trace) -> tuple[object, ...]:
    return trace.parameters, trace.macs, trace.weight_layers, trace.layers[-1].output_shapes, trace.uncounted


@pytest.mark.parametrize(
    "name",
    ["lenet5", "nin", "resnet20", "squeezenet1_1", "mobilenet_v2", "efficientnet_b0", "densenet121"],
)
def test_a_file_costs_what_its_module_costs(name: str) -> None:
    """Oracle: the module: its own trace, the count of its parameters, and FlopCounterMode / 2."""
    module, shape = built(name)
    trace = network(exported(module, shape), "net.onnx").trace()
    assert totals(trace) == totals(cnnviz.trace(module, shape))
    assert trace.parameters == sum(p.numel() for p in module.parameters())
    meta = module.to("meta")
    assert trace.macs == flop_counter_macs(meta, torch.zeros(2, *shape, device="meta")) // 2


def test_layers_have_the_names_of_the_modules() -> None:
    """Oracle: `named_modules()`."""
    module, shape = built("resnet20")
    names = {name for name, _ in module.named_modules()}
    layers = network(exported(module, shape), "net.onnx").trace().layers
    with_weights = [layer.name for layer in layers if layer.parameters]
    assert set(with_weights) <= names
    assert len(with_weights) == sum(
        1 for m in module.modules() if next(m.parameters(recurse=False), None) is not None
    )


def test_open_sizes_are_asked_for_and_followed() -> None:
    """Oracle: the module traced at these sizes."""
    module, shape = built("resnet20")
    axes = {"image": {0: "batch", 2: "height", 3: "width"}}
    data = exported(module, shape, dynamic_axes=axes, input_names=["image"])
    made = network(data, "net.onnx")
    with pytest.raises(
        cnnviz.CnnvizError, match=r"leaves the size of its input 'image' open .*--input 3x224x224"
    ):
        made.trace()
    for sides, batch in (((32, 32), 1), ((48, 40), 8)):
        ours, theirs = (
            made.trace([(3, *sides)], batch_size=batch),
            cnnviz.trace(module, (3, *sides), batch_size=batch),
        )
        assert totals(ours) == totals(theirs)
        assert ours.activation_bytes >= theirs.activation_bytes  # in-place activations are not told in a file


@pytest.mark.slow
def test_the_newer_exporter_with_its_weights_in_another_file(tmp_path: Path) -> None:
    """Oracle: the module. This exporter folds batch norm: 2 C parameters less, a bias of C more."""
    logging.disable(logging.WARNING)
    for name in ("squeezenet1_1", "resnet20"):
        module, shape = built(name)
        path = tmp_path / f"{name}.onnx"
        torch.onnx.export(module, (torch.zeros(1, *shape),), path, dynamo=True, verbose=False)
        Path(f"{path}.data").unlink(missing_ok=True)  # nobody opens it
        trace, own = trace_file(path), cnnviz.trace(module, shape)
        folded = sum(m.num_features for m in module.modules() if isinstance(m, nn.BatchNorm2d))
        assert (trace.parameters, trace.macs) == (own.parameters - folded, own.macs)
        weighted = {layer.name for layer in trace.layers if layer.parameters}
        assert weighted <= {name for name, _ in module.named_modules()}
    logging.disable(logging.NOTSET)
