"""Charts as SVG text: well formed, scaled as the axes say, named, and legible in both themes."""

import itertools
import math
import re
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np
import pytest

from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Mark, Series, dot_plot, front, line_chart, unbeaten
from dfe.pages.svg import PALETTES, Look, fitted, spread_out, standalone, width_of

NASTY = "<script>alert(1)</script>&\"'"
SVG = "{http://www.w3.org/2000/svg}"
FRAME = Frame("some", "Some title", "What it shows.")
X = Axis.over("bits", [0, 52])
Y = Axis.over("error, mm", [0.2, 2.4], log=True)


def line(name, ys, look, wide=None):
    ends = [None if wide is None else (y - wide, y + wide) for y in ys]
    return Series(name, tuple(Dot(8.0 * i, y, end) for i, (y, end) in enumerate(zip(ys, ends, strict=True))), look)


LINES = [line("a", (2.4, 1.2, 0.6), Look(0), 0.1), line(NASTY, (2.4, 0.9, 0.5), Look(9, "square", False))]
CHARTS = {
    "lines": line_chart(FRAME, LINES, X, Y, [Mark(2.41, "mean face")]),
    "dots": dot_plot(
        FRAME,
        [Series("a", (Dot(0.3, 0, None, (0.2, 0.5)),), Look(0)), Series(NASTY, (), Look(1, "diamond"))],
        Axis.over("share", [0, 1], percent=True),
        [Mark(1, "mean face")],
    ),
    "front": front(
        FRAME,
        [Series("a", (Dot(10, 0.5, (0.4, 0.6), (8, 13)),), Look(0)), Series(NASTY, (Dot(20, 0.9),), Look(2, "square"))],
        X,
        Axis.over("probe", [0, 1]),
    ),
}


def parsed(chart):
    return ElementTree.fromstring(standalone(chart))


@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_is_well_formed_and_says_what_it_is(kind):
    root = parsed(CHARTS[kind])
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert root.get("aria-labelledby").split() == ids == ["some-title", "some-about"]
    assert root.find(f"{SVG}title").text == "Some title"
    assert root.find(f"{SVG}desc").text == "What it shows."
    assert not list(root.iter(f"{SVG}script"))
    assert NASTY in [element.text for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", CHARTS)
@pytest.mark.parametrize("theme", PALETTES)
def test_a_chart_that_stands_alone_has_no_variables_left_and_a_ground(kind, theme):
    alone = standalone(CHARTS[kind], theme)
    root = ElementTree.fromstring(alone)
    assert "var(" in CHARTS[kind]
    assert "var(" not in alone
    width, height = re.search(r'viewBox="0 0 (\d+) (\d+)"', CHARTS[kind]).groups()
    assert root.get("viewBox").split() == ["-14", "-14", root.get("width"), root.get("height")]
    assert (int(root.get("width")), int(root.get("height"))) == (int(width) + 28, int(height) + 28)
    ground = root.find(f"{SVG}rect")
    assert ground.get("fill") == PALETTES[theme]["paper"]
    assert list(root).index(ground) < min(i for i, e in enumerate(root) if e.tag in (f"{SVG}text", f"{SVG}g"))


def test_a_page_may_hold_a_chart_as_it_is():
    assert 'xmlns="' not in CHARTS["lines"]
    assert "#" not in CHARTS["lines"].replace("&#x27;", "").replace("&#39;", "")


def scale(chart, ticks, attribute):
    """Place of each tick on the page, read from the words beside it."""
    words = {element.text: float(element.get(attribute)) for element in parsed(chart).iter(f"{SVG}text")}
    return [words[tick] for tick in ticks]


def test_points_lie_where_the_axes_say():
    chart = line_chart(FRAME, LINES[:1], X, Y)
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in parsed(chart).iter(f"{SVG}circle")]
    zero, twenty = scale(chart, ("0", "20"), "x")
    one, two = (y - 4 for y in scale(chart, ("1", "2"), "y"))
    per_octave = two - one
    for (x, y), dot in zip(circles, LINES[0].dots, strict=True):
        assert x == pytest.approx(zero + dot.x * (twenty - zero) / 20, abs=0.11)
        assert y == pytest.approx(one + math.log2(dot.y) * per_octave, abs=0.11)


def test_a_band_runs_from_low_to_high():
    root = parsed(line_chart(FRAME, LINES[:1], X, Y))
    (band,) = [p for p in root.iter(f"{SVG}path") if p.get("class") == "band"]
    ys = [float(pair.split()[1]) for pair in band.get("d").strip("MZ").split("L")]
    centre = [float(c.get("cy")) for c in root.iter(f"{SVG}circle")]
    assert all(up < c < down for up, c, down in zip(ys[:3], centre, ys[:2:-1], strict=True))


