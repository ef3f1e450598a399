"""Small multiples: every row in every panel, dots where the axes say, the first row of a group to compare with."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from dfe.pages.axis import Axis
from dfe.pages.chart import Frame
from dfe.pages.multiples import Group, Panel, Row, Value, small_multiples
from dfe.pages.svg import Look, standalone, width_of

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<b>&\"'"
ERROR, SHARE = Axis.over("error, mm", [0, 1]), Axis.over("share", [0, 1], percent=True)
GROUPS = [
    Group(
        "first",
        (
            Row("preset", (Value(0.2, (0.1, 0.3)), Value(0.5))),
            Row("changed", (Value(0.7), None)),
            Row("worse", (Value(0.9), Value(1.0))),
        ),
        Look(0),
    ),
    Group("second", (Row(NASTY, (Value(0.2), Value(0.0))),), Look(1), compared=False),
]
CHART = small_multiples(Frame("some", "Title", "About.", 700), GROUPS, [Panel(ERROR, "less"), Panel(SHARE, "")])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_is_well_formed_and_names_every_row(theme):
    root = ElementTree.fromstring(standalone(CHART, theme))
    words = [element.text for element in root.iter(f"{SVG}text")]
    for named in ("first", "second", "preset", "changed", "worse", NASTY, "error, mm", "share", "less", "40%"):
        assert named in words
    assert words.count("–") == 1
    assert "var(" not in standalone(CHART, theme)


def test_dots_lie_where_the_axes_say_and_below_each_other():
    root = ElementTree.fromstring(str(CHART).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))
    rows = [g for g in root.iter(f"{SVG}g") if g.get("class") == "row"]
    assert len(rows) == 4
    circles = [list(row.iter(f"{SVG}circle")) for row in rows]
    assert [len(row) for row in circles] == [0, 1, 2, 2]
    changed, worse, nasty = (row[0] for row in circles[1:])
    assert float(changed.get("cx")) < float(worse.get("cx"))
    assert float(changed.get("cy")) < float(worse.get("cy")) < float(nasty.get("cy"))
    (diamond, _) = [p.get("points").split() for p in rows[0].iter(f"{SVG}polygon")]
    assert float(diamond[2]) == float(nasty.get("cx"))
    assert "preset: error, mm 0.2 (0.1 to 0.3)" in CHART
    references = re.findall(r'class="reference" d="M([\d.]+) ', CHART)
    assert len(references) == 2
    assert float(references[0]) == float(nasty.get("cx"))
    assert CHART.count('class="bar"') == 1


@pytest.mark.parametrize("low", [0.0, 0.9889, 0.995])
def test_names_of_ticks_do_not_touch(low):
    panels = [Panel(Axis.over("share", [low, 1.0], percent=True), "")] * 5
    group = Group("one", (Row("row", (Value(1.0),) * 5),), Look(0))
    root = ElementTree.fromstring(standalone(small_multiples(Frame("a", "T", "A.", 650), [group], panels)))
    named = [e for e in root.iter(f"{SVG}text") if (e.text or "").endswith("%")]
    ends = [(float(e.get("x")) - width_of(e.text) / 2, float(e.get("x")) + width_of(e.text) / 2) for e in named]
    inside = [pair for pair in pairwise(ends) if pair[1][0] > pair[0][0]]
    assert len(named) >= 5
    assert all(end < start for (_, end), (start, _) in inside)
