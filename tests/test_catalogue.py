"""Every variant of the catalogue against torch, torchinfo, published figures and its own formula texts."""

from __future__ import annotations

import csv
import functools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torchinfo
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnnviz
from cnnviz.capture import capture, on_meta
from cnnviz.program import Input
from tests.formula_text import equations

ORACLE = Path(__file__).parent / "oracle"
NOTES = json.loads((ORACLE / "worked_examples.json").read_text())
TORCHVISION = {row["model"]: row for row in csv.DictReader((ORACLE / "torchvision.csv").open())}
VARIANTS = [f"{entry.name}@{variant.name}" for entry in cnnviz.CATALOGUE for variant in entry.variants]
OTHER_NAMES = {f"vgg{n}_bn": f"vgg{n}@bn" for n in (11, 13, 16, 19)}
OTHER_NAMES |= {f"vgg{n}": f"vgg{n}@paper" for n in (11, 13, 16, 19)}


@functools.cache
def built(name: str) -> nn.Module:
    """The network on the meta device, its lazy layers sized by one forward pass."""
    network = cnnviz.find(name)
    model = on_meta(network.build)
    with torch.no_grad():
        model(torch.empty(1, *network.input_shape, device="meta"))
    return model


@functools.cache
def traced(name: str) -> cnnviz.Trace:
    return cnnviz.trace(name)


