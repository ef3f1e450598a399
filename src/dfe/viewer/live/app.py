"""The page of `dfe live`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from dfe.atlas.head import pack_head
from dfe.displays.vocabulary import vocabulary_of
from dfe.draw.colours import heat_stops
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.viewer.app import LocalApp, local_app, page
from dfe.viewer.live.session import REST_S, TROUBLE, LiveOptions, Session
from dfe.viewer.live.talk import Talk

HEAT_MM = 8.0
"""Hot end of the colours of movement: a broad smile moves the corners of the mouth so far."""


def live_app(options: LiveOptions, say: Callable[[str], None]) -> LocalApp:
    """The application that shows the camera.

    Args:
        options: how it is looked at, and where recordings go.
        say: told what a user at the terminal should know.

    Raises:
        DfeError: as of :class:`~dfe.viewer.live.session.Session`.
    """
    first = Session(options, say)  # what is wrong with the options is known before a page is opened
    tokenizer = first.tokenizer
    about = _about(options, tokenizer)
    head = JSONResponse(_head(tokenizer)).body

    async def home(_request: Request) -> Response:
        return page("viewer/live.html.jinja", about=about, stops=heat_stops(HEAT_MM))

    async def packed(_request: Request) -> Response:
        return Response(head, media_type="application/json")

    routes = [
        Route("/", home),
        Route("/head", packed),
        WebSocketRoute("/talk", Talk(lambda: Session(options, say), say).serve),
    ]
    return local_app(routes, camera=True)


def _about(options: LiveOptions, tokenizer: Tokenizer) -> dict[str, Any]:
    words = vocabulary_of(tokenizer)
    return {
        "tokenizer": tokenizer.id,
        "names": {str(number): name.label for number, name in words.names.items()},
        "regions": {str(number): name.region for number, name in words.names.items()},
        "countedAs": {str(number): words.counted_as(number) for number in range(1, words.size + 1)},
        "unsteady": sorted(words.unsteady),
        "folder": str(options.out),
        "restSeconds": REST_S,
        "trouble": TROUBLE,
    }


def _head(tokenizer: Tokenizer) -> dict[str, Any]:
    space = tokenizer.space
    each = np.eye(space.dimension, dtype=np.float32)
    return pack_head(space, each, np.zeros(space.dimension, np.float32), HEAT_MM) or {}
