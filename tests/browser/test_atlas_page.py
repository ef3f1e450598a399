"""The page of an atlas in a real browser, its heads drawn by WebGL in software."""

import base64
import io
import json
import re
from unittest.mock import patch

import cv2
import numpy as np
import pytest

import made_corpus as made
from dfe.atlas import build_atlas
from dfe.atlas.page import atlas_page, atlas_view
from dfe.atlas.pictures import to_webp
from dfe.displays.names import read_names
from dfe.tokenizer.file import load_tokenizer
from made_waiting import eventually

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra dev")
expect = sync_api.expect
pytestmark = pytest.mark.browser

SHOWN = ".head-card:visible"
NASTY = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
NO_WEBGL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
};"""


@pytest.fixture
def open_page(open_page):
    """A small window: fewer heads to draw in software."""
    return lambda html, **context: open_page(html, **{"viewport": {"width": 1000, "height": 640}, **context})


def drawn(display):
    return f"#card-{display} canvas[data-drawn=yes]"


def page_of(atlas):
    """The page with one picture for all displays: drawing 126 of them takes too long for a test."""
    pictures = tuple(to_webp(atlas.picture(22, yaw=yaw)) for yaw in (0.0, 0.5)) if atlas.space.has_surface else ()
    with patch("dfe.atlas.page.webp_pictures", lambda atlas, progress=None: (pictures,) * len(atlas)):
        return atlas_page(atlas_view(atlas))


@pytest.fixture(scope="module")
def atlas():
    return build_atlas(load_tokenizer("dfe-face41@3"))


@pytest.fixture(scope="module")
def html(atlas):
    return page_of(atlas)


@pytest.fixture(scope="module")
def with_corpus(tmp_path_factory):
    tokenizer = load_tokenizer("dfe-face41@3")
    return page_of(build_atlas(tokenizer, made.corpus(tmp_path_factory.mktemp("corpus"), tokenizer)))


def pixels(page, selector):
    """What a canvas shows, ``(size, size, 4)`` RGBA."""
    address = page.eval_on_selector(selector, "canvas => canvas.toDataURL()")
    data = np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)


def slide(page, id, value):
    page.eval_on_selector(
        f"#{id}", "(e, value) => { e.value = value; e.dispatchEvent(new Event('input', { bubbles: true })); }", value
    )


def apart(one, other, where=...):
    """Mean absolute difference of two pictures."""
    return float(np.abs(one.astype(int) - other)[where].mean())


def opaque(one, other):
    return (one[..., 3] > 250) & (other[..., 3] > 250)


def shown(page):
    return page.locator(SHOWN).count()


def open_token(page, display):
    page.evaluate(f"location.hash = '#token-{display}'")
    expect(page.locator("#token-title")).to_have_text(re.compile(rf"^\s*{display}\b"))


def close_token(page):
    """Back to the gallery by the keyboard: the address changes before the page does."""
    page.keyboard.press("Escape")
    page.locator("#gallery").wait_for()


def test_heads_are_those_of_the_package_s_own_renderer(open_page, html, atlas):
    page = open_page(html).page
    assert page.get_attribute("html", "data-webgl") == "yes"
    page.mouse.move(2, 2)
    for display in (1, 6):
        page.wait_for_selector(drawn(display))
        seen = pixels(page, drawn(display)).astype(float)
        expected = atlas.picture(display, size=len(seen)).astype(float)
        both = (seen[..., 3] > 250) & (expected[..., 3] > 250)
        assert both.mean() > 0.3  # the whole head, and room for it to turn
        assert np.abs(seen[..., 3] - expected[..., 3]).mean() < 3
        assert np.abs(seen - expected)[both].mean() < 2


def test_only_heads_in_sight_are_drawn(open_page, html):
    page = open_page(html).page
    page.wait_for_selector(drawn(1))
    assert page.locator("#heads canvas[data-drawn]").count() < 40
    page.locator("#card-63").scroll_into_view_if_needed()
    page.wait_for_selector(drawn(63))
    expect(page.locator("#card-1 canvas[data-drawn]")).to_have_count(0)


def test_dragging_turns_all_heads_and_a_double_click_turns_them_back(open_page, html):
    page = open_page(html).page
    page.wait_for_selector(drawn(2))
    before = pixels(page, drawn(2))
    box = page.locator("#card-1 canvas").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 70)
    page.mouse.down()
    page.mouse.move(box["x"] + 110, box["y"] + 70, steps=4)
    page.mouse.up()
    page.mouse.move(2, 2)
    eventually(lambda: int(page.input_value("#turn")) > 10)
    assert page.url.endswith(".html")
    eventually(lambda: apart(pixels(page, drawn(2)), before) > 3)
    page.click("#straight")
    expect(page.locator("#turn")).to_have_value("0")
    eventually(lambda: apart(pixels(page, drawn(2)), before) < 0.5)


def test_strength_flip_and_colours_change_the_heads(open_page, html, atlas):
    page = open_page(html).page
    left = next(t for t in atlas.displays if t.side == "left")
    page.fill("#search", str(left.display))
    page.mouse.move(2, 2)
    page.wait_for_selector(drawn(left.display))

    def head():
        return pixels(page, drawn(left.display))

    size = len(head())
    own, partner = (atlas.picture(display, size=size) for display in (left.display, left.partner))
    eventually(lambda: apart(head(), own, opaque(head(), own)) < 2)
    usual = head()
    page.click("#flip")
    eventually(lambda: apart(head(), partner, opaque(head(), partner)) < 2)
    assert apart(usual, partner, opaque(usual, partner)) > 3
    page.click("#flip")
    slide(page, "strength", 0)
    expect(page.locator("#strength-said")).to_have_text("rest")
    eventually(lambda: np.abs(head()[..., 0].astype(int) - head()[..., 2])[head()[..., 3] > 250].max() < 60)
    rest = head()
    slide(page, "strength", 12)
    expect(page.locator("#strength-said")).to_have_text("2.62 mm")
    eventually(lambda: apart(head(), usual) > apart(rest, usual))
    strong = head()
    page.click("#heat")
    expect(page.locator("#heat")).to_have_attribute("aria-pressed", "false")
    eventually(lambda: apart(head(), strong) > 3)


def test_move_plays_the_movement(open_page, html):
    page = open_page(html).page
    page.wait_for_selector(drawn(1))
    page.mouse.move(2, 2)
    page.click("#play")
    first = pixels(page, drawn(1))
    eventually(lambda: apart(pixels(page, drawn(1)), first) > 0.5)


def test_search_and_filters(open_page, with_corpus):
    page = open_page(with_corpus).page
    expect(page.locator(SHOWN)).to_have_count(63)
    page.fill("#search", "27")
    expect(page.locator(SHOWN)).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 of 63")
    page.fill("#search", "au12 left")
    smiles = shown(page)
    assert 0 < smiles < 30
    page.fill("#search", "zzz")
    expect(page.locator("#none")).to_be_visible()
    page.click("#clear-filters")
    expect(page.locator(SHOWN)).to_have_count(63)
    sides = []
    for side in ("symmetric", "left", "right"):
        page.select_option("#side", side)
        sides.append(shown(page))
    assert sides == [31, 16, 16]
    page.select_option("#side", "")
    page.select_option("#region", "brow")
    assert 0 < shown(page) < 20
    page.select_option("#region", "")
    page.select_option("#use", "doubtful")
    expect(page.locator(SHOWN)).to_have_count(4)
    uses = []
    for use in ("often", "seldom", "never"):
        page.select_option("#use", use)
        uses.append(shown(page))
    assert sum(uses) == 63
    page.select_option("#use", "")
    page.select_option("#sort", "use")
    percents = page.locator(".head-card:visible .head-facts").all_inner_texts()
    first, last = percents[0], percents[-1]
    assert "%" in first
    assert first != last


def test_a_display_s_own_page_and_the_way_back(open_page, with_corpus):
    page = open_page(with_corpus).page
    page.click("#card-31 .head-name")
    page.wait_for_selector("#token-title")
    assert page.url.endswith("#token-31")
    assert page.inner_text("#token-title").startswith("31 ")
    assert not page.is_visible("#gallery")
    expect(page.locator("#token canvas[data-drawn=yes]")).to_have_count(2)
    for title in ("Where it moves the face", "Most like these action units", "Nearest in the similarity tree",
                  "By strength", "By person", "Comes together with", "Where it is strongest"):  # fmt: skip
        assert page.locator("h3", has_text=title).count() == 1
    page.locator(".relative").first.click()
    page.wait_for_url(lambda url: not url.endswith("#token-31"))
    page.go_back()
    page.wait_for_url("**#token-31")
    expect(page.locator("#token-title")).to_have_text(re.compile(r"^\s*31\b"))
    page.click("#token nav a")
    page.locator("#gallery").wait_for()
    expect(page.locator("#card-31 :focus")).to_have_count(1)


def test_a_name_is_kept_saved_and_loaded(open_page, html, tmp_path):
    opened = open_page(html, accept_downloads=True)
    page = opened.page
    open_token(page, 22)
    page.fill("#name-input", "polite smile")
    page.fill("#note-input", "no eyes\nno cheeks")
    expect(page.locator("#token-title")).to_have_text("22 polite smile")
    page.reload()
    page.wait_for_selector("#token-title")
    expect(page.locator("#name-input")).to_have_value("polite smile")
    close_token(page)
    expect(page.locator("#card-22 .name")).to_have_text("polite smile")
    page.select_option("#use", "named")
    expect(page.locator(SHOWN)).to_have_count(1)
    with page.expect_download() as download:
        page.click("#names-save")
    assert download.value.suggested_filename == "names.json"
    names = read_names(download.value.path(), load_tokenizer("dfe-face41@3"))
    assert (names.name(22), names.note(22)) == ("polite smile", "no eyes\nno cheeks")
    page.evaluate("localStorage.clear()")
    page.reload()
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    assert page.inner_text("#card-22 .name") == ""
    page.set_input_files("#names-file", str(download.value.path()))
    expect(page.locator("#card-22 .name")).to_have_text("polite smile")
    assert opened.said == []
    opened.asked[1:] = [url for url in opened.asked[1:] if not url.startswith("file:")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json", "not JSON"),
        ("[]", "no file of names"),
        ('{"tokenizer": {"id": "other@1", "hash": "00"}, "names": {}}', "names of other@1"),
        ('{"tokenizer": {"id": "dfe-face41@3", "hash": "HASH"}, "names": {"99": {"name": "x"}}}', "does not have"),
    ],
)
def test_a_names_file_that_does_not_fit_is_told(open_page, html, atlas, tmp_path, text, says):
    page = open_page(html).page
    (tmp_path / "n.json").write_text(text.replace("HASH", atlas.hash))
    page.set_input_files("#names-file", str(tmp_path / "n.json"))
    expect(page.locator("#names-status")).to_contain_text(says)
    expect(page.locator("#names-status")).to_have_class("problem")


def test_script_in_a_name_is_shown_and_never_run(open_page, html):
    page = open_page(html).page
    open_token(page, 5)
    page.fill("#name-input", NASTY[:120])
    page.fill("#note-input", NASTY)
    page.click(".token-facts button")
    close_token(page)
    expect(page.locator("#card-5 .name")).to_have_text(NASTY[:120])
    assert NASTY[:20] in page.inner_text("#built")
    assert page.title() == "dfe-face41@3 – atlas of facial displays"
    assert page.locator("#heads script, #built script, #heads img[src=x]").count() == 0


def test_the_builder_adds_strengthens_and_removes(open_page, html, atlas):
    page = open_page(html).page
    page.wait_for_selector("#builder-canvas[data-drawn=yes]")

    def built():
        return pixels(page, "#builder-canvas")

    rest = built()
    page.click("[data-add='22']")
    page.click("[data-add='6']")
    page.click("[data-add='6']")
    expect(page.locator("#built li")).to_have_count(2)
    eventually(lambda: apart(built(), rest) > 2)
    slide(page, "built-6", 0)
    expected = atlas.picture(22, size=len(rest))
    eventually(lambda: apart(built(), expected, opaque(built(), expected)) < 2)
    page.click("#built li:nth-child(1) button")
    expect(page.locator("#built li")).to_have_count(1)
    page.click("#builder-clear")
    eventually(lambda: apart(built(), rest) < 0.1)


def test_all_of_it_by_keyboard_alone(open_page, html):
    page = open_page(html).page
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("22")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "#token-22":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#token-title")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "name-input":
            break
    page.keyboard.type("smile, said by hand")
    close_token(page)
    expect(page.locator("[href='#token-22']:focus")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#built")).to_have_text(re.compile(r"^\s*22\s*smile, said by hand"))
    expect(page.locator("#live")).to_contain_text("Added display 22")
    page.focus("#turn")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#turn")).to_have_value("5")
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect(page.locator(SHOWN)).to_have_count(63)
    open_token(page, 22)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**#token-23")
    # The address changes before the page does, and a key goes from what is shown.
    # Waiting for a function would have the page evaluate a string, which its policy forbids.
    expect(page.locator("#token-title")).to_have_text(re.compile(r"^\s*23\b"))
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**#token-22")


def test_without_webgl_the_pictures_stay(open_page, html):
    page = open_page(html, before=NO_WEBGL).page
    assert page.get_attribute("html", "data-webgl") == "no"
    assert page.locator("#heads img").first.is_visible()
    assert page.locator("canvas:visible").count() == 0
    open_token(page, 7)
    assert page.locator("#token .stage img:visible").count() == 2


def test_a_space_without_a_mesh_is_told_in_words(open_page):
    page = open_page(page_of(build_atlas(made.plain_tokenizer()))).page
    assert "nothing to draw" in page.inner_text("main")
    assert page.locator("canvas, .heads img").count() == 0
    assert not page.is_visible("#builder")
    expect(page.locator(SHOWN)).to_have_count(4)
    page.fill("#search", "exp_3")
    assert shown(page) < 4
    page.click("#clear-filters")
    open_token(page, 2)
    page.fill("#name-input", "a direction")
    expect(page.locator("#token-title")).to_have_text("2 a direction")
    assert "Coefficients that carry it" in page.inner_text("#token")
    close_token(page)
    expect(page.locator("#card-2 .name")).to_have_text("a direction")


def test_a_browser_that_keeps_nothing_says_so(open_page, html):
    page = open_page(
        html, before="Object.defineProperty(window, 'localStorage', { get() { throw new Error(); } });"
    ).page
    assert "does not keep" in page.inner_text("#names-status")
    open_token(page, 3)
    page.fill("#name-input", "for now")
    expect(page.locator("#token-title")).to_have_text("3 for now")


def test_dark_light_and_print(open_page, html):
    page = open_page(html, color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    eventually(lambda: page.evaluate(ground) != dark)
    page.emulate_media(media="print")
    eventually(lambda: page.locator("#card-1 img:visible").count() == 2)
    eventually(lambda: not page.is_visible("#builder"))
    assert page.pdf(format="A4")[:5] == b"%PDF-"


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_sticks_out_sideways(open_page, with_corpus, width):
    page = open_page(with_corpus, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("[data-add='22']")
    open_token(page, 40)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name(open_page, with_corpus):
    page = open_page(with_corpus).page
    page.click("[data-add='22']")
    open_token(page, 40)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, textarea, [tabindex], [role=img], img")]
            .filter(e => !e.getAttribute("aria-label") && !e.textContent.trim())
            .filter(e => !e.hasAttribute("alt") && !e.labels?.length)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


def test_the_page_is_small_and_says_what_it_is(html):
    assert len(html.encode()) < 3e6
    assert "We measure visible movements; we don't claim to read feelings or to diagnose." in html
    assert "http" not in html.replace("http-equiv", "")
    assert json.loads(io.StringIO(html.split('id="data">')[1].split("</script>")[0]).read())["tokens"]
