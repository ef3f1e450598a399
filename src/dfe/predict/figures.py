"""All figures of a study, made from its files alone: scores with intervals, permutation p, contrasts, displays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from dfe.base.types import DoubleArray, IntArray
from dfe.datasets.examples import Target
from dfe.judge.result import plain
from dfe.predict.calibration import calibration
from dfe.predict.checklist import checklist
from dfe.predict.going_by import going_by
from dfe.predict.representations.nuisance import Nuisance
from dfe.predict.scores import LOWER_IS_BETTER, Metric, Predicted, draws, estimate, fold_scores, metrics_of, score
from dfe.predict.store import Predictions
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.significance import Difference, holm, nadeau_bengio, paired_bootstrap, permutation_p

NUISANCE = Nuisance.id


class _Labels(NamedTuple):
    place: dict[str, int]
    truth: DoubleArray
    subject: IntArray


def figures(study: Predictions) -> dict[str, Any]:
    """Plain JSON values of all that the report shows; nobody's own scores are among them."""
    about = study.about
    return {
        "about": {key: value for key, value in about.items() if key != "targets"},
        "targets": [_target(study, target) for target in about["targets"]],
        "checklist": [item._asdict() for item in checklist(about)],
    }


def score_rows(result: Mapping[str, Any]) -> list[dict[str, object]]:
    """Of what :func:`figures` gives, a row for each target, representation and score, with p of the target's own."""
    rows: list[dict[str, object]] = []
    for target in result["targets"]:
        for row in target["rows"]:
            p = (row.get("permutation") or {}).get("p")
            for name, found in row["scores"].items():
                rows.append(
                    {
                        "target": target["name"],
                        "representation": row["id"],
                        "role": row["role"],
                        "score": name,
                        **dict(zip(("value", "low", "high"), (found or {}).values() or (None,) * 3, strict=True)),
                        "p": p if name == target["metric"] else None,
                    }
                )
    return rows


def target_of(about: Mapping[str, Any]) -> Target:
    """A target as a study's JSON describes it."""
    return Target(about["name"], about["kind"], about["metric"], tuple(about["classes"]), about["level"])


def predictions_of(study: Predictions, about: Mapping[str, Any]) -> tuple[dict[str, list[Predicted]], IntArray]:
    """By representation the predictions of each repeat, all of the same examples in the same order; and whose they are.

    Returns:
        Predictions, and ``(n,)`` numbers of the people.
    """
    labels = _labels(study, about["name"])
    rows = study.tables["predictions"]
    rows = rows.filter(pc.equal(rows["target"], about["name"]))
    outputs = [f"p_{k}" for k in range(len(about["classes"]))] if about["kind"] == "classes" else []
    ids = np.asarray(rows["representation"].to_numpy())
    columns = {name: np.asarray(rows[name].to_numpy()) for name in ("repeat", "fold", "said", *outputs)}
    place = np.array([labels.place[example] for example in rows["example"].to_pylist()], np.int64)
    found: dict[str, list[Predicted]] = {}
    tested = np.zeros(0, np.int64)
    for id in dict.fromkeys(ids.tolist()):
        own = np.flatnonzero(ids == id)
        repeats = []
        for repeat in np.unique(columns["repeat"][own]):
            these = own[columns["repeat"][own] == repeat]
            these = these[np.argsort(place[these], kind="stable")]
            tested = place[these]
            p = np.column_stack([columns[name][these] for name in outputs]) if outputs else None
            repeats.append(Predicted(labels.truth[tested], columns["said"][these], p, columns["fold"][these]))
        found[id] = repeats
    return found, labels.subject[tested]


def _labels(study: Predictions, name: str) -> _Labels:
    rows = study.tables["folds"]
    rows = rows.filter(pc.and_(pc.equal(rows["target"], name), pc.equal(rows["repeat"], 0)))
    place = {example: i for i, example in enumerate(rows["example"].to_pylist())}
    return _Labels(place, np.asarray(rows["truth"].to_numpy()), np.asarray(rows["subject"].to_numpy()))


