"""The page that benchmarks/recovery.py writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.plain_power import PlainPower
from simulation.recovery import Condition, Group, Q, Recovery

NEAR = 0.03
"""What the plain simulation leaves out may make this much of a difference: a display that is on does not begin anew."""


class Row(NamedTuple):
    name: str
    condition: Condition
    plain: bool = True
    planted: bool = True


class Done(NamedTuple):
    row: Row
    none: Recovery
    some: Recovery | None
    plain: PlainPower | None

    @property
    def cases(self) -> list[Recovery]:
        return [case for case in (self.none, self.some) if case is not None]

    @property
    def agrees(self) -> bool:
        """Whether power is that of the plain simulation."""
        if self.some is None or self.plain is None:
            return True
        error = float(np.hypot(self.some.power_se, self.plain.power_se))
        return abs(self.some.power - self.plain.power) <= NEAR + 2 * error


def false_discovery(done: list[Done]) -> str:
    lines = [
        "| what differs | none planted: false discovery | holds | any at 5% | ratio "
        "| planted: false discovery | holds |",
        "| --- | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    for row, none, some, _ in done:
        cells = [row.name, pm(none.fdp, none.fdp_se), yes(none.holds), f"{none.any:.3f}", ratio(none)]
        cells += ["", ""] if some is None else [pm(some.fdp, some.fdp_se), yes(some.holds)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def power(done: list[Done]) -> str:
    lines = [
        "| what differs | power | plain simulation | agree | ratio of planted displays | interval holds g |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for one in done:
        if one.some is None:
            continue
        plain = "" if one.plain is None else pm(one.plain.power, one.plain.power_se)
        agree = "" if one.plain is None else yes(one.agrees)
        cells = [one.row.name, pm(one.some.power, one.some.power_se), plain, agree, ratio(one.some)]
        lines.append("| " + " | ".join([*cells, f"{one.some.coverage:.1%}"]) + " |")
    return "\n".join(lines)


def pm(value: float, error: float) -> str:
    return f"{value:.3f} ± {error:.3f}"


def ratio(done: Recovery) -> str:
    return f"{done.happened:.2f} → {done.counted:.2f}"


def yes(holds: bool) -> str:
    return "yes" if holds else "**no**"


def _minutes(group: Group) -> float:
    return group.minutes * sum(group.recordings)


def written(parts: list[list[Done]], filmed: str, runs: int, planted: int) -> str:
    fair, limits, mended, wrong = parts
    cases = [case for done in fair for case in done.cases]
    broken = [done.row.name for done in fair if not all(case.holds for case in done.cases)]
    unlike = [done.row.name for done in fair if not done.agrees]
    covers = [case.coverage for case in cases]
    differ = max(abs(done.some.power - done.plain.power) for done in fair if done.some and done.plain)
    longer = [done.none.any for done in fair if len({_minutes(group) for group in done.row.condition.groups}) > 1]
    low, high = min(longer), max(longer)
    few = next(done.some for done in fair if done.some and done.row.name.startswith("8 and 8"))
    return f"""# Does a comparison of groups find what was planted?

Written by `python benchmarks/recovery.py --runs {runs} --write docs/recovery.md`, a part of `make results`; it needs no
data.

Each line stands for {runs} simulated studies without any difference between the groups, and for {runs} in which the
second group shows {planted} of 40 displays twice as often. Displays happen in continuous time, 0.4 to 4 a minute, at
rates of each subject's own (gamma; variance 0.4 on each display, 0.05 on all). A camera makes
frames of them, with gaps, and what begins in sight is counted. Groups are compared as `dfe compare` does it
without covariates: events per minute seen, recordings under 70% coverage left out, subjects permuted (here 999
times), Benjamini-Hochberg at q = {Q:g}. Where a line says nothing else, there are 20 and 20 subjects with one
recording of 5 minutes each (in the median; lengths vary by a fifth) at 30 frames a second.

- **False discovery**: share of the displays found that are not planted, mean over studies ± standard error. The rule
  is: at most {Q:g} plus two standard errors.
- **Any at 5%**: share of studies in which the largest of all effects is significant; 0.05 would be right.
- **Ratio** of the groups' rates: as it happened → as it was counted.
- **Power**: share of planted displays found. **Plain simulation**: the same from a program that shares nothing with the
  first but the description of the study. It draws counts at once, without time or camera, and permutes
  and judges in code of its own.
- **Interval holds g**: share of the 95% intervals of the noncentral t (of 60 studies) that hold Hedges' g of the
  population.

## Where the rule should hold

{false_discovery(fair)}

The rule holds in {sum(case.holds for case in cases)} of {len(cases)} cases\
{"." if not broken else "; not for: " + "; ".join(broken) + "."} \
(Where false discovery is exactly {Q:g}, chance alone breaks the rule once in 44 cases.)
Frame rate, uneven frames, gaps of seconds, clusters, speech and repeated recordings make no discoveries of their own,
as long as the subject is the unit and counts are divided by the time seen. Where one group was recorded for longer,
the largest effect is significant in {low:.1%} to {high:.1%} of studies in place of 5%; the section after this says why.

{power(fair)}

Power agrees with the plain simulation, to within {NEAR:g} and two standard errors of the difference, \
{"in all lines" if not unlike else "but for: " + "; ".join(unlike)}.
The largest difference is {differ:.3f}. Planted displays happen a little less than twice as often,
since a display that is on cannot begin anew.

- Clusters, people who are expressive as a whole, and sessions that differ cost power. So do few subjects: with 8 and
  8 of them {few.power:.0%} of the displays that come twice as often are found. A study of that size shows nothing by
  finding nothing.
- The intervals of g hold the true value in {min(covers):.0%} to {max(covers):.0%} of cases; 95% is what they promise.

## Where it does not hold, or hardly

{false_discovery(limits)}

{power(limits)}

- **A small group with short recordings beside a large one with long ones.** Rates from 2 minutes scatter more than
  rates from 10, and permutation takes all subjects for exchangeable: where the smaller group scatters more, p is too
  small. The other way round it is too large, and power is lost.
- **Ten minutes against one.** In one minute the rarer displays happen once or never. Distributions of so different a
  shape are not exchangeable, though their means are the same. Up to about three times as much time does little
  harm (table above).
- **Many short gaps in one group** cut events below 0.2 s, so fewer are counted than happened. A few per cent are too
  little to be found by studies of this size, but the ratio is biased all the same.
- **Faces lost because of the display** in one group (people turn away to laugh) look like a difference. No test
  can tell; compare coverage between the groups before anything else.

## What helps

{false_discovery(mended)}

{power(mended)}

Cut everybody's recordings to the same time and subjects are exchangeable again, whatever the sizes of the groups; power
is what is left of it. Shares of time suffer from faces lost during displays nearly as much as counts: nothing here
mends that.

## Errors that this test catches

{false_discovery(wrong)}

Each is made on purpose, in studies without any difference. A sample of all this is part of the tests
(`tests/study/test_recovery.py`), which fail if such an error gets in.

## Does filming change the counts?

Six people of five minutes, eight displays. "From rows": a recording with rows of tokens is made, with noise, and events
are found in it as `dfe events` finds them. "In short" is the count used above.

{filmed}
"""
