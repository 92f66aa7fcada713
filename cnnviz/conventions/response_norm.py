"""Local response normalisation as the tools see it that count inside torch's own implementation.

torch.nn.functional.local_response_norm squares (mul), pads the channels and averages over a window of them
(avg_pool3d), scales (mul) and shifts (add), and divides.
"""

from __future__ import annotations

from math import prod

from cnnviz.layer import Layer


def response_norm(layer: Layer) -> tuple[int, str]:
    """How much a tool counts that replaces mul, add and avg_pool3d, and why."""
    shape = layer.input_shapes[0]
    elements, channels = prod(shape), shape[1] if len(shape) > 1 else 1
    window = int(layer.arguments.size)
    padded = elements // channels * (channels + window - 1) if elements else 0
    return 3 * elements + padded, "3 for each element, and each number of the padded map that it averages"
