"""A study from a data set's folder and its recordings: what is predicted, from which representations, and how."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dfe.base.errors import UsageError
from dfe.base.files import refuse_existing
from dfe.base.frames import data_frame
from dfe.base.types import Progress
from dfe.datasets import make_task
from dfe.datasets.examples import Examples, Task
from dfe.datasets.extras import HasAuTables
from dfe.datasets.generic import LabelKind
from dfe.datasets.windows import in_windows, read_windows
from dfe.displays.names import load_names
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.predict.choose import USUAL, Pooling, choose
from dfe.predict.config import StudyConfig
from dfe.predict.faces import assign_faces
from dfe.predict.figures import figures, score_rows
from dfe.predict.protocol import study_examples
from dfe.predict.reading import SpeechPart
from dfe.predict.representation import Representation
from dfe.predict.selection import as_at_hand
from dfe.predict.store import FILES, Predictions, write_predictions
from dfe.predict.trace import with_displays
from dfe.predict.write_report import write_report
from dfe.recording.recording import Recording
from dfe.recording.roles import read_roles
from dfe.recording.storage import recordings_in
from dfe.tokenizer.file import DEFAULT, default_ids, load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

if TYPE_CHECKING:
    import pandas as pd

WORDS = 256
_OF_EVENTS = {"tokens-events", "tokens-durations", "tokens-bigrams"}
_OF_TOKENS = ("tokens", "eyes", "groups")
AnyPath = str | PathLike[str]


@dataclass(frozen=True)
class StudyOptions:
    """What a study compares, and what is known beside the recordings.

    Args:
        targets: labels to predict; empty: all of the data set.
        representations: names of what labels are predicted from, see :func:`dfe.predict.choose.choose`; a row without
            any expression is always added.
        primary: the one contrast that the study is about; all others are adjusted by Holm's method.
        tokenizer: behind the recordings' tokens: ``name@version`` or folder; "default" is that of their space.
        au_tables: folder of tables of OpenFace, LibreFace or py-feat, named as the recordings, for ``au-tables``; by
            default the data set's own.
        words: number of flat words, for ``words``.
        mae: folder of a masked autoencoder in Hugging Face's layout, for ``mae``.
        pooling: of ``mae``: the mean of its patches, means of the face's four quarters, or its own token.
        media: folder of the videos and pictures that were encoded, for ``mae``.
        given: features made elsewhere, an npz file by recording, for ``given``.
        names: the user's file of names, merges and groups of displays; by default DFE_NAMES, or names.json beside the
            tokenizer.
        roles: table of whose face is whose, for recordings of several people.
        windows: table of windows of recordings that become examples.
        baseline_condition: condition of the windows whose features are taken off as each person's own baseline.
        events: what counts as an event, for ``tokens-events``, ``tokens-durations`` and ``tokens-bigrams``.
        speech: file or folder of who speaks when.
        table: of labels, for the task ``generic``: columns path, subject, label; see :mod:`dfe.datasets.generic`.
        label_kind: of ``generic``: whether labels are classes or numbers.
        label_of: of ``generic``: whether a label is the person's, or changes between a person's recordings.
        metric: of ``generic``: the score that counts.
        categories: of ``generic``: covariates whose numbers are names, as in site.
        missing: of ``generic``: codes in labels and covariates that say that nothing is known (999).
        time: in which tokens count; ``silent`` and ``speaking`` need ``speech``.
        protocol: folds, permutations, and whom to leave out.

    Raises:
        UsageError: an option that does nothing for these representations, or needs another.
    """

    targets: tuple[str, ...] = ()
    representations: tuple[str, ...] = USUAL
    primary: tuple[str, str] = ("tokens", "au-proxy")
    tokenizer: str | PathLike[str] = "default"
    au_tables: AnyPath | None = None
    words: int = WORDS
    mae: AnyPath | None = None
    pooling: Pooling = "quarters"
    media: AnyPath | None = None
    given: AnyPath | None = None
    names: AnyPath | None = None
    roles: AnyPath | None = None
    windows: AnyPath | None = None
    baseline_condition: str | None = None
    events: EventConfig = field(default_factory=EventConfig)
    speech: AnyPath | None = None
    time: Literal["all", "silent", "speaking"] = "all"
    table: AnyPath | None = None
    label_kind: LabelKind = "auto"
    label_of: Literal["subject", "task"] = "subject"
    metric: str | None = None
    categories: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    protocol: StudyConfig = field(default_factory=StudyConfig)

    def __post_init__(self) -> None:
        if self.time != "all" and self.speech is None:
            advice = "name the folder of the files of speech"
            raise UsageError(f"--time {self.time} needs --speech", advice=advice)
        if self.time == "all" and self.speech is not None:
            raise UsageError("--speech does nothing without --time", advice="add --time silent or --time speaking")
        if self.baseline_condition is not None and self.windows is None:
            raise UsageError("--baseline-condition does nothing without --windows", advice="leave it out")
        shown = {*self.representations, *self.primary}
        if self.events != EventConfig() and not shown & _OF_EVENTS:
            what = f"what counts as an event is for {', '.join(sorted(_OF_EVENTS))}, of which none is compared"
            raise UsageError(what, advice="leave --on, --off, --min-duration, --all-rows and --unsteady out")
        if self.names is not None and not any(name.startswith(_OF_TOKENS) for name in shown):
            raise UsageError("--names is for tokens, which are not compared", advice="leave it out")
        idle = {
            "--au-tables": ("au-tables", self.au_tables is not None),
            "--words": ("words", self.words != WORDS),
            "--mae": ("mae", self.mae is not None),
            "--media": ("mae", self.media is not None),
            "--pooling": ("mae", self.pooling != "quarters"),
            "--given": ("given", self.given is not None),
        }
        for option, (name, given) in idle.items():
            if given and name not in shown:
                advice = f"add {name} to --representations, or leave the option out"
                raise UsageError(f"{option} is for the representation {name}, which is not compared", advice=advice)


@dataclass(frozen=True, eq=False)
class Study:
    """A study that was run: what was predicted of whom, and the figures made of it."""

    predictions: Predictions
    """All that the figures are made from; people are numbers."""

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Everything that the page shows, as plain JSON values: the content of ``scores.json``."""
        return figures(self.predictions)

    def to_pandas(self) -> pd.DataFrame:
        """A row for each target, representation and score: value, 95% interval, and p of the permutations.

        Columns: target, representation, role (``representation``, ``nuisance``, ``floor``), score, value, low, high, p.

        Raises:
            DfeError: pandas is not installed.
        """
        return data_frame(score_rows(self.figures))


