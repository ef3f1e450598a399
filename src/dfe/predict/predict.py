"""All representations of one target through the same folds, and again with labels exchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.datasets.examples import Target
from dfe.predict.config import StudyConfig
from dfe.predict.fitting import Fitted, ModelConfig, fit_fold
from dfe.predict.floors import floors
from dfe.predict.null import ridge_null
from dfe.predict.permute import exchangeable, permuted
from dfe.predict.representation import Pipeline
from dfe.predict.scores import LOWER_IS_BETTER, Predicted, metrics_of, score
from dfe.predict.tabulate import fold_rows, permutation_rows, prediction_rows, selection_rows, weight_rows
from dfe.predict.usable import Usable, split_of
from dfe.stats.folds import Split
from dfe.stats.linear import blank
from dfe.stats.scaling import Scaled
from dfe.stats.stable import Selection, stability_selection

Call = tuple[Callable[..., Any], tuple[Any, ...]]
_DIGITS = 9


class Described(NamedTuple):
    """One representation of a target's examples."""

    id: str
    x: DoubleArray
    pipelines: Sequence[Pipeline]
    names: tuple[str, ...]
    whole: Pipeline = (("scale", Scaled()),)
    """How all columns are prepared together, for permutations by ridge regression."""
    of_units: tuple[int, int] | None = None
    """Columns that are one number for each unit of a vocabulary."""


class Outcome(NamedTuple):
    """What came of one target."""

    about: dict[str, Any]
    tables: dict[str, list[pa.Table]]


def folds_to_fit(usable: Usable, splits: Sequence[Split], representations: int, config: StudyConfig) -> int:
    """How many folds :func:`predict_target` fits, permutations included: its work in units that take alike."""
    refits = config.permutations if config.null_model == "refit" and _can_exchange(usable) else 0
    return representations * (len(splits) + refits * _folds_of_one_repeat(splits))


