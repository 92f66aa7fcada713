"""What surrounds the app on the server: compressed files, headers, a script, prompt answers, a warm start."""

from __future__ import annotations

import base64
import functools
import gc
import gzip
import hashlib
import importlib
import mimetypes
import os
import re
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio.to_thread
import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, file_util
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from cnnviz.targets.offered import offered
from cnnviz.ui import APP_FOLDER, block_graph
from cnnviz.ui.addresses import base_path, below_base
from cnnviz.ui.convolving import component as convolving_window

MAIN_SCRIPT = Path(__file__).parent / "main.py"
_COMPRESSIBLE = {".js", ".css", ".json", ".svg", ".wasm", ".map", ".txt"}
_ROUTES = (  # address, module of the answer, its function, method
    ("/api/runs", "cnnviz.ui.training.routes", "told", "GET"),
    ("/api/runs/{name}", "cnnviz.ui.training.routes", "file", "GET"),
    ("/api/measurements/{number:int}", "cnnviz.ui.measuring", "answer", "GET"),
    ("/api/inside/image", "cnnviz.ui.looking.routes", "image", "POST"),
    ("/api/inside/{name}", "cnnviz.ui.looking.routes", "told_of", "GET"),
)
_FOR_GOOD = "public, max-age=31536000, immutable"  # addresses hold a digest of the contents


class CompressedFiles:
    """Serves the frontend's files gzipped, each compressed once.

    Streamlit serves its bundle as it lies on the disk: a first visit is 9.9 MB, and 3.4 MB this way, at a
    quarter of the server's time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._sources = dict(_sources())
        self._bodies: dict[str, bytes] = {}
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._name(scope)
        if name is None:
            await self.app(scope, receive, send)
            return
        headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
        if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = self._bodies.get(name) or await anyio.to_thread.run_sync(self._compressed, name)
        else:
            body = await anyio.to_thread.run_sync(self._sources[name])
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        await Response(body, media_type=kind, headers=headers)(scope, receive, send)

    def _name(self, scope: Scope) -> str | None:
        """The file asked for, where this one answers: a key of `_sources`, so no path reaches the disk."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return None
        name = str(scope["path"]).removeprefix(base_path())
        return name if name in self._sources else None

    def _compressed(self, name: str) -> bytes:
        with self._lock:  # a lecture hall arrives at once: the first visitor compresses, the others wait
            if name not in self._bodies:
                self._bodies[name] = gzip.compress(self._sources[name](), compresslevel=9, mtime=0)
            return self._bodies[name]