def _target(study: Predictions, about: Mapping[str, Any]) -> dict[str, Any]:
    config, target = study.about["config"], target_of(about)
    metrics = metrics_of(target)
    predicted, subject = predictions_of(study, about)
    bootstrap = SubjectBootstrap(subject, config["draws"], config["seed"])
    roles = {one["id"]: one for one in study.about["representations"]}
    rows = []
    for id, repeats in predicted.items():
        role = roles.get(id, {"role": "floor"})
        scores: dict[str, Any] = {metric: estimate(metric, repeats, bootstrap) for metric in metrics}
        row: dict[str, Any] = {"id": id, "role": role["role"], "scores": scores}
        row["by_repeat"] = [score(metrics[0], one) for one in repeats]
        if id in roles:
            row |= {"features": role["features"], "features_s": role["features_s"], **about["of_representations"][id]}
            row["calibration"] = calibration(target, repeats)
            row["permutation"] = _permutation(study, target, id)
        rows.append(row)
    order = {"representation": 0, "nuisance": 1, "floor": 2}
    rows.sort(key=lambda row: order[row["role"]])
    kept = {key: value for key, value in about.items() if key != "of_representations"}
    contrasts = _contrasts(about, predicted, bootstrap, config, metrics[0], list(roles))
    done: dict[str, Any] = plain(
        {
            **kept,
            "metrics": list(metrics),
            "rows": rows,
            "contrasts": contrasts,
            "displays": going_by(study, target, about, rows),
        }
    )
    return done


def _permutation(study: Predictions, target: Target, id: str) -> dict[str, Any] | None:
    rows = study.tables["permutations"]
    own = rows.filter(pc.and_(pc.equal(rows["target"], target.name), pc.equal(rows["representation"], id)))
    if not own.num_rows:
        return None
    scores = np.asarray(own["score"].to_numpy())[np.argsort(own["permutation"].to_numpy())]
    drawn = scores[1:][np.isfinite(scores[1:])]
    turn = -1 if metrics_of(target)[0] in LOWER_IS_BETTER else 1
    return {
        "p": permutation_p(scores[0], scores[1:]),
        "permutations": len(scores) - 1,
        "observed": turn * scores[0],
        "null_mean": turn * float(drawn.mean()) if len(drawn) else np.nan,
    }


def _contrasts(
    about: Mapping[str, Any],
    predicted: Mapping[str, Sequence[Predicted]],
    bootstrap: SubjectBootstrap,
    config: Mapping[str, Any],
    metric: Metric,
    ids: Sequence[str],
) -> list[dict[str, Any]]:
    """The primary contrast; its first side against every other representation; what it adds to the row without
    expression. Where contrasts were asked for, these in place of all others. Holm among all but the first.
    """
    first, second = config["primary"]
    pairs = [(first, id) for id in sorted(ids, key=lambda id: id != second) if id != first] if first in ids else []
    added = f"{NUISANCE} and {first}"
    pairs = [pair for pair in pairs if pair[1] != added]
    if {added, NUISANCE} <= set(ids):
        # What expression adds to what is known without it; tokens alone against that row would ask another question.
        pairs = [pair for pair in pairs if pair[1] != NUISANCE] + [(added, NUISANCE)]
    if asked := [(a, b) for a, b in config["contrasts"] if a in ids and b in ids]:
        # A family that was named beforehand is kept as it is: each further contrast would cost the others power.
        kept = [pair for pair in pairs if pair[1] == NUISANCE or pair == (first, second)]
        pairs = [*kept, *(pair for pair in asked if pair not in kept)]
    official = about["scheme"] == "official split"
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    found = []
    for one, other in pairs:
        sides = [list(predicted[id]) for id in (one, other)]
        if official:
            value = sign * (score(metric, sides[0][0]) - score(metric, sides[1][0]))
            drawn = [draws(metric, side, bootstrap) for side in sides]
            difference: Difference = paired_bootstrap(value, sign * (drawn[0] - drawn[1]))
        else:
            folds = [np.concatenate([fold_scores(metric, repeat) for repeat in side]) for side in sides]
            difference = nadeau_bengio(sign * (folds[0] - folds[1]), about["tested"] / about["trained"])
        found.append(
            {
                "a": one,
                "b": other,
                "primary": (one, other) == (first, second),
                "method": "paired subject bootstrap" if official else "Nadeau-Bengio corrected t-test",
                "metric": metric,
                **difference._asdict(),
                "p_holm": None,
            }
        )
    rest = [one for one in found if not one["primary"]]
    for one, adjusted in zip(rest, holm([one["p"] for one in rest]).tolist(), strict=True):
        one["p_holm"] = adjusted
    return found


def estimate_words(value: Estimate | Mapping[str, Any] | None) -> str:
    """``0.62 (0.55 to 0.70)`` for a terminal."""
    if value is None:
        return "–"
    middle, low, high = value.values() if isinstance(value, Mapping) else value
    if middle is None:
        return "–"
    return f"{middle:.3f}" if low is None or low != low else f"{middle:.3f} ({low:.3f} to {high:.3f})"
