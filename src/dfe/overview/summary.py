"""What recordings come to: a line for each face, the rates of all that is counted, and the strongest moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from dfe.base.errors import DfeError
from dfe.base.frames import data_frame
from dfe.base.types import Progress
from dfe.events.config import EventConfig
from dfe.events.folder import EventOptions, finder, tables_by_name
from dfe.events.found import EventList
from dfe.events.rates import Rate, displays_per_min
from dfe.overview.moments import Moment, moment_words, strongest
from dfe.recording.quality import QcRow, measure_quality
from dfe.recording.recording import Recording

if TYPE_CHECKING:
    import pandas as pd

MOST = 3
"""Groups of displays named in a line."""
MOMENTS = 5


@dataclass(frozen=True)
class FaceSummary:
    """One face of one recording in a line; None where there is nothing to measure it on."""

    recording: str
    subject: str
    """Whose face it is; empty where nobody said."""
    role: str
    face: int | None
    """None for a recording without a face, and for still pictures."""
    verdict: str
    """Of the recording: ``good``, ``check`` or ``poor``, as ``dfe qc`` says."""
    why: str
    """Plain words behind the verdict."""
    duration_s: float | None
    """Of the recording; None for pictures."""
    found: float
    """Share of the recording's time (of pictures, of their number) with a face."""
    usable: float
    """Share with a usable face."""
    exposure_s: float | None
    """Seconds in which this face counts: all rates are of these."""
    displays_per_min: float | None
    """Displays of the skin that begin, per minute of ``exposure_s``."""
    different_displays: int | None
    """Displays that are shown at least once."""
    blinks_per_min: float | None
    eyes_closed: float | None
    """Share of ``exposure_s`` with the eyes closed for longer than a blink."""
    most_shown: str
    """The groups of displays that take most of the time, in words."""
    strongest: str
    """The strongest moment of a group of displays, in words."""


@dataclass(frozen=True, eq=False)
class Summary:
    """What :func:`summarise` found. ``faces`` are the lines; all else is behind them."""

    faces: tuple[FaceSummary, ...]
    rates: tuple[Rate, ...]
    """Of each face, all that was looked for: the rows of ``rates.csv``."""
    moments: tuple[Moment, ...]
    """The strongest of each face and unit, the strongest first."""
    quality: tuple[QcRow, ...]
    """Of each recording."""
    problems: tuple[DfeError, ...]
    """Recordings that could not be read, and why."""
    notes: tuple[str, ...]
    """What could not be looked for, and why."""

    def to_pandas(self) -> pd.DataFrame:
        """A row for each face: the fields of :class:`FaceSummary`.

        Raises:
            DfeError: pandas is not installed.
        """
        names = [one.name for one in fields(FaceSummary)]
        return data_frame([{name: getattr(face, name) for name in names} for face in self.faces], names)

    def rates_to_pandas(self) -> pd.DataFrame:
        """A row for each face and unit: the fields of :class:`~dfe.events.rates.Rate`.

        Raises:
            DfeError: pandas is not installed.
        """
        names = [one.name for one in fields(Rate)]
        return data_frame([{name: getattr(rate, name) for name in names} for rate in self.rates], names)

    def __repr__(self) -> str:
        return f"<Summary: {len(self.quality)} recordings, {len(self.faces)} faces, {len(self.moments)} moments>"

    def _repr_html_(self) -> str:
        from dfe.overview.cells import COLUMNS, summary_cells
        from dfe.pages.notebook import notebook_table

        return notebook_table(f"{len(self.quality)} recordings", COLUMNS, summary_cells(self.faces))


