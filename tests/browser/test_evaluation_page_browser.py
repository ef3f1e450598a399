"""The page of an evaluation in a real browser."""

import pytest

import made_evaluation as made
from dfe.judge.page import evaluation_page
from made_reports import NASTY
from made_waiting import eventually

pytestmark = pytest.mark.browser

ROWS = "#summary-table tbody tr"


def shown(page, key):
    """Plain values of a column of the summary, in the order of its rows."""
    place = page.evaluate(
        f"[...document.querySelector('#summary-table').tHead.rows[0].cells].findIndex(h => h.dataset.key === '{key}')"
    )
    return page.locator(ROWS).evaluate_all(f"rows => rows.map(row => row.cells[{place}].dataset.v)")


def test_a_heading_sorts_with_the_best_on_top_and_then_turns_round(open_page):
    page = open_page(evaluation_page(made.result(10))).page
    for key, down in (("error", False), ("retrieval", True), ("person", False)):
        page.click(f"#summary-table th[data-key={key}] button")
        values = [float(v) for v in shown(page, key)]
        assert values == sorted(values, reverse=down)
        assert len(set(values)) > 5
        page.click(f"#summary-table th[data-key={key}] button")
        assert [float(v) for v in shown(page, key)] == sorted(values, reverse=not down)
    headings = page.locator("#summary-table th[aria-sort]")
    assert headings.evaluate_all("all => all.filter(h => h.ariaSort !== 'none').length") == 1


def test_the_keyboard_sorts_names_and_what_is_not_measured_goes_last(open_page):
    result = made.result(5)
    result["coders"][0]["retrieval"] = {"not_measured": "no landmarks"}
    page = open_page(evaluation_page(result)).page
    page.focus("#summary-table th:first-child button")
    page.keyboard.press("Enter")
    names = page.locator(f"{ROWS} .id").all_inner_texts()
    assert names == [made.CODERS[i][0] for i in (0, 1, 4, 2, 3)]
    for _ in range(2):
        page.click("#summary-table th[data-key=retrieval] button")
        assert shown(page, "retrieval")[-1] == ""
    assert page.locator("#summary-table tfoot tr").count() == 2


def test_other_tables_sort_by_themselves(open_page):
    page = open_page(evaluation_page(made.result(5))).page
    before = shown(page, "error")
    page.click("#error-at-equal-bits th[data-key='error-16'] button")
    rows = page.locator("#error-at-equal-bits tbody tr")
    values = rows.evaluate_all("rows => rows.map(row => Number(row.cells[2].dataset.v))")
    assert values == sorted(values)
    assert shown(page, "error") == before


def test_charts_are_drawn_and_pointing_singles_a_line_out(open_page):
    page = open_page(evaluation_page(made.result(10))).page
    charts = page.locator("svg.chart")
    assert charts.count() == 17
    assert charts.evaluate_all("all => all.every(c => c.getBoundingClientRect().height > 150)")
    first = charts.first.locator("g.series")
    first.nth(3).locator("circle, rect, polygon").last.hover()
    clear = "all => all.filter(g => getComputedStyle(g).opacity === '1').length"
    eventually(lambda: first.evaluate_all(clear) == 1)


def test_names_of_lines_fit_their_chart_in_this_font(open_page):
    page = open_page(evaluation_page(made.result(15))).page
    out = page.locator("svg.chart text").evaluate_all(
        """all => all.filter(t => {
            const box = t.getBBox(), view = t.ownerSVGElement.viewBox.baseVal;
            return box.x < -3 || box.x + box.width > view.width + 1 || box.y + box.height > view.height + 1;
        }).map(t => t.textContent)"""
    )
    assert out == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_sticks_out_sideways(open_page, width):
    page = open_page(evaluation_page(made.result(10, seen=(1,))), viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_page_has_light_words_and_lines(open_page):
    page = open_page(evaluation_page(made.result(3)), color_scheme="dark").page
    sum_of = "(c) => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)"
    ground = page.evaluate(f"({sum_of})(getComputedStyle(document.body).backgroundColor)")
    words = page.evaluate(f"({sum_of})(getComputedStyle(document.body).color)")
    line = "getComputedStyle(document.querySelector('svg.chart .line')).stroke"
    dark = page.evaluate(line)
    assert words > 500 > 150 > ground
    assert page.evaluate(f"({sum_of})({line})") > 400
    page.emulate_media(color_scheme="light")
    eventually(lambda: page.evaluate(line) != dark)


def test_printing_is_light_and_unfolded(open_page):
    page = open_page(evaluation_page(made.result(3)), color_scheme="dark").page
    assert page.locator("details:not([open])").count() > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.get_attribute("html", "data-theme") == "light"
    page.emulate_media(media="print")
    eventually(lambda: page.locator("#summary-table th[data-key=error] button").is_visible())
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_script_in_a_name_is_shown_and_never_run(open_page):
    result = made.result(3)
    result["coders"][0]["id"] = NASTY
    page = open_page(evaluation_page(result)).page
    assert page.inner_text(f"{ROWS} .id >> nth=0") == NASTY
    assert page.title() == "Codings of the face, judged"
    assert page.locator("th[scope=row] img").count() == 0


def test_every_control_has_a_name(open_page):
    page = open_page(evaluation_page(made.result(3))).page
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, [tabindex], [role=img]")]
            .filter(e => !e.getAttribute("aria-label") && !e.textContent.trim()).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
