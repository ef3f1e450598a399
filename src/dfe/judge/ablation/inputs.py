"""The tables of an ablation: what is trained on, and what is judged on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import FloatArray
from dfe.judge.bench import Bench
from dfe.judge.floors import Floors, measure_floors
from dfe.judge.inputs import Inputs, load_bench
from dfe.training.tables import TrainingTable, read_table

_DRAWS = 1
"""Of the bootstrap: intervals are those over seeds, so that draws of faces would be thrown away."""


@dataclass(frozen=True)
class AblationTables:
    """The files of an ablation.

    Args:
        training: tables to train on.
        validation: tables of other people, to judge on.
        perturbed: name of a perturbation and a table of the pictures of ``validation`` after it.
        probe_train, probe_test: tables of labelled faces for the emotion probe.
        probe_about: CSV of their labels.
        displays: ``.npy`` of the movements ``(U, D)`` that displays found all at once begin as, the most wanted first.
    """

    training: tuple[Path, ...]
    validation: tuple[Path, ...]
    perturbed: tuple[tuple[str, Path], ...] = ()
    probe_train: tuple[Path, ...] = ()
    probe_test: tuple[Path, ...] = ()
    probe_about: Path | None = None
    displays: Path | None = None

    @cached_property
    def digests(self) -> tuple[tuple[str, str, str], ...]:
        """What each file is used for, its name without the folder, and its SHA-256.

        Raises:
            TableError: a file cannot be read.
        """
        about, displays = (() if path is None else (path,) for path in (self.probe_about, self.displays))
        sets = {
            "training": self.training,
            "validation": self.validation,
            "probe-train": self.probe_train,
            "probe-test": self.probe_test,
            "probe-about": about,
            "displays": displays,
        }
        files = [(use, path) for use, paths in sets.items() for path in paths]
        files += [(f"perturbed {name}", path) for name, path in self.perturbed]
        return tuple((use, path.name, _digest(path)) for use, path in files)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what each file is used for and what is in it, whatever it is called."""
        used = [(use, digest) for use, _, digest in self.digests]
        return hashlib.sha256(json.dumps(used).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class AblationData:
    """The tables as they are read.

    Args:
        training, validation: as :func:`dfe.training.loop.train` takes them.
        bench: the validation faces as :mod:`dfe.judge` takes them; bits are learnt from the training faces.
        floors: of the bench.
        displays: ``(U, D)`` movements to begin from.
    """

    training: tuple[TrainingTable, ...]
    validation: tuple[TrainingTable, ...]
    bench: Bench
    floors: Floors
    displays: FloatArray | None = None


def load(tables: AblationTables) -> AblationData:
    """Read all tables, once for all runs of a process.

    Raises:
        TableError: a table cannot be read, or is of another space or neutral mode.
        UsageError: no table, or faces that are in both training and validation.
    """
    return _load(tables, tables.fingerprint)


@lru_cache(maxsize=1)
def _load(tables: AblationTables, fingerprint: str) -> AblationData:  # noqa: ARG001 (files may change their content)
    if not tables.training:
        raise UsageError("nothing to train on", advice="name at least one table or folder of tables")
    if not tables.validation:
        raise UsageError("nothing to judge on", advice="name tables of other people with --validation")
    perturbed: dict[str, list[Path]] = {}
    for name, table in tables.perturbed:
        perturbed.setdefault(name, []).append(table)
    inputs = Inputs(
        faces=tables.validation,
        fit=tables.training,
        probe_train=tables.probe_train,
        probe_test=tables.probe_test,
        probe_about=tables.probe_about,
        perturbed=perturbed,
    )
    bench = load_bench(inputs, draws=_DRAWS, allow_seen=True)
    if shared := int(bench.in_fit.sum()):
        what = f"{shared} faces of the validation tables are in pictures of the training tables"
        raise UsageError(what, advice="judge on tables of other people")
    training, validation = (tuple(map(read_table, paths)) for paths in (tables.training, tables.validation))
    displays = None if tables.displays is None else _movements(tables.displays)
    return AblationData(training, validation, bench, measure_floors(bench), displays)


def _movements(path: Path) -> FloatArray:
    try:
        return np.asarray(np.load(path, allow_pickle=False), np.float32)
    except (OSError, ValueError) as error:
        raise TableError(f"holds no movements ({error})", where=path, advice="save rows of numbers as .npy") from None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from None