def write_study(study: Study, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
    """Write what was predicted, all figures (``scores.json``) and the page (``study.html``) into a folder.

    Args:
        study: as :func:`run_study` gives it.
        folder: made if it is not there.
        overwrite: replace results that are there.

    Raises:
        OutputError: one of the files exists (without ``overwrite``), or they cannot be written.
    """
    out = Path(folder)
    refuse_existing(*(out / name for name in FILES), overwrite=overwrite)
    write_predictions(study.predictions, out, overwrite=overwrite)
    write_report(out, overwrite=overwrite)


def run_study(
    task: Task | str,
    root: str | PathLike[str],
    recordings: str | PathLike[str],
    options: StudyOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Study:
    """Predict a data set's labels from tokens and from what they are compared with, all on the same folds.

    Args:
        task: name of the data set (``generic`` for your own table of labels), or a task of another package.
        root: the data set's own folder.
        recordings: folder that its media were encoded into.
        options: everything else.
        progress: told of folds fitted.

    Raises:
        TableError: labels and recordings do not match, a file is damaged, or a target has but one class.
        UsageError: no such task or representation, too few people, or people whom the tokenizer knows.
        ModelError: the tokenizer cannot be opened, or a file of names does not fit it.
    """
    options, root, recordings = options or StudyOptions(), Path(root), Path(recordings)
    if isinstance(task, str):
        task = make_task(
            task,
            _path(options.table),
            label_kind=options.label_kind,
            label_of=options.label_of,
            metric=options.metric,
            categories=options.categories,
            missing=options.missing,
        )
    tokenizer = load_tokenizer(_tokenizer_of(recordings) if options.tokenizer == DEFAULT else options.tokenizer)
    vocabulary = vocabulary_of(tokenizer, load_names(tokenizer, options.names))
    chosen = _chosen(options.representations, options, task, root, tokenizer, vocabulary)
    first, second = _chosen(options.primary, options, task, root, tokenizer, vocabulary)
    found = study_examples(
        task.name,
        _examples(task, root, recordings, options),
        chosen,
        recordings,
        replace(options.protocol, primary=(first.id, second.id)),
        targets=options.targets,
        tokenizer=tokenizer,
        progress=progress,
    )
    bag = next((one.id for one in chosen if one.id.startswith("bag of tokens")), None)
    return Study(found if bag is None else with_displays(found, tokenizer, bag, vocabulary))


def _tokenizer_of(recordings: Path) -> str:
    """The default tokenizer of the space that the first recording is in; the package's own where that has none.

    Of recordings of another space only what needs no tokens is studied, as action units of a detector.
    """
    first = recordings_in(recordings)[0]
    return default_ids().get(Recording.read(first, landmarks=False).provenance.space.id, DEFAULT)


def _chosen(
    names: tuple[str, ...],
    options: StudyOptions,
    task: Task,
    root: Path,
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
) -> list[Representation]:
    speech = None
    if options.time != "all" and options.speech is not None:
        speech = SpeechPart(options.time, Path(options.speech))
    return choose(
        names,
        tokenizer,
        au_tables=_path(options.au_tables) or (task.au_tables(root) if isinstance(task, HasAuTables) else None),
        words=options.words,
        speech=speech,
        events=options.events,
        baseline=options.baseline_condition,
        mae=_path(options.mae),
        pooling=options.pooling,
        media=_path(options.media),
        given=_path(options.given),
        vocabulary=vocabulary,
    )


def _examples(task: Task, root: Path, recordings: Path, options: StudyOptions) -> Examples:
    examples = task.examples(root)
    if options.table is not None:
        examples = as_at_hand(examples, recordings, Path(options.table))
    if options.windows is not None:
        examples = in_windows(examples, read_windows(Path(options.windows)))
    if options.roles is not None:
        examples = assign_faces(examples, recordings, read_roles(options.roles), options.roles)
    return examples


def _path(path: AnyPath | None) -> Path | None:
    return None if path is None else Path(path)
