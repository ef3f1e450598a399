"""What stands in the source of an evaluation's page; the browser's tests see how it behaves."""

import copy
import json
import re
from xml.etree import ElementTree

import pytest

import made_evaluation as made
from dfe.judge.columns import SUMMARY, best_of, decimals, equal_bits
from dfe.judge.page import evaluation_page
from dfe.judge.reading import coders_of, figure_at, why_not
from dfe.judge.tables import cell
from dfe.pages.formats import tenths
from dfe.pages.page import breakable, environment
from made_reports import NASTY
from page_checker import checked

COLUMNS = {column.key: column for column in SUMMARY}
MEASURES = [key for key, value in made.coder(0).items() if isinstance(value, dict) and key != "seen"]


def summary(page):
    """Rows of the summary's body: the coding's words, then its cells as plain values."""
    body = page.split('id="summary-table"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return [
        (re.search(r'data-v="([^"]*)"', row)[1], re.findall(r'<td[^>]* data-v="([^"]*)"', row))
        for row in body.strip().split("</tr>\n")
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 10, 15])
def test_any_number_of_codings_makes_a_whole_page(count):
    page = evaluation_page(made.result(count))
    words = checked(page)
    assert "We measure visible movements" in words
    assert len(re.findall(r"<section id=", page)) == 8
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)
    if count > 1:
        assert len(re.findall(r"<svg", page)) == 2 + 6 + 1 + 2 + 5 + 1
        assert len(summary(page)) == count


def test_the_page_is_the_same_each_time_and_changes_nothing():
    result = made.result(4, seen=(1,))
    before = copy.deepcopy(result)
    assert evaluation_page(result) == evaluation_page(json.loads(json.dumps(result)))
    assert result == before


def test_the_summary_has_every_coding_and_column_in_order():
    rows = summary(evaluation_page(made.result(10)))
    assert [id for id, _ in rows] == [coder[0] for coder in made.CODERS]
    result = made.result(10)
    for (_, values), coder in zip(rows, result["coders"], strict=True):
        assert len(values) == len(SUMMARY) == 13
        assert float(values[0]) == pytest.approx(coder["fidelity"]["error_mm"]["value"], rel=1e-5)
        assert float(values[6]) == pytest.approx(coder["reliability"]["all"]["counts"]["agreement"]["value"], rel=1e-5)
        poses = [coder["invariance"]["pose"][angle]["value"] for angle in ("pitch", "yaw")]
        assert float(values[-1]) == pytest.approx(max(poses), rel=1e-5)


def test_tokenizers_come_first_and_the_proxy_last_whatever_the_order():
    result = made.result(10)
    result["coders"].reverse()
    kinds = [coder.kind for coder in coders_of(result)]
    assert kinds == ["tokenizer"] * 2 + ["baseline"] * 7 + ["AU proxy"]


def test_every_heading_is_explained():
    page = evaluation_page(made.result(2))
    words = checked(page)
    for column in SUMMARY:
        assert column.about in words
        assert f'data-key="{column.key}"' in page


def test_the_best_is_marked_by_what_is_better():
    coders = coders_of(made.result(10))
    assert best_of(COLUMNS["error"], coders) == {"dfe-51-256x8"}
    assert best_of(COLUMNS["person"], coders) == {"au-proxy"}
    assert best_of(COLUMNS["bits"], coders) == best_of(COLUMNS["tokens"], coders) == set()
    assert best_of(COLUMNS["error"], coders[:1]) == set()


def test_below_nothing_is_not_better_than_nothing():
    result = made.result(3)
    for coder, r2 in zip(result["coders"], (-0.4, -0.01, 0.3), strict=True):
        coder["invariance"]["pose"] = {"pitch": made.estimate(r2), "yaw": made.estimate(-0.5)}
    assert best_of(COLUMNS["pose"], coders_of(result)) == {"dfe-51-64x8", "dfe-51-256x8"}


def test_a_coding_that_knows_the_people_is_marked_and_never_the_best():
    result = made.result(10, seen=(1,))
    page = evaluation_page(result)
    words = checked(page).replace("- ", "-")
    assert "dfe-51-256x8 has seen the people on 12% of the faces" in words
    assert "yes: 505 faces, 12%" in words
    assert best_of(COLUMNS["error"], coders_of(result)) == {"residual-kmeans-64x8"}
    assert "nearest drawing is that of residual-kmeans-64x8" in words
    assert "has seen the people" not in checked(evaluation_page(made.result(10)))


def test_who_was_seen_may_be_unknown():
    result = made.result(2)
    result["coders"][0]["seen"] = {"not_measured": "no subjects: nobody is named"}
    assert "not known: no subjects: nobody is named" in checked(evaluation_page(result))


