"""Who may speak to a local page: only this machine, only the pages that we sent, only with the token in the address.

A page on the loopback address can be reached by every web site that the same browser shows. Against these stand: the
`Host` that was asked for has to be the loopback address (a foreign name that resolves to it, DNS rebinding, is
refused); `Origin` has to be the page's own; and every request has to carry a random token, first in the address that
the terminal prints, then in a cookie that no script can read and no other site sends along (`SameSite=Strict`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN = "token"
"""Name of the token in the first address."""
READING = ("GET", "HEAD")
WRITING = ("POST", "PUT", "DELETE")

CONTENT: tuple[tuple[str, str], ...] = (
    ("default-src", "'none'"),
    ("script-src", "'self'"),
    ("style-src", "'self'"),
    ("img-src", "'self' data: blob:"),
    ("media-src", "'self' blob:"),
    ("connect-src", "'self'"),
    ("base-uri", "'none'"),
    ("form-action", "'none'"),
    ("frame-ancestors", "'none'"),
)
"""What our pages may load and run: nothing inline, and nothing from anywhere else."""

# Percent signs that would unfold to what parts a path, ends it, or climbs out of it; and controls.
_BAD_PATH = re.compile(rb"%(?:00|0[0-9a-f]|1[0-9a-f]|2e|2f|5c|7f)|\\|//|/\.{1,2}(?:/|$)|[\x00-\x20\x7f]", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How large what is asked for and sent may be, in bytes."""

    address: int = 4096
    body: int = 4 * 1024 * 1024
    """Of one request; of one message of a web socket, too (:mod:`dfe.viewer.serve`)."""


@dataclass(frozen=True)
class Guard:
    """An application behind the rules of this module: what does not keep them gets a line of plain text and 4xx.

    Args:
        app: what answers requests that may pass.
        token: the secret of this run.
        camera: pages may ask for the camera.
        limits: sizes, in bytes.
    """

    app: App
    token: str = field(repr=False)
    camera: bool = False
    limits: Limits = Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI says."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        host = own_host(scope, headers)
        refused = self._refused(scope, headers, host)
        if scope["type"] == "websocket":
            if refused is not None:
                await receive()
                await send({"type": "websocket.close", "code": 1008, "reason": refused[1]})
                return
            await self.app(scope, receive, send)
            return
        sending = self._with_headers(send, host)
        if refused is not None:
            await answer(sending, *refused)
        elif scope["path"] == "/" and TOKEN in _query(scope):
            await self._let_in(scope, headers, sending)
        else:
            await self.app(scope, self._counted(receive), sending)

    async def _let_in(self, scope: Scope, headers: dict[str, str], send: Send) -> None:
        """Give the cookie, and lead on to the address without the token, which bookmarks are not to keep."""
        cookie = f"{self._cookie(scope)}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        given = (b"set-cookie", cookie.encode())
        if headers.get("sec-fetch-site", "none") == "none":
            await answer(send, 303, "", [(b"location", b"/"), given])
        else:  # a strict cookie does not travel along a redirection that another page's link began
            words = '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>DFE</title>'
            await answer(send, 200, words, [given], kind=b"text/html")

    def _refused(self, scope: Scope, headers: dict[str, str], host: str | None) -> tuple[int, str] | None:
        """Status and words for what may not pass; None for what may."""
        if host is None:
            return 421, "This page answers to 127.0.0.1 only."
        origin = headers.get("origin")
        socket = scope["type"] == "websocket"
        method = "GET" if socket else scope["method"]
        if method not in READING + WRITING:
            return 405, "This page knows no such method."
        if (origin is not None or socket or method in WRITING) and origin != f"http://{host}":
            return 403, "Asked for by another site."
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _opens_page(scope, headers):
            return 403, "Asked for by another site."
        path = scope.get("raw_path") or scope["path"].encode()
        if len(path) + len(scope["query_string"]) > self.limits.address:
            return 414, "The address is too long."
        if _BAD_PATH.search(path):
            return 400, "There are no such addresses here."
        if not self._knows(scope, headers):
            return 403, "Open the address that the terminal shows, with its token."
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "The length of the request is no number."
        if int(length) > self.limits.body:
            return 413, "The request is too large."
        return None

    def _knows(self, scope: Scope, headers: dict[str, str]) -> bool:
        given = _query(scope).get(TOKEN, [""])[-1] if scope["path"] == "/" else ""
        if not given:
            try:
                morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie(scope))
            except CookieError:
                morsel = None
            given = "" if morsel is None else morsel.value
        return secrets.compare_digest(given.encode(), self.token.encode())

    @staticmethod
    def _cookie(scope: Scope) -> str:
        """Its name tells pages on several ports apart, among which browsers share cookies."""
        return f"dfe-{scope['server'][1]}"

    def _counted(self, receive: Receive) -> Receive:
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self.limits.body:  # more than its header said, or no header said how much
                raise HTTPException(413)
            return message

        return counted

    def _with_headers(self, send: Send, host: str | None) -> Send:
        added = self._headers(host)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in added]
                message = {**message, "headers": [*kept, *added.items()]}
            await send(message)

        return sent

    def _headers(self, host: str | None) -> dict[bytes, bytes]:
        rules = dict(CONTENT)
        if host is not None:
            rules["connect-src"] += f" ws://{host}"
        policy = "; ".join(f"{name} {value}" for name, value in rules.items())
        camera = "(self)" if self.camera else "()"
        return {
            b"content-security-policy": policy.encode(),
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"x-frame-options": b"DENY",
            b"cross-origin-opener-policy": b"same-origin",
            b"cross-origin-resource-policy": b"same-origin",
            b"permissions-policy": f"camera={camera}, microphone=(), geolocation=()".encode(),
            b"cache-control": b"no-store",
        }


def own_host(scope: Scope, headers: dict[str, str]) -> str | None:
    """The ``Host`` asked for, if it is this machine's loopback address and the port that was reached."""
    if not scope.get("server"):
        return None
    port = scope["server"][1]
    asked = headers.get("host", "").lower()
    return asked if asked in (f"127.0.0.1:{port}", f"localhost:{port}") else None


async def answer(
    send: Send, status: int, words: str, headers: Sequence[tuple[bytes, bytes]] = (), kind: bytes = b"text/plain"
) -> None:
    """A line of text."""
    body = f"{words}\n".encode() if words else b""
    own = [(b"content-type", kind + b"; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def _opens_page(scope: Scope, headers: dict[str, str]) -> bool:
    """Someone follows a link to the first page; it says nothing to the page that the link is on."""
    return scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"


def _headers(scope: Scope) -> dict[str, str]:
    """Headers by their names in small letters; several of one name are joined, and so equal nothing that we ask for."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joint = "; " if key == "cookie" else ", "
        found[key] = f"{found[key]}{joint}{text}" if key in found else text
    return found


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50) if scope["query_string"] else {}
