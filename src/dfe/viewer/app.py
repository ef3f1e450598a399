"""A local application: pages, scripts and answers behind the guard, with one token a run."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dfe.base.errors import DfeError, UsageError
from dfe.base.printable import printable
from dfe.pages.page import render
from dfe.viewer.guard import Guard, Limits

ASSETS = "/assets/{room}/{file}"
LIMITS = Limits()
_ROOMS = ("atlas", "pages", "report", "viewer")
"""Rooms whose folder ``static`` pages may ask for."""
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_ASSET = re.compile(r"[a-z0-9_]+\.(js|css|svg)")


class LocalApp(NamedTuple):
    """What :func:`dfe.viewer.serve.serve` serves."""

    guard: Guard
    """The whole application, guarded: an ASGI application."""
    token: str


def local_app(
    routes: Sequence[BaseRoute],
    *,
    camera: bool = False,
    limits: Limits = LIMITS,
) -> LocalApp:
    """An application of these routes behind a guard, with a token of its own.

    A :class:`DfeError` that an endpoint raises is answered with its line, as JSON ``{"error": ...}`` and status 400
    (:class:`UsageError`) or 422. Style sheets and scripts of :data:`_ROOMS` are at ``/assets/ROOM/FILE``.

    Args:
        routes: starlette's routes; one of them should answer ``/``.
        camera: the pages may ask for the camera.
        limits: sizes of addresses and bodies, in bytes.
    """
    held = {(room, file): content for room in _ROOMS for file, content in _static(room)}

    async def asset(request: Request) -> Response:
        name = request.path_params["room"], request.path_params["file"]
        if name not in held:
            raise HTTPException(404)
        kind = _KINDS["." + name[1].rpartition(".")[2]]
        return Response(held[name], media_type=kind)

    inner = Starlette(
        routes=[*routes, Route(ASSETS, asset)],
        exception_handlers={DfeError: _told, HTTPException: _refused, Exception: _failed},
    )
    inner.router.redirect_slashes = False
    token = secrets.token_urlsafe(24)
    return LocalApp(Guard(inner, token, camera, limits), token)


def page(template: str, **values: Any) -> HTMLResponse:
    """A page from a template that extends ``viewer/shell.html.jinja``; all values are escaped."""
    return HTMLResponse(render(template, **values))


async def json_body(request: Request) -> dict[str, Any]:
    """The object that a request holds as JSON.

    Raises:
        UsageError: it is no JSON, holds numbers that are not finite, or is no object.
    """
    try:
        value = json.loads(await request.body(), parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        raise UsageError("what was sent is no JSON") from error
    if not isinstance(value, dict):
        raise UsageError("what was sent is no JSON object")
    return value


def _static(room: str) -> list[tuple[str, bytes]]:
    folder = files("dfe").joinpath(room, "static")
    if not folder.is_dir():
        return []
    return [(one.name, one.read_bytes()) for one in folder.iterdir() if _ASSET.fullmatch(one.name)]


def _not_finite(word: str) -> float:
    raise ValueError(f"{word} is no number")


async def _told(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400 if isinstance(error, UsageError) else 422)


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = {
        404: "There is nothing here.",
        405: "This page knows no such method.",
        413: "The request is too large.",
    }.get(status, "This cannot be done.")
    return JSONResponse({"error": words}, status)


async def _failed(_request: Request, error: Exception) -> Response:
    what = printable(f"{type(error).__name__}: {error}")
    return JSONResponse({"error": f"an error of dfe itself ({what}); please report it"}, 500)
