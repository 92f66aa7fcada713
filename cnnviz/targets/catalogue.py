"""A name of the catalogue in, a Trace out; the shipped programs need no torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cnnviz import programs
from cnnviz.architectures import Network, find
from cnnviz.errors import ShapeError
from cnnviz.formulas import Shape
from cnnviz.program import Input, Program
from cnnviz.targets.shapes import InputShape, batch, one_shape
from cnnviz.trace import Trace


def program_of(network: Network) -> Program:
    """The program of a catalogue network: the shipped one, or captured where options are changed."""
    shipped = None if network.changed else programs.load(network.name)
    return shipped or _captured(network.name, tuple(network.changed.items()))


@lru_cache(maxsize=256)
def _captured(name: str, options: tuple[tuple[str, Any], ...], training: bool = False) -> Program:
    from cnnviz.capture import capture, on_meta

    network = find(name, dict(options))
    spec = Input(name="", shape=(2 if training else 1, *network.input_shape))
    return capture(on_meta(network.build), [spec], training=training)


def named_trace(
    target: str,
    input_shape: InputShape | None,
    batch_size: int,
    device: str,
    dtype: str,
    options: Mapping[str, object] | None,
    *,
    training: bool,
    verify: bool,
) -> Trace:
    network = find(target, options)
    shape = one_shape(network.name, network.input_shape if input_shape is None else input_shape)
    program = (
        _captured(network.name, tuple(network.changed.items()), True) if training else program_of(network)
    )
    try:
        made = Trace(model=network.name, program=program, input_shape=network.input_shape).at(
            shape, batch_size=batch(batch_size)
        )
    except ShapeError as error:
        raise ShapeError(str(error) + _channel_hint(network, shape)) from None
    if device == "meta" and not verify:
        return made
    from cnnviz.capture import measure

    spec = Input(name="", shape=(batch_size, *shape))
    where = "cpu" if device == "meta" else device
    real, measured = measure(network.build(), [spec], where, dtype=dtype, training=training)
    if device == "meta":
        return made
    if dtype:  # the shipped program has the bytes of 32-bit numbers
        program = real
    return Trace(
        model=network.name,
        program=program,
        input_shape=shape,
        batch_size=batch_size,
        device=device,
        measured=measured,
    )


def _channel_hint(network: Network, shape: Shape) -> str:
    options = {option.name for option in network.options}
    if len(shape) == 3 and shape[0] != network.input_shape[0] and "in_channels" in options:
        return f"; the option in_channels={shape[0]} builds it for {shape[0]}"
    return ""
