"""A folder with what is inside: pictures for slides, numbers as .npy, and all that is told as JSON."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch import Tensor

from cnnviz.errors import ExportError, OptionError
from cnnviz.inside import slides
from cnnviz.inside.fields import Element, effective, theoretical
from cnnviz.inside.layer_filters import filters, levelled, of_map
from cnnviz.inside.looking import Seen
from cnnviz.inside.reasons import grad_cam, last_maps, occlusion_map, saliency
from cnnviz.inside.report import Report

WORK = 1e11  # multiplications of an occlusion map: seconds
OF_SIDE = 4  # the patch that hides is this part of the image
File = tuple[str, bytes]


def write(folder: Path, files: Iterator[File]) -> list[str]:
    """Writes the files, and gives their names. Raises ExportError."""
    names = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, contents in files:
            (folder / name).write_bytes(contents)
            names.append(name)
    except OSError as error:
        raise ExportError(f"cannot write into {folder}: {error.strerror or error}") from None
    return names


def files_of(
    seen: Seen, told: Report, class_index: int, element: Element | None = None, *, npy: bool = False
) -> Iterator[File]:
    """Names and contents: the image and the reasons for a class, and of a layer maps, filters and one pixel.

    Args:
        seen: the pass.
        told: the report of it.
        class_index: that the reasons are for.
        element: of the layer; None: no layer.
        npy: with the numbers of every picture but the image.

    """
    image = seen.network.shown(seen.given)[0]
    yield "report.json", (told.to_json() + "\n").encode()
    yield "image.png", slides.picture(image.numpy())
    if element is not None:
        yield from _of_layer(seen, element, image, npy)
    yield from _reasons(seen, class_index, element, image, npy)


def _of_layer(seen: Seen, element: Element, image: Tensor, npy: bool) -> Iterator[File]:
    maps, order = seen.maps(element.layer), seen.order(element.layer)
    yield f"{element.layer}-maps.png", slides.sheet(maps[order].numpy(), order)
    if npy:
        yield f"{element.layer}-maps.npy", _npy(maps)
    if of := of_map(seen.network, element.layer):
        found = filters(seen.network, of)
        weights = found.weights
        if found.colour:
            drawn = slides.colour_sheet(levelled(weights).numpy(), range(len(weights)))
        else:  # of filters over many maps the one that makes the map that is looked at
            one = weights[:, 0] if weights.shape[1] == 1 else weights[element.channel]
            drawn = slides.sheet(one.numpy(), range(len(one)))
        yield f"{of}-filters.png", drawn
        if npy:
            yield f"{of}-filters.npy", _npy(weights)
    gradient = effective(seen, element)
    yield (
        f"{element.layer}-field.png",
        slides.field(image.numpy(), gradient.numpy(), theoretical(seen, element)),
    )
    if npy:
        yield f"{element.layer}-field.npy", _npy(gradient)


def _reasons(
    seen: Seen, class_index: int, element: Element | None, image: Tensor, npy: bool
) -> Iterator[File]:
    size = max(2, min(seen.network.shape[1:]) // OF_SIDE)
    found = {
        "saliency": saliency(seen, class_index),
        "grad-cam": _cam(seen, class_index, element),
        "occlusion": occlusion_map(seen, class_index, min(size, *seen.network.shape[1:]), WORK),
    }
    for name, values in found.items():
        yield f"{name}.png", slides.heat(image.numpy(), values.numpy(), turned=name == "occlusion")
        if npy:
            yield f"{name}.npy", _npy(values)


def _cam(seen: Seen, class_index: int, element: Element | None) -> Tensor:
    """Of the layer that is looked at, where it has maps."""
    try:
        return grad_cam(seen, class_index, element.layer if element else "")
    except OptionError:
        return grad_cam(seen, class_index, last_maps(seen.network))


def _npy(values: Tensor) -> bytes:
    out = io.BytesIO()
    np.save(out, values.numpy())
    return out.getvalue()
