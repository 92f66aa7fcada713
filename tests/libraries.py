"""torchvision and timm as tests need them."""

from __future__ import annotations

import sys
from functools import lru_cache

import pytest
import torch

MISSING = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@lru_cache(maxsize=1)
def fitted() -> None:
    """Makes torchvision importable where it was built for another torch, as from PyPI beside a CPU build.

    Its compiled half cannot be loaded then, and its Python half stops at two operators that it describes and
    nobody has declared. With these declared the networks can be built; they use neither.
    """
    try:
        import torchvision
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed")
    except RuntimeError:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        kept.append(torch.library.Library("torchvision", "FRAGMENT"))
        for name in ("nms", "qnms"):
            kept[0].define(name + MISSING)
        import torchvision  # noqa: F401


kept: list[torch.library.Library] = []  # a library takes its operators along when it goes
