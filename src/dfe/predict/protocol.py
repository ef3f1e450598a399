"""The prediction protocol: all representations through the same folds, with floors, a nuisance row and permutations."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa

from dfe.base.errors import TableError, UsageError
from dfe.base.types import Progress
from dfe.base.version import __version__
from dfe.datasets import GENERIC
from dfe.datasets.examples import Examples
from dfe.predict.config import LEAST_REPEATS, StudyConfig
from dfe.predict.predict import Described, folds_to_fit, predict_target
from dfe.predict.reading import Reading
from dfe.predict.representation import Features, Pipeline, Representation, describe
from dfe.predict.representations.beside import Beside
from dfe.predict.representations.nuisance import Nuisance
from dfe.predict.representations.pooled import Pooled
from dfe.predict.scores import metrics_of
from dfe.predict.selection import known_labels, match_recordings, subject_numbers, without_seen
from dfe.predict.store import FORMAT, Predictions
from dfe.predict.tabulate import joined
from dfe.predict.usable import split_of, usable_examples
from dfe.recording.copies import FaceStretch, copy_notes, refuse_copies
from dfe.recording.instruments import instrument_notes, instrument_of
from dfe.recording.neutrals import neutral_notes, neutral_of
from dfe.recording.part import outside_notes
from dfe.stats.scaling import Scaled
from dfe.tokenizer.tokenizer import Tokenizer

NUISANCE = Nuisance.id


def study_examples(
    task: str,
    examples: Examples,
    representations: Sequence[Representation],
    recordings: Path,
    config: StudyConfig | None = None,
    *,
    targets: Sequence[str] = (),
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """Predict every target from every representation, and from none.

    The row without any expression is added where it is not among the representations, and the first side of the
    primary contrast beside that row: what it adds to it.

    Args:
        task: name of the data set.
        examples: all of it.
        representations: no two of one id.
        recordings: folder of the recordings.
        config: how.
        targets: names of those to predict; all by default.
        tokenizer: behind the tokens, whose card says whom it was trained on.
        progress: told of folds fitted.

    Raises:
        TableError: labels and recordings do not match, a recording is damaged, or a target has but one class.
        UsageError: too few people, people in several parts of a split, or people whom the tokenizer knows.
    """
    config = config or StudyConfig()
    shown = list(representations)
    if all(one.id != NUISANCE for one in shown):
        shown.append(Nuisance())
    bare = next(one for one in shown if one.id == NUISANCE)
    shown += [Beside(bare, one) for one in shown if one.id == config.primary[0]]
    ids = [one.id for one in shown]
    if doubled := next((id for i, id in enumerate(ids) if id in ids[:i]), None):
        raise UsageError(f"the representation {doubled!r} is named twice")
    if not len(examples):
        raise TableError("no labelled example at all")
    chosen = [examples.target(name) for name in targets] if targets else list(examples.targets)
    for target in chosen:
        metrics_of(target)
        known_labels(examples, target)
    labels_hash = fingerprint(examples)
    examples, steps = match_recordings(examples, recordings, config.unmatched)
    examples, dropped, warnings = without_seen(examples, tokenizer.card if tokenizer else {}, config.seen)
    _enough_people(examples, config)
    resting: list[str] = []
    outside: dict[str, float] = {}
    instruments: list[str] = []
    stretches: list[FaceStretch] = []

    def seen_of(reading: Reading) -> None:
        mine, recording = reading.examples, reading.recording
        outside.update(reading.outside_s())
        instruments.append(instrument_of(recording))
        pictures = mine.picture is not None and bool((mine.picture >= 0).any())
        each = {0: None} if pictures else {place: mine.face_in(recording, place) for place in range(len(mine))}
        resting.extend(neutral_of(recording, face) for face in set(each.values()))
        stretches.extend(reading.stretches(each))

    everybodys = tokenizer if config.resting_face == "population" else None
    features = describe(shown, examples, recordings, all_rows=config.all_rows, everybodys=everybodys, seen=seen_of)
    if task == GENERIC:
        refuse_copies(stretches, recordings)
    warnings += [
        *copy_notes(stretches),
        *neutral_notes(resting),
        *instrument_notes(instruments),
        *outside_notes(outside, named=False),
    ]
    seen = [found.coverage for found in features]
    coverage = np.min(seen, axis=0) if config.common else np.max(seen, axis=0)
    ready = [usable_examples(examples, target, coverage, config) for target in chosen]
    splits = [split_of(one, config) for one in ready]
    work = [folds_to_fit(one, split, len(shown), config) for one, split in zip(ready, splits, strict=True)]
    told = _teller(progress, sum(work))
    tables: dict[str, list[pa.Table]] = defaultdict(list)
    of_targets = []
    for one, split in zip(ready, splits, strict=True):
        described = [
            Described(who.id, found.x[one.rows], who.pipelines(found), found.names, _whole(who, found), found.of_units)
            for who, found in zip(shown, features, strict=True)
        ]
        outcome = predict_target(one, split, described, config, told)
        for name, parts in outcome.tables.items():
            tables[name] += parts
        outcome.about["flow"] = [step._asdict() for step in [*steps, *dropped]] + outcome.about["flow"]
        of_targets.append(outcome.about)
        warnings += one.warnings
    if examples.split is None and not config.leave_one_out and config.repeats < LEAST_REPEATS:
        times = "once" if config.repeats == 1 else f"{config.repeats} times"
        warnings.append(f"Cross-validation was run {times}; the protocol asks for {LEAST_REPEATS} times.")
    about = {
        "format": FORMAT,
        "task": task,
        "config": config.to_json(),
        "examples_sha256": labels_hash,
        "tokenizer": {"id": tokenizer.id, "hash": tokenizer.hash} if tokenizer else None,
        "resting_faces": dict(sorted(Counter(resting).items())),
        "versions": _versions(),
        "warnings": list(dict.fromkeys(warnings)),
        "representations": [
            {
                "id": one.id,
                "role": "nuisance" if one.id == NUISANCE else "representation",
                "features": len(found.names),
                "features_s": round(found.seconds, 2),
            }
            for one, found in zip(shown, features, strict=True)
        ],
        "targets": of_targets,
    }
    return Predictions(about, joined(tables), {})


def _whole(who: Representation, found: Features) -> Pipeline:
    """How all columns of a representation are prepared together, whatever is chosen among them."""
    return [("scale", Scaled())] if isinstance(who, Pooled) else next(iter(who.pipelines(found)))


def fingerprint(examples: Examples) -> str:
    """SHA-256 in hex over keys, people, labels and parts of all examples, in their order."""
    digest = hashlib.sha256()
    columns = [examples.name, examples.subject, *examples.labels.values(), examples.split]
    for column in columns:
        words = [] if column is None else np.asarray(column).tolist()
        digest.update(json.dumps(words, allow_nan=True).encode() + b"\n")
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    return {"dfe": __version__, "python": platform.python_version()} | {
        name: version(name) for name in ("numpy", "scikit-learn", "scipy")
    }


def _enough_people(examples: Examples, config: StudyConfig) -> None:
    people = len(np.unique(subject_numbers(examples)))
    if examples.split is None and not config.leave_one_out and people < config.folds:
        advice = f"use --folds {people}" if people > 1 else "a study needs several people"
        raise UsageError(f"{people} people are too few for {config.folds} folds", advice=advice)


def _teller(progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    return told
