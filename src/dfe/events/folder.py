"""Events of many recordings: a table of each, and the rates of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Literal

from dfe.base.errors import DfeError, UsageError
from dfe.base.files import refuse_existing
from dfe.base.recording_names import RecordingNames, few
from dfe.base.types import Progress
from dfe.displays.names import load_names
from dfe.displays.units import EYES
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.export import source_of
from dfe.events.find import speech_from_file, tokenizer_of
from dfe.events.finding import detect
from dfe.events.found import EventList
from dfe.events.rates import Rate, displays_per_min, rates, write_rates_csv
from dfe.events.resting import as_asked
from dfe.formats.csv import write_csv
from dfe.formats.speech import SUFFIXES
from dfe.formats.tiers import MediaRef
from dfe.formats.tsv import EventSource, write_events_tsv
from dfe.recording.neutrals import neutral_notes
from dfe.recording.recording import Recording
from dfe.recording.roles import Role, read_roles, roles_at_hand, roles_of
from dfe.recording.storage import recordings_by_name
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

RATES = "rates.csv"
_ENTITY = re.compile(r"(?:^|[_/])(sub|ses|task)-([^_/]+)")
_COLUMN = {"sub": "subject", "ses": "session", "task": "condition"}


@dataclass(frozen=True)
class RecordingEvents:
    """One recording, and what was written of it."""

    name: str
    path: Path
    """Its table of events."""
    events: EventList
    per_min: float
    """Displays that begin in sight, per minute in which a face is seen, all faces together; NaN where none is."""


@dataclass(frozen=True)
class EventsSummary:
    """What :func:`events_to_folder` found and wrote."""

    recordings: tuple[RecordingEvents, ...]
    problems: tuple[DfeError, ...]
    """Recordings without a table of events, and why."""
    rates: Path

    def to_json(self) -> dict[str, object]:
        """The counts of every recording, as plain values."""
        recordings = [
            {
                "name": r.name,
                "events": str(r.path),
                "displays": sum(e.kind == "display" for e in r.events),
                "groups": sum(e.kind == "group" for e in r.events),
                "eyes": sum(e.kind == "eyes" for e in r.events),
                "blinks": sum(e.kind == "blink" for e in r.events),
                "gaze_shifts": sum(e.kind == "gaze" for e in r.events),
                "faces": [
                    {"face_id": f.face_id, "exposure_s": f.exposure_s, "speech_known": f.speech is not None}
                    for f in r.events.faces
                ],
                "fleeting_faces": [{"face_id": face, "seen_s": time} for face, time in r.events.fleeting.items()],
                "resting_faces": {str(face): whose for face, whose in r.events.resting.items()},
                "displays_per_min": r.per_min if r.per_min == r.per_min else None,
                "notes": list(r.events.notes),
            }
            for r in self.recordings
        ]
        config = self.recordings[0].events.config if self.recordings else None
        settings = None if config is None else {**asdict(config), "counted": config.counted}
        problems = [str(problem) for problem in self.problems]
        rates = str(self.rates) if self.recordings else None
        result: dict[str, object] = {"recordings": recordings, "settings": settings, "problems": problems}
        return result | {"rates": rates, "cautions": list(self.cautions)}

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes recordings unlike each other: resting faces of different kinds."""
        return neutral_notes([whose for r in self.recordings for whose in r.events.resting.values()])


@dataclass(frozen=True)
class EventOptions:
    """What to look for, and what is known beside the recordings."""

    config: EventConfig | None = None
    """Thresholds."""
    tokenizer: str | PathLike[str] | None = None
    """Name or folder; by default the packaged one that each recording names."""
    speech: Path | None = None
    """A file of one recording (or an RTTM file of several), or a folder of files named like the recordings."""
    speaker: Mapping[str, int] | None = None
    """Face of each speaker; may be left out where each recording has one of each."""
    roles: Path | None = None
    """Table of subjects; see :func:`dfe.recording.roles.read_roles`."""
    labels: Mapping[int, str] | None = None
    """The user's own names of displays, by number."""
    names: Path | None = None
    """File of names, merges and groups; by default DFE_NAMES, or names.json beside the tokenizer."""


