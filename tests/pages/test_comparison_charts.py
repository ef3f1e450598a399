from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from dfe.pages.axis import Axis
from dfe.pages.chart import Frame
from dfe.pages.forest import ForestRow, forest
from dfe.pages.svg import standalone
from dfe.pages.volcano import VolcanoDot, volcano

PNG = b"\x89PNG\r\n\x1a\n"
AXIS = Axis("g", -2.0, 2.0, (-2.0, 0.0, 2.0))


def numbers(element, *names):
    return [float(element.get(name)) for name in names]


def test_effects_lie_on_the_axis_with_their_intervals():
    rows = [
        ForestRow("smile <b>", "22, symmetric", 1.0, (0.5, 1.5), ("2.0", "0.01"), True, PNG),
        ForestRow("frown", "3", -1.0, (-9.0, 0.0), ("0.5", "0.4"), False),
        ForestRow("nothing", "4", None, None, ("–", "–"), False),
    ]
    drawn = forest(Frame("f", "t", "a", 900), rows, AXIS, ("ratio", "p"), ("less", "more"))
    root = ElementTree.fromstring(standalone(drawn))
    zero = float(re.search(r'class="zero" d="M([\d.]+)', drawn)[1])
    ticks = [float(t.get("x")) for t in root.findall(".//{*}text") if (t.text or "") in ("−2", "2")]
    per_unit = (max(ticks) - min(ticks)) / 4
    square = next(r for r in root.findall(".//{*}rect") if r.get("class") == "dot")
    assert float(square.get("x")) + float(square.get("width")) / 2 == pytest.approx(zero + per_unit, abs=0.2)
    low, high = map(float, re.findall(r'class="bar" d="M([\d.]+) [\d.]+H([\d.]+)"', drawn)[0])
    assert (low, high) == pytest.approx((zero + per_unit / 2, zero + 1.5 * per_unit), abs=0.2)
    assert float(re.findall(r'class="bar" d="M([\d.]+)', drawn)[1]) == pytest.approx(min(ticks), abs=0.2)
    assert "smile &lt;b&gt;" in drawn
    assert drawn.count("<image") == 1
    assert "no spread" in drawn


def test_evidence_rises_and_named_displays_stand_at_their_side():
    dots = [
        VolcanoDot("more", 1.5, 0.0001, True, True, PNG),
        VolcanoDot("less", -1.0, 0.01, True, True),
        VolcanoDot("chance", 0.1, 0.9, False, False),
    ]
    drawn = volcano(Frame("v", "t", "a", 1000, 400), dots, AXIS, 0.01, "q")
    root = ElementTree.fromstring(standalone(drawn))
    circles = {(c.find("{*}title").text or "").split(":")[0]: c for c in root.findall(".//{*}circle")}
    square = next(r for r in root.findall(".//{*}rect") if r.get("class") == "dot")
    assert float(square.get("y")) < float(circles["less"].get("cy")) < float(circles["chance"].get("cy"))
    assert float(circles["less"].get("cx")) < float(circles["chance"].get("cx")) < float(square.get("x"))
    texts = {t.text: t for t in root.findall(".//{*}text") if t.text in ("more", "less", "chance")}
    assert set(texts) == {"more", "less"}
    assert float(texts["less"].get("x")) < float(circles["less"].get("cx"))
    assert float(texts["more"].get("x")) > float(square.get("x"))


def test_a_volcano_without_dots_is_a_chart():
    ElementTree.fromstring(standalone(volcano(Frame("v", "t", "a", 1000, 400), [], AXIS, None, "")))
