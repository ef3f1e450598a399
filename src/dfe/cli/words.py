"""Results in a few lines, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfe.comparison.comparison import Comparison
    from dfe.displays.units import Unit
    from dfe.events.transition_trains import Transitions
    from dfe.reliability.reliability import Reliability
    from dfe.stats.bootstrap import Estimate
    from dfe.stats.sensitivity import Sensitivity


def comparison_words(done: Comparison) -> list[str]:
    """What was compared and what differs, in a few lines."""
    from dfe.comparison.methods import p_words
    from dfe.recording.neutrals import neutral_notes

    first, last = done.flow[0], done.flow[-1]
    subjects = " and ".join(str(number) for number in last.subjects)
    lines = [f"{subjects} subjects, {sum(last.recordings)} of {sum(first.recordings)} recordings"]
    lines += [f"covariate {kind}" for kind in done.table.kinds]
    lines += [f"caution: {caution}" for caution in done.coverage.cautions]
    lines += [f"caution: {note}" for note in neutral_notes(done.sums.neutrals)]
    for family in done.families:
        if family.measure != "per_min" or family.unit != "display":
            continue
        mine = [
            r
            for r in done.rows
            if r.analysis == family.analysis and r.measure == "per_min" and r.kind.unit == family.unit
        ]
        tested = sorted((r for r in mine if r.p == r.p), key=lambda r: (r.p, -abs(r.effect)))
        lines.append(
            f"{family.analysis}: {family.tested} displays tested in events per minute, p of any difference "
            f"{p_words(family.p_any)}"
        )
        lines.append("  display  effect [95%]            ratio   p       q")
        lines += [
            f"  {r.kind.token:>7}  {r.effect:6.2f} [{r.low:6.2f},{r.high:6.2f}]  {_ratio_cell(r.ratio)}   "
            f"{p_words(r.p):6}  {r.q:.3f}  {r.kind.label}"
            for r in tested[:5]
        ]
    return lines


def _ratio_cell(value: float) -> str:
    return f"{value:6.2f}" if value == value else "     –"


def reliability_words(done: Reliability) -> list[str]:
    """The displays shown most often."""
    from dfe.reliability.page import WITHIN_ONE

    lines = [f"{done.subjects} subjects with two halves, {done.retested} with two sessions"]
    if not done.repeated_known:
        lines.append(WITHIN_ONE)
    shown = [(one, _with_caution(one.half, one.caution)) for one in done.displays[:10]]
    head = "halves ICC(A,1)"
    width = max(len(words) for words in (head, *(half for _, half in shown)))
    lines.append(f"display  events/min  {head:{width}}  sessions ICC(A,1)")
    for one, half in shown:
        retest = _with_caution(one.retest, one.retest_caution)
        lines.append(f"{one.display:7d}  {one.per_min:10.2f}  {half:{width}}  {retest}  {one.name.label}")
    return lines


def _with_caution(estimate: Estimate, caution: str) -> str:
    interval = f" [{_two(estimate.low)}, {_two(estimate.high)}]" if estimate.low == estimate.low else ""
    return f"{_two(estimate.value)}{interval}" + (f" ({caution})" if caution else "")


def sensitivity_words(found: Sensitivity) -> list[str]:
    """The figures for a reader."""
    one, two = found.subjects
    rates = found.rates
    lines = [
        f"{one} and {two} subjects, two-sided alpha {found.alpha:g}, power {found.power:.0%}",
        f"smallest effect that would be found   one display   each of {found.displays} (Bonferroni)",
        f"  standardised difference (g)         {found.g:11.2f}   {found.g_bonferroni:.2f}",
        f"  ratio of rates                      {_ratio(found.ratio):>11}   {_ratio(found.ratio_bonferroni)}",
        f"rates: {rates.per_min:g} events a minute in the first group, {rates.minutes:g} minutes a subject, dispersion "
        f"{rates.dispersion:g}; {found.simulations:,} simulated studies",
        "ratio of rates   power, one display   Bonferroni",
    ]
    lines += [f"{ratio:14g}   {alone:18.0%}   {strict:10.0%}" for ratio, alone, strict in found.curve]
    return lines


def _ratio(value: float | None) -> str:
    return "over 64" if value is None else f"{value:.2f}"


def _two(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _unit_name(unit: Unit) -> str:
    return f"{unit.token} {unit.label}" if unit.kind == "display" else unit.label


def transition_words(done: Transitions) -> list[str]:
    """How many pairs are beyond chance, and the clearest of them."""
    from dfe.pages.formats import count
    from dfe.stats.significance import LEVEL

    beyond = [row for row in done.rows if row.q < LEVEL]
    whose = f"{count(done.people, 'person', 'people')} in {count(done.recordings, 'recording')}"
    lines = [f"{whose}; {count(len(done.rows), 'pair')} tested, {len(beyond)} beyond chance"]
    if beyond:
        lines.append("  followed  by chance  after   first -> then")
    for row in beyond[:10]:
        names = [_unit_name(done.units[place]) for place in (row.first, row.second)]
        lines.append(f"  {row.share:8.0%}  {row.by_chance:9.0%}  {row.lag_s:4.2f} s  {' -> '.join(names)}")
    return lines
