"""Charts of an evaluation's page, from its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dfe.judge.reading import Coder, Figure, Result, figure_at, list_at, number_at, part
from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Mark, Series, dot_plot, front, line_chart
from dfe.pages.formats import number
from dfe.pages.svg import Look

_ALL = "all"
_CHANGES = {_ALL: "All changes together", "blur": "Blur", "crop": "Crop", "jpeg": "JPEG", "shift": "Shift"}


def error_charts(result: Result, coders: Sequence[Coder]) -> list[Markup]:
    """Error against bits, and against tokens said, of the best 1 to N tokens."""
    return [
        _error_chart(result, coders, "bits", "error-bits", "Error against bits", "bits a face"),
        _error_chart(result, coders, "used", "error-tokens", "Error against tokens", "tokens said a face"),
    ]


def _error_chart(result: Result, coders: Sequence[Coder], key: str, id: str, title: str, across: str) -> Markup:
    series = [Series(c.id, _error_dots(c.values, key), c.look) for c in coders]
    mean_face = number_at(result, "floors", "mean_face_mm")
    marks = [] if mean_face is None else [Mark(mean_face, f"mean face, {mean_face:.2f} mm")]
    dots = [dot for one in series for dot in one.dots]
    if not dots:
        return Markup()
    x = Axis.over(across, [dot.x for dot in dots], within=(0, None))
    y = Axis.over("error, mm (logarithmic)", [d.y for d in dots] + [m.value for m in marks], log=True)
    about = f"Error in mm against {across}, a line for each coding. {_ends(series, 'mm')}"
    return line_chart(Frame(id, title, about), series, x, y, marks)


def _error_dots(values: Result, key: str) -> tuple[Dot, ...]:
    base = number_at(values, "fidelity", "base_mm")
    steps = [(number_at(s, key), number_at(s, "error_mm")) for s in list_at(values, "fidelity", "by_tokens")]
    known = [(0.0, base), *steps]
    dots = sorted(Dot(x, y) for x, y in known if x is not None and y is not None and y > 0)
    whole = figure_at(values, "fidelity", "error_mm")
    if len(dots) < 2:
        return ()
    return (*dots[:-1], dots[-1]._replace(interval=whole.interval if whole else None))


def region_charts(coders: Sequence[Coder]) -> list[Markup]:
    """A dot plot for each region: error by that of the mean face there."""
    names = _keys(coders, "fidelity", "regions")
    figures = {name: [figure_at(c.values, "fidelity", "regions", name, "share") for c in coders] for name in names}
    axis = _axis("share of the mean face's error", [f for column in figures.values() for f in column], (0, 1))
    return [
        _dots(f"region-{i}", name.capitalize(), f"Error in the region {name}", coders, figures[name], axis, _MEAN_FACE)
        for i, name in enumerate(names)
    ]


_MEAN_FACE = (Mark(1.0, "mean face"),)


def retrieval_chart(result: Result, coders: Sequence[Coder]) -> Markup:
    """What the first codes find, by what they cost; chance, and expressions before they are coded, beside it."""
    floor = part(result, "floors", "retrieval")
    chance = figure_at(floor, "random")
    marks = [
        Mark(figure.value, f"{name}, {number(figure.value, 2)}")
        for name, figure in (
            ("geometry itself", figure_at(floor, "geometry", "five")),
            ("not coded", figure_at(floor, "continuous", "five")),
            ("random face", chance),
        )
        if figure is not None
    ]
    series = []
    for c in coders:
        steps = [
            (number_at(s, "bits"), figure_at(s, "found", "five")) for s in list_at(c.values, "retrieval", "decoded")
        ]
        dots = sorted(Dot(bits, found.value, found.interval) for bits, found in steps if bits is not None and found)
        start = (Dot(0.0, chance.value, chance.interval),) if chance and dots else ()
        series.append(Series(c.id, (*start, *dots), c.look))
    shown = [dot for one in series for dot in one.dots]
    if not shown:
        return Markup()
    x = Axis.over("bits a face", [dot.x for dot in shown], within=(0, None))
    y = Axis.over("cosine of the five nearest", [d.y for d in shown] + [m.value for m in marks])
    about = f"Cosine between a face and the five nearest of other people against bits. {_ends(series, '')}"
    return line_chart(Frame("retrieval", "Retrieval against bits", about), series, x, y, marks)


def level_chart(
    id: str, title: str, label: str, coders: Sequence[Coder], find: Callable[[Result], Sequence[Any]], chance: Mark
) -> Markup:
    """A share by level, of the codings whose levels are in an order."""
    series = []
    for c in coders:
        figures = [figure_at(value) for value in find(c.values)] if c.ordered else []
        dots = tuple(Dot(i, f.value, f.interval) for i, f in enumerate(figures, 1) if f is not None)
        series.append(Series(c.id, dots, c.look))
    shown = [dot for one in series for dot in one.dots]
    last = max((dot.x for dot in shown), default=0)
    if last < 2:
        return Markup()
    numbers = tuple(range(1, int(last) + 1, max(1, -(-int(last) // 12))))
    x = Axis("level", 1, last, tuple(float(i) for i in numbers))
    y = Axis.over(label, [d.y for d in shown] + [chance.value], percent=True, within=(None, 1))
    return line_chart(Frame(id, title, f"{title}. {_ends(series, '')}"), series, x, y, [chance])


def perturbation_charts(coders: Sequence[Coder]) -> list[Markup]:
    """A dot plot for each way to change a picture: agreement of a face's tokens beyond chance."""
    names = sorted(_keys(coders, "reliability"), key=lambda name: (name != _ALL, name))
    names = names if len(names) > 2 else [name for name in names if name != _ALL]
    figures = {
        name: [figure_at(c.values, "reliability", name, "counts", "agreement") for c in coders] for name in names
    }
    axis = _axis("agreement beyond chance", [f for column in figures.values() for f in column], (0, 1))
    return [
        _dots(
            f"perturbed-{i}",
            _CHANGES.get(name, name),
            f"Agreement of tokens under {name}",
            coders,
            figures[name],
            axis,
        )
        for i, name in enumerate(names)
        if any(figures[name])
    ]


