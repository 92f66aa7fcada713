"""A window that moves over a grid of numbers: convolutions and pooling, product by product.

    >>> from cnnviz.windows import outputs, scene
    >>> edge = scene("conv", {"n": 6})
    >>> outputs(edge.setting, edge.x, edge.w)[0].astype(int).tolist()[0]
    [0, 30, 30, 0]

What a window does to sizes comes from `cnnviz.formulas`; the numbers themselves are numpy's, and tests hold
them against torch.
"""

from cnnviz.windows.arithmetic import Product, outputs, products
from cnnviz.windows.examples import EXAMPLES, Example
from cnnviz.windows.kernels import KERNELS
from cnnviz.windows.learned import learned_kernels
from cnnviz.windows.numbers import Numbers, read_input, read_weights
from cnnviz.windows.scene import Place, Scene, scene
from cnnviz.windows.setting import KINDS, NUMBERS, Setting, setting

__all__ = [
    "EXAMPLES",
    "KERNELS",
    "KINDS",
    "NUMBERS",
    "Example",
    "Numbers",
    "Place",
    "Product",
    "Scene",
    "Setting",
    "learned_kernels",
    "outputs",
    "products",
    "read_input",
    "read_weights",
    "scene",
    "setting",
]
