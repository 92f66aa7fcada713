"""Models of one's own, as a person would name them on the command line."""

from torch import Tensor, nn


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())


class HalfUsed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Conv2d(3, 4, 3)
        self.left_out = nn.Linear(10, 5)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.used(x)
        return y


def half_used() -> nn.Module:
    return HalfUsed()
