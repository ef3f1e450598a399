"""From files to a bench and its coders: tables, what is known of their pictures, and baselines fitted to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import Progress
from dfe.baselines.suite import NAMES, BaselineConfig, fit_baseline
from dfe.datasets.about import About
from dfe.displays.displays import Coder
from dfe.facs.coder import fit_au_proxy
from dfe.judge.bench import Bench, TableInfo
from dfe.judge.faces import Faces, load_faces, pictures_looked_at
from dfe.judge.retrieval import QUERIES
from dfe.recording.recording import Recording
from dfe.space.base import ExpressionSpace
from dfe.stats.draws import DRAWS

AU_PROXY = "au-proxy"

ALL_BASELINES: tuple[str, ...] = (*NAMES, AU_PROXY)
"""What can be fitted to compare with, in the order of the tables."""


@dataclass(frozen=True)
class Inputs:
    """The files behind a :class:`~dfe.judge.bench.Bench`; see there."""

    faces: Sequence[Path]
    about: Path | None = None
    fit: Sequence[Path] = ()
    probe_train: Sequence[Path] = ()
    probe_test: Sequence[Path] = ()
    probe_about: Path | None = None
    perturbed: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    turned: Sequence[Path] = ()

    @property
    def sets(self) -> dict[str, tuple[Path, ...]]:
        """Tables by the name of their set, sets without one left out."""
        named = {
            "faces": self.faces,
            "fit": self.fit,
            "probe-train": self.probe_train,
            "probe-test": self.probe_test,
            "turned": self.turned,
        }
        changed = {f"perturbed {name}": tables for name, tables in self.perturbed.items()}
        return {name: tuple(tables) for name, tables in {**named, **changed}.items() if tables}


@dataclass(frozen=True)
class Fitted:
    """Baselines fitted to faces.

    Args:
        config: of the baselines.
        coders: by name.
        again: those of them that have a seed, fitted once more with the next one; empty where nobody asked.
        left_out: by name, why those that could not be fitted are not there.
    """

    config: BaselineConfig
    coders: Mapping[str, Coder]
    again: tuple[Coder, ...]
    left_out: Mapping[str, str]

    def told(self) -> dict[str, Any]:
        """What the result says of them; plain JSON values."""
        return {**asdict(self.config), "fitted": list(self.coders), "left_out": dict(self.left_out)}


def load_bench(
    inputs: Inputs,
    space: ExpressionSpace | None = None,
    *,
    seeds: Sequence[Coder] = (),
    allow_seen: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
    max_retrieval: int = QUERIES,
    progress: Progress | None = None,
) -> Bench:
    """Read all tables of a bench.

    Args:
        inputs: the files.
        space: of their expressions, as the coders to judge name it; by default the one that the first table names.
        seeds, allow_seen, draws, seed, max_retrieval: of the bench.
        progress: called after each set.

    Raises:
        TableError: a table or CSV file cannot be read, or tables are of different spaces or neutral modes.
        UsageError: no faces, or sets that do not fit together.
    """
    about, probe_about = (None if path is None else About.read(path) for path in (inputs.about, inputs.probe_about))
    known = {"faces": about, "fit": about, "turned": about, "probe-train": probe_about, "probe-test": probe_about}
    neutral: str | None = None
    sets: dict[str, Faces] = {}
    if not inputs.faces:
        raise UsageError("no faces to judge on", advice="name at least one table with --faces")
    for name, tables in inputs.sets.items():
        own = Recording.read(tables[0], landmarks=False).provenance.neutral
        neutral = own if neutral is None else neutral
        if own != neutral:
            what = f"its neutral mode is '{own}', that of the faces to judge on is '{neutral}'"
            raise TableError(what, where=tables[0], advice="judge on tables of one mode")
        sets[name] = load_faces(tables, known.get(name), space)
        space = sets[name].space
        if progress is not None:
            progress(len(sets), len(inputs.sets))
    return Bench(
        faces=sets["faces"],
        fit=sets.get("fit"),
        probe_train=sets.get("probe-train"),
        probe_test=sets.get("probe-test"),
        perturbed={name: sets[f"perturbed {name}"] for name in inputs.perturbed},
        turned=sets.get("turned"),
        seeds=tuple(seeds),
        about=about,
        probe_about=probe_about,
        looked_at=pictures_looked_at(inputs.faces),
        neutral=neutral or "none",
        allow_seen=allow_seen,
        draws=draws,
        seed=seed,
        max_retrieval=max_retrieval,
        tables={name: tuple(map(_info, tables)) for name, tables in inputs.sets.items()},
    )


def fit_baselines(
    fit: Faces,
    config: BaselineConfig,
    names: Sequence[str] = (),
    *,
    refit: bool = False,
    progress: Progress | None = None,
) -> Fitted:
    """Fit baselines and the AU proxy to faces.

    Args:
        fit: to fit to.
        config: of the baselines.
        names: some of :data:`ALL_BASELINES`; none: all that these faces allow, the others being left out.
        refit: fit each once more with the next seed, but the AU proxy, which has none.
        progress: called after each.

    Raises:
        UsageError: an unknown name, or one that was asked for and cannot be fitted.
        DfeError: scikit-learn is not installed.
    """
    wanted = tuple(names) or ALL_BASELINES
    if unknown := [name for name in wanted if name not in ALL_BASELINES]:
        raise UsageError(f"no baseline is called {unknown[0]!r}", advice=f"there are {', '.join(ALL_BASELINES)}")
    coders: dict[str, Coder] = {}
    again: list[Coder] = []
    left_out: dict[str, str] = {}
    for done, name in enumerate(wanted, start=1):
        try:
            coders[name] = _fit(name, fit, config)
            if refit and name != AU_PROXY:
                again.append(_fit(name, fit, replace(config, seed=config.seed + 1)))
        except UsageError as error:
            if names:
                raise
            left_out[name] = error.what
        if progress is not None:
            progress(done, len(wanted))
    return Fitted(config, coders, tuple(again), left_out)


def _fit(name: str, fit: Faces, config: BaselineConfig) -> Coder:
    if name != AU_PROXY:
        return fit_baseline(name, fit.x, fit.space, config)
    person = np.arange(len(fit)) if fit.subject is None else fit.subject.copy()
    unknown = person < 0
    person[unknown] = person.max(initial=0) + 1 + np.arange(unknown.sum())
    beside = None if fit.beside is None or fit.beside_space is None else (fit.beside, fit.beside_space)
    return fit_au_proxy(fit.x, fit.space, config.seed, person, beside)


def _info(table: Path) -> TableInfo:
    with table.open("rb") as file:
        return TableInfo(table.name, hashlib.file_digest(file, "sha256").hexdigest())