def leak_chart(result: Result, coders: Sequence[Coder]) -> Markup:
    """What is kept (emotion) against what is given away (person)."""
    sources = [(c.id, c.look, part(c.values, "probe", "count"), part(c.values, "invariance", "person")) for c in coders]
    floors = part(result, "floors")
    sources.append(("not coded", Look(-1, "diamond", False), part(floors, "probe"), part(floors, "person")))
    series = []
    for name, look, kept, given in sources:
        x, y = figure_at(given, "accuracy"), figure_at(kept, "accuracy")
        if x is not None and y is not None:
            series.append(Series(name, (Dot(x.value, y.value, y.interval, x.interval),), look))
    if len(series) < 2:
        return Markup()
    dots = [one.dots[0] for one in series]
    across = [v for d in dots for v in (d.x, *(d.x_interval or ()))]
    up = [v for d in dots for v in (d.y, *(d.interval or ()))]
    title = "What is kept, and what is given away"
    about = f"Emotion probe against person probe; up and to the left is better. {_ends(series, '')}"
    x_axis = Axis.over("person probe, less is better", across, percent=True)
    y_axis = Axis.over("emotion probe, more is better", up, percent=True)
    return front(Frame("leak", title, about, 760, 460), series, x_axis, y_axis)


def _dots(
    id: str,
    title: str,
    about: str,
    coders: Sequence[Coder],
    values: Sequence[Figure | None],
    axis: Axis,
    marks: Sequence[Mark] = (),
) -> Markup:
    series = [
        Series(c.id, () if f is None else (Dot(f.value, 0.0, None, f.interval),), c.look)
        for c, f in zip(coders, values, strict=True)
    ]
    said = "; ".join(f"{one.name} {axis.says(one.dots[0].x)}" for one in series if one.dots)
    return dot_plot(Frame(id, title, f"{about}: {said}.", 420), series, axis, marks)


def _axis(label: str, values: Sequence[Figure | None], within: tuple[float, float]) -> Axis:
    ends = [end for f in values if f is not None for end in (f.value, *(f.interval or ()))]
    return Axis.over(label, ends, percent=True, within=within)


def _keys(coders: Sequence[Coder], *path: str) -> list[str]:
    """Names that any coder has at a path, in the order in which they come."""
    found: dict[str, None] = {}
    for c in coders:
        inner = part(c.values, *path)
        if isinstance(inner, Mapping):
            found |= dict.fromkeys(name for name, value in inner.items() if isinstance(value, Mapping))
    return list(found)


def _ends(series: Sequence[Series], unit: str) -> str:
    """Where each line ends, for those who do not see it."""
    ends = [f"{one.name}: {one.dots[-1].y:.3g} {unit} at {one.dots[-1].x:.3g}" for one in series if one.dots]
    return "; ".join(ends).replace("  ", " ") + "."
