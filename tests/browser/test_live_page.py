"""The camera's page in a real browser, whose camera plays a clip."""

import json
import re
import time

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="needs the extra viewer")


from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode
from dfe.recording.recording import Recording
from dfe.viewer.live import talk
from dfe.viewer.live.app import live_app
from dfe.viewer.live.message import read_sent
from dfe.viewer.live.session import TROUBLE, LiveOptions
from dfe.viewer.serve import Server
from made_live import camera_frames, lossless_film, motion_jpeg

pytestmark = [pytest.mark.browser, pytest.mark.slow]

READY = "html[data-ready=yes]"


@pytest.fixture(scope="module")
def expect():
    from playwright.sync_api import expect

    return expect


@pytest.fixture(scope="module")
def with_camera(launch, face_clip, tmp_path_factory):
    """A browser whose camera plays the clip over and over."""
    clip = motion_jpeg(tmp_path_factory.mktemp("camera") / "clip.mjpeg", camera_frames(face_clip, 50, 640, 480))
    browser = launch("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={clip}", whole=True)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def without_camera(launch):
    browser = launch(whole=True)
    yield browser
    browser.close()


class Served:
    """A running program, all that it was sent, and what it said at the terminal."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.said, self.sent = folder, [], []
        monkeypatch.setattr(talk, "read_sent", self.read)
        self.server = Server(live_app(LiveOptions(folder), self.said.append))

    def read(self, message):
        sent = read_sent(message)
        self.sent.append(sent)
        return sent


@pytest.fixture
def served(tmp_path, monkeypatch):
    made = Served(tmp_path / "out", monkeypatch)
    with made.server.in_background() as url:
        made.url = url
        yield made


@pytest.fixture
def open_live(served):
    """Function that opens the page in a browser; at the end it checks that the page was quiet."""
    contexts, complaints = [], []

    def opened(browser, permissions=("camera",), **look):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **look})
        context.grant_permissions(list(permissions))
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.goto(served.url)
        page.wait_for_selector(READY, state="attached")
        contexts.append(context)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def test_the_token_leaves_the_address_and_a_reload_finds_the_page_again(open_live, with_camera, served, expect):
    page = open_live(with_camera)
    assert "token" not in page.url
    page.reload()
    expect(page.locator("h1")).to_have_text("Camera, live")
    answer = page.request.get(page.url)
    assert answer.ok


def test_displays_and_head_come_back_and_a_recording_is_what_encode_makes_of_the_same_frames(
    open_live, with_camera, served, expect, tmp_path
):
    page = open_live(with_camera)
    expect(page.locator("#stored")).to_have_text("Nothing is stored.")
    expect(page.locator("#record")).to_be_disabled()
    page.click("#start")
    expect(page.locator("#said tbody tr").first).to_be_visible()
    expect(page.locator("#face")).to_have_text(re.compile("The face is seen well|Seen, but not usable"))
    expect(page.locator("#speed")).to_have_text(re.compile(r"\d+ frames a second; \d+ ms from frame to displays"))
    expect(page.locator("#eyes")).to_contain_text("Lids apart")
    expect(page.locator("#head")).to_have_attribute("data-drawn", "yes")
    expect(page.locator("#record")).to_be_disabled()
    page.check("#consent")
    page.fill("#name", "pilot")
    page.click("#record")
    expect(page.locator("#stored")).to_have_text("Recording pilot.")
    expect(page.locator("#wrote")).to_have_text(re.compile(r"Recording: .* \d{2,} frames"))
    page.click("#record")
    expect(page.locator("#wrote")).to_contain_text("Written")
    expect(page.locator("#stored")).to_have_text("Nothing is stored.")

    made = Recording.read(served.folder / "pilot.parquet")
    first = next(i for i in range(len(served.sent)) if _begins(served.sent, i, made))
    mine = served.sent[first : first + len(made)]
    film = lossless_film(tmp_path / "pilot.mkv", [one.image for one in mine], made.times.tolist())
    theirs = encode(film, options=EncodeOptions(max_faces=1))[0]
    np.testing.assert_array_equal(made.tokens().display, theirs.tokens().display)
    np.testing.assert_array_equal(made.tokens().mm, theirs.tokens().mm)
    np.testing.assert_array_equal(made.expressions(), theirs.expressions())
    assert (made.tokens().display > 0).any()
    assert any("recorded" in line for line in served.said)


def _begins(sent, i, made):
    """Whether a recording's frames begin with this one: its times are those of the frames from here on."""
    times = np.array([one.time_s for one in sent[i : i + len(made)]])
    return len(times) == len(made) and np.allclose(times - times[0], made.times, atol=1e-6)


