"""What a report page shows, as plain data: the page functions know of no table, network or tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dfe.pages.course import Course

USABLE, NOT_USABLE, NOT_FOUND = 0, 1, 2
"""States of a moment in :attr:`Person.quality`: the face is usable, it is not, there is none."""

UPPER, LOWER = 1, 2
"""Halves of the face that something may hide; 3 is both, 0 none."""


@dataclass(frozen=True)
class TokenCard:
    """One token of the gallery."""

    code: int
    words: str
    """Plain-words name of the movement, for example ``lip corners up``."""
    side: str
    """``both``, ``left`` or ``right``: the subject's side that moves."""
    share_of_time: float
    """Share of the person's time in which the token is among the first two of the face, 0 to 1; see ``share_basis``."""
    later_share: float
    """Share of time in which it is used, but only at a later level, where it mostly corrects an earlier token."""
    frames_used: int
    """Frames (or faces of stills) in which it is among the first two."""
    pictures: tuple[bytes, ...] = ()
    """PNG files of the rendered template, front view first, then three-quarter."""
    strongest: tuple[tuple[str, float], ...] = ()
    """Coefficients that the token moves most, with how much, in units of the space."""
    rms_mm: float | None = None
    """Root mean square displacement of the moving vertices, mm."""
    locality: float | None = None
    """Share of the moving vertices that hold 90% of the movement's energy, 0 to 1."""
    half: int = 0
    """``UPPER`` or ``LOWER``: the half of the face that it moves most; 0 where it is neither."""
    unsteady: bool = False
    """Small changes of a picture make it come and go: not to be counted."""


@dataclass(frozen=True)
class UnitRow:
    """A group of displays, or a display of the eyes, over a recording."""

    token: str
    label: str
    kind: Literal["display", "group", "eyes"]
    share: float
    """Of the rows' time, 0 to 1; see ``share_basis``."""
    per_min: float | None
    """Events a minute; None of still pictures."""
    intensity: float
    """Mean while it is shown."""
    measure: Literal["mm", "degrees"]
    displays: tuple[int, ...] = ()
    """Of a group."""


@dataclass(frozen=True)
class StillFace:
    """One face of a still picture, or a picture in which none was found (``face_id`` -1 and a ``note``)."""

    source: str
    face_id: int
    codes: tuple[int, ...]
    """Tokens in the order of their levels; 0 (says nothing) and -1 (no face) are left out by the page."""
    usable: bool
    note: str = ""
    """Why there is no face, or why it is not usable."""
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class ReasonCount:
    """How many rows have no face, or no usable one, for one reason, and for how much of the time."""

    state: int
    """``NOT_USABLE`` or ``NOT_FOUND``."""
    reason: str
    rows: int
    """0 where the table has no row of that time."""
    share: float
    """Of the recording's time, or of the pictures."""


@dataclass(frozen=True, eq=False)
class Person:
    """One face through a film, and what the page counts and shows of it alone.

    Still pictures make one person with all their faces, a film in which nobody lasts makes one without a face.
    """

    face_id: int | None
    """None: nobody in particular."""
    found_share: float = 0.0
    """Share of the recording's time (of pictures, of their number) in which the face is found, 0 to 1."""
    usable_share: float = 0.0
    """Share in which it is usable, 0 to 1."""
    cards: tuple[TokenCard, ...] = ()
    """Tokens used most, first the one that is used most: rows of the timeline and pictures of the gallery."""
    units: tuple[UnitRow, ...] = ()
    """Groups of displays and displays of the eyes that are shown at all."""
    share_basis: Literal["usable", "found"] = "usable"
    """Rows that the cards count: usable ones, or all with the face where none is usable."""
    course: Course | None = None
    """What the face shows over time, when it is usable, and its events; None of still pictures."""
    reasons: tuple[ReasonCount, ...] = ()
    whereabouts: str = ""
    """Where the face mostly is in the picture, and how large, so that two people can be told apart."""


@dataclass(frozen=True, eq=False)
class RecordingView:
    """All that the page of one recording shows.

    Times are seconds from the start of the recording. Text may hold anything: the page escapes it.
    """

    name: str
    kind: Literal["video", "stills"]
    frames: int
    """Frames of a video, or pictures of a set of stills."""
    faces: int
    """Number of distinct faces (of a video), or of all faces found (in stills)."""
    found_share: float
    """Share of the time (of pictures, of their number) in which at least one face was found, 0 to 1."""
    usable_share: float
    """Share with at least one usable face, 0 to 1."""
    duration_s: float | None = None
    frame_rate: float | None = None
    origin: str = ""
    """What was measured, in words."""
    people: tuple[Person, ...] = ()
    """Those who are seen for more than a moment; nothing on the page pools two of them."""
    stills: tuple[StillFace, ...] = ()
    ladder_mm: tuple[float, ...] = ()
    """Intensities in mm that all displays share, if they do; pictures show the middle one."""
    agreeing: bool = False
    """Whether every display that is said agrees with the face, so that all of them count."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Anything that JSON can say; shown key by key."""
    tokenizer: str = ""
    """Name and version; empty when the recording has no tokens."""
    book_size: int | None = None
    """Number of tokens that the tokenizer knows, the silent code 0 not counted."""
    heat_stops: tuple[tuple[float, str], ...] = ()
    """Legend of the pictures: displacement in mm and its colour as ``#rrggbb``, ascending."""
    thumbnails: tuple[tuple[float, bytes], ...] = ()
    """Pictures of the person with their times; only given when the user asked for them."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class QcEntry:
    """One recording in the table of :func:`dfe.report.qc_page.qc_page`.

    Shares are 0 to 1. None (or NaN) where there was nothing to measure. The names are those of
    :class:`dfe.recording.quality.QcRow`, which this page doesn't know.
    """

    name: str
    frames: int
    faces: int
    found_share: float
    """Share of the time with a face."""
    usable_share: float
    verdict: str
    """``good``, ``check`` or ``poor``."""
    why: str = ""
    """Plain words behind the verdict."""
    duration_s: float | None = None
    frame_rate: float | None = None
    yaw_median_deg: float | None = None
    yaw_p95_deg: float | None = None
    """95th percentile of the absolute yaw, degrees."""
    pitch_median_deg: float | None = None
    pitch_p95_deg: float | None = None
    face_px_median: float | None = None
    confidence_median: float | None = None
    jitter_percent: float | None = None
    noise_mm: float | None = None
    repeated_share: float | None = None
    picture_rate: float | None = None
    freezes: int | None = None
    frozen_s: float | None = None
    longest_gap_s: float | None = None
    time_stamps: str = ""
    strip_face: tuple[float, ...] = ()
    """Share of the time with a face in equal parts of the recording, in order."""
    strip_usable: tuple[float, ...] = ()
    """Share with a usable face, likewise."""
    picture: bytes | None = None
    """PNG of a rendered head, never of the person."""
    no_picture: str = ""
    """Why there is none though a face was found."""
    href: str | None = None
    """Where the recording's own page lies, relative to this one."""
