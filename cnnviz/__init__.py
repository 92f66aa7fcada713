"""See how a convolutional network works and what it costs, layer by layer.

>>> import cnnviz
>>> trace = cnnviz.trace("alexnet")
>>> trace.layers[0].formulas.macs
'MACs = 55*55*96 * (11*11*3) = 105,415,200'
"""

from cnnviz.architectures import CATALOGUE, find
from cnnviz.errors import CnnvizError
from cnnviz.layer import Layer
from cnnviz.trace import Trace

# Last, so that `cnnviz.trace` is the function; the module of that name is loaded by now.
from cnnviz.targets import trace  # isort: skip

__version__ = "0.1.0"

__all__ = ["CATALOGUE", "CnnvizError", "Layer", "Trace", "find", "trace"]
