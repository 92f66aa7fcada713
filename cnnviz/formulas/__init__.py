"""The rules: for each kind of operation its output shape, parameters, multiplications and receptive field.

Pure arithmetic on whole numbers, no torch. Every rule is written once, as a formula; called it gives the
number, filled it gives the text with the numbers in it.
"""

from cnnviz.formulas.convolution import Convolution, TransposedConvolution
from cnnviz.formulas.elementwise import (
    Activation,
    Alias,
    Arithmetic,
    BatchStatistics,
    Normalisation,
    Prelu,
    ResponseNormalisation,
    Same,
    Softmax,
)
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.linear import (
    AddedProduct,
    Attention,
    Einsum,
    Linear,
    MatrixProduct,
    MultiheadAttention,
    Recurrent,
)
from cnnviz.formulas.pooling import AdaptivePooling, Pooling, Reduce, ReduceWithIndex
from cnnviz.formulas.receptive_field import Field, Reach, Shape
from cnnviz.formulas.rule import NO_EXTRA, Extra, Rule, axis_names, size_text
from cnnviz.formulas.shapes import Expand, Flatten, Index, Permute, Squeeze, Unbind, Unsqueeze, View
from cnnviz.formulas.tensors import (
    Chunk,
    Concatenate,
    Create,
    Embedding,
    Opaque,
    Pad,
    PixelShuffle,
    Repeat,
    Resize,
    Split,
    Stack,
    Take,
)

RULES: dict[str, Rule] = {
    "activation": Activation(),
    "adaptive_pool": AdaptivePooling(),
    "added_product": AddedProduct(),
    "alias": Alias(),
    "arithmetic": Arithmetic(),
    "attention": Attention(),
    "batch_statistics": BatchStatistics(),
    "chunk": Chunk(),
    "concatenate": Concatenate(),
    "convolution": Convolution(),
    "create": Create(),
    "einsum": Einsum(),
    "embedding": Embedding(),
    "expand": Expand(),
    "flatten": Flatten(),
    "index": Index(),
    "linear": Linear(),
    "matrix_product": MatrixProduct(),
    "multihead_attention": MultiheadAttention(),
    "normalisation": Normalisation(),
    "response_norm": ResponseNormalisation(),
    "opaque": Opaque(),
    "pad": Pad(),
    "permute": Permute(),
    "pixel_shuffle": PixelShuffle(),
    "pooling": Pooling(),
    "prelu": Prelu(),
    "recurrent": Recurrent(),
    "reduce": Reduce(),
    "reduce_with_index": ReduceWithIndex(),
    "repeat": Repeat(),
    "resize": Resize(),
    "same": Same(),
    "softmax": Softmax(),
    "split": Split(),
    "squeeze": Squeeze(),
    "stack": Stack(),
    "take": Take(),
    "transposed_convolution": TransposedConvolution(),
    "unbind": Unbind(),
    "unsqueeze": Unsqueeze(),
    "view": View(),
}

__all__ = [
    "NO_EXTRA",
    "RULES",
    "Extra",
    "Field",
    "Formula",
    "Reach",
    "Rule",
    "Shape",
    "Term",
    "axis_names",
    "size_text",
]