@pytest.mark.parametrize("name", VARIANTS)
def test_parameters_are_torchs_and_torchinfos(name: str) -> None:
    """Oracle: sum(p.numel()) and torchinfo's own count."""
    trace, model = traced(name), built(name)
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert trace.parameters == torchinfo.summary(model, verbose=0).total_params
    assert trace.trainable_parameters == sum(p.numel() for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize("name", VARIANTS)
def test_macs_are_half_of_what_flop_counter_mode_counts(name: str) -> None:
    """Oracle: torch.utils.flop_counter on the meta device."""
    model, x = built(name), torch.empty(1, *cnnviz.find(name).input_shape, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    assert traced(name).macs == counter.get_total_flops() // 2


@pytest.mark.parametrize("name", VARIANTS)
def test_columns_add_up_and_nothing_is_uncounted(name: str) -> None:
    """Oracle: the invariant that each total is the sum of its column."""
    trace = traced(name)
    assert trace.macs == sum(layer.macs for layer in trace.layers)
    assert trace.parameters == sum(layer.parameters for layer in trace.layers) + trace.unused_parameters
    assert trace.activation_bytes == sum(layer.activation_bytes for layer in trace.layers)
    assert trace.uncounted == ()
    assert trace.peak_activation_bytes <= trace.activation_bytes + 4 * torch.Size(trace.input_shape).numel()
    assert [layer.index for layer in trace.layers] == list(range(len(trace.layers)))
    assert all(start < end for start, end in trace.edges)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_formula_text_works_out_to_its_number(name: str) -> None:
    """Oracle: the text itself, read back and worked out with exact fractions."""
    for layer in traced(name).layers:
        texts = layer.formulas
        known = {"n_H": layer.n_H, "n_W": layer.n_W, "n_C": layer.n_C}
        known |= {
            "parameters": layer.parameters,
            "MACs": layer.macs,
            "activation bytes": layer.activation_bytes,
        }
        if layer.receptive_field:
            known |= dict(zip(("r_H", "r_W"), layer.receptive_field, strict=True))
        if layer.jump:
            known |= dict(zip(("W", "j_W"), layer.jump, strict=True)) | {"j_H": layer.jump[0]}
        plain = texts.activation_bytes.partition(" (")[0]
        for text in (texts.shape, texts.parameters, texts.macs, plain, texts.receptive_field):
            for symbol, value, number in equations(text):
                wanted = known.get(symbol, known.get(f"j_{symbol}"))
                assert value == number == wanted, (layer.name, text)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_rule_holds_in_a_real_pass(name: str) -> None:
    """Oracle: torch's own kernels on the CPU, at the smallest input, whose shapes each rule must meet."""
    trace = traced(name)
    side = trace.program.smallest
    assert side is not None
    shape = (trace.input_shape[0], side, side)
    real = capture(on_meta(cnnviz.find(name).build), [Input(name="", shape=(1, *shape))], verify=True)
    # A lazy layer's own arguments are fixed by the real pass; everything else is the same.
    assert [o._replace(arguments=()) for o in real.operations] == [
        o._replace(arguments=()) for o in trace.program.operations
    ]
    assert real.shapes([(1, *shape)]) == trace.program.shapes([(1, *shape)])
    with pytest.raises(cnnviz.CnnvizError, match=f"at least {side}x{side}|works|{side}"):
        trace.at((shape[0], side - 1, side - 1))


SMALL = [
    "lenet5@course",
    "lenet5@paper",
    "lenet5@d2l",
    "resnet20",
    "plain20",
    "densenet@d2l",
    "googlenet@d2l",
    "nin@d2l",
]


@pytest.mark.parametrize("name", SMALL)
def test_layers_have_the_shapes_of_a_real_forward(name: str) -> None:
    """Oracle: forward hooks on a real pass, in the order in which they fire."""
    network = cnnviz.find(name)
    model, seen = network.build(), []
    for path, module in model.named_modules():
        if not any(True for _ in module.children()):
            module.register_forward_hook(
                lambda module, args, out, path=path: seen.append((path, tuple(out.shape[1:])))
            )
    with torch.no_grad():
        model(torch.rand(1, *network.input_shape))
    leaves = {path for path, _ in seen}
    rows = [(row.name, row.output_shape) for row in traced(name).layers if row.name in leaves]
    calls = [row.operation.scope for row in traced(name).layers if row.name in leaves]
    first = [row for i, row in enumerate(rows) if i == 0 or calls[i] != calls[i - 1]]
    assert [path for path, _ in first] == [path for path, _ in seen]
    last = [row for i, row in enumerate(rows) if i + 1 == len(rows) or calls[i] != calls[i + 1]]
    assert last == seen


# ---- published figures


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_table_to_the_digit(name: str) -> None:
    """Oracle: torchvision.csv: parameters, multiply-adds, the smallest image."""
    row, target = TORCHVISION[name], OTHER_NAMES.get(name, f"{name}@torchvision")
    options = {"aux_heads": True} if name in ("inception_v3",) and _has(target, "aux_heads") else {}
    with_aux = cnnviz.trace(target, options=options)
    assert with_aux.parameters == int(row["parameters"])
    crop = int(row["crop"])
    trace = traced(target).at((3, crop, crop))
    assert trace.macs == int(row["macs"])
    assert abs(trace.macs / 1e9 - float(row["published_ops_g"])) < 0.001
    by_kind = {kind: sum(x.macs for x in trace.layers if x.kind == kind) for kind in ("conv", "linear")}
    assert by_kind == {"conv": int(row["conv_macs"]), "linear": int(row["linear_macs"])}
    if target.endswith("@torchvision"):
        assert trace.program.smallest == int(row["min_input"])


def _has(target: str, option: str) -> bool:
    return option in {o.name for o in cnnviz.find(target).options}


# The depth in the network's name or in its paper's text.
DEPTHS = {
    "alexnet@course": 8, "alexnet@paper": 8, "zfnet@paper": 8, "googlenet@paper": 22,
    "mobilenet_v1@paper": 28,
    **{f"vgg{n}@paper": n for n in (11, 13, 16, 19)},
    **{f"resnet{n}@torchvision": n for n in (18, 34, 50, 101, 152)},
    **{f"resnet{n}@paper": n for n in (18, 34, 50, 101, 152, 20, 32, 44, 56, 110)},
    **{f"plain{n}@paper": n for n in (18, 34, 20, 32, 44, 56, 110)},
    **{f"densenet{n}@torchvision": n for n in (121, 161, 169, 201)},
    "resnext50_32x4d@torchvision": 50,
}  # fmt: skip


@pytest.mark.parametrize("name", DEPTHS)
def test_weight_layers_are_the_depth_that_the_paper_names(name: str) -> None:
    """Oracle: the papers: the number in the name, AlexNet's eight, GoogLeNet's 22, MobileNet's 28."""
    assert traced(name).weight_layers == DEPTHS[name]


def test_vgg16_is_the_one_of_the_notes() -> None:
    """Oracle: worked_examples.json: stages, classifier, depth, 138 million parameters."""
    notes, trace = NOTES["vgg16"], traced("vgg16@paper")
    pools = [[x.n_H, x.n_W, x.n_C] for x in trace.layers if x.op == "max_pool2d"]
    assert pools == notes["stage_outputs_after_pool"]
    assert [x.n_C for x in trace.layers if x.op == "linear"] == notes["classifier"]
    assert trace.weight_layers == notes["weight_layers"]
    assert trace.parameters // 10**6 == notes["parameters_millions"]


@pytest.mark.parametrize("name", ["lenet5_course", "alexnet_course"])
def test_shapes_are_those_of_the_notes_layer_by_layer(name: str) -> None:
    """Oracle: worked_examples.json, row by row."""
    trace = traced(name.replace("_", "@"))
    assert [*trace.input_shape[1:], trace.input_shape[0]] == NOTES[name]["input"]
    rows = [x for x in trace.layers if x.kind in ("conv", "pool", "linear") or x.op == "flatten"]
    assert [_sizes(x) for x in rows] == [shape for _, shape in NOTES[name]["rows"]]


def test_an_inception_module_concatenates_its_four_branches() -> None:
    """Oracle: worked_examples.json: 64 + 128 + 32 + 32 = 256 maps of 28x28 from 192."""
    notes, trace = NOTES["inception_module_course"], traced("googlenet@paper")
    first = next(x for x in trace.layers if x.op == "cat")
    assert [trace.layers[i].n_C for i in first.inputs] == list(notes["branches"].values())
    assert _sizes(first) == notes["output"]
    assert first.formulas.shape == "n_C = 64 + 128 + 32 + 32 = 256"
    assert sum(x.op == "cat" for x in trace.layers) == NOTES["googlenet"]["inception_modules"]
    assert trace.weight_layers == NOTES["googlenet"]["parametric_layers"]


def _sizes(layer: Any) -> list[int]:
    return [n for n in (layer.n_H, layer.n_W, layer.n_C) if n is not None]
