"""What the browser is told of a network and an image: numbers as JSON, many maps as one picture."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.inside import fields, kernels, layer_filters, limits, networks, products, reasons, sprites
from cnnviz.inside.fields import Box, Element
from cnnviz.inside.hooks import Change
from cnnviz.inside.looking import MOST_CHANGES, Prediction, Seen, activity, predicted
from cnnviz.inside.networks import Trained
from cnnviz.inside.photographs import BY_NAME
from cnnviz.inside.pictures import sample, samples
from cnnviz.ui.looking import kept

LARGEST_TILE = 64  # pixels of a side of a map in the grid
THUMB = 48  # pixels of a side of a sample's small picture
MANY, LIKELY = 100, 10  # classes
_WHOLE = re.compile(r"-?[0-9]{1,5}")
Told = dict[str, Any]
Query = Mapping[str, str]


def of_network(query: Query) -> Told:
    """What there is to look at in a network."""
    network = kept.network(query["net"])
    titles = [sample(network, name).title for name in samples(network)]
    small = [_thumb(network, name) for name in samples(network)]
    png, columns = sprites.colours(np.stack(small))
    return {
        "name": network.name,
        "key": network.key,
        "title": network.title,
        "about": network.about,
        "error": network.error,
        "shape": network.shape,
        "classes": network.classes,
        "blocks": network.blocks,
        "layers": [_layer(network, layer.name) for layer in network.layers],
        "last_maps": reasons.last_maps(network),
        "most_changes": MOST_CHANGES,
        "samples": [{"name": n, "title": t} for n, t in zip(samples(network), titles, strict=True)],
        "thumbs": {"png": _text(png), "columns": columns, "side": THUMB},
    }


def _layer(network: Trained, name: str) -> Told:
    layer = network.layer(name)
    shape = layer.output_shapes[0][1:]
    return {
        "name": name,
        "kind": networks.kind(network.module(name)),
        "shape": shape if len(shape) == 3 else (*shape, 1, 1),
        "flat": len(shape) == 1,
        "filters": layer_filters.of_map(network, name),
        "field": layer.receptive_field,
        "formula": layer.formulas.shape,
    }


def _thumb(network: Trained, name: str) -> Any:
    image = sample(network, name).pixels((3, THUMB, THUMB))
    return image.numpy()


def of_pass(query: Query) -> Told:
    """The image as the network gets it, and what the network says."""
    network = kept.network(query["net"])
    seen = kept.seen(network, query["image"])
    shown = kept.picture(network, query["image"])
    pixels = network.shown(seen.given)[0]
    png, _ = sprites.colours(pixels.expand(3, -1, -1)[None].numpy())
    photograph = BY_NAME.get(query["image"]) if network.data == "photographs" else None
    return {
        "title": shown.title,
        "credit": photograph.credit if photograph else "",
        "inverted": shown.inverted,
        "png": _text(png),
        "predictions": _predictions(seen.predictions),
    }


def of_maps(query: Query) -> Told:
    """The maps of a layer, the most active first."""
    seen = kept.seen(kept.network(query["net"]), query["image"])
    maps, order = seen.maps(query["layer"]), seen.order(query["layer"])
    small = reduced(maps[order])
    drawn = sprites.sprite(small.numpy())
    return {
        "layer": query["layer"],
        "shape": tuple(small.shape),
        "order": order,
        "activity": _numbers(activity(maps)[order]),
        **_sprite(drawn),
    }


def reduced(maps: Tensor) -> Tensor:
    """Maps that a screen shows side by side: of large ones the means of small squares."""
    factor = -(-max(maps.shape[1:]) // LARGEST_TILE)
    if factor == 1:
        return maps
    return F.avg_pool2d(maps[None], factor, ceil_mode=True, count_include_pad=False)[0]


def of_filters(query: Query) -> Told:
    """The filters of a convolution: of one that sees the image all of them, of another those of one map."""
    network = kept.network(query["net"])
    found = layer_filters.filters(network, query["layer"])
    shape = tuple(found.weights.shape)
    told: Told = {"layer": query["layer"], "shape": shape, "colour": found.colour, "channel": None}
    if found.colour:
        png, columns = sprites.colours(layer_filters.levelled(found.weights).numpy())
        told |= {"png": _text(png), "columns": columns, "low": [], "high": []}
    elif shape[1] == 1:
        told |= _sprite(sprites.sprite(found.weights[:, 0].numpy()))
    else:
        channel = whole(query, "channel", shape[0])
        told |= {"channel": channel, **_sprite(sprites.sprite(found.weights[channel].numpy()))}
    if found.matches:
        told["matches"] = [[m.name, round(m.similarity, 6)] for m in found.matches]
        classic = kernels.classic(shape[2])
        told["classic"] = {"names": list(classic), **_sprite(_classic(shape[2]))}
    return told


@lru_cache(maxsize=8)
def _classic(side: int) -> sprites.Sprite:
    return sprites.sprite(np.stack(list(kernels.classic(side).values())).astype(np.float32))


def asked_element(seen: Seen, query: Query) -> Element:
    """The element of a layer that a question names."""
    shape = tuple(seen.maps(query["layer"]).shape)
    at = (whole(query, name, size) for name, size in zip(("channel", "row", "column"), shape, strict=True))
    return Element(query["layer"], *at)


def of_pixel(query: Query) -> Told:
    """One element: its value, what made it, and where it looks."""
    seen = kept.seen(kept.network(query["net"]), query["image"])
    element = asked_element(seen, query)
    why = products.explained(seen, element)
    gradient = fields.effective(seen, element)
    return {
        "kind": why.kind,
        "value": why.value,
        "total": why.total,
        "bias": why.bias,
        "words": why.words,
        "others": why.others,
        "rest": why.rest,
        "parts": [_part(part) for part in why.parts],
        "box": fields.theoretical(seen, element),
        "looks": fields.effective_box(gradient),
        "gradient": _sprite(sprites.sprite(gradient[None].numpy())),
    }


def _part(part: products.Part) -> Told:
    return {
        "channel": part.channel,
        "top": part.top,
        "left": part.left,
        "inputs": _rows(part.inputs),
        "weights": _rows(part.weights),
        "sum": float(f"{part.sum:.6g}"),
    }


class Reasons(NamedTuple):
    """What speaks for a class, each as numbers over the image, or over a layer's positions."""

    chosen: int
    probability: float
    saliency: Tensor
    layer: str  # of Grad-CAM
    cam: Tensor
    size: int  # of the patch
    shares: (
        Tensor | str
    )  # the class's probability where a patch hides the image, or why that is not worked out


