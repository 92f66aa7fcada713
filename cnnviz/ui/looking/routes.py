"""What the browser asks past Streamlit while somebody looks into a network."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cnnviz.errors import CnnvizError
from cnnviz.ui.looking import kept, told
from cnnviz.ui.looking.saved import saved
from cnnviz.ui.looking.workers import worked_out

LONGEST = 6000  # letters of a question
_NEVER_STORED = {"Cache-Control": "no-store"}
_ANSWERS: dict[str, Callable[[told.Query], told.Told]] = {
    "network": told.of_network,
    "pass": told.of_pass,
    "maps": told.of_maps,
    "filters": told.of_filters,
    "pixel": told.of_pixel,
    "reasons": told.of_reasons,
    "occluded": told.of_occluded,
    "change": told.of_change,
}


async def told_of(request: Request) -> Response:
    """`/api/inside/maps?net=lenet5&image=test:3&layer=conv1`, and the like."""
    name, query = request.path_params["name"], dict(request.query_params)
    if len(str(request.url.query)) > LONGEST or name not in {*_ANSWERS, "values.csv"}:
        names = ", ".join(_ANSWERS)
        return _problem(f"what is told here is {names}", 404)
    try:
        body = await worked_out(_answered, name, query)
    except KeyError as error:
        return _problem(f"the question names no {error.args[0]}", 400)
    except kept.MissingImageError as error:
        # A browser notes an error for every other status, and this is none: it sends the image again.
        return JSONResponse({"missing": str(error)}, headers=_NEVER_STORED)
    except CnnvizError as error:
        return _problem(str(error), 400)
    if name.endswith(".csv"):
        headers = {**_NEVER_STORED, "Content-Disposition": "attachment"}  # the page's link has its name
        return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
    return Response(body, media_type="application/json", headers=_NEVER_STORED)


def _answered(name: str, query: dict[str, str]) -> bytes:
    if name.endswith(".csv"):
        return saved(query).encode()
    of = kept.network(query["net"])  # weights change where a run is trained on
    key = (name, of.key, *sorted(query.items()))

    def made() -> bytes:
        return json.dumps(_ANSWERS[name](query), ensure_ascii=False, separators=(",", ":")).encode()

    return kept.answers.once(key, made)


async def image(request: Request) -> Response:
    """Takes back a visitor's image that the server has forgotten: the body is what it gave out once."""
    contents = bytearray()
    async for part in request.stream():
        contents += part
        if len(contents) > kept.MOST_OWN_BYTES:
            return _problem("the image is too large: choose it anew", 413)
    try:
        name = await worked_out(kept.taken_back, bytes(contents))
    except CnnvizError as error:
        return _problem(f"{error}.", 400)
    return JSONResponse({"name": name}, headers=_NEVER_STORED)


def _problem(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status, headers=_NEVER_STORED)
