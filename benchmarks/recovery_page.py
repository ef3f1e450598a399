"""The page that benchmarks/recovery.py writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.plain_power import PlainPower
from simulation.recovery import Condition, Found, Q, Recovery

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
        error = float(np.hypot(self.some.exchange.power_se, self.plain.power_se))
        return abs(self.some.exchange.power - self.plain.power) <= NEAR + 2 * error


def false_discovery(done: list[Done]) -> str:
    lines = [
        "| what differs | none planted: model | holds | permutation | holds | any, permutation | ratio "
        "| planted: model | holds | permutation | holds |",
        "| --- | ---: | --- | ---: | --- | ---: | ---: | ---: | --- | ---: | --- |",
    ]
    for row, none, some, _ in done:
        cells = [row.name, *rule(none.model), *rule(none.exchange), f"{none.exchange.any:.3f}", ratio(none)]
        cells += [""] * 4 if some is None else [*rule(some.model), *rule(some.exchange)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def power(done: list[Done]) -> str:
    lines = [
        "| what differs | power: model | permutation | plain simulation of the permutation test | agree "
        "| ratio of planted displays | interval holds the ratio | holds g |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    for one in done:
        if one.some is None:
            continue
        plain = "" if one.plain is None else pm(one.plain.power, one.plain.power_se)
        agree = "" if one.plain is None else yes(one.agrees)
        model, exchange = one.some.model, one.some.exchange
        cells = [one.row.name, "" if model is None else pm(model.power, model.power_se)]
        cells += [pm(exchange.power, exchange.power_se), plain, agree, ratio(one.some)]
        cells += ["" if model is None else f"{model.coverage:.1%}", f"{exchange.coverage:.1%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def rule(found: Found | None) -> list[str]:
    return ["", ""] if found is None else [pm(found.fdp, found.fdp_se), yes(found.holds)]


def pm(value: float, error: float) -> str:
    return f"{value:.3f} ± {error:.3f}"


def ratio(done: Recovery) -> str:
    return f"{done.happened:.2f} → {done.counted:.2f}"


def yes(holds: bool) -> str:
    return "yes" if holds else "**no**"


def written(parts: list[list[Done]], filmed: str, runs: int, planted: int) -> str:
    fair, limits, mended, wrong = parts
    models = [case.model for done in fair + limits[:3] for case in done.cases if case.model is not None]
    broken = [d.row.name for d in fair + limits[:3] if not all(c.model is None or c.model.holds for c in d.cases)]
    exchanged = [case.exchange for done in fair for case in done.cases]
    unlike = [done.row.name for done in fair if not done.agrees]
    covers, of_ratio = [case.coverage for case in exchanged], [case.coverage for case in models]
    differ = max(abs(done.some.exchange.power - done.plain.power) for done in fair if done.some and done.plain)
    few = next(done.some for done in fair if done.some and done.row.name.startswith("8 and 8"))
    assert few.model is not None
    return f"""# Does a comparison of groups find what was planted?

Written by `python benchmarks/recovery.py --runs {runs} --write docs/recovery.md`, a part of `make results`; it needs no
data.

Each line stands for {runs} simulated studies without any difference between the groups, and for {runs} in which the
second group shows {planted} of 40 displays twice as often. Displays happen in continuous time, 0.4 to 4 a minute, at
rates of each subject's own (gamma; variance 0.4 on each display, 0.05 on all). A camera makes
frames of them, with gaps, and what begins in sight is counted. Groups are compared as `dfe compare` does it
without covariates: recordings under 70% coverage left out, displays that fewer than a tenth of all subjects show not
tested, Benjamini-Hochberg at q = {Q:g}, the level of the command and its page. **Model**: the model of counts, which
comes first there. **Permutation**: events per minute seen, subjects permuted (here 999 times), which stands beside it.
Where a line says nothing else, there are 20 and 20 subjects with one recording of 5 minutes each (in the median;
lengths vary by a fifth) at 30 frames a second.

- **False discovery**: share of the displays found that are not planted, mean over studies ± standard error. The rule
  is: at most {Q:g} plus two standard errors.
- **Any**: share of studies in which the largest of all effects is significant at 5%; 0.05 would be right.
- **Ratio** of the groups' rates: as it happened → as it was counted.
- **Power**: share of planted displays found. **Plain simulation**: the same from a program that shares nothing with the
  first but the description of the study. It draws counts at once, without time or camera, and permutes
  and judges in code of its own.
- **Interval holds**: share of the 95% intervals (of 60 studies) that hold the ratio, or Hedges' g, of the population.

## Where the rule should hold

{false_discovery(fair)}

The model keeps the rule in {sum(case.holds for case in models)} of {len(models)} cases, those of unequal minutes in the
next section among them\
{"." if not broken else "; not for: " + "; ".join(broken) + "."} \
The permutation test keeps it in {sum(case.holds for case in exchanged)} of {len(exchanged)} \
cases here. (Where false discovery is exactly {Q:g}, chance alone breaks the rule once in 44 cases.) \
Frame rate, uneven frames, gaps of seconds, clusters,
speech and repeated recordings make no discoveries of their own, as long as the subject is the unit and counts are
divided by the time seen.

{power(fair)}

The power of the permutation test agrees with the plain simulation, to within {NEAR:g} and two standard errors of \
the difference, {"in all lines" if not unlike else "but for: " + "; ".join(unlike)}.
The largest difference is {differ:.3f}. Planted displays happen a little less than twice as often,
since a display that is on cannot begin anew.

- Clusters, people who are expressive as a whole, and sessions that differ cost power. So do few subjects: with 8 and
  8 of them {few.model.power:.0%} of the displays that come twice as often are found. A study of that size shows nothing
  by finding nothing.
- The intervals of the ratio hold the true value in {min(of_ratio):.0%} to {max(of_ratio):.0%} of cases, those of g in
  {min(covers):.0%} to {max(covers):.0%}; 95% is what they promise.

## Unequal minutes, and what no method mends

{false_discovery(limits)}

{power(limits)}

- **A small group with short recordings beside a large one with long ones.** Rates from 2 minutes scatter more than
  rates from 10, and the permutation test takes all subjects for alike: where the smaller group scatters more, p is too
  small. The other way round it is too large, and power is lost. The model knows how long everybody was seen.
- **Ten minutes against one.** In one minute the rarer displays happen once or never. Distributions of so different a
  shape cannot be permuted, though their means are the same.
- **Many short gaps in one group** cut events below 0.2 s, so fewer are counted than happened. A few per cent are too
  little to be found by studies of this size, but the ratio is biased all the same.
- **Faces lost because of the display** in one group (people turn away to laugh) look like a difference. No test
  can tell; compare coverage between the groups before anything else.

## What helps

{false_discovery(mended)}

{power(mended)}

Cut everybody's recordings to the same time and subjects can be permuted again, whatever the sizes of the groups; power
is what is left of it. Shares of time suffer from faces lost during displays nearly as much as counts: nothing here
mends that.

## Errors that this test catches

{false_discovery(wrong)}

Each is made on purpose, in studies without any difference. A sample of all this is part of the tests
(`tests/simulation/test_recovery.py`), which fail if such an error gets in.

## Does filming change the counts?

Six people of five minutes, eight displays. "From rows": a recording with rows of tokens is made, with noise, and events
are found in it as `dfe events` finds them. "In short" is the count used above.

{filmed}
"""
