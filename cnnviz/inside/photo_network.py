"""A small network that learns from photographs without labels, and how it is trained.

A patch is cut from one of the photographs, made smaller or larger, mirrored, turned and lit anew, and the
network says which photograph it is from: Dosovitskiy et al. 2014, "Discriminative Unsupervised Feature
Learning with Convolutional Neural Networks" (https://arxiv.org/abs/1406.6909), with photographs in place of
their patches.
Most of the patches lose their colours, so that colour alone does not tell.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.inside.photographs import PHOTOGRAPHS, pixels

FILTERS, SIDE_OF_FILTER = 24, 9
PATCH = 40  # pixels
SCALES = (64, 96, 140, 200)  # pixels of the photograph's shorter side
GREY = 0.6  # share of patches without colours
MEAN, DEVIATION = 0.5, 0.25  # of what the network gets, where black is 0 and white is 1
STEPS, BATCH, RATE = 2400, 64, 4e-3
DECAY = 2.0  # of the first filters: what the photographs do not ask for goes away
ROUGHNESS = 0.03  # what neighbouring weights of a filter pay for being different
SEED = 0


class PhotoNetwork(nn.Module):
    """Three convolutions, the average of each map, and a fully connected layer."""

    def __init__(self, num_classes: int = len(PHOTOGRAPHS)) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, FILTERS, SIDE_OF_FILTER, stride=2, padding=4, bias=False)
        self.bn1 = nn.BatchNorm2d(FILTERS)
        self.act1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(FILTERS, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.act2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(32, 48, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(48)
        self.act3 = nn.ReLU()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(48, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.act1(self.bn1(self.conv1(x))))  # 24 x 24 x 24 of 3 x 96 x 96
        x = self.pool2(self.act2(self.bn2(self.conv2(x))))  # 32 x 12 x 12
        x = self.act3(self.bn3(self.conv3(x)))  # 48 x 12 x 12
        x = torch.flatten(self.avg_pool(x), 1)  # 48
        logits: Tensor = self.fc(x)  # num_classes
        return logits


class Progress(NamedTuple):
    """How far it has come."""

    step: int
    loss: float
    error: float  # percent of the last patches whose photograph it did not name
    seconds: float


def trained(steps: int = STEPS) -> Iterator[tuple[PhotoNetwork, Progress]]:
    """The network after every hundred steps; the same numbers every time on the same machine and versions."""
    random = torch.Generator().manual_seed(SEED)
    torch.manual_seed(SEED)
    model, photographs = PhotoNetwork(), _photographs()
    _smooth(model.conv1.weight)
    others = [weight for name, weight in model.named_parameters() if name != "conv1.weight"]
    groups: list[dict[str, Any]] = [
        {"params": [model.conv1.weight], "weight_decay": DECAY},
        {"params": others, "weight_decay": 1e-3},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    begin, loss, wrong = time.perf_counter(), 0.0, 100.0
    for step in range(1, steps + 1):
        patches, of = _batch(photographs, random)
        scores = model.train()(patches)
        missed = F.cross_entropy(scores, of, label_smoothing=0.05)
        optimizer.zero_grad()
        total = missed + ROUGHNESS * _roughness(model.conv1.weight)
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        rates.step()
        loss += 0.02 * (missed.item() - loss)
        wrong += 0.02 * (100 * (scores.argmax(1) != of).float().mean().item() - wrong)
        if step % 100 == 0 or step == steps:
            yield model.eval(), Progress(step, loss, wrong, time.perf_counter() - begin)


def error_on_new_patches(model: nn.Module, count: int = 2000) -> float:
    """Percent of fresh patches whose photograph it does not name."""
    random = torch.Generator().manual_seed(SEED + 1)
    photographs = _photographs()
    wrong = 0
    with torch.inference_mode():
        for _ in range(count // 100):
            patches, of = _batch(photographs, random, 100)
            wrong += int((model(patches).argmax(1) != of).sum())
    return 100 * wrong / (count // 100 * 100)


def _photographs() -> list[list[Tensor]]:
    """Every photograph at every scale, 3 x height x width, black 0 and white 1."""
    found = []
    for photograph in PHOTOGRAPHS:
        largest = torch.from_numpy(pixels(photograph.name).copy()).permute(2, 0, 1).float().div(255)
        size = min(largest.shape[1:])
        found.append([_scaled(largest, scale / size) for scale in SCALES])
    return found


def _scaled(image: Tensor, scale: float) -> Tensor:
    size = [max(PATCH, round(n * scale)) for n in image.shape[1:]]
    return F.interpolate(image[None], size=size, mode="bilinear", antialias=True)[0]


def _batch(
    photographs: list[list[Tensor]], random: torch.Generator, count: int = BATCH
) -> tuple[Tensor, Tensor]:
    """Patches, and the photographs that they are from."""
    of = torch.randint(len(photographs), (count,), generator=random)
    draws = torch.rand((count, 5), generator=random)
    patches = torch.stack(
        [_patch(photographs[int(i)], draw) for i, draw in zip(of, draws.tolist(), strict=True)]
    )
    grey = torch.rand((count, 1, 1, 1), generator=random) < GREY
    patches = torch.where(grey, patches.mean(1, keepdim=True), patches)
    light = 0.7 + 0.6 * torch.rand((count, 1, 1, 1), generator=random)
    tint = 0.85 + 0.3 * torch.rand((count, 3, 1, 1), generator=random)
    shift = 0.3 * torch.rand((count, 1, 1, 1), generator=random) - 0.15
    return ((patches - MEAN) * light * tint + shift) / DEVIATION, of


def _patch(scales: list[Tensor], draw: list[float]) -> Tensor:
    image = scales[int(draw[0] * len(scales))]
    top, left = (int(d * (n - PATCH + 1)) for d, n in zip(draw[1:3], image.shape[1:], strict=True))
    patch = image[:, top : top + PATCH, left : left + PATCH]
    patch = patch.flip(2) if draw[3] < 0.5 else patch
    return patch.transpose(1, 2) if draw[4] < 0.5 else patch


def _smooth(weight: Tensor) -> None:
    """Begins with blurred noise: most of its rough beginning would stay to the end."""
    bell = torch.exp(-torch.arange(-2, 3).float().square() / 2)
    kernel = torch.outer(bell, bell)
    kernel /= kernel.square().sum().sqrt()
    size = (-1, 1, SIDE_OF_FILTER, SIDE_OF_FILTER)
    with torch.no_grad():
        weight.copy_(F.conv2d(weight.view(size), kernel[None, None], padding=2).view_as(weight))


def _roughness(weight: Tensor) -> Tensor:
    """How different neighbouring weights of a filter are, zero around it: the mean of all filters."""
    padded = F.pad(weight, (1, 1, 1, 1))
    across, down = padded.diff(dim=3).square().sum((1, 2, 3)), padded.diff(dim=2).square().sum((1, 2, 3))
    return ((across + down) / weight.square().sum((1, 2, 3))).mean()
