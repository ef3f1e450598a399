"""Serving a local page: on this machine only, until it is told to stop."""

from __future__ import annotations

import errno
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from dfe.base.errors import DfeError
from dfe.viewer.app import LocalApp
from dfe.viewer.guard import TOKEN

LOOPBACK = "127.0.0.1"
_GRACE_S = 2
"""Open videos and web sockets are cut this long after the end was asked for."""
_AT_ONCE = 64
_HEAD_BYTES = 16 * 1024


class Server:
    """A local application on a port of this machine.

    The port is taken when it is made, so that two runs cannot get the same one.

    Args:
        local: the application.
        port: 0 for one that is free.

    Raises:
        DfeError: the port is taken, or may not be used.
    """

    def __init__(self, local: LocalApp, port: int = 0) -> None:
        self._socket = _listen(port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                local.guard,
                http="h11",
                ws="auto",
                ws_max_size=local.guard.limits.body,
                ws_per_message_deflate=False,
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_AT_ONCE,
                h11_max_incomplete_event_size=_HEAD_BYTES,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}/?{TOKEN}={local.token}"
        """The address to open, with the token."""

    def run(self) -> None:
        """Answer until :meth:`stop`, or a signal that asks this process to end; then close everything."""
        with self._socket, _signals_end():
            self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Let :meth:`run` end; from any thread."""
        self._server.should_exit = True

    @contextmanager
    def in_background(self) -> Iterator[str]:
        """Answer in a thread while the block runs; gives the address."""
        thread = threading.Thread(target=self.run, name="local page", daemon=True)
        thread.start()
        try:
            yield self.url
        finally:
            self.stop()
            thread.join(_GRACE_S + 28)


def serve(local: LocalApp, port: int = 0, *, open_browser: bool = True, say: Callable[[str], None] = print) -> None:
    """Serve until Ctrl+C or SIGTERM, both of which end it in order.

    Args:
        local: the application.
        port: 0 for one that is free.
        open_browser: show the page in the user's browser.
        say: told the address, and how to end.

    Raises:
        DfeError: the port is taken, or may not be used.
    """
    server = Server(local, port)
    say(f"{server.url}")
    say("This address works on this computer only, until Ctrl+C ends it.")
    if open_browser:
        # Browsers that run in the terminal would hold up the server.
        threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
    server.run()


def _listen(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((LOOPBACK, port))
        found.listen(_AT_ONCE)
    except (OSError, OverflowError) as error:
        found.close()
        advice = "choose another with --port, or leave --port out"
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise DfeError(f"port {port} is taken", advice=advice) from error
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM):
            raise DfeError(f"port {port} may not be used", advice=advice) from error
        raise DfeError(f"there is no port {port}", advice=advice) from error
    return found


@contextmanager
def _signals_end() -> Iterator[None]:
    """While the block runs, signals that ask for the end do what the server makes of them, and no more.

    The server, once closed, sends itself the signals again that it was ended by; here that would only look like a
    failure.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ended(_number: int, _frame: FrameType | None) -> None:
        return

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, ended) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
