"""Deep Residual Learning for Image Recognition: the networks for CIFAR-10.

Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun; 2015 (CVPR 2016).
https://arxiv.org/abs/1512.03385
Follows section 4.2: 6n + 2 weight layers on 32x32 images, with option A's shortcuts, which have no weights.

Differences from the paper:
- None in the layers. The paper names no stages here; ours continue table 1's names.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS
from cnnviz.architectures.resnet import BasicBlock, BlockStyle, stage


class CifarResNet(nn.Module):
    """ResNet-20, 32, 44, 56, 110, ...; `shortcut=False` makes their plain twins.

    Args:
        depth: 6n + 2, weight layers; each of the three stages has n blocks of two.
        width: channels of the first stage, 16 in the paper; they double from stage to stage.
        shortcut: add the input of a block to its output.
        projection: "A", "B" or "C", section 3.3's options for shortcuts that change the shape.

    """

    def __init__(
        self,
        *,
        depth: int = 20,
        in_channels: int = 3,
        num_classes: int = 10,
        shortcut: bool = True,
        projection: str = "A",
        batch_norm: bool = True,
        activation: str = "relu",
        width: int = 16,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        style = BlockStyle(shortcut=shortcut, projection=projection, batch_norm=batch_norm, activation=act)
        n = (depth - 2) // 6  # section 4.2
        C2, C3, C4 = width, 2 * width, 4 * width  # section 4.2: 16, 32, 64
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=not batch_norm)
        self.bn1 = nn.BatchNorm2d(width) if batch_norm else None
        self.act1 = act()
        self.conv2_x = stage(BasicBlock, width, C2, blocks=n, stride=1, style=style)
        self.conv3_x = stage(BasicBlock, C2, C3, blocks=n, stride=2, style=style)
        self.conv4_x = stage(BasicBlock, C3, C4, blocks=n, stride=2, style=style)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(C4, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # section 4.2: deep plain networks do not start without it
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 16 x 32 x 32
        if self.bn1 is not None:
            x = self.bn1(x)
        x = self.conv2_x(self.act1(x))  # 16 x 32 x 32
        x = self.conv3_x(x)  # 32 x 16 x 16
        x = self.conv4_x(x)  # 64 x 8 x 8
        x = torch.flatten(self.avg_pool(x), 1)  # 64
        logits: Tensor = self.fc(x)  # num_classes
        return logits
