"""The camera's page and the program: what may be asked for, what is stored, and what a wrong word does."""

import json

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="needs the extra viewer")
pytest.importorskip("websockets", reason="needs the extra viewer")

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from dfe.base.errors import ModelError, OutputError, TableError, UsageError
from dfe.encoding.options import EncodeOptions
from dfe.recording.recording import Recording
from dfe.viewer.live.app import live_app
from dfe.viewer.live.message import read_sent
from dfe.viewer.live.session import TROUBLE, LiveOptions, Session
from dfe.viewer.serve import Server
from made_live import message
from made_processes import until


@pytest.fixture
def said():
    return []


@pytest.fixture
def session(tmp_path, said):
    return Session(LiveOptions(tmp_path / "out"), said.append)


def sent(number, milliseconds, image):
    return read_sent(message(number, milliseconds, image))


def show(session, frames, first=0, step=40, number=None):
    return [
        session.look(sent((number or first) + i, 1000 + step * (first + i), image)) for i, image in enumerate(frames)
    ]


def test_nothing_is_stored_until_it_is_asked_for(session, tmp_path, live_frames):
    told = show(session, live_frames[:3])
    assert told[-1]["recording"] is None
    assert told[-1]["found"]
    assert told[-1]["said"]
    session.end()
    assert not (tmp_path / "out").exists()


def test_a_recording_needs_consent(session):
    with pytest.raises(UsageError, match="everyone who is seen has agreed"):
        session.record(consent=False)


def test_a_recording_holds_the_frames_from_its_first_to_its_last(session, tmp_path, said, live_frames):
    show(session, live_frames[:2])
    assert session.record("pilot", consent=True)["recording"] == "pilot"
    told = show(session, live_frames[2:6], first=2)
    assert [one["frame"] for one in told] == [0, 1, 2, 3]
    assert "4 frames" in session.stop()["wrote"]
    assert said == [f"recorded {tmp_path / 'out' / 'pilot.parquet'}: 4 frames, 0.1 s, a face in 4"]
    made = Recording.read(tmp_path / "out" / "pilot.parquet")
    assert made.times.tolist() == [0, 0.04, 0.08, 0.12]
    assert made.tokens().display[-1].tolist()[: len(told[-1]["said"])] == [d for d, _ in told[-1]["said"]]
    assert session.state() == {"recording": None, "waits": False, "neutral": "own", "resting": False}


def test_frames_that_were_left_out_are_counted(session, live_frames):
    assert show(session, live_frames[:2], number=10)[-1]["leftOut"] == 0
    assert session.look(sent(15, 2000, live_frames[2]))["leftOut"] == 3


def test_the_face_at_rest_is_what_is_shown_for_two_seconds(session, live_frames):
    show(session, live_frames[:2], step=500)
    assert session.rest()["resting"]
    told = show(session, live_frames[2:8], first=2, step=500)
    assert [one["resting"] for one in told] == [True, True, True, False, False, False]
    assert told[-1]["neutral"] == "0.5-2.5 s"
    assert "note" in told[3]
    assert session.start_anew()["neutral"] == "own"


def test_the_face_at_rest_may_be_asked_for_before_the_first_picture_has_come(session, live_frames):
    assert session.rest()["resting"]
    told = show(session, live_frames[:5], step=500)
    assert [one["resting"] for one in told] == [True, True, True, True, False]
    assert told[-1]["neutral"] == "0-2 s"


def test_a_recording_may_begin_with_the_face_at_rest(session, tmp_path, live_frames):
    session.record("rest", consent=True, begins_at_rest=True)
    show(session, live_frames[:6], step=500)
    session.stop()
    assert Recording.read(tmp_path / "out" / "rest.parquet").provenance.resting[0].neutral == "0-2 s"


def test_one_recording_at_a_time_and_none_of_nothing(session, tmp_path, live_frames):
    with pytest.raises(UsageError, match="no recording goes on"):
        session.stop()
    with pytest.raises(UsageError, match="no recording waits"):
        session.write_again()
    session.record("a", consent=True)
    for wish in (lambda: session.record("b", consent=True), session.start_anew):
        with pytest.raises(UsageError, match="a recording is going on"):
            wish()
    with pytest.raises(UsageError, match="fewer than two frames"):
        session.stop()
    session.record("a", consent=True)
    show(session, live_frames[:3])
    assert session.discard()["recording"] is None
    assert list((tmp_path / "out").iterdir()) == []


def test_a_recording_that_cannot_be_written_waits(session, tmp_path, live_frames):
    session.record("a", consent=True)
    show(session, live_frames[:3])
    (tmp_path / "out" / "a.parquet").write_text("another program was faster")
    with pytest.raises(OutputError, match="exists already"):
        session.stop()
    assert session.state()["waits"]
    with pytest.raises(UsageError, match="not written yet"):
        session.record("c", consent=True)
    assert "b.parquet" in session.write_again("b")["wrote"]
    assert not session.state()["waits"]


