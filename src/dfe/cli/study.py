"""`dfe study`: what faces tell of stress, personality, depression, or of labels of your own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import OmitArgPrefixes, Positional, arg, subcommand

from dfe.base.errors import DfeError, UsageError
from dfe.cli.event_options import EventArguments

if TYPE_CHECKING:
    from rich.table import Table

    from dfe.datasets.examples import Task
    from dfe.predict.measures import SpeechPart

_Policy = Literal["refuse", "drop"]
_Leak = Literal["refuse", "drop", "allow"]


@dataclass(frozen=True)
class Run:
    """Predict a data set's labels from tokens and from what they are compared with, all on the same folds.

    Writes study.html, scores.json, and the folds and predictions that every figure is made from.
    """

    task: Positional[str]
    """stressid, chalearn, daic, edaic, affectnet, fer2013, or generic with --table."""
    root: Positional[Path]
    """The data set's own folder."""
    recordings: Annotated[Path, arg(metavar="DIR")]
    """Folder that `dfe encode` wrote the data set's recordings into."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results."""
    target: Annotated[tuple[str, ...], arg(metavar="NAME")] = ()
    """Labels to predict; by default all of the data set."""
    representations: Annotated[tuple[str, ...], arg(metavar="NAME")] = ("tokens", "au-proxy", "coefficients", "words")
    """Of tokens, tokens-amount, -steps, -log-ratio, -tf-idf, -presence, -events, -durations, -bigrams, au-proxy,
    au-tables, coefficients, words, mae, given; a row without any expression (nuisance) is always added."""
    primary: Annotated[tuple[str, str], arg(metavar="NAME")] = ("tokens", "au-proxy")
    """The one contrast that the study is about; all others are adjusted by Holm's method."""
    tokenizer: str = "default"
    """Tokenizer behind the recordings' tokens: name, name@version or folder."""
    au_tables: Annotated[Path | None, arg(metavar="DIR")] = None
    """Tables of OpenFace, LibreFace or py-feat, named as the recordings, for au-tables."""
    words: Annotated[int, arg(metavar="K")] = 256
    """Number of flat words."""
    mae: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of a masked autoencoder in Hugging Face's layout (config.json, model.safetensors), for mae."""
    pooling: Literal["mean", "cls", "quarters"] = "quarters"
    """For mae: the mean of its patches, means of the face's four quarters side by side, or its own token."""
    media: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder of the videos and pictures that were encoded, for mae."""
    given: Annotated[Path | None, arg(metavar="NPZ")] = None
    """Features made elsewhere (VideoMAE, MARLIN), by recording, for given."""
    roles: Annotated[Path | None, arg(metavar="CSV")] = None
    """Whose face is whose, for recordings of several people (recording, face_id, start, end, subject, role)."""
    windows: Annotated[Path | None, arg(metavar="CSV")] = None
    """Windows of recordings that become examples (recording, onset, duration, condition, clock_offset)."""
    baseline: Annotated[str | None, arg(metavar="CONDITION")] = None
    """Condition of the windows whose features are taken off as each person's own baseline."""
    speech: Annotated[Path | None, arg(metavar="DIR")] = None
    """Files of speech (.rttm, .eaf, .TextGrid) named as the recordings, for --time."""
    time: Literal["all", "silent", "speaking"] = "all"
    """Time in which tokens count; silent and speaking need --speech."""
    events: OmitArgPrefixes[EventArguments] = field(default_factory=EventArguments)
    """For tokens-events, -durations and -bigrams: what counts as an event."""
    folds: Annotated[int, arg(metavar="K")] = 5
    """Folds of cross-validation, where the data set has no official split."""
    repeats: Annotated[int, arg(metavar="R")] = 10
    """How often people are dealt into folds anew."""
    permutations: Annotated[int, arg(metavar="B")] = 200
    """Permutations of the labels, each fitted anew; 0 for none."""
    min_coverage: Annotated[float, arg(metavar="SHARE")] = 0.7
    """Recordings with a usable face for less of their time are left out (of training only, in an official split)."""
    table: Annotated[Path | None, arg(metavar="CSV")] = None
    """For generic: columns path, subject, label; optional session, condition, onset, offset, split; covariates."""
    label: Literal["auto", "classes", "number"] = "auto"
    """For generic: whether labels are classes or numbers."""
    level: Literal["subject", "task"] = "subject"
    """For generic: whether a label is the person's, or changes between a person's recordings."""
    metric: str | None = None
    """For generic: the score that counts, as in auc, macro_f1, mae."""
    seen: _Leak = "refuse"
    """What to do with people whom the tokenizer was trained on; allow marks them in the report."""
    shared: _Leak = "refuse"
    """What to do with people who are in several parts of an official split."""
    unmatched: _Policy = "refuse"
    """What to do with labels without a recording, and recordings without a label."""
    seed: int = 0
    """Seed of everything drawn."""
    workers: Annotated[int, arg(metavar="N")] = 2
    """Processes; results do not depend on it."""
    overwrite: bool = False
    """Replace earlier results in DIR."""
    json: bool = False
    """Print all figures as JSON on standard output."""

    def run(self) -> int:
        """Describe, fit, score, write, print; return the exit code."""
        _need_extra()
        from dfe.cli.progress import show_progress
        from dfe.datasets.extras import HasAuTables
        from dfe.datasets.windows import in_windows, read_windows
        from dfe.predict.choose import choose
        from dfe.predict.config import StudyConfig
        from dfe.predict.faces import assign_faces
        from dfe.predict.protocol import run_study
        from dfe.predict.store import refuse_existing_study, write_study
        from dfe.predict.trace import with_displays
        from dfe.predict.write_report import write_report
        from dfe.recording.roles import read_roles
        from dfe.tokenizer.file import load_tokenizer

        refuse_existing_study(self.out, overwrite=self.overwrite)
        task = _task(self.task, self.table, self.label, self.level, self.metric)
        tokenizer = load_tokenizer(self.tokenizer)
        tables = self.au_tables or (task.au_tables(self.root) if isinstance(task, HasAuTables) else None)
        chosen, (first, second) = (
            choose(
                names,
                tokenizer,
                au_tables=tables,
                words=self.words,
                speech=self._part(),
                events=self.events.config(),
                baseline=self.baseline,
                mae=self.mae,
                pooling=self.pooling,
                media=self.media,
                given=self.given,
            )
            for names in (self.representations, self.primary)
        )
        config = StudyConfig(
            folds=self.folds,
            repeats=self.repeats,
            permutations=self.permutations,
            primary=(first.id, second.id),
            min_coverage=self.min_coverage,
            seed=self.seed,
            seen=self.seen,
            shared=self.shared,
            unmatched=self.unmatched,
            workers=self.workers,
        )
        examples = task.examples(self.root)
        if self.windows is not None:
            examples = in_windows(examples, read_windows(self.windows))
        if self.roles is not None:
            examples = assign_faces(examples, self.recordings, read_roles(self.roles), self.roles)
        with show_progress("fitting", "fits") as progress:
            study = run_study(
                task.name,
                examples,
                chosen,
                self.recordings,
                config,
                targets=self.target,
                tokenizer=tokenizer,
                progress=progress,
            )
        bag = next((name.id for name in chosen if name.id.startswith("bag of tokens")), None)
        if bag is not None:
            study = with_displays(study, tokenizer, bag)
        write_study(study, self.out, overwrite=self.overwrite)
        _show(write_report(self.out, overwrite=self.overwrite), self.out, as_json=self.json)
        return 0

    def _part(self) -> SpeechPart | None:
        from dfe.predict.measures import SpeechPart

        if self.time == "all":
            return None
        if self.speech is None:
            raise UsageError(f"--time {self.time} needs --speech", advice="name the folder of the files of speech")
        return SpeechPart(self.time, self.speech)


