"""ImageNet Classification with Deep Convolutional Neural Networks.

Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton; NIPS 2012.
https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks
Follows figure 2 and section 3.5. The network of the later paper that also goes by this name is below it.

Differences from the paper:
- The input is 227x227: the text says 224x224, but only 227 gives the 55x55 of its figure.
- The two GPUs of the paper are two groups of the convolutions conv2, conv4 and conv5.
- Dropout scales what it keeps while training; the paper halves the outputs when testing instead.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS, first_linear


class AlexNet(nn.Module):
    """The 2012 network; `groups=1` joins the paper's two towers into one, as courses draw it.

    Args:
        groups: 2 splits conv2, conv4 and conv5 in two, as the paper's two GPUs did; 1 is one tower.
        normalise: local response normalisation after conv1 and conv2 (section 3.3).
        conv1_padding: 0 for an input of 227; the book "Dive into Deep Learning" pads 224 by 1.
        fit_input: build fc6 for the input's size instead of for 227x227.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        groups: int = 1,
        normalise: bool = False,
        conv1_padding: int = 0,
        activation: str = "relu",
        dropout: float = 0.5,
        fit_input: bool = True,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        # section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75; torch divides alpha by n, so 5e-4 here
        self.conv1 = nn.Conv2d(in_channels, 96, kernel_size=11, stride=4, padding=conv1_padding)
        self.act1 = act()
        self.norm1 = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0) if normalise else None
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2)  # section 3.4: overlapping
        self.conv2 = nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=groups)
        self.act2 = act()
        self.norm2 = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0) if normalise else None
        self.pool2 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.conv3 = nn.Conv2d(256, 384, kernel_size=3, padding=1)  # the paper's towers talk here
        self.act3 = act()
        self.conv4 = nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=groups)
        self.act4 = act()
        self.conv5 = nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=groups)
        self.act5 = act()
        self.pool5 = nn.MaxPool2d(kernel_size=3, stride=2)
        # 5 x 5 is left of 224 padded by 1
        self.fc6 = first_linear(256 * (5 * 5 if conv1_padding else 6 * 6), 4096, fit_input=fit_input)
        self.act6 = act()
        self.drop6 = nn.Dropout(dropout)  # section 4.2: the outputs of the first two fully connected layers
        self.fc7 = nn.Linear(4096, 4096)
        self.act7 = act()
        self.drop7 = nn.Dropout(dropout)
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.conv1(x))  # 96 x 55 x 55
        if self.norm1 is not None:
            x = self.norm1(x)
        x = self.pool1(x)  # 96 x 27 x 27
        x = self.act2(self.conv2(x))  # 256 x 27 x 27
        if self.norm2 is not None:
            x = self.norm2(x)
        x = self.pool2(x)  # 256 x 13 x 13
        x = self.act3(self.conv3(x))  # 384 x 13 x 13
        x = self.act4(self.conv4(x))  # 384 x 13 x 13
        x = self.act5(self.conv5(x))  # 256 x 13 x 13
        x = self.pool5(x)  # 256 x 6 x 6
        x = torch.flatten(x, 1)  # 9216
        x = self.drop6(self.act6(self.fc6(x)))  # 4096
        x = self.drop7(self.act7(self.fc7(x)))  # 4096
        logits: Tensor = self.fc8(x)  # num_classes
        return logits


class OneWeirdTrickAlexNet(nn.Module):
    """The single-GPU network of "One weird trick for parallelizing convolutional neural networks".

    Alex Krizhevsky, 2014, https://arxiv.org/abs/1404.5997, footnote 1: one tower, fewer filters, no
    normalisation. torchvision calls it `alexnet`, and this follows torchvision: 256 filters in conv4 where
    that paper has 384, and an adaptive pool before fc6, which lets larger images in.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        activation: str = "relu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=11, stride=4, padding=2)
        self.act1 = act()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.conv2 = nn.Conv2d(64, 192, kernel_size=5, padding=2)
        self.act2 = act()
        self.pool2 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.conv3 = nn.Conv2d(192, 384, kernel_size=3, padding=1)
        self.act3 = act()
        self.conv4 = nn.Conv2d(384, 256, kernel_size=3, padding=1)  # 384 in the 2014 paper
        self.act4 = act()
        self.conv5 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.act5 = act()
        self.pool5 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(6)  # changes nothing at 224
        self.drop6 = nn.Dropout(dropout)  # before the layers: torchvision's order
        self.fc6 = nn.Linear(256 * 6 * 6, 4096)
        self.act6 = act()
        self.drop7 = nn.Dropout(dropout)
        self.fc7 = nn.Linear(4096, 4096)
        self.act7 = act()
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.conv1(x))  # 64 x 55 x 55
        x = self.pool1(x)  # 64 x 27 x 27
        x = self.act2(self.conv2(x))  # 192 x 27 x 27
        x = self.pool2(x)  # 192 x 13 x 13
        x = self.act3(self.conv3(x))  # 384 x 13 x 13
        x = self.act4(self.conv4(x))  # 256 x 13 x 13
        x = self.act5(self.conv5(x))  # 256 x 13 x 13
        x = self.pool5(x)  # 256 x 6 x 6
        x = torch.flatten(self.avgpool(x), 1)  # 9216
        x = self.act6(self.fc6(self.drop6(x)))  # 4096
        x = self.act7(self.fc7(self.drop7(x)))  # 4096
        logits: Tensor = self.fc8(x)  # num_classes
        return logits