def summarise(
    recordings: Recording | str | PathLike[str] | Sequence[Recording | str | PathLike[str]],
    config: EventConfig | None = None,
    *,
    moments: int = MOMENTS,
    options: EventOptions | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Sum up one recording or many: quality, rates, shares of time and the strongest moments of each face.

    All is measured as elsewhere: quality as ``dfe qc`` does, events and rates as ``dfe events`` does.

    Args:
        recordings: recordings, tables of recordings, or folders of them.
        config: what counts as an event.
        moments: of each face and kind (displays, groups of displays), at most.
        options: tokenizer, speech, roles and names as ``dfe events`` takes them; ``config`` goes before its own.
        progress: told of recordings done.

    Raises:
        UsageError: nothing to sum up, or two recordings of one name.
        TableError: the table of roles cannot be used.
        ModelError: there is no such tokenizer.
    """
    given = options or EventOptions()
    settings = EventOptions(
        config or given.config, given.tokenizer, given.speech, given.speaker, given.roles, given.labels, given.names
    )
    named = _named(recordings)
    find = finder(settings, list(named))
    faces: list[FaceSummary] = []
    all_rates: list[Rate] = []
    all_moments: list[Moment] = []
    quality: list[QcRow] = []
    problems: list[DfeError] = []
    notes: dict[str, list[str]] = {}
    for count, (name, one) in enumerate(named.items(), start=1):
        try:
            recording = one if isinstance(one, Recording) else Recording.read(one, landmarks=False)
            row = measure_quality(recording, name)
            if row.duration_s is None or not recording.success.any():
                why_none = "still pictures have no events" if row.duration_s is None else "no face in any frame"
                notes.setdefault(why_none, []).append(name)
                faces.append(_line(row, None, ()))
            else:
                seen = find(name, recording)
                found, mine = seen.events, seen.rates
                faces += _lines(row, found, mine) or [_line(row, None, ())]
                all_rates += mine
                all_moments += strongest(name, found, moments)
                for note in found.notes:
                    notes.setdefault(note, []).append(name)
            quality.append(row)
        except DfeError as error:
            problems.append(error)
        if progress is not None:
            progress(count, len(named))
    told = tuple(
        f"{who[0]}{f' and {len(who) - 1} more' if len(who) > 1 else ''}: {note}" for note, who in notes.items()
    )
    return Summary(tuple(faces), tuple(all_rates), tuple(all_moments), tuple(quality), tuple(problems), told)


def _named(
    recordings: Recording | str | PathLike[str] | Sequence[Recording | str | PathLike[str]],
) -> Mapping[str, Recording | Path]:
    """Recordings and tables by name; a second recording of a name gets a number."""
    many = [recordings] if isinstance(recordings, (Recording, str, PathLike)) else list(recordings)
    named: dict[str, Recording | Path] = {}
    for one in many:
        if isinstance(one, Recording):
            stem = Path(one.provenance.source.name).stem
            number = 1
            while (name := stem if number == 1 else f"{stem} ({number})") in named:
                number += 1
            named[name] = one
    paths = [one for one in many if not isinstance(one, Recording)]
    if paths or not named:
        named.update(tables_by_name(paths))
    return named


def _lines(row: QcRow, found: EventList, mine: Sequence[Rate]) -> list[FaceSummary]:
    """A line for each face, or for each of the people that share one."""
    whose = dict.fromkeys((rate.face, rate.subject, rate.role) for rate in mine)
    return [_line(row, found, [rate for rate in mine if (rate.face, rate.subject, rate.role) == one]) for one in whose]


def _line(row: QcRow, found: EventList | None, mine: Sequence[Rate]) -> FaceSummary:
    whole = [rate for rate in mine if rate.speech == "all"]
    by_token = {rate.token: rate for rate in whole}
    first = whole[0] if whole else None
    groups = sorted((rate for rate in whole if rate.unit == "group" and rate.share), key=lambda r: -(r.share or 0.0))
    face = None if first is None else first.face
    best = [] if found is None else [e for e in found if e.face_id == face and e.kind == "group"]
    blinks, lids = by_token.get("blink"), by_token.get("lids")
    rate = displays_per_min(whole) if whole else None
    return FaceSummary(
        recording=row.name,
        subject="" if first is None else first.subject,
        role="" if first is None else first.role,
        face=face,
        verdict=row.verdict,
        why=row.why,
        duration_s=row.duration_s,
        found=row.found_share,
        usable=row.usable_share,
        exposure_s=None if first is None else first.exposure_s,
        displays_per_min=None if rate is None or rate != rate else rate,
        different_displays=sum(rate.unit == "display" and bool(rate.share) for rate in whole) if whole else None,
        blinks_per_min=None if blinks is None else blinks.per_min,
        eyes_closed=None if lids is None else lids.share,
        most_shown=", ".join(f"{rate.label} {rate.share:.0%}" for rate in groups[:MOST]),
        strongest=moment_words(max(best, key=lambda event: event.intensity)) if best else "",
    )