class PageScript:
    """Adds our script to the page that Streamlit serves, in front of its own: what it is for stands in it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._pages = {"", "home", *(file.stem for file in (APP_FOLDER / "pages").glob("*.py"))}
        source = below_base(f"{block_graph.ADDRESS}history.js")
        self._tag = f'<script type="module" src="{source}"></script>\n  '.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._asks_for_page(scope):
            await self.app(scope, receive, send)
            return
        squeezed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def send_with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                page = self._with_script(start, body, squeezed=squeezed)
                await send(start)
                await send({**message, "body": page})

        await self.app({**scope, "headers": plain}, receive, send_with_script)

    def _with_script(self, start: Message, body: bytes, *, squeezed: bool) -> bytes:
        """The page; its headers are mended. Whatever else is answered stays as it is."""
        headers = MutableHeaders(raw=start["headers"])
        if not body or not headers.get("content-type", "").startswith("text/html"):  # a HEAD has no body
            return body
        page = body.replace(b"<script", self._tag + b"<script", 1)
        if squeezed:
            page = gzip.compress(page, mtime=0)
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(page))
        for name in ("etag", "last-modified"):  # of the page without the script
            del headers[name]
        start["headers"] = headers.raw
        return page

    def _asks_for_page(self, scope: Scope) -> bool:
        """Files that visitors save, which may be HTML too, have other addresses."""
        path = str(scope.get("path", "")).removeprefix(base_path()).strip("/")
        return scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and path in self._pages


class SecurityHeaders:
    """Adds the headers that tell the browser what this site never does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._headers = _security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Runs once per process, when the server starts."""
    _answer_without_delay()
    offered()  # what the operator named is resolved now, and what does not work is told
    _spell_theme_once()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    yield
    if shared := sys.modules.get("cnnviz.ui.training.shared"):
        shared.close()


def middleware() -> list[Middleware]:
    return [Middleware(SecurityHeaders), Middleware(CompressedFiles), Middleware(PageScript)]


def routes() -> list[BaseRoute]:
    """What browsers ask past Streamlit."""
    base = base_path()
    return [
        Route(base + path, _later(module, name), methods=[method]) for path, module, name, method in _ROUTES
    ]


def _later(home: str, name: str) -> Callable[[Request], Awaitable[Response]]:
    """The answer of a function whose module is loaded when it is asked for the first time."""

    async def answer(request: Request) -> Response:
        module = await anyio.to_thread.run_sync(importlib.import_module, home)
        response: Response = await getattr(module, name)(request)
        return response

    return answer


def settings_beside(launcher: str) -> None:
    """Makes `.streamlit/config.toml` beside the launcher count, however the server is started.

    `streamlit run` and `App.run` look there by themselves; under plain uvicorn Streamlit would look beside
    `main.py` and in the working directory only.
    """
    if config._main_script_path is None:
        config._main_script_path = str(Path(launcher).resolve())


def _sources() -> Iterator[tuple[str, Callable[[], bytes]]]:
    static = Path(file_util.get_static_dir())
    for file in (static / "static").rglob("*"):
        if file.suffix in _COMPRESSIBLE:
            yield "/" + file.relative_to(static).as_posix(), file.read_bytes
    for part in (block_graph, convolving_window):
        for name, body in part.ASSETS.items():
            yield part.ADDRESS + name, body.__bytes__


def _security_headers() -> dict[str, str]:
    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    # Streamlit's page has a small inline script; its digest lets that one run and no other.
    inline = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    ]
    # Lecturers show pages inside their course site (?embed=true), wherever that is. There are no accounts,
    # no cookies that grant anything and no actions on behalf of the visitor, so a hostile frame has nothing
    # to steal. A site that wants less names the addresses that may frame it.
    ancestors = os.environ.get("CNNVIZ_FRAME_ANCESTORS", "*")
    policy = {
        "default-src": "'self'",
        # blob: a component's own script; wasm: Graphviz
        "script-src": " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *inline]),
        "style-src": "'self' 'unsafe-inline'",  # Streamlit's and plotly's styles are made in the browser
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' ws: wss: data: blob:",  # older Safari does not count the websocket as 'self'
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": ancestors,
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    }


def _answer_without_delay() -> None:
    """Turns Nagle's algorithm off: with it a quick follow-up click takes 51 ms instead of 14.

    asyncio does so for sockets that it made itself, but not for those that `streamlit run` and
    `uvicorn --workers` hand in; connections inherit the option from the socket that accepts them.
    """
    for thing in gc.get_objects():
        # Not isinstance: that would ask every object in the process for its class, and some answer back.
        if not issubclass(type(thing), socket.socket) or thing.fileno() < 0:
            continue
        if thing.family in {socket.AF_INET, socket.AF_INET6} and thing.type == socket.SOCK_STREAM:
            thing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _spell_theme_once() -> None:
    """Keeps the theme as Streamlit spells it out for the browser: anew for every run, a twentieth of a step.

    Settings are read at the start and stay; where Streamlit has no such function, all stays as it is.
    """
    spelt: Any = getattr(app_session, "_populate_theme_msg", None)
    if spelt is None or hasattr(spelt, "__wrapped__"):
        return

    @functools.cache
    def known(section: str) -> CustomThemeConfig:
        theme = CustomThemeConfig()
        spelt(theme, section)
        return theme

    @functools.wraps(spelt)
    def populate(message: CustomThemeConfig, section: str = "theme") -> None:
        theme = known(section)
        if theme.ByteSize():  # merging nothing would say that there is such a section
            message.MergeFrom(theme)

    app_session._populate_theme_msg = cast(Any, populate)


def _warm_up() -> None:
    """Imports what pages need before the first visitor does; torch last, as only options need it."""
    for module in ("pandas", "pyarrow", "plotly.graph_objects", "cnnviz", "torch"):
        importlib.import_module(module)
    # What is imported by now stays: the garbage collector need not look through it ever again.
    gc.collect()
    gc.freeze()
