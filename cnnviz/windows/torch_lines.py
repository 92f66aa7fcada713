"""The same operation as lines of PyTorch."""

from __future__ import annotations

from cnnviz.windows.numbers import Array
from cnnviz.windows.scene import Scene
from cnnviz.windows.setting import POOLS, Setting

_WRITTEN_OUT = 256  # more numbers than that are random ones of the same shape


def torch_lines(of: Scene) -> str:
    """Lines that run by themselves and end with `y`, what comes out."""
    made = of.setting
    lines = ["import torch", "import torch.nn.functional as F", ""]
    lines.append(_tensor("x", of.x, (1, made.C, made.n, made.n), "0, 10"))
    if made.kind not in POOLS:
        shape: tuple[int, ...] = of.w.shape
        weights = of.w
        if made.kind == "transposed":  # torch has the channels that come in first
            weights, shape = weights.swapaxes(0, 1), (shape[1], shape[0], *shape[2:])
        lines.append(_tensor("w", weights, shape, "-2, 3"))
    lines += ["", *_call(made), f"assert y.shape == (1, {made.maps}, {made.out}, {made.out})"]
    return "\n".join(lines)


def _tensor(name: str, values: Array, shape: tuple[int, ...], bounds: str) -> str:
    size = ", ".join(map(str, shape))
    flat = values.ravel()
    if flat.size > _WRITTEN_OUT:
        return f"{name} = torch.randint({bounds}, ({size})).float()  # other numbers of this shape"
    numbers = [f"{value:.8g}" for value in flat]  # as precisely as 32 bits have it
    rows = [", ".join(numbers[i : i + shape[-1]]) for i in range(0, len(numbers), shape[-1])]
    inside = ",\n    ".join(rows)
    return f"{name} = torch.tensor([\n    {inside},\n]).float().reshape({size})"


def _call(of: Setting) -> list[str]:
    before, after = of.pads
    lines, x, padding = [], "x", before
    apart = before != after or (of.kind in POOLS and before > of.f // 2)
    if apart:
        edge = ', value=float("-inf")' if of.kind == "max" else ""
        lines.append(f"padded = F.pad(x, ({before}, {after}, {before}, {after}){edge})")
        x, padding = "padded", 0
    if of.kind in POOLS:
        name = "max_pool2d" if of.kind == "max" else "avg_pool2d"
        options = [f"stride={of.s}"]
        if padding:
            options.append(f"padding={padding}")
        if of.d > 1:
            options.append(f"dilation={of.d}")
        return [*lines, f"y = F.{name}({x}, {of.f}, {', '.join(options)})"]
    options = [f"stride={of.s}", f"padding={padding}"]
    if of.kind == "transposed" and of.q:
        options.append(f"output_padding={of.q}")
    if of.d > 1:
        options.append(f"dilation={of.d}")
    if of.kind == "depthwise":
        options.append(f"groups={of.C}")
    name = "conv_transpose2d" if of.kind == "transposed" else "conv2d"
    return [*lines, f"y = F.{name}({x}, w, {', '.join(options)})"]
