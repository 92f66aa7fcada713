"""What the browser asks while runs are trained, past Streamlit: how they are, and their files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cnnviz.errors import CnnvizError
from cnnviz.training.curves import LAYERED, MEASURES, curves_csv
from cnnviz.ui.training import shared

MOST_RUNS = 160  # of one picture: eight curves with twenty seeds
_NUMBERS = re.compile(r"\d{1,9}(,\d{1,9})*")
_NEVER_STORED = {"Cache-Control": "no-store"}


def numbers(text: str) -> tuple[int, ...]:
    """Runs as a link says them: `1,2,3`. Raises CnnvizError."""
    text = text.replace(" ", "")
    if not text:
        return ()
    if not _NUMBERS.fullmatch(text):
        raise CnnvizError(f"runs are numbers with commas between, such as 1,2,3; got {text!r:.60}")
    found = tuple(dict.fromkeys(map(int, text.split(","))))
    if len(found) > MOST_RUNS:
        raise CnnvizError(f"a picture shows at most {MOST_RUNS} runs, got {len(found)}")
    return found


def joined(link: str, runs: Iterable[int]) -> str:
    """What a link says of runs, with these behind; the newest, where a picture would have too many."""
    try:
        before = numbers(link)
    except CnnvizError:  # the page says what is wrong with it
        before = ()
    every = list(dict.fromkeys((*before, *runs)))
    return ",".join(map(str, every[-MOST_RUNS:]))


def _files() -> dict[str, tuple[Callable[[tuple[int, ...]], str], str]]:
    """How each file is written, and its type."""
    from cnnviz.training.exports import to_csv, to_json

    store = shared.store()
    return {
        "curves.csv": (lambda runs: curves_csv(shared.board().histories(runs)), "text/csv"),
        "records.csv": (lambda runs: to_csv(store, store.some(runs)), "text/csv"),
        "runs.json": (lambda runs: to_json(store, store.some(runs)), "application/json"),
    }


async def told(request: Request) -> Response:
    """How runs are: `/api/runs?ids=1,2&show=train_error&had=12,0&smooth=0.5`."""
    query = request.query_params
    try:
        runs = numbers(query.get("ids", ""))
        had = tuple(map(int, query["had"].split(","))) if query.get("had") else ()
        smoothing = round(float(query.get("smooth", 0)), 3)
        show = query.get("show", "")
        if len(had) > MOST_RUNS or not {*show.split(",")} <= {"", *MEASURES, *LAYERED}:
            raise CnnvizError(f"show is one or more of {', '.join((*MEASURES, *LAYERED))}")
    except (CnnvizError, ValueError) as error:
        return JSONResponse({"error": str(error)}, 400, headers=_NEVER_STORED)
    return await _answered(lambda: shared.board().answer(runs, show, had, smoothing), "application/json")


async def file(request: Request) -> Response:
    """The runs as a file: `/api/runs/records.csv?ids=1,2`."""
    name = request.path_params["name"]
    try:
        files = _files()
        if name not in files:
            return JSONResponse({"error": f"files are {', '.join(files)}"}, 404, headers=_NEVER_STORED)
        write, kind = files[name]
        runs = numbers(request.query_params.get("ids", ""))
    except CnnvizError as error:
        return JSONResponse({"error": str(error)}, 400, headers=_NEVER_STORED)
    made = await _answered(lambda: write(runs).encode(), f"{kind}; charset=utf-8")
    if made.status_code == 200:
        made.headers["Content-Disposition"] = f'attachment; filename="cnnviz-{name}"'
    return made


async def _answered(made: Callable[[], bytes], kind: str) -> Response:
    try:
        body = await anyio.to_thread.run_sync(made)
    except CnnvizError as error:
        return JSONResponse({"error": str(error)}, 503, headers=_NEVER_STORED)
    return Response(body, media_type=kind, headers=_NEVER_STORED)
