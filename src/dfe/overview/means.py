"""Means of groups of people with their intervals, as a figure: the person is the unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray
from dfe.draw.plot import ACCENT, INK, PALE, SECOND, Plot, axes_of, plain, plot_in
from dfe.events.rates import Rate
from dfe.overview.profile import MEASURE_WORDS, RateMeasure, check_measure
from dfe.overview.summary import Summary
from dfe.stats.bootstrap import Estimate, SubjectBootstrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS = 8
"""Units shown unless some are named."""
_COLOURS = (ACCENT, SECOND, "#4a8f5b", "#8a4f9e", PALE, INK)


class GroupMean(NamedTuple):
    """The mean of one group in one unit."""

    group: str
    token: str
    people: int
    """Those who have a value."""
    values: DoubleArray
    """``(people,)`` one of each."""
    estimate: Estimate
    """Mean over people with its 95% interval, by drawing people anew."""


def plot_means(
    summary: Summary,
    groups: Mapping[str, str],
    *,
    measure: RateMeasure = "per_min",
    units: Sequence[str] = (),
    axes: Axes | None = None,
) -> Plot:
    """Means of groups with 95% intervals, and a dot for each person; the interval draws people, not recordings.

    A look at the data, not a test: for evidence, effect sizes and corrections use ``dfe compare``.

    Args:
        summary: of all recordings.
        groups: group of each person: by subject where roles said whose face is whose, else by the recording's name.
        measure: events a minute (``per_min``), share of time (``share``) or millimetres (``mean_intensity``).
        units: what is compared, as in columns called ``token``: ``smile``, ``brow raise``, ``27``. By default the
            groups of displays that are shown most.
        axes: to draw into; a new figure if None.

    Raises:
        UsageError: nobody of ``groups`` is in the summary, a unit that there is not, or no such measure.
        DfeError: matplotlib is not installed.
    """
    means = group_means(summary, groups, measure=measure, units=units)
    tokens, names = list(dict.fromkeys(m.token for m in means)), list(dict.fromkeys(m.group for m in means))
    axes = axes_of(axes, 7.5, 1.4 + 0.24 * len(tokens) * (len(names) + 0.6))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
    wide = len(names) + 0.9
    for one in means:
        y = tokens.index(one.token) * wide + names.index(one.group)
        colour, (mean, low, high) = colours[one.group], one.estimate
        axes.plot(
            one.values, np.full(len(one.values), y), "o", color=colour, alpha=0.28, markersize=4, markeredgewidth=0
        )
        if np.isfinite(low):
            axes.plot([low, high], [y, y], color=colour, linewidth=1.8)
        axes.plot([mean], [y], "D", color=colour, markersize=5)
    axes.set_yticks([i * wide + (len(names) - 1) / 2 for i in range(len(tokens))], tokens)
    axes.set_ylim(len(tokens) * wide - 0.9, -0.9)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"{MEASURE_WORDS[measure]}; diamonds: means, bars: 95% intervals, dots: people", fontsize=8)
    people = {name: max(m.people for m in means if m.group == name) for name in names}
    handles = [axes.plot([], [], "D-", color=colours[n], label=f"{n} ({people[n]} people)")[0] for n in names]
    axes.legend(handles=handles, frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    plain(axes)
    return plot_in(axes)


def group_means(
    summary: Summary, groups: Mapping[str, str], *, measure: RateMeasure = "per_min", units: Sequence[str] = ()
) -> list[GroupMean]:
    """The figures behind :func:`plot_means`, by unit and then by group in alphabetical order.

    A person's rate and share are over all their recordings, as long as each is; an intensity is the mean over events.

    Raises:
        UsageError: as :func:`plot_means`.
    """
    check_measure(measure)
    mine = [(groups[who], who, rate) for rate in summary.rates if (who := _whose(rate)) in groups and _whole(rate)]
    if not mine:
        known = ", ".join(sorted({_whose(rate) for rate in summary.rates})[:4]) or "none"
        raise UsageError("nobody of these groups is in the summary", advice=f"people are called {known}, ...")
    known_tokens = dict.fromkeys(rate.token for _, _, rate in mine)
    if unknown := [unit for unit in units if unit not in known_tokens]:
        listed = ", ".join(dict.fromkeys(rate.token for _, _, rate in mine if rate.unit != "display"))
        raise UsageError(f"nothing is called {unknown[0]!r}", advice=f"there are numbers of displays, and {listed}")
    found = []
    for token in units or _most_shown([rate for _, _, rate in mine]):
        for group in sorted({group for group, _, _ in mine}):
            by_person: dict[str, list[Rate]] = defaultdict(list)
            for of, who, rate in mine:
                if of == group and rate.token == token:
                    by_person[who].append(rate)
            values = np.array([_pooled(rates, measure) for rates in by_person.values()])
            values = values[np.isfinite(values)]
            estimate = SubjectBootstrap(None).mean(values) if len(values) else Estimate(np.nan, np.nan, np.nan)
            found.append(GroupMean(group, token, len(values), values, estimate))
    return found


def _whose(rate: Rate) -> str:
    return rate.subject or rate.recording


def _whole(rate: Rate) -> bool:
    return rate.speech == "all" and rate.exposure_s > 0


def _most_shown(rates: Sequence[Rate]) -> list[str]:
    share: dict[str, float] = defaultdict(float)
    for rate in rates:
        if rate.unit == "group":
            share[rate.token] += (rate.share or 0.0) * rate.exposure_s
    return sorted(share, key=lambda token: -share[token])[:UNITS]


def _pooled(rates: Sequence[Rate], measure: RateMeasure) -> float:
    """One person's value over several recordings: sums by sums."""
    seconds, count = sum(rate.exposure_s for rate in rates), sum(rate.count for rate in rates)
    if measure == "per_min":
        return 60 * count / seconds
    if measure == "share":
        return sum((rate.share or 0.0) * rate.exposure_s for rate in rates) / seconds
    return sum((rate.mean_intensity or 0.0) * rate.count for rate in rates) / count if count else float("nan")
