"""The table of recordings in a real browser."""

import csv
import io
from pathlib import Path

import pytest

import made_reports as made
from dfe.report.qc_page import qc_page

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra dev")
expect = sync_api.expect
pytestmark = pytest.mark.browser

ROWS = "#recordings tbody tr:visible"


def shown(page, column):
    """Plain values of a column, from the rows that are shown, in order."""
    place = page.evaluate(f"headings.findIndex(h => h.dataset.key === '{column}')")
    return page.locator(ROWS).evaluate_all(f"rows => rows.map(row => row.cells[{place}].dataset.v)")


def test_clicking_a_heading_sorts_and_clicking_again_turns_it_round(open_page):
    page = open_page(qc_page([made.entry(i) for i in range(12)])).page
    heading = page.locator("th[data-key=usable_share]")
    assert heading.get_attribute("aria-sort") == "none"
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    values = [float(v) for v in shown(page, "usable_share")]
    assert values == sorted(values)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert [float(v) for v in shown(page, "usable_share")] == values[::-1] == sorted(values, reverse=True)


def test_the_keyboard_sorts_too(open_page):
    page = open_page(qc_page([made.entry(i) for i in range(12)])).page
    page.focus("th[data-key=verdict] button")
    page.keyboard.press("Enter")
    order = {"poor": 0, "check": 1, "good": 2}
    ranks = [order[v] for v in shown(page, "verdict")]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 3
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_attribute("th[data-key=usable_share]", "aria-sort") == "ascending"
    assert page.get_attribute("th[data-key=verdict]", "aria-sort") == "none"


def test_names_sort_by_their_numbers_and_unknown_values_go_last(open_page):
    rows = [made.entry(i, name=f"clip{i}") for i in (10, 9, 2, 100)]
    page = open_page(qc_page(rows)).page
    page.click("th[data-key=name] button")
    assert shown(page, "name") == ["clip2", "clip9", "clip10", "clip100"]
    for _ in range(2):
        page.click("th[data-key=longest_gap_s] button")
        assert shown(page, "longest_gap_s")[-1] == ""


def test_the_filter_and_the_verdicts_narrow_the_table(open_page):
    page = open_page(qc_page([made.entry(i) for i in range(20)])).page
    expect(page.locator(ROWS)).to_have_count(20)
    page.fill("#filter", "TURNED away")
    expect(page.locator(ROWS)).to_have_count(4)
    expect(page.locator("#shown")).to_have_text("4 of 20 shown")
    page.click("[data-verdict=check][aria-pressed]")
    expect(page.locator(ROWS)).to_have_count(0)
    expect(page.locator("#none")).to_be_visible()
    page.fill("#filter", "")
    expect(page.locator(ROWS)).to_have_count(16)
    assert "check" not in shown(page, "verdict")


def test_the_download_holds_the_rows_that_are_shown_in_their_order(open_page):
    rows = [made.entry(i) for i in range(10)]
    rows[4] = made.entry(4, name='odd, "name"\nof two lines', why="")
    page = open_page(qc_page(rows), accept_downloads=True).page
    page.click("[data-verdict=good][aria-pressed]")
    page.click("th[data-key=found_share] button")
    with page.expect_download() as download:
        page.click("#csv")
    assert download.value.suggested_filename == "recordings.csv"
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    saved = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["name"] for row in saved] == [rows[i].name for i in (4, 9, 2, 7)]
    assert [float(row["yaw_median_deg"]) for row in saved] == [rows[i].yaw_median_deg for i in (4, 9, 2, 7)]
    assert {row["frames"] for row in saved} == {str(rows[i].frames) for i in (4, 9, 2, 7)}


def test_script_in_a_name_is_shown_and_never_run(open_page):
    rows = [made.entry(0, name=made.NASTY, why=made.NASTY, href=made.NASTY), made.entry(1)]
    page = open_page(qc_page(rows, title=made.NASTY)).page
    assert page.inner_text("h1") == made.NASTY
    assert page.inner_text("tbody .name >> nth=0") == made.NASTY
    assert page.inner_text("tbody .why >> nth=0") == made.NASTY
    page.fill("#filter", "<script>")
    assert shown(page, "name") == [made.NASTY]
    assert page.title() == made.NASTY


def test_links_open_the_recording_beside_the_page(open_page, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a #1 é.html").write_text("<!doctype html><link rel=icon href='data:,'><title>found</title>")
    opened = open_page(qc_page([made.entry(0, href="sub/a #1 é.html")]))
    with opened.page.expect_navigation():
        opened.page.click("tbody a.name")
    assert opened.page.title() == "found"
    assert opened.asked.pop().endswith(".html")


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_sticks_out_sideways(open_page, width):
    page = open_page(qc_page([made.entry(i) for i in range(5)]), viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_page_has_light_words(open_page):
    page = open_page(qc_page([made.entry(0)]), color_scheme="dark").page
    light = "(c) => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)"
    ground = page.evaluate(f"({light})(getComputedStyle(document.body).backgroundColor)")
    words = page.evaluate(f"({light})(getComputedStyle(document.body).color)")
    assert words > 500 > 150 > ground


def test_a_thousand_recordings_sort_and_filter(open_page):
    picture = made.picture()
    page = open_page(qc_page([made.entry(i, picture) for i in range(1000)])).page
    page.click("th[data-key=yaw_p95_deg] button")
    values = [float(v) for v in shown(page, "yaw_p95_deg")]
    assert len(values) == 1000
    assert values == sorted(values)
    page.fill("#filter", "subject_777")
    expect(page.locator(ROWS)).to_have_count(1)