def events_to_folder(
    paths: Sequence[str | PathLike[str]],
    out: Path,
    options: EventOptions | None = None,
    *,
    format: Literal["tsv", "csv"] = "tsv",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> EventsSummary:
    """Find the events of recordings; write ``<name>.events.tsv`` of each and ``rates.csv`` over all.

    Args:
        paths: tables, or folders of them.
        out: folder for the results; made if it is not there.
        options: thresholds, tokenizer, speech, roles, names.
        format: of the events; TSV has a JSON file beside it that explains its columns.
        overwrite: replace results that are there.
        progress: called after each recording.

    Raises:
        UsageError: no recording, two of the same name, or a file of speech for several recordings.
        TableError: the table of roles cannot be used.
        ModelError: there is no such tokenizer.
        OutputError: a result is there already, or cannot be written.
    """
    options = options or EventOptions()
    tables = tables_by_name(paths)
    targets = {name: out / f"{name}.events.{format}" for name in tables}
    for target in targets.values():
        files = (target, target.with_suffix(".json")) if format == "tsv" else (target,)
        refuse_existing(*files, overwrite=overwrite)
    refuse_existing(out / RATES, overwrite=overwrite)
    find = finder(options, list(tables))
    done: list[RecordingEvents] = []
    problems: list[DfeError] = []
    all_rates: list[Rate] = []
    for count, (name, path) in enumerate(tables.items(), start=1):
        try:
            one = find(name, Recording.read(path, landmarks=False))
            found, mine, source = one.events, one.rates, one.source
            if format == "tsv":
                settings = {**asdict(found.config), "eyes": _eyes(found), "notes": list(found.notes)}
                settings["resting_faces"] = {str(face): whose for face, whose in found.resting.items()}
                write_events_tsv(targets[name], found, source, settings=settings, overwrite=overwrite)
            else:
                write_csv(targets[name], found, MediaRef(None), source, overwrite=overwrite)
            all_rates += mine
            done.append(RecordingEvents(name, targets[name], found, displays_per_min(mine)))
        except DfeError as error:
            problems.append(error)
        if progress is not None:
            progress(count, len(tables))
    if done:
        write_rates_csv(all_rates, out / RATES, overwrite=overwrite)
    return EventsSummary(tuple(done), tuple(problems), out / RATES)


def _eyes(found: EventList) -> dict[str, object]:
    """Thresholds of the displays of the eyes, and against what they were measured, by face."""
    return {
        "thresholds": {eye.token: {"on": eye.on, "off": eye.off, "unit": eye.measure} for eye in EYES},
        "usual": {str(face): usual._asdict() for face, usual in found.usual.items()},
    }


def entities(name: str) -> dict[str, str]:
    """Subject, session and condition that a name of BIDS's form says: ``sub-01_ses-2_task-rest``."""
    return {_COLUMN[key]: value for key, value in _ENTITY.findall(name)}


@dataclass(frozen=True)
class Found:
    """What was found in a recording."""

    events: EventList
    rates: tuple[Rate, ...]
    source: EventSource
    """What they were found in."""
    roles: tuple[Role, ...]
    """Of its faces."""


def finder(options: EventOptions, names: Sequence[str]) -> Callable[[str, Recording], Found]:
    """What gives events and rates of a recording by its name; each tokenizer is opened once.

    Args:
        options: thresholds, tokenizer, speech, roles, names.
        names: of all recordings that will be asked for.

    Raises:
        UsageError: a file of speech for several recordings.
        TableError: the table of roles cannot be used.
        ModelError: there is no such tokenizer.
    """
    voices = voices_of(options.speech, names)
    roles: tuple[Role, ...] = () if options.roles is None else read_roles(options.roles)
    if options.roles is not None:
        roles = roles_at_hand(roles, names, options.roles)
    given = None if options.tokenizer is None else load_tokenizer(options.tokenizer)

    opened: dict[str, Tokenizer] = {}
    words: dict[str, Vocabulary] = {}

    def find(name: str, recording: Recording) -> Found:
        tokenizer = given or opened.get(recording.tokenizer_id or "") or tokenizer_of(recording)
        recording = as_asked(recording, tokenizer, options.config)
        opened.setdefault(tokenizer.id, tokenizer)
        if tokenizer.id not in words:
            words[tokenizer.id] = vocabulary_of(tokenizer, load_names(tokenizer, options.names), labels=options.labels)
        short = Path(name).name
        speech, note = None, None
        if name in voices:
            speech, note = speech_from_file(recording, voices[name], options.speaker, short)
        found = detect(recording, tokenizer, options.config, speech=speech, vocabulary=words[tokenizer.id])
        found = found if note is None else replace(found, notes=(*found.notes, note))
        faces = [*(face.face_id for face in found.faces), *found.fleeting]
        mine = roles_of(roles, name, faces, options.roles) if options.roles is not None else []
        if options.roles is not None and not mine:
            found = replace(found, notes=(*found.notes, f"{options.roles.name} does not say whose faces these are"))
        source = source_of(recording, words[tokenizer.id])
        return Found(found, rates(found, recording=name, roles=mine, **entities(name)), source, tuple(mine))

    return find


def tables_by_name(paths: Sequence[str | PathLike[str]]) -> dict[str, Path]:
    """Tables by the name of their results: below a folder its way from there, without suffix.

    Raises:
        UsageError: no recording, or two of the same name.
    """
    tables: dict[str, Path] = {}
    for path in map(Path, paths):
        for name, table in (recordings_by_name(path) if path.is_dir() else {path.stem: path}).items():
            if name in tables:
                raise UsageError(f"has the name of {tables[name]}", where=table, advice="rename one of them")
            tables[name] = table
    if not tables:
        raise UsageError("nothing to do: name at least one recording or a folder of them")
    return tables


def voices_of(speech: Path | None, names: Sequence[str]) -> dict[str, Path]:
    """File of speech of each recording that has one.

    Args:
        speech: a file (RTTM may be about several recordings), or a folder of files named like the recordings.
        names: of the recordings.

    Raises:
        UsageError: one file that is about one recording, for several; a folder with none of these, or with two files
            about one.
        TableError: the name of a file may mean several recordings.
    """
    if speech is None:
        return {}
    if not speech.is_dir():
        if len(names) > 1 and speech.suffix.lower() != ".rttm":
            advice = "name a folder with one file a recording, or an RTTM file of them all"
            raise UsageError(f"is one file of speech for {len(names)} recordings", where=speech, advice=advice)
        return dict.fromkeys(names, speech)
    files = [path for path in sorted(speech.rglob("*")) if path.suffix.lower() in SUFFIXES]
    known = RecordingNames(names)
    meant = known.all_meant((p.relative_to(speech).with_suffix("").as_posix(), str(p)) for p in files)
    found: dict[str, Path] = {}
    for path, name in zip(files, meant, strict=True):
        if name in found:
            advice = "leave one out, so that one file says who speaks"
            raise UsageError(f"is about {name}, as is {found[name]}", where=path, advice=advice)
        if name is not None:
            found[name] = path
    if not found:
        advice = "name the files like the recordings: clip.rttm, clip.eaf or clip.TextGrid"
        what = f"holds no file of speech of these recordings: {few(path.name for path in files)} in it, "
        raise UsageError(what + known.at_hand(), where=speech, advice=advice)
    return found
