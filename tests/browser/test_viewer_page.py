"""The viewer in a real browser: film, charts and changes of one recording, locked to its time stamps."""

import csv
import io
import re
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="needs the extra viewer")
import dfe
from dfe.displays.names import Name, Names
from dfe.events.find import find_events
from dfe.recording.recording import Recording
from dfe.viewer.library import Library
from dfe.viewer.recordings_app import recordings_app
from dfe.viewer.serve import Server
from dfe.viewer.viewing import Viewing, ViewOptions
from made_reports import NASTY
from made_views import FRAMES, smiling, stamps, view_recording

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra dev")
pytestmark = pytest.mark.browser
expect = sync_api.expect
NUMBER = """() => {
    const film = document.getElementById("film");
    const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 96 });
    const ctx = canvas.getContext("2d", { willReadFrequently: true });
    ctx.drawImage(film, 0, 0, 128, 96);
    let number = 0;
    for (let bit = 0; bit < 8; bit++) {
        if (ctx.getImageData(16 * bit + 8, 24, 1, 1).data[0] > 128) number |= 1 << bit;
    }
    return number;
}"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    view_recording(folder, faces=2)
    return folder


@contextmanager
def served(library, **options):
    viewing = Viewing(library, ViewOptions(**options))
    try:
        with Server(recordings_app(viewing)).in_background() as url:
            yield url
    finally:
        viewing.close()


@pytest.fixture(scope="module")
def watched(clips):
    """The address of a viewer whose recording no test changes."""
    with served(Library.of([clips / "clip.parquet"])) as url:
        yield url


@pytest.fixture
def opened(chromium):
    """Function that opens a viewer's address; at the end it checks that the page was quiet and asked nobody else."""
    contexts, said, asked = [], [], []

    def hear(words):
        # Pages outlive the servers of tests, and go on asking them for changes.
        if "GPU stall" not in words and "ERR_CONNECTION" not in words:
            said.append(words)

    def open_url(url, film="yes", ready="yes", **context):
        made = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        contexts.append(made)
        page = made.new_page()
        page.set_default_timeout(90_000)
        page.on("console", lambda message: hear(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        page.wait_for_selector(f"html[data-ready={ready}]", state="attached")
        if film:
            page.wait_for_selector(f"html[data-film={film}]", state="attached")
        return page

    open_url.said = said
    yield open_url
    for context in contexts:
        context.close()
    assert said == []
    assert not [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]


def until(page, expression, seconds=90):
    """Wait until an expression is true; the page's policy forbids what Playwright's own waiting does."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(40)


def shows(page, place):
    """Wait until the film and the page show the frame of this number."""
    until(page, f"({NUMBER})() === {place} && document.documentElement.dataset.frame === '{place}'")


def settled(page):
    """The frame that the page shows, once the film shows it too: a frame that was asked for before comes late."""
    until(page, f"({NUMBER})() === Number(document.documentElement.dataset.frame)")
    return page.evaluate("document.documentElement.dataset.frame")


def test_every_frame_is_found_by_its_time_stamp_at_a_variable_rate(opened, watched):
    page = opened(watched)
    shows(page, 0)
    for place in (1, 2, 57, 58, 119, 3):
        page.evaluate(f"viewer.player.seek({stamps()[place]})")
        shows(page, place)
    page.evaluate(f"viewer.player.seek({stamps()[40] + 20})")
    shows(page, 40)
    page.keyboard.press(".")
    shows(page, 41)
    page.keyboard.press(",")
    shows(page, 40)
    page.keyboard.press(",")
    shows(page, 39)
    expect(page.locator("#when-time")).to_have_text(f"{stamps()[39] / 1000:.3f} s")


def test_a_film_that_plays_and_the_page_show_the_same_frame(opened, watched):
    page = opened(watched)
    page.evaluate(
        """() => {
            window.pairs = [];
            const film = document.getElementById("film");
            const look = (_, { mediaTime }) => {
                pairs.push([Math.round(mediaTime * 1000), document.documentElement.dataset.frame]);
                film.requestVideoFrameCallback(look);
            };
            film.requestVideoFrameCallback(look);
        }"""
    )
    page.select_option("#speed", "0.5")
    page.click("#play")
    expect(page.locator("#play")).to_have_text("Pause")
    until(page, "pairs.length > 6")
    page.click("#play")
    expect(page.locator("#play")).to_have_text("Play")
    pairs = page.evaluate("pairs.slice(1, 7)")
    assert len({frame for _, frame in pairs}) > 3
    for at, frame in pairs:
        assert abs(stamps()[int(frame)] - at) <= 1


def test_a_click_on_an_event_lands_on_its_apex_and_a_click_elsewhere_where_it_was(opened, watched, clips):
    recording = Recording.read(clips / "clip.parquet")
    display = smiling(recording)
    events = [e for e in find_events(recording) if e.kind == "display" and e.face_id == 0 and e.display == display]
    page = opened(watched)
    row = page.locator("[data-plot=display] .name", has=page.locator(f"b:text-is('{display}')"))
    area = page.locator("[data-plot=display] .area")
    area.scroll_into_view_if_needed()
    place = page.locator("[data-plot=display] .names button").evaluate_all(
        f"all => all.findIndex(one => one.querySelector('b').textContent === '{display}')"
    )
    event = events[0]
    end = page.evaluate("viewer.time.end / 1000")
    width = area.bounding_box()["width"]
    area.click(position={"x": (event.onset_s + 0.7 * event.duration_s) / end * width, "y": 22 * place + 8})
    frame = int(np.searchsorted(stamps(), 1000 * event.apex_s + 0.05, side="right")) - 1
    shows(page, frame)
    expect(page.locator("#panel-unit h2")).to_contain_text(f"display {display}")
    area.click(position={"x": 2.1 / end * width, "y": 22 * place + 8})
    shows(page, int(np.searchsorted(stamps(), 2100, side="right")) - 1)
    row.click()
    page.locator("#panel-unit tbody button").nth(1).click()
    shows(page, frame)


def test_the_keyboard_does_it_all(opened, watched):
    page = opened(watched)
    page.focus("[data-plot=group] .area")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#live")).to_contain_text("event:")
    at = settled(page)
    page.keyboard.press("ArrowRight")
    until(page, f"document.documentElement.dataset.frame !== '{at}'")
    assert settled(page) != at
    page.keyboard.press("Enter")
    expect(page.locator("#panel-unit h2")).to_be_visible()
    page.keyboard.press("p")
    until(page, f"document.documentElement.dataset.frame === '{at}'")
    page.keyboard.press("[")
    page.keyboard.press("l")
    page.keyboard.press("]")
    expect(page.locator("#stretch-result")).to_contain_text("usable for")
    page.keyboard.press("+")
    expect(page.locator("#shown")).not_to_have_text(re.compile(r"^0\.0 to"))
    page.keyboard.press("0")
    expect(page.locator("#shown")).to_have_text(re.compile(r"^0\.0 to"))


def test_a_chosen_stretch_counts_as_the_server_does_and_is_exported(opened, watched, clips):
    page = opened(watched, accept_downloads=True)
    box = page.locator("[data-plot=quality] .area").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.click("#tab-stretch")
    expect(page.locator("#stretch-result table")).to_be_visible()
    with page.expect_download() as download:
        page.click("#stretch-csv")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    chosen = page.evaluate("viewer.time.chosen")
    found = find_events(Recording.read(clips / "clip.parquet"))
    for row in rows:
        if row["unit"] != "display":
            continue
        mine = [e for e in found if e.face_id == 0 and e.kind == "display" and str(e.display) == row["token"]]
        inside = [e for e in mine if chosen["from"] <= 1000 * e.apex_s < chosen["to"]]
        starts = {start for face in found.faces if face.face_id == 0 for start in face.stretches[:, 0].tolist()}
        assert int(row["count"]) == sum(e.onset_s not in starts for e in inside)
    assert any(row["unit"] == "display" for row in rows)
    page.keyboard.press("Escape")
    expect(page.locator("#panel-stretch")).to_contain_text("Hold Shift")


def test_all_events_stand_in_a_table_and_are_exported(opened, watched, clips):
    page = opened(watched, accept_downloads=True)
    page.click("#events summary")
    found = find_events(Recording.read(clips / "clip.parquet"))
    expect(page.locator("#events-place")).to_contain_text(f"of {len(found)}")
    with page.expect_download() as download:
        page.click("#events-csv")
    assert download.value.suggested_filename == "clip.mp4.events.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    told = sorted((int(row["face_id"]), row["label"], float(row["onset_s"]), float(row["apex_s"])) for row in rows)
    expected = sorted((e.face_id, e.label, round(e.onset_s, 3), round(e.apex_s, 3)) for e in found)
    assert [one[:2] for one in told] == [one[:2] for one in expected]
    np.testing.assert_allclose([one[2:] for one in told], [one[2:] for one in expected], atol=1.1e-3)


def test_names_and_merges_outlive_the_page_and_are_undone(opened, clips, tmp_path):
    for file in clips.iterdir():
        shutil.copy(file, tmp_path / file.name)
    with served(Library.of([tmp_path / "clip.parquet"])) as url:
        page = opened(url)
        first, second = page.evaluate("viewer.course.of('display').slice(0, 2).map(one => Number(one.token))")
        page.locator("[data-plot=display] .names button").first.click()
        page.fill("#unit-name", NASTY[:60])
        page.click("#name-form button")
        expect(page.locator("#status")).to_contain_text("DFE_NAMES")
        expect(page.locator("[data-plot=display] .names button").first).to_contain_text(NASTY[:60])
        page.reload()
        page.wait_for_selector("html[data-film=yes]", state="attached")
        expect(page.locator("[data-plot=display] .names button").first).to_contain_text(NASTY[:60])
        assert page.title() == "clip – dfe view"
        page.locator("[data-plot=display] .names button").first.click()
        page.fill("#merge-with", str(second))
        page.fill("#merge-name", "both")
        page.click("#merge-form button:has-text('Merge')")
        merged = sorted((first, second))
        expect(page.locator("#status")).to_contain_text(f"{merged[0]}, {merged[1]} count as one")
        expect(page.locator("[data-plot=display] .names")).to_contain_text("both")
        page.click("#undo")
        expect(page.locator("#status")).to_contain_text("Taken back")
        expect(page.locator("[data-plot=display] .names")).not_to_contain_text("both")
        page.keyboard.press("Control+z")
        expect(page.locator("#undo")).to_be_disabled()
        assert not (tmp_path / "names.json").exists()


def test_faces_roles_and_windows_are_changed_on_the_page(opened, clips, tmp_path):
    for file in clips.iterdir():
        shutil.copy(file, tmp_path / file.name)
    with served(Library.of([tmp_path / "clip.parquet"])) as url:
        page = opened(url)
        page.evaluate("viewer.player.seek(2000)")
        page.click("#tab-people")
        page.click("#split")
        expect(page.locator("#status")).to_contain_text("is another from")
        expect(page.locator("#face option")).to_have_count(3)
        page.fill("#role-subject", "anna")
        page.click("#role-form button")
        expect(page.locator("#status")).to_contain_text("is anna's")
        expect(page.locator("#panel-people")).to_contain_text("anna")
        expect(page.locator("#role-subject")).to_have_value("")
        page.evaluate("viewer.time.choose(500, 1500)")
        page.click("#tab-windows")
        page.click("#neutral")
        expect(page.locator("#panel-windows code")).to_have_text("dfe encode clip.mp4 -o OUT --neutral 0.50-1.50")
        page.keyboard.press("Control+z")
        expect(page.locator("#panel-windows code")).to_have_count(0)
        page.fill("#window-condition", "")
        page.click("#window-form button")
        expect(page.locator("#problem")).to_contain_text("condition")
    opened.said[:] = [line for line in opened.said if "status of 400" not in line]


def test_what_another_program_changes_comes_to_the_open_pages(opened, clips, tmp_path):
    for file in clips.iterdir():
        shutil.copy(file, tmp_path / file.name)
    with served(Library.of([tmp_path])) as url:
        page = opened(url)
        first = page.evaluate("Number(viewer.course.of('display')[0].token)")
        tokenizer = dfe.load_tokenizer(page.evaluate("viewer.data.tokenizer"))
        names = Names(tokenizer.id, tokenizer.hash, {first: Name("polite smile")})
        names.write(tmp_path / "names.json")
        expect(page.locator("[data-plot=display] .names button").first).to_contain_text("polite smile")
        (tmp_path / "roles.csv").write_text("recording,face_id,subject\nclip,0,anna\n")
        page.click("#tab-people")
        expect(page.locator("#panel-people")).to_contain_text("anna")
        expect(page.locator("#back")).to_be_hidden()
        shutil.copy(tmp_path / "clip.parquet", tmp_path / "second.parquet")
        page.click("#back")
        expect(page.locator("#recordings tbody tr")).to_have_count(2)
        shutil.copy(tmp_path / "clip.parquet", tmp_path / "third.parquet")
        expect(page.locator("#recordings tbody tr")).to_have_count(3)
        expect(page.locator("#total")).to_have_text("3 recordings")


def test_what_is_typed_outlives_what_redraws_the_panel_around_it(opened, watched):
    page = opened(watched)
    page.click("#tab-windows")
    page.locator("#window-condition").press_sequentially("talk")
    page.evaluate("viewer.time.choose(500, 1500)")
    page.locator("#window-condition").press_sequentially("ing")
    page.evaluate("viewer.again()")
    expect(page.locator("#window-condition")).to_have_value("talking")
    expect(page.locator("#window-condition")).to_be_focused()
    page.locator("[data-plot=display] .names button").first.click()
    page.fill("#unit-name", "mine")
    page.evaluate("viewer.panels.unit.show(viewer.unit)")
    expect(page.locator("#unit-name")).to_have_value("mine")
    page.locator("[data-plot=display] .names button").nth(1).click()
    expect(page.locator("#unit-name")).to_have_value("")


def test_all_occurrences_of_a_display_lead_to_them(opened, clips, tmp_path):
    view_recording(tmp_path, "other", film=False)
    with served(Library.of([clips / "clip.parquet"], tmp_path)) as url:
        page = opened(url, film=None)
        page.wait_for_selector("#recordings tbody tr:nth-child(2)")
        page.click("#recordings a:has-text('clip')")
        page.wait_for_selector("html[data-film=yes]", state="attached")
        display = smiling(Recording.read(clips / "clip.parquet"))
        page.locator(f"[data-plot=display] .names button:has(b:text-is('{display}'))").click()
        page.click("#find-all")
        expect(page.locator("#occurrences")).to_contain_text("in 2 recordings")
        page.locator("#occurrences a:has-text('other')").first.click()
        page.wait_for_selector("html[data-film=no]", state="attached")
        expect(page.locator("h1")).to_have_text("other")
        assert page.evaluate("viewer.player.place") > 0
        expect(page.locator("#no-film-said")).to_contain_text("other.mp4 is not in")
        page.keyboard.press("Space")
        until(page, "viewer.player.place > 60")


def test_a_video_that_browsers_do_not_play_is_copied_for_them(opened, tmp_path):
    made = view_recording(tmp_path, "old", codec="mpeg4", suffix=".avi", frames=40)
    with served(Library.of([made])) as url:
        page = opened(url, film="no")
        expect(page.locator("#no-film-said")).to_contain_text("does not play this video")
        page.click("#make-copy")
        until(page, "viewer.player.withFilm")
        page.evaluate(f"viewer.player.seek({stamps()[23]})")
        shows(page, 23)


def test_what_is_wrong_is_said_on_the_page(opened, clips, tmp_path):
    with served(Library.of([clips / "clip.parquet"]), tokenizer="dfe-displays@1") as url:
        page = opened(url)
        expect(page.locator("#problem")).to_contain_text("another tokenizer")
        expect(page.locator("[data-plot=quality] .area[data-drawn]")).to_be_visible()
        expect(page.locator("#no-head")).to_be_visible()
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    with served(Library.of([tmp_path / "broken.parquet"])) as url:
        page = opened(url, film=None, ready="failed")
        expect(page.locator("#problem")).to_contain_text("broken.parquet")
    opened.said[:] = [line for line in opened.said if "status of 422" not in line]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "dark"), (420, "light")])
def test_the_page_fits_and_every_control_has_a_name(opened, watched, width, scheme):
    page = opened(watched, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.wait_for_selector("[data-plot=group] .area[data-drawn]")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, [tabindex], [role=img], img")]
            .filter(e => !e.getAttribute("aria-label") && !e.ariaLabel && !e.textContent.trim())
            .filter(e => !e.hasAttribute("alt") && !e.labels?.length && !e.closest("[hidden]"))
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(250, 249, 247)", "dark": "rgb(20, 23, 26)"}[scheme]
    assert len(stamps()) == FRAMES
