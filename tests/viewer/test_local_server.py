"""The server of local pages: who may speak to it, and how it starts and ends."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

pytest.importorskip("uvicorn", reason="needs the extra viewer")
pytest.importorskip("websockets", reason="needs the extra viewer")

from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dfe.base.errors import DfeError, MediaError
from dfe.viewer.app import json_body, local_app
from dfe.viewer.guard import Limits
from dfe.viewer.serve import Server, serve
from dfe.viewer.shelf import Shelf
from made_processes import until

BODY = 2000
FILM = bytes(range(256)) * 40


class Door:
    """A served application, asked by hand: nothing between a test and the bytes of its request."""

    def __init__(self, url, secret):
        parts = urlsplit(url)
        self.port, self.token, self.secret = parts.port, parts.query.removeprefix("token="), secret
        self.host = f"127.0.0.1:{self.port}"
        self.own = {"Cookie": f"dfe-{self.port}={self.token}"}

    def ask(self, path, method="GET", body=None, host=None, **headers):
        given = {**self.own, "Host": host or self.host, **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, given)
            found = connection.getresponse()
            return found, found.read()
        finally:
            connection.close()

    def raw(self, sent):
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as line:
            line.sendall(sent)
            return line.recv(4096)


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    film = folder / "a film.mp4"
    film.write_bytes(FILM)
    shelf = Shelf()

    async def home(_request):
        return Response("home", media_type="text/html")

    async def echo(request):
        return JSONResponse(await json_body(request))

    async def wrong(request):
        raise MediaError("cannot be <b>read</b>", where=request.path_params["name"])

    async def broken(_request):
        raise KeyError("inside")

    async def talk(line):
        await line.accept()
        await line.send_text(await line.receive_text())
        await line.close()

    routes = [
        Route("/", home),
        Route("/echo", echo, methods=["POST"]),
        Route("/wrong/{name}", wrong),
        Route("/broken", broken),
        WebSocketRoute("/talk", talk),
        shelf.route,
    ]
    server = Server(local_app(routes, limits=Limits(address=300, body=BODY)))
    with server.in_background() as url:
        yield Door(url, shelf.put(film))


def test_the_token_opens_the_page_once_and_a_cookie_from_then_on(door):
    found, _ = door.ask(f"/?token={door.token}", Cookie="")
    assert (found.status, found.headers["Location"]) == (303, "/")
    cookie = found.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    found, body = door.ask("/", Cookie=cookie.partition(";")[0])
    assert (found.status, body) == (200, b"home")


def test_a_link_on_another_page_may_open_ours_but_is_led_on_by_our_own_page(door):
    way = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    found, body = door.ask(f"/?token={door.token}", Cookie="", **way)
    assert found.status == 200
    assert b'http-equiv="refresh"' in body


@pytest.mark.parametrize("given", ["", "dfe-1=x", "dfe-{port}=", "dfe-{port}=wrong", "dfe-{port}=é", "a" * 500, ";;=;"])
def test_without_the_token_there_is_nothing(door, given):
    found, body = door.ask("/", Cookie=given.format(port=door.port).encode("latin-1"))
    assert found.status == 403
    assert b"home" not in body


@pytest.mark.parametrize("token", ["", "wrong", "%00", "%C3%A9"])
def test_a_wrong_token_in_the_address_is_refused(door, token):
    assert door.ask(f"/?token={token}", Cookie="")[0].status == 403


def test_the_token_in_the_address_opens_nothing_but_the_first_page(door):
    assert door.ask(f"{door.secret}?token={door.token}", Cookie="")[0].status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", "x@127.0.0.1:{port}"]
)
def test_another_host_is_refused_even_with_the_token(door, host):
    assert door.ask("/", host=host.format(port=door.port))[0].status == 421


def test_localhost_is_this_machine_too(door):
    assert door.ask("/", host=f"LocalHost:{door.port}")[0].status == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}"],
)
def test_another_origin_is_refused_even_with_the_token(door, origin):
    origin = origin.format(port=door.port)
    assert door.ask("/", Origin=origin)[0].status == 403
    assert door.ask("/echo", "POST", b"{}", Origin=origin)[0].status == 403
    with pytest.raises(InvalidStatus):
        connect(f"ws://{door.host}/talk", additional_headers=door.own, origin=origin)


def test_who_changes_anything_has_to_say_where_it_comes_from(door):
    assert door.ask("/echo", "POST", b"{}")[0].status == 403
    assert door.ask("/echo", "POST", b"{}", Origin=f"http://{door.host}")[0].status == 200


def test_another_site_cannot_ask_for_pictures_or_films(door):
    for site in ("cross-site", "same-site"):
        assert door.ask(door.secret, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0].status == 403
    assert door.ask(door.secret, Sec_Fetch_Site="same-origin")[0].status == 200


def test_a_web_socket_needs_cookie_and_origin(door):
    own = f"http://{door.host}"
    with connect(f"ws://{door.host}/talk", additional_headers=door.own, origin=own) as line:
        line.send("hello")
        assert line.recv() == "hello"
    with pytest.raises(InvalidStatus):
        connect(f"ws://{door.host}/talk", origin=own)
    with pytest.raises(InvalidStatus):
        connect(f"ws://{door.host}/talk", additional_headers=door.own)


def test_every_answer_carries_the_rules(door):
    for path in ("/", "/nothing", "/broken", "/assets/pages/page.css", door.secret, "/wrong/x"):
        found, _ = door.ask(path)
        policy = found.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert found.headers["Referrer-Policy"] == "no-referrer"
        assert found.headers["Cache-Control"] == "no-store"
        assert "camera=()" in found.headers["Permissions-Policy"]
        assert "Server" not in found.headers
        assert "Access-Control-Allow-Origin" not in found.headers


@pytest.mark.parametrize(
    "path",
    [
        "/files/../../etc/passwd", "/files/..%2f..%2fetc%2fpasswd", "/files/%2e%2e/x", "/files//etc/passwd",
        "/files/%00", "/files/..\\x", "/assets/pages/../app.py", "/assets/../viewer/app.py", "/./",
        "/files/%0d%0aX-Evil:1",
    ],
)  # fmt: skip
def test_paths_that_climb_are_refused(door, path):
    assert door.ask(path)[0].status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/files/",
        "/files",
        "/assets/",
        "/assets/pages/",
        "/assets/base/files.py",
        "/assets/pages/page.py",
        "/files/a film.mp4".replace(" ", "%20"),
    ],
)
def test_there_are_no_lists_and_only_what_was_put_there(door, path):
    assert door.ask(path)[0].status == 404


def test_what_is_too_large_is_refused(door):
    own = {"Origin": f"http://{door.host}"}
    assert door.ask("/echo", "POST", b"{" + b" " * BODY, **own)[0].status == 413
    assert door.ask("/" + "a" * 400)[0].status == 414
    head = f"POST /echo HTTP/1.1\r\nHost: {door.host}\r\nCookie: {door.own['Cookie']}\r\nOrigin: http://{door.host}\r\n"
    chunks = b"".join(b"400\r\n" + b" " * 1024 + b"\r\n" for _ in range(4)) + b"0\r\n\r\n"
    assert door.raw(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks).startswith(b"HTTP/1.1 413")
    assert b"400" in door.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n")[:20]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x00\xa5\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
def test_malformed_requests_are_told_so_and_do_no_harm(door, sent):
    assert door.raw(sent).split(b"\r\n")[0].split()[1][:1] == b"4"
    assert door.ask("/")[0].status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 1900])
def test_what_is_no_json_object_is_refused_in_words(door, body):
    found, said = door.ask("/echo", "POST", body, Origin=f"http://{door.host}")
    assert found.status == 400
    assert "JSON" in json.loads(said)["error"]


def test_methods_that_the_page_does_not_know(door):
    assert door.ask("/", "TRACE")[0].status == 405
    assert door.ask("/", "DELETE", Origin=f"http://{door.host}")[0].status == 405


def test_script_in_a_name_comes_back_as_text(door):
    found, said = door.ask("/wrong/%3Cscript%3Ealert(1)%3C%2fscript%3E".replace("%2f", ""))
    assert found.status == 422
    assert found.headers["Content-Type"].startswith("application/json")
    assert json.loads(said)["error"].startswith("<script>")


def test_an_error_of_our_own_is_one_line_without_a_traceback(door, capfd):
    found, said = door.ask("/broken")
    assert found.status == 500
    assert "please report" in json.loads(said)["error"]
    assert b"Traceback" not in said
    assert "Traceback" not in capfd.readouterr().err


def test_a_film_comes_in_pieces(door):
    found, body = door.ask(door.secret)
    assert (found.status, body, found.headers["Accept-Ranges"]) == (200, FILM, "bytes")
    found, body = door.ask(door.secret, Range="bytes=100-199")
    assert (found.status, body) == (206, FILM[100:200])
    assert found.headers["Content-Range"] == f"bytes 100-199/{len(FILM)}"
    found, body = door.ask(door.secret, Range="bytes=-5")
    assert (found.status, body) == (206, FILM[-5:])
    assert door.ask(door.secret, Range=f"bytes={len(FILM)}-")[0].status == 416
    assert door.ask(door.secret, Range="bytes=x-y")[0].status == 400


def test_a_file_has_one_address_and_must_be_there(tmp_path):
    shelf = Shelf()
    film = tmp_path / "film.mp4"
    with pytest.raises(MediaError, match="there is no such file"):
        shelf.put(film)
    film.write_bytes(b"x")
    assert shelf.put(film) == shelf.put(tmp_path / "." / "film.mp4")


def test_a_taken_port_is_one_line():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(DfeError, match=f"port {port} is taken; choose another with --port"):
            serve(local_app([]), port, open_browser=False, say=lambda line: None)
    with pytest.raises(DfeError, match="there is no port 70000"):
        Server(local_app([]), 70000)


def test_it_listens_on_the_loopback_address_only():
    server = Server(local_app([]))
    with server.in_background():
        assert server._socket.getsockname()[0] == "127.0.0.1"


def answers(line):
    """Whether a server is there that answers, whatever it says."""
    try:
        line.request("GET", "/")
        line.getresponse().read()
    except OSError:
        line.close()
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_in_order(number):
    code = (
        "from dfe.viewer.app import local_app\n"
        "from dfe.viewer.serve import serve\n"
        "serve(local_app([]), open_browser=False, say=lambda line: print(line, flush=True))\n"
        "print('ended', flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        url = urlsplit(process.stdout.readline().strip())
        # An answer says that it minds signals; a connection that is taken does not.
        line = http.client.HTTPConnection("127.0.0.1", url.port, timeout=120)
        until(lambda: answers(line), 120)
        line.close()
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out.endswith("ended\n")