def asked_reasons(query: Query) -> Reasons:
    """The reasons for the class that a question names."""
    network = kept.network(query["net"])
    seen = kept.seen(network, query["image"])
    chosen = whole(query, "class", len(network.classes))
    size = min(whole(query, "size", 1000), *network.shape[1:])
    layer = query.get("layer") or reasons.last_maps(network)
    if max(seen.maps(layer).shape[1:]) == 1:
        layer = reasons.last_maps(network)
    cam = reasons.grad_cam(seen, chosen, layer)
    saliency = reasons.saliency(seen, chosen)
    probability = next(p.probability for p in seen.predictions if p.index == chosen)
    return Reasons(chosen, probability, saliency, layer, cam, size, _shares(seen, chosen, size))


def of_reasons(query: Query) -> Told:
    """Saliency and Grad-CAM for a class, and the map of what happens where a patch is hidden."""
    found = asked_reasons(query)
    return {
        "class": found.chosen,
        "probability": found.probability,
        "saliency": _sprite(sprites.sprite(found.saliency[None].numpy())),
        "gradcam": {
            "layer": found.layer,
            "shape": tuple(found.cam.shape),
            **_sprite(sprites.sprite(found.cam[None].numpy())),
        },
        "occlusion": _occlusion(found),
    }


def _shares(seen: Seen, chosen: int, size: int) -> Tensor | str:
    count = len(reasons.places(seen.network, seen.network.shape[1], size))
    return limits.too_dear(seen.network.trace.macs, count**2) or reasons.occlusion_map(seen, chosen, size)


def _occlusion(found: Reasons) -> Told:
    if isinstance(found.shares, str):
        return {"none": found.shares}
    drawn = sprites.sprite(found.shares[None].numpy())
    return {"size": found.size, "shape": tuple(found.shares.shape), **_sprite(drawn)}


def of_occluded(query: Query) -> Told:
    """What the network says with a patch hidden."""
    seen = kept.seen(kept.network(query["net"]), query["image"])
    top, left, bottom, right = _four(query["patch"])
    return {"predictions": _now(seen, reasons.occluded(seen, Box(top, left, bottom, right)))}


def of_change(query: Query) -> Told:
    """What the network says with channels scaled and shortcuts off."""
    network = kept.network(query["net"])
    seen = kept.seen(network, query["image"])
    return {"predictions": _now(seen, predicted(network, seen.given, change(query)))}


def change(query: Query) -> Change:
    """What `scale=conv1:3:0.5~conv2:1:0` and `off=conv2_x.block_1` say. Raises OptionError."""
    scales = [text for text in query.get("scale", "").split("~") if text]
    off = [text for text in query.get("off", "").split("~") if text]
    found = []
    for text in scales:
        layer, _, rest = text.partition(":")
        channel, _, factor = rest.partition(":")
        try:
            found.append((layer, int(channel), float(factor)))
        except ValueError:
            raise OptionError(
                f"a scaled channel is written layer:channel:factor, such as conv1:3:0.5; got {text!r:.40}"
            ) from None
    return Change(scales=tuple(found), without_shortcut=tuple(off))


def whole(query: Query, name: str, end: int) -> int:
    """The whole number of that name, from 0; OptionError for another."""
    text = query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) < end):
        raise OptionError(f"{name} is a whole number from 0 to {end - 1}, got {text!r:.20}")
    return int(text)


def _four(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) != 4 or not all(_WHOLE.fullmatch(part) for part in parts):
        raise OptionError(f"a patch is four whole numbers: top, left, bottom, right; got {text!r:.40}")
    return tuple(map(int, parts))


def _predictions(found: tuple[Prediction, ...]) -> list[Told]:
    return [
        {"label": p.label, "index": p.index, "p": round(p.probability, 6), "score": round(p.score, 4)}
        for p in found
    ]


def _now(seen: Seen, found: tuple[Prediction, ...]) -> list[Told]:
    """What the network says after a change: of very many classes those that were likely, or are now."""
    if len(found) > MANY:
        likely = {p.index for p in seen.predictions[:LIKELY]}
        found = tuple(p for i, p in enumerate(found) if i < LIKELY or p.index in likely)
    return _predictions(found)


def _sprite(drawn: sprites.Sprite) -> Told:
    return {"png": _text(drawn.png), "columns": drawn.columns, "low": drawn.low, "high": drawn.high}


def _numbers(values: Tensor) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]


def _rows(rows: products.Rows) -> list[list[float]]:
    return [[float(f"{value:.5g}") for value in row] for row in rows]


def _text(png: bytes) -> str:
    return base64.b64encode(png).decode()
