"""The paths of the ways to save as torch modules, written by hand from their papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

Values = Mapping[str, int]


class Lanes(nn.Module):
    """A stem, and behind it branches that are concatenated or added."""

    def __init__(self, stem: nn.Module, *branches: nn.Module, add: bool = False) -> None:
        super().__init__()
        self.stem, self.branches, self.add = stem, nn.ModuleList(branches), add

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        made = [branch(x) for branch in self.branches]
        return torch.stack(made).sum(0) if self.add else torch.cat(made, 1)


def conv(
    v: Values, C_in: int, C_out: int, f: int | tuple[int, int], p: int | tuple[int, int] = 0, **more: int
):
    return nn.Conv2d(C_in, C_out, f, padding=p, bias=bool(v["bias"]), **more)


def padded(v: Values) -> int:
    return v["kernel"] // 2 if v["same"] else v["padding"]


def direct(v: Values, groups: int = 1) -> nn.Module:
    C_in, C_out, f, s = v["channels"], v["filters"], v["kernel"], v["stride"]
    return conv(v, C_in, C_out, f, padded(v), stride=s, groups=groups)


def bottleneck(v: Values) -> tuple[nn.Module, ...]:
    C, w, f, s, g = v["channels"], v["width"], v["kernel"], v["stride"], v["groups"]
    after = conv(v, w, v["filters"], f, padded(v), stride=s, groups=g)
    return direct(v, g), nn.Sequential(conv(v, C, w, 1), after)


def stacked(v: Values) -> tuple[nn.Module, ...]:
    """With 'same' padding only: torch then pads each 3x3 by one."""
    count = v["kernel"] // 2
    sizes = [v["channels"], *[v["width"]] * (count - 1), v["filters"]]
    strides = [1] * (count - 1) + [v["stride"]]
    layers = [conv(v, a, b, 3, 1, stride=s) for a, b, s in zip(sizes, sizes[1:], strides, strict=False)]
    return direct(v), nn.Sequential(*layers)


def asymmetric(v: Values) -> tuple[nn.Module, ...]:
    f, p, s, w, bias = v["kernel"], padded(v), v["stride"], v["width"], bool(v["bias"])
    row = nn.Conv2d(v["channels"], w, (1, f), stride=(1, s), padding=(0, p), bias=bias)
    column = nn.Conv2d(w, v["filters"], (f, 1), stride=(s, 1), padding=(p, 0), bias=bias)
    return direct(v), nn.Sequential(row, column)


def separable(v: Values) -> tuple[nn.Module, ...]:
    C = v["channels"]
    depthwise = conv(v, C, C, v["kernel"], padded(v), stride=v["stride"], groups=C)
    return direct(v), nn.Sequential(depthwise, conv(v, C, v["filters"], 1))


def grouped(v: Values) -> tuple[nn.Module, ...]:
    return direct(v), direct(v, v["groups"])


def block(v: Values, w: int, groups: int = 1) -> nn.Module:
    C = v["channels"]
    inside = nn.Sequential(conv(v, C, w, 1), conv(v, w, w, 3, 1, groups=groups), conv(v, w, C, 1))
    return Lanes(nn.Identity(), inside, nn.Identity(), add=True)


def resnet(v: Values) -> tuple[nn.Module, ...]:
    C = v["channels"]
    basic = nn.Sequential(conv(v, C, C, 3, 1), conv(v, C, C, 3, 1))
    return Lanes(nn.Identity(), basic, nn.Identity(), add=True), block(v, v["width"])


def resnext(v: Values) -> tuple[nn.Module, ...]:
    return block(v, v["width"]), block(v, v["groups"] * v["group_width"], v["groups"])


def fire(v: Values) -> tuple[nn.Module, ...]:
    C, s, a, b = v["channels"], v["squeeze"], v["expand1x1"], v["expand3x3"]
    return conv(v, C, a + b, 3, 1), Lanes(conv(v, C, s, 1), conv(v, s, a, 1), conv(v, s, b, 3, 1))


def head(v: Values) -> tuple[nn.Module, ...]:
    C, K, bias = v["channels"], v["classes"], bool(v["bias"])
    sizes = [C * v["n_H"] * v["n_W"], *[v["units"]] * v["hidden_layers"], K]
    linear = [nn.Linear(a, b, bias=bias) for a, b in pairwise(sizes)]
    return (
        nn.Sequential(nn.Flatten(), *linear),
        nn.Sequential(conv(v, C, K, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(C, K, bias=bias)),
    )


def inception(v: Values) -> tuple[nn.Module, ...]:
    C, three, five = v["channels"], v["n3x3"], v["n5x5"]
    pool = nn.MaxPool2d(3, stride=1, padding=1)
    projected = nn.Sequential(pool, conv(v, C, v["pool_proj"], 1))
    naive = (
        conv(v, C, v["n1x1"], 1),
        conv(v, C, three, 3, 1),
        conv(v, C, five, 5, 2),
        projected if v["project"] else pool,
    )
    reduced = (
        conv(v, C, v["n1x1"], 1),
        nn.Sequential(conv(v, C, v["reduce3x3"], 1), conv(v, v["reduce3x3"], three, 3, 1)),
        nn.Sequential(conv(v, C, v["reduce5x5"], 1), conv(v, v["reduce5x5"], five, 5, 2)),
        projected,
    )
    return Lanes(nn.Identity(), *naive), Lanes(nn.Identity(), *reduced)


BUILT: dict[str, Callable[[Values], tuple[nn.Module, ...]]] = {
    build.__name__: build
    for build in (
        bottleneck,
        stacked,
        asymmetric,
        separable,
        grouped,
        resnet,
        resnext,
        fire,
        head,
        inception,
    )
}


def counted(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
    """Multiplications as torch's own counter has them, parameters, and the shape that comes out."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(torch.zeros(1, *shape))
    return counter.get_total_flops() // 2, sum(p.numel() for p in module.parameters()), tuple(out.shape[1:])
