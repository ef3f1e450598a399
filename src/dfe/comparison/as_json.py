"""A comparison as plain JSON values and as rows of a table; no name of a subject and no value of one is in it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dfe.base.errors import UsageError
from dfe.base.version import __version__
from dfe.comparison.comparison import Comparison, TimeCourses
from dfe.comparison.designs.beside_json import beside_json
from dfe.comparison.effects import MEASURES, Analysis, EffectRow
from dfe.comparison.methods import methods_text
from dfe.stats.sensitivity import ALPHA, POWER, detectable_g
from dfe.stats.significance import FALSE_DISCOVERY

if TYPE_CHECKING:
    from dfe.comparison.designs.design import DesignComparison

STATEMENT = (
    "For research only. A comparison of groups says nothing about a single person: it is no diagnosis, no screening, "
    "and no measure of what anybody feels. It is not meant for decisions about people, nor for inferring emotions at "
    "work or in education (EU AI Act, article 5(1)(f)). Tables, landmarks and tokens of a person are personal data."
)


def comparison_json(done: Comparison) -> dict[str, Any]:
    """Everything that is reported; what is not known is null."""
    result: dict[str, Any] = {
        **head_json(done),
        "measures": dict(MEASURES),
        "confirmatory": {**asdict(done.options.confirmatory), "analysis": confirmatory_analysis(done)},
        "false_discovery": FALSE_DISCOVERY,
        "rows": [_row(row) for row in done.rows],
        "families": [family._asdict() for family in done.families],
        "courses": [_course(course, done) for course in done.courses],
        "detectable": _detectable(done),
        **beside_json(done.beside),
    }
    result["methods"] = methods_text(known(result))
    return dict(known(result))


def head_json(done: Comparison | DesignComparison) -> dict[str, Any]:
    """What is said of any comparison: how it was made, who was compared, and what should be known of it."""
    options, table = done.options, done.table
    return {
        "made_by": f"dfe {__version__}",
        "statement": STATEMENT,
        "tokenizer": {"id": done.tokenizer.id, "hash": done.tokenizer.hash, "displays": done.tokenizer.size - 1},
        "columns": asdict(table.columns),
        "covariates": [asdict(kind) for kind in table.kinds],
        "groups": table.groups,
        "conditions": table.conditions,
        "settings": {
            **asdict(options.settings),
            "min_coverage": options.min_coverage,
            "events": {**asdict(options.events), "counted": options.events.counted},
        },
        "flow": {
            "groups": table.levels,
            "steps": [asdict(step) for step in done.flow],
            "doubts": [asdict(step) for step in done.doubts],
        },
        "coverage": {**asdict(done.coverage), "cautions": list(done.coverage.cautions)},
        "notes": list(done.notes),
    }


def confirmatory_analysis(done: Comparison) -> Analysis:
    """The analysis of the family that confirms."""
    return next(family.analysis for family in done.families if family.role == "confirmatory")


def known(value: Any) -> Any:
    """JSON knows no NaN and no infinity: what is not known is null."""
    if isinstance(value, dict):
        return {key: known(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [known(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _row(row: EffectRow) -> dict[str, Any]:
    return {
        "analysis": row.analysis,
        "role": row.role,
        "measure": row.measure,
        **asdict(row.kind),
        "subjects": row.subjects,
        "mean": row.mean,
        "effect_is": row.size,
        **{name: getattr(row, name) for name in ("effect", "low", "high", "p", "q", "df", "dispersion")},
        "average": {"value": row.average, "low": row.average_low, "high": row.average_high},
        "flags": row.flags,
    }


def _course(course: TimeCourses, done: Comparison) -> dict[str, Any]:
    labels = {kind.token: kind.label for kind in done.sums.kinds}
    step = done.options.bin_s
    clusters = [
        {
            "token": str(course.displays[one.column]),
            "label": labels[str(course.displays[one.column])],
            "from_s": float(course.start_s[one.first]),
            "to_s": float(course.start_s[one.last]) + step,
            "mass": one.mass,
            "p": one.p,
        }
        for one in course.test.clusters
    ]
    shown = dict.fromkeys(str(course.displays[one.column]) for one in course.test.clusters)
    columns = {token: course.displays.index(int(token)) for token in shown}
    return {
        "analysis": course.analysis,
        "window_s": done.options.window_s,
        "bin_s": step,
        "subjects": course.subjects,
        "left_out": course.left_out,
        "threshold": course.test.threshold,
        "permutations": course.test.permutations,
        "start_s": course.start_s.tolist(),
        "clusters": clusters,
        "mean_mm": {token: course.mean[:, :, column].tolist() for token, column in columns.items()},
    }


def _detectable(done: Comparison) -> dict[str, Any] | None:
    """Smallest standardised difference of groups that so many subjects show with a power of 80%."""
    if done.table.groups is None:
        return None
    second = int(done.subjects.design.second.sum())
    first, displays = len(done.subjects) - second, sum(kind.unit == "display" for kind in done.sums.kinds)
    try:
        alone, strict = (detectable_g(first, second, ALPHA / n, POWER) for n in (1, displays))
    except (ValueError, UsageError):
        return None
    return {"alpha": ALPHA, "power": POWER, "g": alone, "g_bonferroni": strict, "displays": displays}