def test_a_page_that_goes_ends_the_recording(session, tmp_path, live_frames, said):
    session.record("a", consent=True)
    show(session, live_frames[:3])
    session.end()
    assert len(Recording.read(tmp_path / "out" / "a.parquet")) == 3
    session.record("b", consent=True)
    session.end()
    assert said[-1].startswith("the recording is lost: fewer than two frames")


def test_trouble_with_the_camera_is_told_at_the_terminal(session, said):
    for kind, words in TROUBLE.items():
        session.trouble(kind)
        assert said[-1] == words
    with pytest.raises(UsageError):
        session.trouble("<script>")


def test_options_that_do_not_fit_are_known_before_a_page_opens(tmp_path):
    def app(**choices):
        return live_app(LiveOptions(tmp_path, EncodeOptions(max_faces=1, **choices)), print)

    with pytest.raises(TableError):
        app(neutral=str(tmp_path / "absent.parquet"))
    with pytest.raises(UsageError, match="no seconds yet"):
        app(neutral="0-2")
    with pytest.raises(ModelError):
        app(tokenizer="dfe-face41@3")


class Page:
    """What a browser would do, by hand."""

    def __init__(self, url):
        self.client = httpx.Client(follow_redirects=True, trust_env=False)
        self.home = self.client.get(url)
        self.origin = url.partition("/?")[0]
        cookie = "; ".join(f"{k}={v}" for k, v in self.client.cookies.items())
        self.way = {"uri": f"ws{self.origin[4:]}/talk", "origin": self.origin, "additional_headers": {"Cookie": cookie}}

    def line(self):
        return connect(**self.way)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    said = []
    server = Server(live_app(LiveOptions(folder), said.append))
    with server.in_background() as url:
        made = Page(url)
        made.folder, made.said = folder, said
        yield made
        made.client.close()


def told(line):
    return json.loads(line.recv(timeout=120))


def first_told(page):
    """What a page is told that opens the line once the program has noticed that the last one is gone."""
    said = []

    def free():
        with page.line() as line:
            said.append(told(line))
        return "another tab" not in said[-1].get("problem", "")

    until(free, 120)
    return said[-1]


def test_the_page_says_where_recordings_go_and_that_nothing_is_stored(page):
    assert page.home.status_code == 200
    assert "Nothing is stored" in page.home.text
    assert str(page.folder) in page.home.text
    assert "camera=(self)" in page.home.headers["Permissions-Policy"]
    head = page.client.get(f"{page.origin}/head").json()
    assert len(head["tokens"]) == 60


def test_pictures_in_displays_out(page, live_frames):
    with page.line() as line:
        assert told(line)["recording"] is None
        line.send(json.dumps({"do": "record", "name": "over the line", "consent": True}))
        assert told(line)["recording"] == "over the line"
        for i, image in enumerate(live_frames[:3]):
            line.send(message(i, 40.0 * i, image))
            one = told(line)
            assert (one["number"], one["frame"]) == (i, i)
            assert len(one["measured"]) == len(one["decoded"]) == 60
        line.send(json.dumps({"do": "stop"}))
        assert "3 frames" in told(line)["wrote"]
    assert np.isfinite(Recording.read(page.folder / "over the line.parquet").expressions()).all()


@pytest.mark.parametrize(
    "word",
    ["", "{", "[]", '{"do": "format"}', '{"do": "record", "name": 3}', '{"do": "record", "consent": "yes"}',
     '{"do": "record", "name": "../x", "consent": true}', "[" * 3000, b"", b"DFE1", b"\x00" * 4000],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_in_words_and_the_page_goes_on(page, word, live_frames):
    with page.line() as line:
        told(line)
        line.send(word)
        assert told(line)["problem"]
        line.send(message(1, 5.0, live_frames[0]))
        assert told(line)["found"]


def test_a_picture_that_is_too_large_ends_the_connection_only(page):
    with page.line() as line:
        told(line)

        def ask_too_much():
            line.send(bytes(5 * 1024 * 1024))
            line.recv(timeout=120)

        with pytest.raises(ConnectionClosed):
            ask_too_much()
    assert first_told(page)["recording"] is None


def test_a_second_tab_is_told_so(page):
    with page.line() as first:
        told(first)
        with page.line() as second:
            assert "another tab" in told(second)["problem"]


def test_a_page_that_closes_while_recording_loses_nothing(page, live_frames):
    with page.line() as line:
        told(line)
        line.send(json.dumps({"do": "record", "name": "closed", "consent": True}))
        told(line)
        for i, image in enumerate(live_frames[:2]):
            line.send(message(i, 40.0 * i, image))
            told(line)
    first_told(page)
    assert len(Recording.read(page.folder / "closed.parquet")) == 2


def test_a_program_that_ends_while_recording_loses_nothing(tmp_path, live_frames):
    server = Server(live_app(LiveOptions(tmp_path), lambda line: None))
    with server.in_background() as url, Page(url).line() as line:
        told(line)
        line.send(json.dumps({"do": "record", "name": "ended", "consent": True}))
        told(line)
        for i, image in enumerate(live_frames[:2]):
            line.send(message(i, 40.0 * i, image))
            told(line)
        server.stop()
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=120)
    assert len(Recording.read(tmp_path / "ended.parquet")) == 2
