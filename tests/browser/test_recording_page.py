"""The page of a recording in a real browser."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

import made_reports as made
from dfe.report.recording_page import recording_page
from made_waiting import eventually

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra dev")
pytestmark = pytest.mark.browser

TOKENS = "[data-plot=display] .area"
DRAWN = f"{TOKENS}[data-drawn=yes]"


def inked(page, selector):
    """Number of pixels of the chart's canvas that are not empty."""
    return page.eval_on_selector(
        f"{selector} canvas",
        """canvas => {
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let inked = 0;
            for (let i = 3; i < pixels.length; i += 4) if (pixels[i]) inked++;
            return inked;
        }""",
    )


def events_of(view, place=0):
    """Events of the display in a row of the charts."""
    code = str(view.people[0].cards[place].code)
    return [mark for mark in view.people[0].course.marks if mark.token == code]


def test_the_page_draws_all_its_charts_without_a_word_or_a_request(open_page):
    page = open_page(recording_page(made.video())).page
    for kind in ("quality", "group", "region", "eyes", "display", "pose"):
        page.wait_for_selector(f"[data-plot={kind}] .area[data-drawn=yes]")
        assert inked(page, f"[data-plot={kind}] .area") > 1000
    assert page.locator("[data-plot=display] .names .name").count() == 12
    assert page.locator(".card img").evaluate_all("images => images.every(i => i.complete && i.naturalWidth > 0)")


def test_hovering_tells_token_name_and_time(open_page):
    view = made.video()
    page = open_page(recording_page(view)).page
    area = page.locator(DRAWN)
    event = events_of(view, 1)[0]
    area.scroll_into_view_if_needed()
    width = area.bounding_box()["width"]
    area.hover(position={"x": (event.onset_s + event.offset_s) / 2 / 4.0 * width, "y": 22 + 11})
    tip = page.locator("#tip")
    tip.wait_for(state="visible")
    said = tip.inner_text()
    assert view.people[0].cards[1].words in said
    assert f"display {view.people[0].cards[1].code}," in said
    assert f"event: {event.onset_s:.2f} to {event.offset_s:.2f} s" in said
    assert f"most at {event.apex_s:.2f}: {event.intensity:.2f} mm" in said
    assert tip.locator("img").count() == 1
    page.mouse.move(2, 2)
    tip.wait_for(state="hidden")


def test_what_does_not_count_is_shaded_and_says_why(open_page):
    view = made.video(faces=2)
    page = open_page(recording_page(view)).page
    first = page.locator(DRAWN).first
    width = first.bounding_box()["width"]
    quality = view.people[0].course.quality
    lost = quality.state.tolist().index(2)
    at = float(quality.start_s[lost] + quality.end_s[lost]) / 2
    first.scroll_into_view_if_needed()
    first.hover(position={"x": at / 4.0 * width, "y": 11})
    tip = page.locator("#tip")
    tip.wait_for(state="visible")
    assert "no face\nno face found\n" in tip.inner_text()


def test_the_keyboard_walks_through_stretches_and_tokens_and_zooms(open_page):
    view = made.video()
    page = open_page(recording_page(view)).page
    page.wait_for_selector(DRAWN)
    page.focus(TOKENS)
    live = page.locator("#live")
    spoken = sync_api.expect(live)
    range_shown = sync_api.expect(page.locator("#shown"))
    page.keyboard.press("ArrowDown")
    card = view.people[0].cards[1]
    spoken.to_have_text(re.compile(rf"^display {card.code}, {re.escape(card.words)}"))
    page.keyboard.press("ArrowRight")
    first, last = events_of(view, 1)
    spoken.to_contain_text(f"{first.onset_s:.2f} to {first.offset_s:.2f} s")
    page.locator("#tip").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("#tip").wait_for(state="hidden")
    range_shown.to_have_text("0.0 to 4.0 s")
    page.keyboard.press("+")
    range_shown.not_to_have_text("0.0 to 4.0 s")
    page.keyboard.press("End")
    spoken.to_contain_text(f"{last.onset_s:.2f} to {last.offset_s:.2f} s")
    page.keyboard.press("0")
    range_shown.to_have_text("0.0 to 4.0 s")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#token-{card.code}")


def test_wheel_buttons_and_dragging_move_all_charts(open_page):
    page = open_page(recording_page(made.video(600))).page
    area = page.locator(DRAWN)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.wheel(0, 1)
    page.wait_for_timeout(50)
    assert page.inner_text("#shown") == "0 to 20 s"
    area.click(position={"x": box["width"] / 2, "y": 40})
    box = area.bounding_box()
    page.mouse.wheel(0, -200)
    sync_api.expect(page.locator("#shown")).to_have_text(re.compile(r"^5\."))
    zoomed = page.inner_text("#shown")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 200, box["y"] + 40, steps=4)
    page.mouse.up()

    def start():
        return float(page.inner_text("#shown").split()[0])

    eventually(lambda: start() < float(zoomed.split()[0]))
    dragged = start()
    page.click("[data-do=later]")
    eventually(lambda: start() > dragged)
    page.click("[data-do=whole]")
    sync_api.expect(page.locator("#shown")).to_have_text("0 to 20 s")
    sync_api.expect(page.locator("[data-do=out]")).to_have_attribute("aria-disabled", "true")


