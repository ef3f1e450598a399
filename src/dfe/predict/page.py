"""The page of a study: what was predicted from what, how well, how sure that is, and by which displays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup

from dfe.judge.reading import Figure, figure_at, list_at, number_at, part
from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Mark, Series, dot_plot
from dfe.pages.formats import number
from dfe.pages.page import render
from dfe.pages.svg import Look

METRICS = {
    "weighted_f1": ("weighted F1", "F1 of each class, weighted by its examples"),
    "macro_f1": ("macro F1", "F1 of each class, all classes alike"),
    "f1": ("F1", "F1 of the positive class; its floor is to call everything positive"),
    "balanced_accuracy": ("balanced accuracy", "share found of each class, all classes alike"),
    "accuracy": ("accuracy", "share told rightly"),
    "auc": ("AUC", "area under the ROC curve within folds, averaged over them"),
    "ccc": ("CCC", "concordance of label and prediction, pooled over folds; 0 for any constant"),
    "one_minus_mae": ("1 − MAE", "one minus the mean absolute error, in units of the label"),
    "mae": ("MAE", "mean absolute error, in units of the label; less is better"),
    "rmse": ("RMSE", "root mean squared error; less is better"),
}
CALIBRATED = ("slope", "intercept", "brier")
_ERRORS = ("mae", "rmse")
"""Metrics of which less is better."""
_ROLES = {"representation": "", "nuisance": "no expression", "floor": "floor"}


class Foremost(NamedTuple):
    """A row that the summary of a target names."""

    id: str
    figure: Figure | None


@dataclass(frozen=True)
class ScoreRow:
    """A representation or a floor."""

    given: Mapping[str, Any]
    below: list[str]
    """Small print below its name."""
    figures: Mapping[str, Figure | None]
    """By metric."""
    p: float | None
    """Of its permutation test."""


@dataclass(frozen=True)
class Target:
    """What was predicted, as the page shows it."""

    given: Mapping[str, Any]
    name: str
    metric: str
    foremost: list[Foremost]
    bare: tuple[float, str] | None
    """The best score without any expression, and whose it is."""
    primary: Mapping[str, Any] | None
    """The primary contrast."""
    chart: Markup | None
    rows: list[ScoreRow]
    permutations: int | None
    calibrated: list[str]
    """Names of the figures of calibration that there are."""
    confusion: Mapping[str, Any] | None
    """Whose confusion table is shown, and the table."""


def study_page(result: Mapping[str, Any], pictures: Mapping[int, bytes]) -> str:
    """One self-contained HTML file about the figures of a study; of groups only, never of one person.

    Args:
        result: content of ``scores.json``.
        pictures: PNG of displays by number.
    """
    targets = [_target(target, i) for i, target in enumerate(list_at(result, "targets"))]
    checklist = list_at(result, "checklist")
    task = part(result, "about", "task")
    links = [(f"target-{i}", target.name) for i, target in enumerate(targets)]
    return render(
        "predict/study.html.jinja",
        title=f"Study of {task}",
        task=task,
        targets=targets,
        cautions=list_at(result, "about", "warnings"),
        links=[*links, ("settings", "Settings"), ("limits", "Limits"), ("checklist", "Checklist")],
        metrics=METRICS,
        pictures=pictures,
        null_model=part(result, "about", "config", "null_model"),
        heat_max_mm=number_at(result, "about", "heat_max_mm"),
        settings=_settings(result["about"]),
        checklist=checklist,
        reported=sum(item["status"] == "reported here" for item in checklist),
        plain=_plain,
    )


def _target(target: Mapping[str, Any], i: int) -> Target:
    metric = target["metric"]
    rows = {row["id"]: row for row in target["rows"]}
    primary = next((one for one in target["contrasts"] if one["primary"]), None)
    ids = [primary["a"], primary["b"]] if primary else [r["id"] for r in target["rows"] if r["role"] != "floor"][:1]
    floors = [row for row in target["rows"] if row["role"] != "representation"]
    known = [(value, row["id"]) for row in floors if (value := number_at(row, "scores", metric, "value")) is not None]
    best = min if metric in _ERRORS else max
    tested = next((found for row in target["rows"] if (found := row.get("permutation"))), None)
    return Target(
        given=target,
        name=target["name"],
        metric=metric,
        foremost=[Foremost(id, figure_at(rows[id], "scores", metric)) for id in ids],
        bare=best(known) if known else None,
        primary=primary,
        chart=_chart(target, i),
        rows=[_score_row(row, target["metrics"]) for row in target["rows"]],
        permutations=tested["permutations"] if tested else None,
        calibrated=[n for n in CALIBRATED if any(n in (row.get("calibration") or {}) for row in target["rows"])],
        confusion=_confusion(rows, ids),
    )


def _confusion(rows: Mapping[str, Any], ids: Sequence[str]) -> Mapping[str, Any] | None:
    found = ((id, (rows[id].get("calibration") or {}).get("confusion")) for id in ids)
    return next(({"id": id, "table": table} for id, table in found if table), None)


def _score_row(row: Mapping[str, Any], metrics: Sequence[str]) -> ScoreRow:
    below = [role] if (role := _ROLES[row["role"]]) else []
    if row.get("without"):
        below.append(f"{row['without']:,} without a usable face")
    figures = {metric: figure_at(row, "scores", metric) for metric in metrics}
    return ScoreRow(row, below, figures, number_at(row, "permutation", "p"))


def _chart(target: Mapping[str, Any], i: int) -> Markup | None:
    metric = target["metric"]
    figures = [(row, figure_at(row, "scores", metric)) for row in target["rows"]]
    shown = [(row, figure) for row, figure in figures if figure is not None]
    if not shown:
        return None
    ends = [end for _, f in shown for end in (f.value, *(f.interval or ()))]
    series, place = [], 0
    for row, figure in shown:
        floor = row["role"] != "representation"
        look = Look(-1 if floor else place, "square" if floor else "circle", strong=False)
        place += not floor
        series.append(Series(row["id"], (Dot(figure.value, 0.0, None, figure.interval),), look))
    bare = [f.value for row, f in shown if row["role"] == "nuisance"]
    marks = [Mark(bare[0], "without any expression")] if bare else []
    words = "; ".join(f"{row['id']} {figure.value:.3g}" for row, figure in shown)
    name = METRICS[metric][0]
    frame = Frame(f"scores-{i}", f"{target['name']}: {name}", f"{name} of each representation: {words}.", 640)
    return dot_plot(frame, series, Axis.over(name, ends), marks)


def _settings(about: Mapping[str, Any]) -> dict[str, str]:
    config = about["config"]
    tokenizer = about.get("tokenizer") or {}
    return {
        "Cross-validation": f"{config['folds']} folds of people, {config['repeats']} times; inner folds: "
        f"{config['inner_folds']}; not used where there is an official split",
        "Model": "L2-penalised logistic regression or ridge, on columns scaled within each training part; the penalty "
        "with the least loss over the inner folds",
        "Primary contrast": " − ".join(config["primary"]),
        "Least coverage": f"{config['min_coverage']:.0%} of the time with a usable face",
        "Tokenizer": f"{tokenizer.get('id', '–')}, {str(tokenizer.get('hash', ''))[:16]}",
        "Labels": f"SHA-256 {about.get('examples_sha256', '')[:16]}",
        "Seed": str(config["seed"]),
        "Versions": ", ".join(f"{name} {v}" for name, v in (about.get("versions") or {}).items()),
    }


def _plain(metric: str, value: float) -> str:
    return number(value, 2 if metric in _ERRORS else 3)
