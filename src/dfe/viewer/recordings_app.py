"""The viewer's addresses: its pages, and the answers that their scripts ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dfe.atlas.head import pack_head
from dfe.base.errors import UsageError
from dfe.draw.colours import heat_stops
from dfe.report.people import heat_mm
from dfe.viewer.app import LocalApp, json_body, local_app, page
from dfe.viewer.overview import Overview
from dfe.viewer.shelf import Shelf
from dfe.viewer.viewing import Viewing

BLOCK = "application/octet-stream"
SHOWN = "X-Shown"
"""Header that tells the page which state its charts draw, see :meth:`dfe.viewer.viewing.Viewing.state`."""
FACES = 2.0
"""The colours of whole faces reach so many times as far as those of single displays: several add up."""


def recordings_app(viewing: Viewing) -> LocalApp:
    """The application of a viewer."""
    return local_app(Answers(viewing).routes())


class Answers:
    """What is answered at each address."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.shelf = Shelf()
        self.overview = Overview(viewing)

    def routes(self) -> list[Route]:
        """All of them. What needs a while runs in threads, so that a video goes on being served."""
        one = "/recordings/{key:int}"
        return [
            Route("/", self.home),
            Route("/quality", self.quality),
            Route(one, self.recording),
            Route(f"{one}/data", self.data),
            Route(f"{one}/state", self.state),
            Route(f"{one}/head", self.head),
            Route(f"{one}/film", self.film),
            Route(f"{one}/points", self.points),
            Route(f"{one}/labels", self.labels),
            Route(f"{one}/copy", self.copy, methods=["POST"]),
            Route(f"{one}/chosen", self.chosen, methods=["POST"]),
            Route(f"{one}/occurrences", self.occurrences, methods=["POST"]),
            Route(f"{one}/edit", self.edit, methods=["POST"]),
            Route("/undo", self.undo, methods=["POST"]),
            self.shelf.route,
        ]

    def home(self, _request: Request) -> Response:
        """The table of all recordings; the only recording itself where there is one alone."""
        if len(self.viewing.library.entries) == 1:
            return RedirectResponse("/recordings/0", 303)
        self.overview.start()
        return page("viewer/overview.html.jinja", **self.overview.values())

    def quality(self, request: Request) -> Response:
        """The rows of the table as far as they are known, unless the page has them."""
        self.overview.start()
        return JSONResponse(self.overview.told(request.query_params.get("version", "")))

    def recording(self, request: Request) -> Response:
        """The page of a recording. It is sent at once and asks for the rest."""
        entry = self.viewing.entry(_key(request))
        several = len(self.viewing.library.entries) > 1
        return page("viewer/recording.html.jinja", name=entry.name, key=entry.key, several=several)

    def data(self, request: Request) -> Response:
        """All that its charts draw."""
        key = _key(request)
        # Asked for first: of a change in between the page learns by asking for the state again.
        shown = self.viewing.state(key)["charts"]
        return Response(self.viewing.opened(key).block, media_type=BLOCK, headers={SHOWN: shown})

    def state(self, request: Request) -> Response:
        """Whether another program has changed what the page shows."""
        self.viewing.look_again()
        return JSONResponse(self.viewing.state(_key(request)))

    def head(self, request: Request) -> Response:
        """The head that its displays move, and the colours of movement."""
        made = self.viewing.opened(_key(request)).tokenizer
        if made is None or not made.space.has_surface:
            return JSONResponse({"head": None, "stops": [], "additive": True})
        most = FACES * heat_mm(made)
        head = pack_head(made.space, made.templates()[1:], made.neutral, most)
        stops = [[mm, colour] for mm, colour in heat_stops(most)]
        return JSONResponse({"head": head, "stops": stops, "additive": made.agreeing})

    def film(self, request: Request) -> Response:
        """Where its video is, or why there is none."""
        key = _key(request)
        found = self.viewing.film(key)
        if found.path is None:
            return JSONResponse({"url": None, "said": found.said, "plays": False, "copy": None})
        copy = self.viewing.copy(key)
        path = copy.target if copy.state == "ready" else found.path
        plays = found.plays or copy.state == "ready"
        return JSONResponse({"url": self.shelf.put(path), "said": found.said, "plays": plays, "copy": copy.told()})

    def copy(self, request: Request) -> Response:
        """Begin a copy of its video that browsers play."""
        self.viewing.copy(_key(request)).start()
        return JSONResponse({"state": "working"})

    def points(self, request: Request) -> Response:
        """Landmarks of a stretch of frames."""
        first, count = (_number(request, name) for name in ("first", "count"))
        return Response(self.viewing.landmarks(_key(request), first, count), media_type=BLOCK)

    def labels(self, request: Request) -> Response:
        """Roles, windows and files of a recording."""
        return JSONResponse(self.viewing.labels(_key(request)))

    async def chosen(self, request: Request) -> Response:
        """Counts, rates and shares of a stretch."""
        sent = await json_body(request)
        face, start, end = sent.get("face"), sent.get("start_s"), sent.get("end_s")
        if not isinstance(face, int) or not all(isinstance(at, int | float) for at in (start, end)):
            raise UsageError("the page asked for no stretch of a face")
        return await _threaded(self.viewing.chosen, _key(request), face, float(start or 0), float(end or 0))

    async def occurrences(self, request: Request) -> Response:
        """Every occurrence of a display in the corpus, as far as it was looked through."""
        tokens = (await json_body(request)).get("tokens")
        good = isinstance(tokens, list) and all(isinstance(one, str) and 0 < len(one) < 200 for one in tokens)
        if not good or not tokens:
            raise UsageError("the page asked for no display")
        return await _threaded(self.viewing.occurrences, _key(request), tokens)

    async def edit(self, request: Request) -> Response:
        """A change, saved."""
        sent = await json_body(request)
        said = await run_in_threadpool(self.viewing.edit, _key(request), sent)
        return JSONResponse({"said": said, "undo": self.viewing.history.last})

    async def undo(self, _request: Request) -> Response:
        """The last change, taken back."""
        said = await run_in_threadpool(self.viewing.undo)
        return JSONResponse({"said": said, "undo": self.viewing.history.last})


async def _threaded(work: Callable[..., Any], *given: Any) -> Response:
    found = await run_in_threadpool(work, *given)
    return Response(json.dumps(found, allow_nan=False), media_type="application/json")


def _key(request: Request) -> int:
    return int(request.path_params["key"])


def _number(request: Request, name: str) -> int:
    value = request.query_params.get(name, "")
    if not value.isdecimal() or len(value) > 9:
        raise UsageError(f"{name} is no number")
    return int(value)