@dataclass(frozen=True)
class Report:
    """Make scores.json and study.html anew from a study's folds and predictions."""

    folder: Positional[Path]
    """Folder that `dfe study run` wrote."""
    json: bool = False
    """Print all figures as JSON on standard output."""

    def run(self) -> int:
        """Read, score, write, print; return the exit code."""
        _need_extra()
        from dfe.predict.write_report import write_report

        _show(write_report(self.folder, overwrite=True), self.folder, as_json=self.json)
        return 0


@dataclass(frozen=True)
class Check:
    """Say what a data set's folder lacks before anything is encoded; exit code 1 if it lacks anything."""

    task: Positional[str]
    """stressid, chalearn, daic, edaic, affectnet, fer2013, or generic with --table."""
    root: Positional[Path]
    """The data set's own folder."""
    table: Annotated[Path | None, arg(metavar="CSV")] = None
    """For generic: the table of labels."""
    level: Literal["subject", "task"] = "subject"
    """For generic: whether a label is the person's, or changes between a person's recordings."""
    media: bool = False
    """Print the files to be encoded, one a line, as `dfe encode` takes them."""

    def run(self) -> int:
        """Look, print; return the exit code."""
        _need_extra()
        task = _task(self.task, self.table, "auto", self.level, None)
        if self.media:
            for path in task.media(self.root):
                print(path)
            return 0
        lines = task.check(self.root)
        for line in lines:
            print(line)
        if not lines:
            examples = task.examples(self.root)
            names = ", ".join(target.name for target in examples.targets)
            people = len(set(examples.subject.tolist()))
            print(f"{len(examples)} examples of {people} people; labels: {names}")
        return 1 if lines else 0


