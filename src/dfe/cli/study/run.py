"""`dfe study run`: a data set's labels predicted from tokens and from what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from dfe.cli.event_options import EventArguments
from dfe.cli.options import (
    AsJson,
    Categories,
    Flag,
    Media,
    MinCoverage,
    Missing,
    NamesFile,
    OutFolder,
    Overwrite,
    RecordingsFolder,
    Roles,
    Seed,
    Speech,
    Unmatched,
    UsedTokenizer,
    Workers,
    arg,
)
from dfe.cli.show import tell
from dfe.cli.study.options import LabelOf, LabelTable, Root, TaskName, need_study, show_scores
from dfe.recording.coverage import MIN_COVERAGE


@dataclass(frozen=True)
class Run:
    """Predict a data set's labels from tokens and from what they are compared with, all on the same folds.

    Writes study.html, scores.json, and the folds and predictions that every figure is made from.

    Examples:
        dfe study run stressid data/StressID --recordings out -o study
        dfe study run generic videos --table labels.csv --recordings out -o study --representations tokens au-proxy
    """

    task: TaskName
    root: Root
    recordings: RecordingsFolder
    out: OutFolder
    targets: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Labels to predict; by default all of the data set."""
    representations: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = (
        "tokens",
        "au-proxy",
        "coefficients",
        "words",
    )
    """Of tokens, tokens-without-eyes, eyes, groups, au-proxy, au-proxy-without-eyes, au-tables, coefficients,
    coefficients-and-eyes, words, mae, given; or bags of one kind: tokens-share, -amount, -steps, -log-ratio, -tf-idf,
    -presence, -events, -durations, -bigrams. A row without any expression (nuisance) is always added."""
    primary: Annotated[tuple[str, str], arg(metavar="NAME NAME")] = ("tokens", "au-proxy")
    """The one contrast that the study is about; all others are adjusted by Holm's method."""
    tokenizer: UsedTokenizer = "default"
    names: NamesFile = None
    au_tables: Annotated[Path | None, arg(metavar="DIR")] = None
    """Tables of OpenFace, LibreFace or py-feat, named as the recordings, for au-tables."""
    words: Annotated[int, arg(metavar="K")] = 256
    """Number of flat words, for words."""
    mae: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of a masked autoencoder in Hugging Face's layout (config.json, model.safetensors), for mae."""
    pooling: Literal["mean", "cls", "quarters"] = "quarters"
    """For mae: the mean of its patches, means of the face's four quarters side by side, or its own token."""
    media: Media = None
    given: Annotated[Path | None, arg(metavar="NPZ")] = None
    """Features made elsewhere (VideoMAE, MARLIN), by recording, for given."""
    roles: Roles = None
    windows: Annotated[Path | None, arg(metavar="CSV")] = None
    """Parts of the recordings: columns recording, onset, duration, condition, clock_offset; each is an example."""
    baseline_condition: Annotated[str | None, arg(metavar="CONDITION")] = None
    """Condition of the windows whose features are taken off as each person's own baseline."""
    speech: Speech = None
    time: Literal["all", "silent", "speaking"] = "all"
    """Time in which tokens count; silent and speaking need --speech."""
    events: EventArguments = field(default_factory=EventArguments)
    """For tokens-events, -durations and -bigrams: what counts as an event."""
    folds: Annotated[int, arg(metavar="K")] = 5
    """Folds of cross-validation, where the data set has no official split."""
    repeats: Annotated[int, arg(metavar="R")] = 10
    """How often people are dealt into folds anew."""
    leave_one_out: Flag = False
    """Test each person once, by models of all the others, in place of folds of several people."""
    permutations: Annotated[int, arg(metavar="N", help="Number of permutations for p; 0 for none.")] = 200
    null_model: Literal["refit", "ridge"] = "refit"
    """What permutations are held to: the study's model, fitted anew in each, or ridge regression on the same columns,
    by which 999 take seconds."""
    min_coverage: MinCoverage = MIN_COVERAGE
    all_faces: Flag = False
    """Count turned, small, covered, frozen and blurred faces too; by default usable ones alone."""
    common: Flag = False
    """Leave out examples of which any representation says nothing, so that all are judged on the same faces."""
    table: LabelTable = None
    label_kind: Literal["auto", "classes", "number"] = "auto"
    """For generic: whether labels are classes or numbers."""
    label_of: LabelOf = "subject"
    metric: Annotated[str | None, arg(metavar="NAME")] = None
    """For generic: the score that counts, as in auc, macro_f1, mae."""
    categories: Categories = ()
    missing: Missing = ()
    seen: Annotated[
        Literal["refuse", "drop", "allow"],
        arg(help="What to do with people whom the tokenizer was trained on; allow marks them in the report."),
    ] = "refuse"
    shared: Literal["refuse", "drop", "allow"] = "refuse"
    """What to do with people who are in several parts of an official split."""
    unmatched: Unmatched = "refuse"
    seed: Seed = 0
    workers: Workers = 1
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Describe, fit, score, write, print; return the exit code."""
        need_study()
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.datasets import column_kinds, make_task
        from dfe.predict.config import StudyConfig
        from dfe.predict.store import FILES
        from dfe.predict.study import StudyOptions, run_study, write_study

        refuse_existing(*(self.out / name for name in FILES), overwrite=self.overwrite)
        task = make_task(
            self.task,
            self.table,
            label_kind=self.label_kind,
            label_of=self.label_of,
            metric=self.metric,
            categories=self.categories,
            missing=self.missing,
        )
        options = StudyOptions(
            targets=self.targets,
            representations=self.representations,
            primary=self.primary,
            tokenizer=self.tokenizer,
            names=self.names,
            au_tables=self.au_tables,
            words=self.words,
            mae=self.mae,
            pooling=self.pooling,
            media=self.media,
            given=self.given,
            roles=self.roles,
            windows=self.windows,
            baseline_condition=self.baseline_condition,
            speech=self.speech,
            events=self.events.config(),
            time=self.time,
            protocol=StudyConfig(
                folds=self.folds,
                repeats=self.repeats,
                leave_one_out=self.leave_one_out,
                permutations=self.permutations,
                null_model=self.null_model,
                all_rows=self.all_faces,
                resting_face=self.events.resting_face,
                common=self.common,
                min_coverage=self.min_coverage,
                seed=self.seed,
                seen=self.seen,
                shared=self.shared,
                unmatched=self.unmatched,
                workers=self.workers,
            ),
        )
        with show_progress("fitting", "folds") as progress:
            study = run_study(task, self.root, self.recordings, options, progress=progress)
        write_study(study, self.out, overwrite=self.overwrite)
        for line in column_kinds(task):
            tell(line)
        show_scores(study.figures, self.out, as_json=self.json)
        return 0
