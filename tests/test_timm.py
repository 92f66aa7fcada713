"""Networks that nobody here wrote: 85 of timm's, every count exact."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import cnnviz
from cnnviz.targets import opened
from tests.libraries import fitted

# One or two of each family of convolutional networks. Where an input of half the size will do it is used.
FULL = "inception_v4 inception_resnet_v2 xception41 legacy_xception visformer_tiny pit_ti_224 csatv2".split()
NAMES = """
resnet18 resnet26d resnet50d resnetrs50 seresnet50 ecaresnet50d skresnet18 resnext50_32x4d resnest14d
res2net50_26w_4s resnetv2_50 resnetaa50 resnetblur50 wide_resnet50_2 gcresnet50t legacy_seresnet18
densenet121 dpn68 vgg11 vgg16_bn inception_v3 inception_v4 inception_resnet_v2 inception_next_tiny xception41
legacy_xception mobilenetv1_100 mobilenetv2_100 mobilenetv3_large_100 mobilenetv3_small_075
mobilenetv4_conv_small mobilenet_edgetpu_v2_xs efficientnet_b0 efficientnet_lite0 tf_efficientnetv2_b0
efficientnetv2_rw_t mixnet_s mnasnet_100 spnasnet_100 fbnetc_100 fbnetv3_b tinynet_a lcnet_050 ghostnet_100
ghostnetv2_100 hardcorenas_a rexnet_100 repghostnet_050 repvgg_a0 repvit_m0_9 mobileone_s0 fastvit_t8
starnet_s1 regnetx_002 regnety_002 regnetz_b16 convnext_atto convnext_tiny convnextv2_atto nfnet_f0
eca_nfnet_l0 nf_resnet50 cspresnet50 cspdarknet53 darknet53 cs3darknet_s hrnet_w18_small dla34 dla60
selecsls42b vovnet39a ese_vovnet19b_dw hgnet_tiny hgnetv2_b0 edgenext_xx_small mambaout_femto semnasnet_075
efficientvit_b0 convmixer_768_32 poolformer_s12 focalnet_tiny_srf rdnet_tiny gernet_s fasternet_t0 shvit_s1
""".split()


def test_there_are_sixty_of_them() -> None:
    """Oracle: the issue: at least sixty convolutional networks."""
    assert len(set(NAMES)) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_counts_are_exact(name: str) -> None:
    """Oracle: the parameters' own sizes, and FlopCounterMode / 2 on the module's own forward pass."""
    fitted()
    pytest.importorskip("timm")
    module, usual = opened(f"timm:{name}")
    shape = usual if name in FULL else (usual[0], *(max(64, n // 64 * 32) for n in usual[1:]))
    trace = cnnviz.trace(module, shape)
    assert trace.parameters == sum(parameter.numel() for parameter in module.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.empty(1, *shape, device="meta"))
    assert trace.macs == counter.get_total_flops() // 2
    assert trace.uncounted == (("getitem (1x)",) if name == "csatv2" else ())
