"""The web socket between page and session: few pictures wait, and the oldest of too many are left out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from dfe.base.errors import DfeError, UsageError
from dfe.viewer.live.message import read_sent
from dfe.viewer.live.session import Session

_REFUSED, _BUSY = 1008, 1013
_PICTURES = 2
"""Pictures that wait, at most."""


class Talk:
    """Talks with one page at a time.

    Args:
        session: makes what one page sees; one for each page that connects.
        say: told of what should never happen.
    """

    def __init__(self, session: Callable[[], Session], say: Callable[[str], None]) -> None:
        self._make, self._say = session, say
        self._taken = False
        # One thread, since frames are followed in their order.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="camera")

    async def serve(self, line: WebSocket) -> None:
        """Serve a page until it goes."""
        await line.accept()
        if self._taken:
            await line.send_json({"problem": "The camera is shown in another tab already; close that one first."})
            await line.close(_BUSY)
            return
        self._taken = True
        session: Session | None = None
        try:
            session = await self._run(self._make)
            await line.send_json(session.state())
            await self._serve(line, session)
        except WebSocketDisconnect:
            pass
        except DfeError as error:
            await line.send_json({"problem": str(error)})
            await line.close(_REFUSED)
        except Exception as error:
            self._say(f"an error of dfe itself ({type(error).__name__}: {error}); please report it")
            raise
        finally:
            self._taken = False
            if session is not None:
                self._thread.submit(session.end).result()

    async def _serve(self, line: WebSocket, session: Session) -> None:
        waiting = _Waiting()
        reader = asyncio.create_task(_read(line, waiting))
        try:
            while True:
                asked = await waiting.take()
                if asked is None:
                    return
                told = await (self._answer(session, asked) if isinstance(asked, str) else self._look(session, asked))
                await _send(line, told)
        finally:
            reader.cancel()

    async def _answer(self, session: Session, words: str) -> dict[str, Any]:
        try:
            told: dict[str, Any] = await self._run(_do, session, words)
        except DfeError as error:
            return session.state() | {"problem": str(error)}
        return told

    async def _look(self, session: Session, picture: bytes) -> dict[str, Any]:
        try:
            shown: dict[str, Any] = await self._run(lambda: session.look(read_sent(picture)))
        except UsageError as error:
            return session.state() | {"problem": str(error), "refused": True}
        return shown

    async def _run(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)


class _Waiting:
    """What came from the page and was not dealt with yet, in its order: all words, and the newest pictures."""

    def __init__(self) -> None:
        self._due: list[str | bytes] = []
        self._there = asyncio.Event()
        self._ended = False

    def put(self, message: dict[str, Any]) -> None:
        if message.get("bytes") is not None:
            pictures = [i for i, one in enumerate(self._due) if isinstance(one, bytes)]
            if len(pictures) == _PICTURES:
                del self._due[pictures[0]]
            self._due.append(message["bytes"])
        elif message.get("text") is not None:
            self._due.append(message["text"])
        self._there.set()

    def end(self) -> None:
        self._ended = True
        self._there.set()

    async def take(self) -> str | bytes | None:
        """The next; None once the page has gone, whatever it had still sent."""
        while not self._due and not self._ended:
            self._there.clear()
            await self._there.wait()
        return None if self._ended else self._due.pop(0)


async def _send(line: WebSocket, told: dict[str, Any]) -> None:
    """Answer the page; one that has gone meanwhile, which the server tells in a way of its own, is gone."""
    try:
        await line.send_json(told)
    except RuntimeError as error:
        raise WebSocketDisconnect(1006) from error


async def _read(line: WebSocket, waiting: _Waiting) -> None:
    while True:
        message = await line.receive()
        if message["type"] == "websocket.disconnect":
            waiting.end()
            return
        waiting.put(dict(message))


def _do(session: Session, words: str) -> dict[str, Any]:
    """What the page asks for between pictures.

    Raises:
        DfeError: it cannot be done; what is no such wish is a :class:`UsageError`.
    """
    try:
        asked = json.loads(words)
    except (ValueError, RecursionError):
        raise UsageError("what the page sent is no JSON") from None
    if not isinstance(asked, dict):
        raise UsageError("what the page sent is no wish")
    name = asked.get("name", "")
    if not isinstance(name, str):
        raise UsageError("the name of a recording is a text")
    match asked.get("do"):
        case "rest":
            return session.rest()
        case "anew":
            return session.start_anew()
        case "record":
            return session.record(
                name, consent=asked.get("consent") is True, begins_at_rest=asked.get("begins_at_rest") is True
            )
        case "stop":
            return session.stop()
        case "write":
            return session.write_again(name)
        case "discard":
            return session.discard()
        case "trouble":
            return session.trouble(str(asked.get("kind")))
    raise UsageError("what the page sent is no wish")
