"""What is looked at as a file of numbers, for a spreadsheet: one writer for each view of the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.inside import layer_filters, products
from cnnviz.inside.looking import Prediction, predicted
from cnnviz.ui.looking import kept, told
from cnnviz.ui.looking.told import Query

Row = Sequence[object]
_COLOURS = 3  # channels of a filter that sees an image


def saved(query: Query) -> str:
    """The file that `of` names. Raises OptionError where there is none of that name."""
    of = query.get("of", "map" if query.get("layer") else "predictions")
    if of not in _WRITERS:
        raise OptionError(f"numbers are saved of {', '.join(_WRITERS)}, got {of!r:.20}")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(_WRITERS[of](query))
    return out.getvalue()


def _predictions(query: Query) -> Iterable[Row]:
    """What the network says of every class."""
    seen = kept.seen(kept.network(query["net"]), query["image"])
    yield "class", "probability", "score"
    for p in seen.predictions:
        yield p.label, _short(p.probability), _short(p.score)


def _changed(query: Query) -> Iterable[Row]:
    """The same before and after channels were scaled and shortcuts were cut."""
    network = kept.network(query["net"])
    seen = kept.seen(network, query["image"])
    after = {p.index: p for p in predicted(network, seen.given, told.change(query))}
    yield "class", "probability", "score", "probability after", "score after"
    for p in seen.predictions:
        yield p.label, *_said(p), *_said(after[p.index])


def _map(query: Query) -> Iterable[Row]:
    """The values of one map, row by row."""
    maps: Tensor = kept.seen(kept.network(query["net"]), query["image"]).maps(query["layer"])
    values = maps[told.whole(query, "channel", maps.shape[0])]
    for row in values.tolist():
        yield [_short(value) for value in row]


def _filters(query: Query) -> Iterable[Row]:
    """The weights that the page shows: of all filters that see an image, otherwise of one."""
    weights = layer_filters.filters(kept.network(query["net"]), query["layer"]).weights
    first, last = 0, len(weights)
    if weights.shape[1] > _COLOURS:
        first = told.whole(query, "channel", len(weights))
        last = first + 1
    yield "filter", "channel", "row", "column", "weight"
    for k in range(first, last):
        for c, kernel in enumerate(weights[k].tolist()):
            for i, row in enumerate(kernel):
                for j, value in enumerate(row):
                    yield k, c, i, j, _short(value)


def _pixel(query: Query) -> Iterable[Row]:
    """The products that one element is made of, as far as the page tells them one by one."""
    seen = kept.seen(kept.network(query["net"]), query["image"])
    why = products.explained(seen, told.asked_element(seen, query))
    yield "channel", "row", "column", "input", "weight", "product"
    for part in why.parts:
        weights = part.weights or ((),) * len(part.inputs)
        for i, (inputs, row) in enumerate(zip(part.inputs, weights, strict=True)):
            for j, value in enumerate(inputs):
                pair = (_short(row[j]), _short(value * row[j])) if row else ("", "")
                yield part.channel, i, j, _short(value), *pair
    if why.others:
        yield f"{why.others} others", "", "", "", "", _short(why.rest)
    if why.bias is not None:
        yield "bias", "", "", "", "", _short(why.bias)
    yield "value", "", "", "", "", _short(why.value)


def _reasons(query: Query) -> Iterable[Row]:
    """Every number of the three pictures that say why."""
    found = told.asked_reasons(query)
    yield "picture", "row", "column", "value"
    pictures = [("saliency", found.saliency), (f"Grad-CAM of {found.layer}", found.cam)]
    if not isinstance(found.shares, str):
        pictures.append((f"probability with a patch of {found.size} hidden", found.shares))
    for name, values in pictures:
        for i, row in enumerate(values.tolist()):
            for j, value in enumerate(row):
                yield name, i, j, _short(value)


_WRITERS: dict[str, Callable[[Query], Iterable[Row]]] = {
    "predictions": _predictions,
    "changed": _changed,
    "map": _map,
    "filters": _filters,
    "pixel": _pixel,
    "reasons": _reasons,
}


def _said(prediction: Prediction) -> tuple[str, str]:
    return _short(prediction.probability), _short(prediction.score)


def _short(value: float) -> str:
    return f"{value:.6g}"