def test_script_in_names_is_text():
    result = made.result(3, seen=(0,))
    coder = result["coders"][0]
    coder["id"] = coder["kind"] = coder["hash"] = NASTY
    coder["fidelity"]["regions"] = {NASTY: coder["fidelity"]["regions"]["brow"]}
    coder["reliability"][NASTY] = coder["reliability"]["blur"]
    coder["probe"] = {"not_measured": NASTY}
    coder["groups"]["error_mm"] = {NASTY: {NASTY: coder["groups"]["error_mm"]["gender"]["male"]}}
    result["about"] |= {NASTY: NASTY, "neutral": NASTY, "subjects": NASTY, "au_detectors": NASTY}
    result["about"]["sets"] = {NASTY: {"tables": [{"name": NASTY, "sha256": NASTY}]}}
    result["floors"]["detection"] = {NASTY: {NASTY: {"estimate": made.estimate(0.9), "faces": 1, "subjects": 1}}}
    page = evaluation_page(result)
    assert "<script>document" not in page
    assert "<img src=x" not in page
    checked(page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_that_is_missing_is_said_to_be_and_why(measure):
    result = made.result(3)
    for coder in result["coders"]:
        coder[measure] = {"not_measured": f"there was no {measure} <here>"}
    assert f"there was no {measure} <here>" in checked(evaluation_page(result))
    for coder in result["coders"]:
        del coder[measure]
    checked(evaluation_page(result))


def test_what_one_coding_lacks_is_said_at_its_place():
    result = made.result(3)
    result["coders"][1]["retrieval"] = {"not_measured": "no landmarks"}
    page = evaluation_page(result)
    assert [values[3] == "" for _, values in summary(page)] == [False, True, False]
    cell_of_it = re.search(r'<td class="n none" data-v="" title="no landmarks">not measured <sup>a</sup></td>', page)
    assert cell_of_it
    assert "a no landmarks" in checked(page)


def paths(value, above=()):
    """Every path to a part of a result."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*above, key)
        yield from paths(inner, (*above, key))


def test_null_at_any_place_breaks_nothing():
    whole = made.result(2)
    whole["coders"][1] = made.coder(9)
    for path in list(paths(whole))[::29]:
        result = copy.deepcopy(whole)
        inner = result
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = None
        assert "We measure visible movements" in evaluation_page(result), path


def test_an_empty_result_is_a_page():
    words = checked(evaluation_page({}))
    assert "This result holds no coding." in words


def test_groups_tell_how_many_and_claim_nothing():
    words = checked(evaluation_page(made.result(2)))
    assert "Nothing is claimed from these figures" in words
    assert "1,209 faces, 303 people" in words
    assert "3,129 pictures, 625 people" in words
    assert "212 faces, 54 people" in words


def test_what_was_measured_on_is_listed_whole():
    result = made.result(2)
    words = checked(evaluation_page(result))
    for name, group in result["about"]["sets"].items():
        assert name in words
        assert f"{group['faces']:,}" in words
    assert "901" in words
    assert "1,000 draws of people, seed 0" in words
    assert result["coders"][0]["hash"] in words
    assert "4fe14fe14fe14fe1" in words
    assert result["about"]["space"]["hash"] in words


def test_levels_in_no_order_are_not_drawn_as_if_they_were():
    page = evaluation_page(made.result(10))
    faithful = re.search(r'<svg[^>]*aria-labelledby="faithful-levels-title.*?</svg>', page, re.S)[0]
    assert "dfe-51-64x8" in faithful
    assert "au-proxy" not in faithful
    assert "nmf-16" not in faithful


def test_a_coding_that_never_costs_so_much_is_not_called_unmeasured():
    result = made.result(3)
    words = checked(evaluation_page(result))
    assert "the coding never costs so many bits" in words
    errors = [column for column in equal_bits(coders_of(result)) if column.key == "error-24"]
    expected = next(row["error_mm"] for row in result["coders"][0]["fidelity"]["at_bits"] if row["bits"] == 24)
    assert errors[0].find(result["coders"][0]).value == expected


def written(column, values):
    """What a page writes of the figure at x."""
    figure = environment().get_template("judge/figures.html.jinja").module.figure
    return str(figure(cell(column, figure_at(values, "x"), values))).strip()


def test_figures_are_written_with_intervals_and_true_signs():
    assert [tenths(v) for v in (0, 0.123, 0.9999, 1)] == ["0.0%", "12.3%", "99.9%", "100%"]
    assert [tenths(v) for v in (-0.05, -1e-9)] == ["−5.0%", "0.0%"]
    assert decimals(2)(-1234.5) == "−1,234.50"
    error, pose = COLUMNS["error"], COLUMNS["pose"]
    values = {"x": {"value": 0.26, "low": 0.25, "high": 0.27}, "fidelity": {"share": 0.5}}
    assert written(error, values) == '0.260 <span class="share">50.0%</span><small>0.250–0.270</small>'
    values["x"]["low"] = -0.1
    assert "<small>−0.10 to 0.27</small>" in written(pose, values)
    values["x"]["high"] = None
    assert written(pose, values) == "0.26"
    assert figure_at({"x": True}, "x") is None


def test_reasons_are_found_at_any_height():
    assert why_not({"a": {"not_measured": "because"}}, "a.b.c") == "because"
    assert why_not({"a": {"b": {"not_measured": "because"}}}, "a.b.c") == "because"
    assert why_not({"a": {"b": None}}, "a.b") == "not defined for this coding"
    assert why_not({}, "a.b") == "not in this result"


def test_ids_break_where_their_parts_end():
    assert breakable("a-b<c") == "a-<wbr>b&lt;c"
