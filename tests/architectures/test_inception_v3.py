"""Inception-v3 against torchvision, the paper's map sizes and arithmetic."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from tests.architectures import measure
from tests.architectures.measure import macs, parameters, shapes

build = partial(measure.build, "inception_v3")
SHAPE = (3, 299, 299)


def test_parameters_and_macs_are_torchvisions() -> None:
    """torchvision's own inception_v3 with aux_logits=False, and FlopCounterMode / 2 of it."""
    model = build()
    assert (parameters(model), macs(model, SHAPE)) == (23_834_568, 5_713_216_096)


def test_the_auxiliary_head_is_counted_where_it_is_on() -> None:
    """torchvision's num_params includes the head: 27,161,264. Its MACs by arithmetic:

    1x1 from 768 to 128 on 5x5, 5x5 from 128 to 768 on 1x1, and 768 to 1000.
    """
    model = build(aux_heads=True)
    head = 25 * 768 * 128 + 25 * 128 * 768 + 768 * 1000
    assert parameters(model) == 27_161_264
    assert macs(model, SHAPE) == 5_713_216_096 + head
    logits, auxiliary = model(torch.empty(2, *SHAPE, device="meta"))
    assert logits.shape == auxiliary.shape == (2, 1000)


def test_stage_outputs_are_the_papers() -> None:
    """Table 1 has the maps: 149, 147, 147, 73, 71, 35, 17 and 8 with 288, 768, 1280 and 2048 channels."""
    expected = {
        "conv_1a_3x3": (32, 149, 149),
        "conv_2a_3x3": (32, 147, 147),
        "conv_2b_3x3": (64, 147, 147),
        "pool_1": (64, 73, 73),
        "conv_4a_3x3": (192, 71, 71),
        "pool_2": (192, 35, 35),
        "mixed_5b": (256, 35, 35),
        "mixed_5d": (288, 35, 35),
        "mixed_6a": (768, 17, 17),
        "mixed_6e": (768, 17, 17),
        "mixed_7a": (1280, 8, 8),
        "mixed_7c": (2048, 8, 8),
        "avg_pool": (2048, 1, 1),
    }
    assert shapes(build(), SHAPE, " ".join(expected)) == list(expected.values())


def test_without_factorisation_each_pair_is_one_7x7() -> None:
    """Section 3.2: 7 * C * (C + C_out) weights become 49 * C * C_out, and one batch norm of C goes."""
    pairs = [(192, 192)]  # mixed_7a
    for C in (128, 160, 160, 192):  # mixed_6b to mixed_6e
        pairs += [(C, 192), (C, C), (C, 192)]
    more = sum(49 * C * C_out - 7 * C * (C + C_out) - 2 * C for C, C_out in pairs)
    more_macs = 17 * 17 * sum(49 * C * C_out - 7 * C * (C + C_out) for C, C_out in pairs)
    model = build(factorised=False)
    assert (parameters(model), macs(model, SHAPE)) == (23_834_568 + more, 5_713_216_096 + more_macs)


def test_activation_and_dropout_are_what_is_asked_for() -> None:
    """One activation after each of the 94 convolutions."""
    model = build(activation="elu", dropout=0.25)
    convolutions = sum(isinstance(module, nn.Conv2d) for module in model.modules())
    assert sum(isinstance(module, nn.ELU) for module in model.modules()) == convolutions == 94
    assert model.drop.p == 0.25