def test_the_table_says_the_same_as_the_chart(open_page):
    view = made.video()
    page = open_page(recording_page(view), accept_downloads=True).page
    page.click("#events summary")
    marks = view.people[0].course.marks
    sync_api.expect(page.locator("#events-place")).to_contain_text(f"of {len(marks)}")
    assert page.locator("#events-rows tr").count() == min(len(marks), 100)
    code = view.people[0].cards[2].code
    page.select_option("#events-unit", str(code))
    first = events_of(view, 2)[0]
    cells = page.locator("#events-rows tr").first.locator("td").all_inner_texts()
    assert cells[:4] == ["0", "display", f"{code} {first.label}", f"{first.onset_s:.3f}"]
    with page.expect_download() as download:
        page.click("#events-csv")
    assert download.value.suggested_filename == "interview_07.mp4.events.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert sorted((row["token"], row["onset_s"]) for row in rows) == sorted(
        (mark.token, f"{mark.onset_s:.3f}") for mark in marks
    )


@pytest.mark.parametrize("kind", ["video", "stills"])
def test_script_in_a_name_is_shown_and_never_run(open_page, kind):
    view = getattr(made, kind)(name=made.NASTY, warnings=(made.NASTY,), provenance={"source": {"name": made.NASTY}})
    page = open_page(recording_page(view)).page
    assert page.inner_text("h1") == made.NASTY
    assert page.inner_text(".warnings li") == made.NASTY
    page.click("#provenance-fold summary")
    assert page.inner_text(".provenance dd") == made.NASTY
    assert page.title() == f"{made.NASTY} – faces"
    assert page.locator("h1 *").count() == 0


def test_markup_that_slipped_in_would_not_run(open_page):
    html = recording_page(made.video()).replace("<h1>", "<script>window.slipped = 1</script><h1>")
    opened = open_page(html)
    assert opened.page.evaluate("window.slipped") is None
    refused = [line for line in opened.said if "Content Security Policy" in line]
    assert refused
    opened.said.clear()


def test_provenance_copies_as_json(open_page):
    page = open_page(recording_page(made.video()), permissions=["clipboard-read", "clipboard-write"]).page
    page.click("#provenance-fold summary")
    page.click("#copy")
    sync_api.expect(page.locator("#copied")).to_have_text("Copied.")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["tokenizer"] == {"name": "default", "version": 1}


def test_dark_and_light_pages_differ_and_follow_a_change(open_page):
    page = open_page(recording_page(made.video()), color_scheme="dark").page
    page.wait_for_selector(DRAWN)
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "palette().both"
    dark = page.evaluate(ground), page.evaluate(ink)
    page.emulate_media(color_scheme="light")
    eventually(lambda: page.evaluate(ground) != dark[0])
    eventually(lambda: page.evaluate(ink) != dark[1])


def test_print_shows_the_rows_that_are_out_of_sight(open_page):
    page = open_page(recording_page(made.video()), color_scheme="dark", viewport={"width": 1000, "height": 300}).page
    painted = """() => {
        const canvas = [...document.querySelectorAll("[data-plot=display] canvas")].at(-1);
        const row = Object.assign(document.createElement("canvas"), { width: canvas.width, height: 1 });
        const pen = row.getContext("2d", { willReadFrequently: true });
        pen.drawImage(canvas, 0, -(canvas.height - Math.round((24 + 6) * devicePixelRatio)));
        return pen.getImageData(0, 0, row.width, 1).data.every((one, i) => i % 4 < 3 || one === 255);
    }"""
    assert not page.evaluate(painted)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(painted)


def test_printing_opens_what_is_folded(open_page):
    page = open_page(recording_page(made.video(faces=5)), color_scheme="dark").page
    assert page.locator("details.face:not([open])").count() > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.face:not([open])").count() == 0
    assert page.get_attribute("html", "data-theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.face:not([open])").count() > 0
    assert page.pdf(format="A4")[:5] == b"%PDF-"


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("kind", ["video", "stills"])
def test_nothing_sticks_out_sideways(open_page, kind, width):
    page = open_page(recording_page(getattr(made, kind)()), viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_half_an_hour_with_64_tokens_works(open_page):
    view = made.video(54_000, book=64, shown=64)
    page = open_page(recording_page(view)).page
    page.wait_for_selector(DRAWN)
    assert inked(page, TOKENS) > 10_000
    page.focus(TOKENS)
    page.keyboard.press("ArrowRight")
    sync_api.expect(page.locator("#live")).to_contain_text("display 1,")
    for _ in range(8):
        page.keyboard.press("+")
    sync_api.expect(page.locator("#shown")).to_have_text(re.compile("min$"))
    page.click("#events summary")
    sync_api.expect(page.locator("#events-rows tr")).to_have_count(100)


def test_every_control_has_a_name(open_page):
    page = open_page(recording_page(made.video(faces=2))).page
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, [tabindex], [role=img], img")]
            .filter(e => !e.getAttribute("aria-label") && !e.textContent.trim())
            .filter(e => !e.hasAttribute("alt") && !e.labels?.length)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
