"""How a corpus uses the displays: how often, how strongly, by whom, together with what, for how long, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dfe.atlas.book import Book
from dfe.atlas.counting import Counting, Example, Subjects
from dfe.base.errors import TableError, UsageError
from dfe.base.types import DoubleArray, IntArray, Progress
from dfe.displays.names import Names
from dfe.displays.units import Unit
from dfe.displays.vocabulary import vocabulary_of
from dfe.recording.recording import Recording
from dfe.recording.storage import recordings_in


@dataclass(frozen=True, eq=False)
class CorpusUse:
    """What U displays do in a corpus; shares are of the usable time (or of the faces, see :attr:`weight`).

    Display u of the book is row u - 1. Tokens of frames that follow each other are not independent: shares and lifts
    describe this corpus, and test nothing.
    """

    recordings: tuple[str, ...]
    """Names of those that were read, without suffix."""
    weight: Literal["seconds", "faces", "rows"]
    """What a row counts: the seconds up to the next one; 1 in a corpus of pictures; 1 in a corpus of both."""
    total: float
    """Seconds, faces or rows in all."""
    rows: int
    tokens_per_row: float
    share: DoubleArray
    """``(U,)`` in which the display is said."""
    median_mm: DoubleArray
    """``(U,)`` median intensity where it is said; NaN where it never is."""
    by_level: DoubleArray
    """``(U, N)`` share by the place among a face's tokens."""
    by_step: DoubleArray
    """``(U, Q)`` share by the step of intensity, from the weakest of each display."""
    subjects: tuple[str, ...]
    """People, or where no roles are given faces of recordings (a set of pictures is one)."""
    by_subject: DoubleArray
    """``(U, P)`` share of each one's own time."""
    subject_totals: DoubleArray
    """``(P,)``."""
    together: DoubleArray
    """``(U, U)`` share in which both are said; the diagonal is :attr:`share`."""
    faithful: DoubleArray
    """``(U,)`` share of its uses that point the way the face does in the display's own region; NaN where unused."""
    duration_s: DoubleArray
    """``(U, 3)`` quartiles of how long whole events last, seconds; NaN where there is none or no time."""
    events: IntArray
    """``(U,)`` number of whole events: those that are not cut short by the end of what is seen."""
    examples: tuple[tuple[Example, ...], ...]
    """The strongest events of each display, and the pictures that show it most."""
    without_events: tuple[str, ...]
    """Films with too few frames a second for events; all else is counted of them."""
    units: tuple[Unit, ...]
    """V units beside the displays: those that the user merged, groups, and displays of the eyes."""
    unit_share: DoubleArray
    """``(V,)`` in which each is shown."""
    unit_median: DoubleArray
    """``(V,)`` median intensity where it is shown, in the unit's own measure; NaN where it never is."""
    unit_by_subject: DoubleArray
    """``(V, P)`` share of each one's own time."""

    def lift(self) -> DoubleArray:
        """``(U, U)``: how many times more often two displays come together than if each came by chance; NaN unused."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.together / (self.share[:, None] * self.share[None, :]))


def measure_use(
    book: Book,
    corpus: Path,
    *,
    subjects: Subjects | None = None,
    all_rows: bool = False,
    names: Names | None = None,
    progress: Progress | None = None,
) -> CorpusUse:
    """Read every recording of a folder and count.

    Args:
        book: the tokenizer whose tokens the recordings hold.
        corpus: folder that `dfe encode` wrote into.
        subjects: who is who; each face of a recording is somebody else if None, a set of pictures one group.
        all_rows: count faces too that are turned, small, covered, frozen or blurred, not only the usable ones.
        names: the user's names, merges and groups; what is found beside the tokenizer if None.
        progress: called as ``progress(recordings done, of how many)``.

    Raises:
        UsageError: no folder, no recording in it, or no usable face in any.
        TableError: a recording cannot be read, has no tokens, or those of another tokenizer.
    """
    paths = recordings_in(corpus)
    count = Counting(book, subjects, all_rows, vocabulary_of(book, names))
    for done, path in enumerate(paths, start=1):
        recording = Recording.read(path, landmarks=False)
        check_tokens(recording, book, path)
        count.add(recording, path.relative_to(corpus).with_suffix("").as_posix())
        if progress is not None:
            progress(done, len(paths))
    if not count.rows:
        kind = "face" if all_rows else "usable face"
        advice = "name another folder" if all_rows else "take all faces (--all-rows), or see `dfe qc` for the reasons"
        raise UsageError(f"no {kind} in its {len(paths)} recordings", where=corpus, advice=advice)
    return _result(count)


def check_tokens(recording: Recording, book: Book, where: Path) -> None:
    """Stop at a recording without tokens, or with those of another tokenizer.

    Raises:
        TableError: it is one.
    """
    made_by = recording.provenance.tokenizer
    if made_by is None:
        raise TableError("has no tokens", where=where, advice="make it with `dfe encode`")
    if made_by.hash != book.hash:
        other = made_by.id if made_by.id != book.id else f"another {made_by.id} (its hash differs)"
        advice = f"make an atlas of {made_by.id}, or encode it anew with {book.id}"
        raise TableError(f"has tokens of {other}, not of {book.id}", where=where, advice=advice)


def _result(count: Counting) -> CorpusUse:
    weight: Literal["seconds", "faces", "rows"] = (
        "rows" if len(count.kinds) == 2 else "faces" if "stills" in count.kinds else "seconds"
    )
    sums = count.by_time if weight == "seconds" else count.by_row
    total = sum(sums.subjects.values())
    subjects = sorted(sums.subjects)
    totals = np.array([sums.subjects[subject] for subject in subjects])
    by_subject = np.stack([sums.by_subject[subject] for subject in subjects], axis=1)
    median_mm, quartiles, events = count.median_mm(), *count.durations()
    return CorpusUse(
        recordings=tuple(count.names),
        weight=weight,
        total=total,
        rows=count.rows,
        tokens_per_row=float(count.uses.sum() / count.rows),
        share=np.diagonal(sums.together) / total,
        median_mm=median_mm,
        by_level=sums.by_level / total,
        by_step=sums.by_step / total,
        subjects=tuple(subjects),
        by_subject=by_subject / np.maximum(totals, 1e-12),
        subject_totals=totals,
        together=sums.together / total,
        faithful=np.where(count.judged > 0, count.agreed / np.maximum(count.judged, 1), np.nan),
        duration_s=quartiles,
        events=events,
        examples=tuple(tuple(kept) for kept in count.examples),
        without_events=tuple(count.without_events),
        units=count.units,
        unit_share=np.sum([sums.units[subject] for subject in subjects], axis=0) / total,
        unit_median=count.unit_medians(),
        unit_by_subject=np.stack([sums.units[subject] for subject in subjects], axis=1) / np.maximum(totals, 1e-12),
    )
