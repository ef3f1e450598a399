"""The methods of a comparison in words, with all their numbers, to be put into a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.clock.clock import GAP_S
from dfe.comparison.designs.said import contrasts_said, sensitivity_said
from dfe.comparison.effects import NOBODY
from dfe.stats.clusters import CAUTION


def methods_text(result: Mapping[str, Any]) -> str:
    """Paragraphs of plain text about the JSON of a comparison."""
    parts = [data_said(result), measures_said(result), _confirmatory(result), _models(result), _evidence(result)]
    parts.append(_main_display())
    parts += [_courses(result)] if result["courses"] else []
    if result["detectable"] is not None:
        found = result["detectable"]
        parts.append(
            f"With these numbers of subjects, a two-sided test at {found['alpha']:g} has {found['power']:.0%} power "
            f"for a standardised difference of {found['g']:.2f} in one display tested alone, and of "
            f"{found['g_bonferroni']:.2f} in each of {found['displays']} displays after Bonferroni's correction."
        )
    parts += [*contrasts_said(result), *sensitivity_said(result)]
    parts += [*result["notes"], result["statement"]]
    return "\n\n".join(parts) + "\n"


def data_said(result: Mapping[str, Any]) -> str:
    """Who was recorded, what coded them, and how much of it could be used."""
    steps, names = result["flow"]["steps"], result["flow"]["groups"]
    first, last = steps[0], steps[-1]

    def numbers(step: Mapping[str, Any]) -> str:
        each = zip(names, step["recordings"], step["subjects"], strict=True)
        return ", ".join(f"{name}: {r} recordings of {s} subjects" for name, r, s in each)

    cover, settings = result["coverage"], result["settings"]
    shares = " and ".join(f"{mean:.1%} in {name}" for mean, name in zip(cover["mean"], cover["names"], strict=True))
    minutes = ", ".join(f"{mean:.2f}" for mean in cover["minutes"])
    return (
        f"Faces were coded by the tokenizer {result['tokenizer']['id']} ({result['tokenizer']['hash'][:12]}) with "
        f"{result['made_by']}. The table listed {numbers(first)}. Rows count as usable where a face was found that was "
        "not turned, small, covered, frozen or blurred; recordings usable for less than "
        f"{settings['min_coverage']:.0%} of their time were left out. Analysed were {numbers(last)}. "
        f"Before this, {shares} of the time were usable (permutation p = "
        f"{p_words(cover['p'])}), {minutes} minutes a subject (p = {p_words(cover['p_minutes'])})."
        + "".join(f" {caution}" for caution in cover["cautions"])
    )


def measures_said(result: Mapping[str, Any]) -> str:
    """What counts as an event, and what was counted."""
    events, rows = result["settings"]["events"], result["rows"]
    displays = len({row["token"] for row in rows if row["measure"] == "per_min" and row["unit"] == "display"})
    regions = len({row["token"] for row in rows if row["measure"] == "per_min" and row["unit"] == "region"})
    return (
        f"Events of {displays} displays and of {regions} regions of the face (all displays that move the region most) "
        f"were found at {events['rate']:g} samples a second after Gaussian smoothing "
        f"({1000 * events['smoothing_s']:.0f} ms): from {events['off_mm']:g} mm on, {events['on_mm']:g} mm at the "
        f"apex, {events['min_s']:g} s or longer; events less than {events['merge_s']:g} s apart are one, and gaps over "
        f"{GAP_S:g} s censor. {_beside(rows, events['group_factor'])}Counted were {events['counted']}. The subject is "
        "the unit: a subject's recordings were pooled, sums over sums, into events per usable minute, share of usable "
        "time, and mean intensity at the apex (of subjects with events). "
        f"{_over_conditions(rows)}Events under way when a face comes "
        "into sight are not counted."
    )


def _over_conditions(rows: Sequence[Mapping[str, Any]]) -> str:
    """What groups are compared in, where there are conditions, too."""
    if all(row.get("analysis") != "groups x conditions" for row in rows):
        return ""
    return (
        "This was done in each condition; groups were compared in the mean of a subject's two conditions, but in "
        "ratios of rates by all events and minutes. "
    )


def _beside(rows: Sequence[Mapping[str, Any]], factor: float) -> str:
    """What was counted beside displays and regions; thresholds of groups are so many times as high."""
    groups = len({row["token"] for row in rows if row["unit"] == "group"})
    eyes = len({row["token"] for row in rows if row["unit"] == "eyes"})
    said = (
        [
            f"{groups} groups of displays (their millimetres summed, as far as the whole face moves the group's way; "
            f"thresholds {factor:g} times as high)"
        ]
        if groups
        else []
    )
    said += [f"{eyes} displays of the eyes (against each person's usual opening and gaze)"] if eyes else []
    return (
        f"So were {' and '.join(said)}; displays, regions, eyes and groups are families of their own. " if said else ""
    )


def _evidence(result: Mapping[str, Any]) -> str:
    settings, columns = result["settings"], result["columns"]
    between, within = result["groups"], result["conditions"]
    said = []
    if within is not None:
        said.append(
            f"Within subjects, {within[1]} was compared with {within[0]}: Cohen's d_z, and p from permuting the "
            "conditions within subjects (signs of differences)."
        )
    if between is not None:
        what = "Subjects' values" if within is None else "The subjects' differences between the conditions"
        said.append(
            f"{what} were compared between groups, {between[1]} with {between[0]}: Hedges' g, and p from permuting "
            "subjects between groups."
        )
        if columns["covariates"]:
            said.append(
                f"Held constant: {_kinds(result['covariates'])}; effects are the adjusted difference over the "
                "residual spread, and the permutation is that of Freedman and Lane (1983)."
            )
    if columns["stratum"]:
        said.append(
            f"Subjects were permuted only within the same {columns['stratum']}; so are effects, their intervals and "
            "ratios about differences within it, pooled."
        )
    said.append(
        f"p is two-sided, (b + 1) / (B + 1) with B = {settings['permutations']:,} (seed "
        f"{settings['seed']}). Effects are corrected for small samples; their 95% intervals are those of the "
        "noncentral t (Steiger and Fouladi, 1997). Beside them stands the difference over the root of the mean of both "
        "variances (d_av), with the interval of Bonett (2008), which does not ask for equal variances. q controls the "
        "false discovery rate (Benjamini and Hochberg, 1995) over the displays of one measure, and over the regions "
        "separately. The p of any difference is that of the largest effect over all displays (of ratios, Simes'). "
        "Beside the model, ratios of all events by all minutes have 95% intervals and p made on the log scale from how "
        "subjects differ, with Satterthwaite's degrees of freedom, and never shorter than those of Poisson counts."
    )
    return " ".join(said)


def _kinds(covariates: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{kind['name']} ({kind['kind']}, {kind['shown']})" for kind in covariates)


def _models(result: Mapping[str, Any]) -> str:
    groups = "each group" if result["groups"] is not None else "all subjects"
    levels = " and, between conditions, a level of each subject's own" if result["conditions"] is not None else ""
    return (
        f"Counts were modelled as negative-binomial with the log of the usable minutes as offset{levels}. The "
        f"dispersion of {groups} is the weighted median over displays; how much more a display varies than that is a "
        "factor from its own residuals, drawn to the displays' median (McCarthy, Chen and Smyth, 2012; Lund and "
        "others, 2012), with Satterthwaite's degrees of freedom over groups. p is that of the quasi-likelihood ratio "
        "against F, and the 95% interval of the ratio holds all ratios that are not rejected."
    )


def _confirmatory(result: Mapping[str, Any]) -> str:
    said, measures = result["confirmatory"], result["measures"]
    family = next(f for f in result["families"] if f["role"] == "confirmatory")
    count = family["tested"]
    words = (
        f"Declared as confirmatory was one family: {measures[said['measure']]}, by {said['unit']}, compared between "
        f"{said['analysis']} ({count} tested), judged at a false discovery rate of {result['false_discovery']:g}. All "
        "other measures, units and comparisons are exploratory: each family has a false discovery rate of its own, and "
        "together they find something in more studies than that."
    )
    least = f"{family['least']} subjects"
    own = [row for row in result["rows"] if row["role"] == "confirmatory"]
    nobody = sum(NOBODY in row["flags"] for row in own)
    other = len(own) - count - nobody - family["too_few"]
    more = f", and {other} whose events were too few for a model" if other > 0 else ""
    return (
        f"{words} Not tested, and not counted for the false discovery rate, were {nobody} that nobody showed and "
        f"{family['too_few']} that fewer than {least} of all groups together showed: a filter that does not know the "
        f"groups (Bourgon, Gentleman and Huber, 2010){more}."
    )


def _main_display() -> str:
    return (
        "The main display of a moment is the one that the first token says, or none. The seconds of each as main "
        "display, and of any, were modelled as counts are, with the log of the usable time as offset: the ratio of "
        "their shares of time needs no logarithm of a subject's share, and no stand-in for shares of zero."
    )


def _courses(result: Mapping[str, Any]) -> str:
    course = result["courses"][0]
    low, high = course["window_s"]
    return (
        f"Time courses (mm, bins of {course['bin_s']:g} s, {low:g} to {high:g} s around {result['columns']['align']}) "
        f"were compared by cluster mass with |t| > {course['threshold']:.2f} and the largest mass over all displays "
        f"under B = {course['permutations']:,} permutations (Maris and Oostenveld, 2007); {course['left_out']} "
        f"subjects had too few bins; covariates were not held constant. {CAUTION}"
    )


def p_words(p: float | None) -> str:
    """A p to two digits; never 0."""
    if p is None:
        return "–"
    if p < 0.00005:
        return "< 0.0001"
    return f"{p:.4f}" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"
