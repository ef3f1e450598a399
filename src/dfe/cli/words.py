"""Results in a few lines, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfe.comparison.comparison import Comparison
    from dfe.comparison.designs.beside import Beside
    from dfe.comparison.designs.design import DesignComparison
    from dfe.comparison.effects import EffectRow, Family
    from dfe.displays.units import Unit
    from dfe.events.transition_trains import Transitions
    from dfe.reliability.reliability import Reliability
    from dfe.stats.bootstrap import Estimate
    from dfe.stats.sensitivity import Sensitivity


def comparison_words(done: Comparison) -> list[str]:
    """What was compared and what differs, in a few lines."""
    first, last = done.flow[0], done.flow[-1]
    subjects = " and ".join(str(number) for number in last.subjects)
    lines = [f"{subjects} subjects, {sum(last.recordings)} of {sum(first.recordings)} recordings"]
    lines += [f"covariate {kind}" for kind in done.table.kinds]
    lines += [f"caution: {caution}" for caution in done.coverage.cautions]
    lines += [f"caution: {note}" for note in done.sums.cautions]
    lines += _contrast_lines(done.beside)
    for family in done.families:
        if family.measure == done.options.confirmatory.measure and family.unit == done.options.confirmatory.unit:
            lines += _family_lines(done, family)
    return lines


def design_words(done: DesignComparison) -> list[str]:
    """What a design asked, and the best answers, in a few lines."""
    from dfe.comparison.methods import p_words

    first, last = done.flow[0], done.flow[-1]
    lines = [f"{sum(last.subjects)} subjects, {sum(last.recordings)} of {sum(first.recordings)} recordings"]
    lines += [f"{'score' if kind.name in done.frame.score_names else 'covariate'} {kind}" for kind in done.table.kinds]
    lines += [f"caution: {caution}" for caution in (*done.coverage.cautions, *done.sums.cautions)]
    lines += _contrast_lines(done.beside)
    for family in done.families:
        if (family.measure, family.unit) != ("per_min", "display"):
            continue
        mine = [r for r in done.rows if (r.question.name, r.question.form) == (family.name, family.form)]
        tested = [r for r in mine if (r.measure, r.kind.unit) == ("per_min", "display") and r.p == r.p]
        any_p = "" if family.p_any != family.p_any else f", p of any {p_words(family.p_any)}"
        lines.append(f"{family.name} ({family.form}): {family.tested} displays tested in events per minute{any_p}")
        lines += [
            f"  {r.kind.token:>7}  {r.size} {r.effect:6.2f}  p {p_words(r.p):8} q {p_words(r.q):8}  "
            f"{r.sides[1] + ' against ' + r.sides[0] + ': ' if r.sides[1] else ''}{r.kind.label}"
            for r in sorted(tested, key=lambda r: (r.p, -abs(r.effect)))[:3]
        ]
    return lines


def _contrast_lines(beside: Beside) -> list[str]:
    from dfe.comparison.methods import p_words

    if beside.file is None:
        return []
    lines = [f"named beforehand in {beside.file.name} (SHA-256 {beside.file.sha256[:12]}...):"]
    return lines + [
        f"  {row.contrast.name}: {row.size} {row.effect:.2f}, p {p_words(row.p)}, after Holm {p_words(row.p_holm)}"
        for row in beside.named
    ]


def _family_lines(done: Comparison, family: Family) -> list[str]:
    """The foremost rows of one family, with p by permutation of the mean rates beside ratios."""
    from dfe.comparison.effects import MEASURES, RATIOS
    from dfe.comparison.methods import p_words

    def of(measure: str) -> list[EffectRow]:
        wanted = (family.analysis, measure, family.unit)
        return [row for row in done.rows if (row.analysis, row.measure, row.kind.unit) == wanted]

    unit = "displays" if family.unit == "display" else f"rows ({family.unit})"
    left = f"; {family.too_few} shown by fewer than {family.least} subjects left out" if family.too_few else ""
    lines = [
        f"{family.analysis} ({family.role}): {family.tested} {unit} tested in {MEASURES[family.measure]}{left}, "
        f"p of any difference {p_words(family.p_any)}"
    ]
    beside = {row.kind.token: row.p for row in of("per_min")} if family.measure in RATIOS else {}
    lines.append(f"  display  effect [95%]            p         q{'         p by permutation' if beside else ''}")
    tested = sorted((row for row in of(family.measure) if row.p == row.p), key=lambda row: row.p)
    lines += [
        f"  {r.kind.token:>7}  {r.effect:6.2f} [{r.low:6.2f},{r.high:6.2f}]  {p_words(r.p):8}  {p_words(r.q):8}  "
        + (f"{p_words(beside[r.kind.token]):16}  " if beside else "")
        + r.kind.label
        for r in tested[:5]
    ]
    return lines


def reliability_words(done: Reliability) -> list[str]:
    """The displays shown most often."""
    from dfe.reliability.page import WITHIN_ONE

    lines = [f"{done.subjects} subjects with two halves, {done.retested} with two sessions"]
    lines += [f"caution: {note}" for note in done.cautions]
    if not done.repeated_known:
        lines.append(WITHIN_ONE)
    shown = [(one, _with_caution(one.half, one.caution)) for one in done.displays[:10]]
    head = "halves ICC(A,1)"
    width = max(len(words) for words in (head, *(half for _, half in shown)))
    lines.append(f"display  events/min  {head:{width}}  sessions ICC(A,1)")
    for one, half in shown:
        retest = _with_caution(one.retest, one.retest_caution)
        lines.append(f"{one.unit.token:>7}  {one.per_min:10.2f}  {half:{width}}  {retest}  {one.unit.label}")
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
