"""The kinds of rows as torch modules. Exported code has these classes, word for word.

Nothing but `torch_module.py` imports this folder: `code.py` reads it as text.
"""

from cnnviz.design.torch_blocks.branches import Dense, DenseLayer, Fire, Inception
from cnnviz.design.torch_blocks.depthwise import Inverted, Separable, SqueezeExcite
from cnnviz.design.torch_blocks.residual import Bottleneck, Residual, ZeroPadding
from cnnviz.design.torch_blocks.units import ConvUnit, LinearUnit

__all__ = [
    "Bottleneck",
    "ConvUnit",
    "Dense",
    "DenseLayer",
    "Fire",
    "Inception",
    "Inverted",
    "LinearUnit",
    "Residual",
    "Separable",
    "SqueezeExcite",
    "ZeroPadding",
]
