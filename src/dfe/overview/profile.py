"""What one person shows, as a figure: how often, for how long, or how strongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from dfe.base.errors import UsageError
from dfe.draw.plot import ACCENT, PALE, Plot, axes_of, plain, plot_in
from dfe.events.rates import Rate
from dfe.overview.summary import Summary, summarise
from dfe.recording.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RateMeasure = Literal["per_min", "share", "mean_intensity"]
MEASURE_WORDS: dict[RateMeasure, str] = {
    "per_min": "events per usable minute",
    "share": "share of usable time",
    "mean_intensity": "mean intensity at the peak of events, mm",
}


def plot_profile(
    person: Recording | Summary,
    *,
    face_id: int = 0,
    measure: RateMeasure = "share",
    units: int = 12,
    axes: Axes | None = None,
) -> Plot:
    """What a face shows most: groups of displays (dark) and single displays (pale), the most on top.

    Args:
        person: a recording, or the summary of one.
        face_id: whose.
        measure: events a minute (``per_min``), share of time (``share``) or millimetres (``mean_intensity``).
        units: bars at most of each of the two kinds.
        axes: to draw into; a new figure if None.

    Raises:
        UsageError: a summary of several recordings, no such face, or no such measure.
        TableError: a recording that has no events, as still pictures.
        DfeError: matplotlib is not installed.
    """
    check_measure(measure)
    summary = summarise(person) if isinstance(person, Recording) else person
    if summary.problems:
        raise summary.problems[0]
    names = {rate.recording for rate in summary.rates}
    if len(names) > 1:
        raise UsageError(f"a profile is of one recording, not of {len(names)}", advice="sum up one of them")
    mine = [rate for rate in summary.rates if rate.face == face_id and rate.speech == "all"]
    if not mine:
        raise UsageError(f"there is no face {face_id} with events")
    bars = [*_most(mine, "group", measure, units), *_most(mine, "display", measure, units)]
    axes = axes_of(axes, 7.0, 1.0 + 0.22 * max(len(bars), 3))
    values = [getattr(rate, measure) for rate in bars]
    axes.barh(range(len(bars)), values, color=[ACCENT if rate.unit == "group" else PALE for rate in bars], height=0.7)
    labels = [rate.label if rate.unit == "group" else f"{rate.token} {rate.label}" for rate in bars]
    axes.set_yticks(range(len(bars)), labels, fontsize=8)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlabel(MEASURE_WORDS[measure])
    if measure == "share":
        axes.xaxis.set_major_formatter(lambda value, _place: f"{value:.0%}")
    axes.set_title(f"{next(iter(names))}, face {face_id}", loc="left", fontsize=9)
    plain(axes)
    return plot_in(axes)


def check_measure(measure: str) -> None:
    """Stop where there is no such measure of a rate.

    Raises:
        UsageError: names those that there are.
    """
    if measure not in get_args(RateMeasure):
        raise UsageError(f"no measure {measure!r}", advice=f"measures are {', '.join(get_args(RateMeasure))}")


def _most(rates: list[Rate], unit: str, measure: RateMeasure, count: int) -> list[Rate]:
    shown = [rate for rate in rates if rate.unit == unit and getattr(rate, measure)]
    return sorted(shown, key=lambda rate: -getattr(rate, measure))[:count]