def test_all_pixels_are_sent_where_the_user_says_so(open_live, with_camera, served, expect):
    page = open_live(with_camera, color_scheme="dark")
    page.select_option("#packing", "raw")
    page.click("#start")
    expect(page.locator("#said tbody tr").first).to_be_visible()
    assert {one.packed for one in served.sent} == {"pixels"}


def test_the_face_at_rest_can_be_shown(open_live, with_camera, expect):
    page = open_live(with_camera)
    page.click("#start")
    expect(page.locator("#neutral")).to_contain_text("as the frames so far tell it")
    page.click("#rest")
    expect(page.locator("#neutral")).to_contain_text("the face that you showed as at rest")
    page.click("#anew")
    expect(page.locator("#neutral")).to_contain_text("as the frames so far tell it")


def test_a_camera_that_may_not_be_used_is_told_on_the_page_and_at_the_terminal(open_live, with_camera, served, expect):
    page = open_live(with_camera, permissions=())
    page.click("#start")
    expect(page.locator("#problem")).to_have_text(TROUBLE["denied"])
    expect(page.locator("#start")).to_have_text("Start")
    _wait(page, lambda: TROUBLE["denied"] in served.said)


def test_no_camera_is_told_too(open_live, without_camera, served, expect):
    page = open_live(without_camera)
    page.click("#start")
    expect(page.locator("#problem")).to_have_text(TROUBLE["none"])
    _wait(page, lambda: TROUBLE["none"] in served.said)


def test_a_name_that_will_not_do_is_told_and_script_in_it_is_text(open_live, with_camera, served, expect):
    page = open_live(with_camera)
    page.click("#start")
    expect(page.locator("#said tbody tr").first).to_be_visible()
    page.check("#consent")
    page.fill("#name", "<img src=x onerror=alert(1)>")
    page.click("#record")
    expect(page.locator("#problem")).to_contain_text("'<img src=x onerror=alert(1)>' cannot be the name")
    assert not served.folder.exists()


def test_the_program_that_ends_is_told(open_live, with_camera, served, expect):
    page = open_live(with_camera)
    page.click("#start")
    expect(page.locator("#said tbody tr").first).to_be_visible()
    served.server.stop()
    expect(page.locator("#problem")).to_contain_text("The program has ended")


def test_another_page_of_the_same_browser_cannot_reach_it(open_live, with_camera, served):
    """A page of another origin asks with the user's cookies at hand."""
    page = open_live(with_camera)
    other = page.context.new_page()
    other.route("http://evil.example/*", lambda route: route.fulfill(body="<h1>hello</h1>", content_type="text/html"))
    other.goto("http://evil.example/")
    port = served.server.port
    tried = other.evaluate(
        """async (port) => {
          const there = `http://127.0.0.1:${port}`;
          const asked = await fetch(`${there}/head`, {credentials: "include"}).then((r) => r.status, () => "refused");
          const line = await new Promise((done) => {
            const socket = new WebSocket(`ws://127.0.0.1:${port}/talk`);
            socket.onopen = () => done("open");
            socket.onerror = () => done("refused");
          });
          const framed = await new Promise((done) => {
            const picture = new Image();
            picture.onload = () => done("loaded");
            picture.onerror = () => done("refused");
            picture.src = `${there}/assets/pages/page.css`;
          });
          return [asked, line, framed];
        }""",
        port,
    )
    assert json.dumps(tried) == '["refused", "refused", "refused"]'


def _wait(page, there):
    until = time.monotonic() + 90
    while not there():
        assert time.monotonic() < until, "it never came"
        page.wait_for_timeout(50)