def test_intervals_of_a_dot_plot_lie_on_its_axis():
    chart = CHARTS["dots"]
    zero, whole = scale(chart, ("0%", "100%"), "x")
    root = parsed(chart)
    (bar,) = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("class") == "bar"]
    low, high = (float(value) for value in re.fullmatch(r"M([\d.]+) [\d.]+H([\d.]+)", bar).groups())
    (circle,) = root.iter(f"{SVG}circle")
    shares = [(x - zero) / (whole - zero) for x in (low, float(circle.get("cx")), high)]
    assert shares == pytest.approx([0.2, 0.3, 0.5], abs=0.001)
    assert "not measured" in [element.text for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("count", [1, 15])
def test_names_of_lines_do_not_overlap_and_stay_inside(count):
    series = [line(f"coding number {i}", (2.4, 0.5 + 0.001 * i), Look(i)) for i in range(count)]
    root = parsed(line_chart(FRAME, series, X, Y, [Mark(2.41, "mean face")]))
    names = [t for t in root.iter(f"{SVG}text") if t.text.startswith(("coding", "mean"))]
    heights = sorted(float(t.get("y")) for t in names)
    assert len(heights) == count + 1
    assert all(b - a >= 14.8 for a, b in itertools.pairwise(heights))
    assert heights[0] > 12
    assert heights[-1] < FRAME.height
    assert all(float(t.get("x")) + width_of(t.text) <= FRAME.width for t in names)


def test_names_are_spread_with_the_least_squares():
    scipy = pytest.importorskip("scipy.optimize", reason="comes with the extra study")
    wanted = [30.0, 31.0, 29.5, 80.0, 82.0, 140.0]
    placed = spread_out(wanted, 15, 0, 200)
    order = np.argsort(wanted)
    fits = [{"type": "ineq", "fun": lambda p, a=a, b=b: p[b] - p[a] - 15} for a, b in itertools.pairwise(order)]
    start = np.arange(6)[np.argsort(order)] * 25.0
    best = scipy.minimize(lambda p: np.square(p - wanted).sum(), start, constraints=fits).x
    assert placed == pytest.approx(best, abs=1e-3)


def test_names_without_room_are_squeezed_and_none_is_an_error():
    assert spread_out([5.0] * 11, 15, 0, 100) == pytest.approx([10.0 * i for i in range(11)])
    assert spread_out([500.0, -500.0], 15, 0, 100) == pytest.approx([100, 0])
    assert spread_out([], 15, 0, 100) == []


def test_long_names_are_cut_in_their_middle():
    name = "residual-kmeans-with-a-long-name-64x8"
    shown = fitted(name, 120)
    assert width_of(shown) <= 120
    assert shown.startswith("residual")
    assert shown.endswith("64x8")
    assert fitted(name, 1000) == name
    chart = line_chart(FRAME, [line(name * 3, (1, 2), Look())], X, Y)
    assert f"<title>{name * 3}</title>" in chart


def test_the_front_is_that_of_points_that_nothing_beats():
    rng = np.random.default_rng(0)
    points = [tuple(p) for p in rng.integers(0, 6, (40, 2)).tolist()]
    expected = [i for i, p in enumerate(points) if not any(q != p and q[0] >= p[0] and q[1] >= p[1] for q in points)]
    assert unbeaten(points) == expected
    lines = front(FRAME, [Series(str(p), (Dot(*p),), Look()) for p in [(1, 1), (2, 3), (3, 2)]], X, X)
    (path,) = [p.get("d") for p in parsed(lines).iter(f"{SVG}path") if p.get("class") == "front"]
    assert path.count("L") == 1


@pytest.mark.parametrize(
    ("values", "options", "ticks"),
    [
        ((0, 52), {}, (0, 20, 40, 60)),
        ((0, 1), {}, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ((-0.1, 0.3), {}, (-0.1, 0, 0.1, 0.2, 0.3)),
        ((0.16, 2.41), {"log": True}, (0.2, 0.5, 1, 2)),
        ((-0.007, 0.7), {}, (0, 0.2, 0.4, 0.6, 0.8)),
        ((3, 3), {}, (3, 3.2, 3.4, 3.6, 3.8, 4)),
        ((), {}, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ((math.nan, 2), {"within": (0, None)}, (0, 0.5, 1, 1.5, 2)),
    ],
)
def test_ticks_are_round_numbers_that_hold_the_values(values, options, ticks):
    axis = Axis.over("x", values, **options)
    assert axis.ticks == pytest.approx(ticks)
    assert all(axis.low <= value <= axis.high for value in values if not math.isnan(value))


def test_values_off_the_axis_lie_at_its_end():
    axis = Axis("x", 1, 100, log=True)
    assert [axis.place(v, 10, 30) for v in (0.0, 1, 10, 100, 1e6)] == pytest.approx([10, 10, 20, 30, 30])


def test_an_empty_chart_is_a_chart():
    for chart in (line_chart(FRAME, [], X, Y), dot_plot(FRAME, [], X), front(FRAME, [], X, Y)):
        assert parsed(chart).find(f"{SVG}title").text == "Some title"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("theme", PALETTES)
def test_names_are_legible(theme):
    """Contrast of WCAG 2.1, 1.4.3: at least 4.5 for small letters."""
    palette = PALETTES[theme]
    for name in [n for n in palette if n.startswith("series")] + ["ink", "quiet"]:
        a, b = sorted((luminance(palette[name]), luminance(palette["paper"])))
        assert (b + 0.05) / (a + 0.05) >= 4.5, name


def test_charts_that_stand_alone_have_the_pages_colours():
    static = files("dfe.pages").joinpath("static")
    css = "".join(static.joinpath(f"{name}.css").read_text() for name in ("page", "results"))
    for name, light in PALETTES["light"].items():
        found = re.findall(rf"--{name}: (#[0-9a-f]{{6}});", css)
        assert len(found) == 2
        if name != "paper":
            assert found == [light, PALETTES["dark"][name]]
