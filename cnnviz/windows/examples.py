"""Where a class begins: examples of courses and textbooks."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A scene with a name, as texts."""

    name: str
    title: str
    kind: str
    values: str = ""
    input: str = ""
    weights: str = ""


_GRID = "3,0,1,2,7,4;1,5,8,9,3,1;2,7,2,5,1,3;0,1,3,1,7,8;4,2,1,6,2,8;2,4,5,2,3,9"
_SEVEN = "2,3,7,4,6,2,9;6,6,9,8,7,4,3;3,4,8,3,8,9,7;7,8,3,6,6,3,4;4,2,1,8,3,4,6;3,2,4,1,9,8,3;0,1,3,9,2,1,4"
EXAMPLES = {
    example.name: example
    for example in (
        Example("vertical-edge", "6 × 6 with a vertical edge, 3 × 3 filter", "conv"),
        Example("by-hand", "6 × 6 numbers, by hand", "conv", input=_GRID),
        Example("dark-to-bright", "The edge the other way round", "conv", input="dark"),
        Example("same", "'Same' padding keeps 6 × 6", "conv", "p=same", _GRID),
        Example("stride", "7 × 7 with a stride of 2", "conv", "n=7,s=2", _SEVEN, "3,4,4;1,0,2;-1,0,3"),
        Example("never-reached", "A stride that leaves a row and a column", "conv", "n=8,s=2", "seed:4"),
        Example("dilated", "Dilation: a 3 × 3 window covers 5 × 5", "conv", "n=9,d=2", "square", "laplacian"),
        Example("volume", "6 × 6 × 3 with one filter", "conv", "C=3", "seed:2", "vertical"),
        Example("filters", "6 × 6 × 3 with two filters", "conv", "C=3,m=2", "seed:2", "vertical+horizontal"),
        Example("pointwise", "6 × 6 × 32 with 1 × 1 filters", "pointwise"),
        Example("channels", "28 × 28 × 192 to 28 × 28 × 32 by 1 × 1", "pointwise", "n=28,C=192,m=32"),
        Example("depthwise", "Depthwise: each channel has its filter", "depthwise", "", "seed:2"),
        Example("transposed", "Transposed: 2 × 2 becomes 3 × 3", "transposed", "n=2,f=2,s=1"),
        Example("upsampling", "Transposed with a stride: 3 × 3 becomes 6 × 6", "transposed", "q=1,p=1"),
        Example("max-pool", "Max pooling, 2 × 2 with a stride of 2", "max"),
        Example("same-pool", "'Same' max pooling, as in Inception", "max", "n=6,f=3,s=1,p=same", _GRID),
        Example("average-pool", "Average pooling, 2 × 2 with a stride of 2", "average"),
        Example("ring", "A ring under Sobel", "conv", "n=16", "ring", "sobel"),
    )
}