@dataclass(frozen=True)
class Prepare:
    """Make a data set that cannot be encoded as it comes into one that can: pictures of FER2013, tables of E-DAIC."""

    task: Positional[str]
    """fer2013 or edaic."""
    root: Positional[Path]
    """The data set as it was unpacked."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """New folder for what is made."""

    def run(self) -> int:
        """Make it, say what comes next, return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.datasets import find_task
        from dfe.datasets.extras import Prepares

        task = find_task(self.task)
        if not isinstance(task, Prepares):
            raise UsageError(f"{self.task} needs no preparation", advice="encode it with dfe study encode")
        with show_progress("preparing", "files") as progress:
            print(task.prepare(self.root, self.out, progress))
        return 0


@dataclass(frozen=True)
class EncodeMedia:
    """Encode a data set's media into recordings of the names that its labels go by."""

    task: Positional[str]
    """stressid, chalearn, daic, affectnet or fer2013."""
    root: Positional[Path]
    """The data set's own folder."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the recordings."""
    tokenizer: str = "default"
    """Name, name@version or folder of a tokenizer."""
    largest_only: bool = False
    """Keep the one face that is largest over each recording."""
    workers: Annotated[int, arg(metavar="N")] = 1
    """Processes to share the work among; results do not depend on it."""
    overwrite: bool = False
    """Replace recordings that are there already."""

    def run(self) -> int:
        """Encode, print the summary, return the exit code."""
        from dfe.cli.encode import print_summary
        from dfe.cli.progress import show_progress
        from dfe.datasets import find_task
        from dfe.encode.options import EncodeOptions
        from dfe.encode.run import encode_to_folder

        media = find_task(self.task).media(self.root)
        if not media:
            raise UsageError(f"{self.task} comes without media", advice="use its AU tables (docs/data-sets.md)")
        options = EncodeOptions(tokenizer=self.tokenizer, largest_only=self.largest_only)
        with show_progress("encoding", "frames") as progress:
            summary = encode_to_folder(
                media, self.out, options, workers=self.workers, overwrite=self.overwrite, progress=progress
            )
        return print_summary(summary, as_json=False)


@dataclass(frozen=True)
class Study:
    """From tokens to labels: cross-validated prediction with floors, permutations and contrasts (extra "study")."""

    action: (
        Annotated[Run, subcommand("run")]
        | Annotated[Report, subcommand("report")]
        | Annotated[Check, subcommand("check")]
        | Annotated[Prepare, subcommand("prepare")]
        | Annotated[EncodeMedia, subcommand("encode")]
    )

    def run(self) -> int:
        """Do it; return the exit code."""
        return self.action.run()


def _need_extra() -> None:
    try:
        import scipy  # noqa: F401
        import sklearn  # noqa: F401
    except ModuleNotFoundError as error:
        advice = "pip install 'discrete-facial-encoding[study]'"
        raise DfeError(f"studies need {error.name}, which is not installed", advice=advice) from error


def _task(name: str, table: Path | None, label: Any, level: Any, metric: str | None) -> Task:
    from dfe.datasets import GENERIC, find_task

    if name == GENERIC and table is not None:
        from dfe.datasets.generic import Generic

        return Generic(table, label, level, metric)
    if table is not None:
        raise UsageError(f"--table is for the task generic, not for {name}")
    return find_task(name)


def _show(result: Mapping[str, Any], folder: Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console

    for target in result["targets"]:
        Console().print(scores_table(target))
    for warning in result["about"]["warnings"]:
        Console(stderr=True).print(f"[yellow]{warning}[/]")
    print(f"page:        {folder / 'study.html'}\nall figures: {folder / 'scores.json'}")


def scores_table(target: Mapping[str, Any]) -> Table:
    """One line a representation: the target's own score with its interval, p, cost; fits 80 columns."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from dfe.predict.figures import estimate_words
    from dfe.predict.page import METRICS

    title = f"{target['name']}: {target['examples']} examples of {target['people']} people, {target['scheme']}"
    table = Table(title=escape(title), title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("representation", overflow="fold")
    table.add_column(METRICS[target["metric"]][0], justify="right", no_wrap=True)
    for name in ("p", "CPU s"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in target["rows"]:
        p = (row.get("permutation") or {}).get("p")
        cost = f"{row['features_s'] + row['fit_s']:.1f}" if "fit_s" in row else "–"
        name = escape(row["id"]) if row["role"] == "representation" else f"[dim]{escape(row['id'])}[/]"
        table.add_row(name, estimate_words(row["scores"][target["metric"]]), "–" if p is None else f"{p:.3f}", cost)
    return table
