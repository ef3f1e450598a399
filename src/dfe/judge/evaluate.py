"""Tokenizers judged from files: read the faces, fit baselines to others, judge all alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Literal

from dfe.base.errors import UsageError
from dfe.base.types import Stages, quiet
from dfe.baselines.suite import BaselineConfig
from dfe.displays.displays import Coder
from dfe.judge.bench import Bench
from dfe.judge.inputs import Fitted, Inputs, fit_baselines, load_bench
from dfe.judge.result import Evaluation
from dfe.judge.retrieval import QUERIES
from dfe.judge.run import check, judge
from dfe.recording.storage import table_files
from dfe.stats.draws import DRAWS
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

NONE, ALL = "none", "all"
Tables = Sequence[str | PathLike[str]]


@dataclass(frozen=True)
class EvaluateOptions:
    """What tokenizers are judged on, apart from the faces, and what they are judged beside.

    A measure whose input is missing is in the result as not measured.

    Args:
        about: CSV of who is on the pictures: columns picture, subject, label, and any group such as gender or age.
        fit: tables of other people's faces to fit baselines to, and to learn bits and the mean face from.
        baselines: names of those to fit, ``("all",)`` or ``("none",)``; empty: all where there are tables in ``fit``.
        refit: fit baselines once more with another seed, for their stability.
        baseline_size, baseline_levels: codes and tokens per face of the baselines; None: those of the largest
            tokenizer and of the longest.
        probe_train, probe_test, probe_about: tables of labelled faces that the emotion probe learns from and is tested
            on, and the CSV of their labels.
        perturbed: by name of a change, tables of the same pictures after it.
        turned: tables of people who turn their heads.
        retrained: other trainings of the tokenizers, for stability.
        seen: judge on people whom a coding has seen, and mark it (``allow``), or ``refuse``.
        draws: of the bootstrap behind the intervals.
        seed: of everything drawn.
        max_retrieval: faces for retrieval at most.
    """

    about: str | PathLike[str] | None = None
    fit: Tables = ()
    baselines: tuple[str, ...] = ()
    refit: bool = False
    baseline_size: int | None = None
    baseline_levels: int | None = None
    probe_train: Tables = ()
    probe_test: Tables = ()
    probe_about: str | PathLike[str] | None = None
    perturbed: Mapping[str, Tables] = field(default_factory=dict)
    turned: Tables = ()
    retrained: tuple[str | PathLike[str], ...] = ()
    seen: Literal["refuse", "allow"] = "refuse"
    draws: int = DRAWS
    seed: int = 0
    max_retrieval: int = QUERIES

    def __post_init__(self) -> None:
        if self.baselines not in ((), (NONE,)) and not self.fit:
            advice = "name tables of other people with --fit"
            raise UsageError("baselines need faces to be fitted to", advice=advice)
        if self.refit and (not self.fit or self.baselines == (NONE,)):
            raise UsageError("there is no baseline to fit once more", advice="name tables of other people with --fit")

    def inputs(self, faces: Tables) -> Inputs:
        """The files, folders having become the recordings in them."""
        return Inputs(
            faces=table_files(faces),
            about=None if self.about is None else Path(self.about),
            fit=table_files(self.fit),
            probe_train=table_files(self.probe_train),
            probe_test=table_files(self.probe_test),
            probe_about=None if self.probe_about is None else Path(self.probe_about),
            perturbed={name: table_files(tables) for name, tables in self.perturbed.items()},
            turned=table_files(self.turned),
        )


def evaluate(
    tokenizers: Sequence[Tokenizer | str | PathLike[str]],
    faces: Tables,
    options: EvaluateOptions | None = None,
    *,
    stages: Stages = quiet,
) -> Evaluation:
    """Judge tokenizers, and baselines beside them, on faces that they have not seen.

    Args:
        tokenizers: or their names or folders.
        faces: tables of the faces to judge on, or folders of them; with landmarks, retrieval is measured too.
        options: everything else.
        stages: told how far each part of the work is.

    Raises:
        UsageError: nothing to judge, settings that make no sense, or people whom a tokenizer has seen.
        TableError: a table that cannot be read, or does not fit the others.
        ModelError: a tokenizer that cannot be opened.
        DfeError: scikit-learn is not installed.
    """
    if not tokenizers:
        raise UsageError("nothing to judge: name at least one tokenizer")
    options = options or EvaluateOptions()
    judged = [one if isinstance(one, Tokenizer) else load_tokenizer(one) for one in tokenizers]
    with stages("reading", "sets of faces") as progress:
        bench = load_bench(
            options.inputs(faces),
            judged[0].space,
            seeds=[load_tokenizer(one) for one in options.retrained],
            allow_seen=options.seen == "allow",
            draws=options.draws,
            seed=options.seed,
            max_retrieval=options.max_retrieval,
            progress=progress,
        )
    check(judged, bench)
    fitted = _fitted(bench, judged, options, stages)
    if fitted is not None:
        bench = replace(bench, seeds=(*bench.seeds, *fitted.again))
    coders: list[Coder] = [*judged, *(fitted.coders.values() if fitted else ())]
    with stages("judging", "measures") as progress:
        found = judge(coders, bench, progress)
    none = "none was asked for" if options.fit else "no faces to fit them to (--fit gives them)"
    baselines = {"not_measured": none} if fitted is None else fitted.told()
    return replace(found, about={**found.about, "baselines": baselines})


def _fitted(bench: Bench, judged: Sequence[Tokenizer], options: EvaluateOptions, stages: Stages) -> Fitted | None:
    if bench.fit is None or options.baselines == (NONE,):
        return None
    config = BaselineConfig(
        size=options.baseline_size or max(tokenizer.size for tokenizer in judged),
        levels=options.baseline_levels or max(tokenizer.levels for tokenizer in judged),
        seed=options.seed,
    )
    names = () if options.baselines == (ALL,) else options.baselines
    with stages("fitting", "baselines") as progress:
        return fit_baselines(bench.fit, config, names, refit=options.refit, progress=progress)