def predict_target(
    usable: Usable,
    splits: Sequence[Split],
    described: Sequence[Described],
    config: StudyConfig,
    told: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Fit and predict every fold of every representation, permutations too.

    Args:
        usable: the examples.
        splits: their folds.
        described: representations of these examples.
        config: permutations, seed, workers.
        told: called with the number of folds fitted since, :func:`folds_to_fit` in all.

    Raises:
        TableError: a training part without a single usable face.
    """
    target, names = usable.target, usable.examples.name
    model = ModelConfig.of(target)
    for one in described:
        if any(blank(one.x[split.train]).all() for split in splits):
            raise TableError(f"no training example has a usable face, so that {one.id} cannot be fitted")
    # Representations take turns, so that the work done so far is a fair measure of the rest.
    calls = [(fit_fold, (one.x, usable.truth, s, one.pipelines, model, one.names)) for s in splits for one in described]
    results: list[Fitted] = list(in_order(calls, config.workers, lambda: told(1)))
    fitted = {one.id: results[place :: len(described)] for place, one in enumerate(described)}
    tables: dict[str, list[pa.Table]] = defaultdict(list)
    for id, found in fitted.items():
        rows = [
            prediction_rows(target.name, id, names, s, f.said, f.outputs) for s, f in zip(splits, found, strict=True)
        ]
        tables["predictions"] += rows
        tables["weights"].append(weight_rows(target.name, id, found))
    for split in splits:
        for floor in floors(usable.truth, split, target, config.seed):
            tables["predictions"].append(
                prediction_rows(target.name, floor.id, names, split, floor.said, floor.outputs)
            )
    part = usable.examples.split
    tables["folds"] += fold_rows(target.name, names, usable.subject, usable.truth, splits, part, usable.untrained)
    can = _can_exchange(usable)
    chosen = _selected(usable, splits, described, model, config)
    tables["selection"] += [table for table, _ in chosen]
    if config.permutations and can and config.null_model == "ridge":
        by_ridge = [(ridge_null, (one.x, one.whole, usable, model, config)) for one in described]
        for one, found in zip(described, in_order(by_ridge, config.workers, lambda: None), strict=True):
            tables["permutations"].append(permutation_rows(target.name, one.id, found.observed, found.drawn.tolist()))
    elif config.permutations and can:
        null = _null(usable, described, model, config, lambda: told(_folds_of_one_repeat(splits)))
        for one, drawn in zip(described, null, strict=True):
            observed = score_once(target, usable.truth, zip(splits, fitted[one.id], strict=True))
            tables["permutations"].append(permutation_rows(target.name, one.id, observed, drawn))
    about = _about(usable, splits, described, fitted, model, config, can)
    about["selection"] = [kept for _, kept in chosen]
    return Outcome(about, tables)


def _can_exchange(usable: Usable) -> bool:
    return exchangeable(usable.truth, usable.subject, usable.target) > 1


def _selected(
    usable: Usable, splits: Sequence[Split], described: Sequence[Described], model: ModelConfig, config: StudyConfig
) -> list[tuple[pa.Table, dict[str, Any]]]:
    """Units of the first side of the primary contrast that a sparse model takes whomever it learns from."""
    # All examples of a cross-validation are trained on somewhere; the test part of an official split is not.
    kept = np.arange(len(usable.truth)) if usable.examples.split is None else splits[0].train
    made = []
    for one in described:
        if one.id != config.primary[0] or one.of_units is None:
            continue
        start, stop = one.of_units
        rows = kept[~blank(one.x[kept])]
        x, truth = one.x[rows, start:stop], usable.truth[rows]
        aims = np.eye(model.classes)[truth.astype(np.int64)] if model.classes else truth[:, None]
        aims = aims[:, 1:] if model.classes == 2 else aims
        found = stability_selection(x, aims, usable.groups[rows], seed=config.seed)
        names = [name.removesuffix(" mean") for name in one.names[start:stop]]
        made.append((selection_rows(usable.target.name, one.id, names, found.share, x, aims), _told(one.id, found)))
    return made


def _told(id: str, found: Selection) -> dict[str, Any]:
    return {
        "representation": id,
        "taken": found.taken,
        "threshold": found.threshold,
        "expected_false": round(found.expected_false, _DIGITS),
        "units": found.share.shape[1],
    }


def score_once(target: Target, truth: DoubleArray, found: Iterable[tuple[Split, Fitted]]) -> float:
    """The target's metric on the first repeat alone, turned so that more is better: what permutations are held to."""
    first = [(split, one) for split, one in found if split.repeat == 0]
    metric = metrics_of(target)[0]
    rows = np.concatenate([split.test for split, _ in first])
    fold = np.concatenate([np.full(len(split.test), split.fold) for split, _ in first])
    outputs = [one.outputs for _, one in first if one.outputs is not None]
    said = np.concatenate([one.said for _, one in first])
    value = score(metric, Predicted(truth[rows], said, np.concatenate(outputs) if outputs else None, fold))
    return -value if metric in LOWER_IS_BETTER else value


def permuted_score(one: Described, usable: Usable, model: ModelConfig, config: StudyConfig, number: int) -> float:
    """One permutation of one representation: labels exchanged, dealt into folds and fitted, all anew.

    Permutation ``number`` exchanges labels alike for all representations.
    """
    rng = np.random.default_rng([config.seed, 1, number])
    truth = permuted(usable.truth, usable.subject, usable.target.level, rng, usable.examples.split)
    splits = split_of(usable, config, truth, once=True)
    return score_once(
        usable.target, truth, [(s, fit_fold(one.x, truth, s, one.pipelines, model, traced=False)) for s in splits]
    )


def in_order(calls: Sequence[Call], workers: int, told: Callable[[], None]) -> Iterator[Any]:
    """Results in the order of the calls, whichever process made them."""
    if workers == 1:
        for function, arguments in calls:
            yield function(*arguments)
            told()
        return
    from joblib import Parallel, delayed

    pool = Parallel(n_jobs=workers, return_as="generator")
    for result in pool(delayed(function)(*arguments) for function, arguments in calls):
        yield result
        told()


def _null(
    usable: Usable,
    described: Sequence[Described],
    model: ModelConfig,
    config: StudyConfig,
    told: Callable[[], None],
) -> list[list[float]]:
    # In turns, as above.
    count = config.permutations
    calls = [(permuted_score, (one, usable, model, config, b)) for b in range(1, count + 1) for one in described]
    found = list(in_order(calls, config.workers, told))
    return [found[place :: len(described)] for place in range(len(described))]


def _folds_of_one_repeat(splits: Sequence[Split]) -> int:
    return sum(split.repeat == 0 for split in splits)


def _scheme(usable: Usable, config: StudyConfig) -> str:
    if usable.examples.split is not None:
        return "official split"
    return "one person left out" if config.leave_one_out else "repeated cross-validation"


def _about(
    usable: Usable,
    splits: Sequence[Split],
    described: Sequence[Described],
    fitted: dict[str, list[Fitted]],
    model: ModelConfig,
    config: StudyConfig,
    can: bool,
) -> dict[str, Any]:
    target, truth = usable.target, usable.truth
    classes = target.kind == "classes"
    where = "within people" if target.level == "task" else "between people"
    permuted = where if can else "not possible: the label does not vary within people"
    return {
        "name": target.name,
        "kind": target.kind,
        "metric": target.metric,
        "classes": list(target.classes),
        "level": target.level,
        "scheme": _scheme(usable, config),
        "balanced": model.balanced,
        "examples": len(truth),
        "people": len(np.unique(usable.subject)),
        "trained": len(splits[0].train),
        "tested": len(splits[0].test),
        "counts": np.bincount(truth.astype(np.int64), minlength=len(target.classes)).tolist() if classes else None,
        "mean": None if classes else round(float(truth.mean()), _DIGITS),
        "sd": None if classes else round(float(truth.std()), _DIGITS),
        "permuted": permuted if config.permutations else "not asked for",
        "flow": list(usable.flow),
        "of_representations": {
            one.id: {
                "fit_s": round(sum(found.seconds for found in fitted[one.id]), 2),
                "without": int(blank(one.x).sum()),
                "penalties": sorted({found.penalty for found in fitted[one.id]}),
            }
            for one in described
        },
    }
