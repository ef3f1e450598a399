"""The :class:`Recording`: faces over time in one table, and where they come from."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.frames import need_pandas
from dfe.base.lists import from_lists
from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray
from dfe.clock.clock import Clock, face_clocks, row_seconds, usual_step
from dfe.clock.spans import spans
from dfe.displays.tokens import NO_FACE, Tokens
from dfe.recording import schema
from dfe.recording.provenance import Provenance, TokenizerRef
from dfe.recording.storage import Format, conform, read_table, stream_table, write_table
from dfe.recording.summary import RecordingSummary, summarise
from dfe.space.arkit import ARKIT_IDS

if TYPE_CHECKING:
    import pandas as pd


class Coefficients(NamedTuple):
    """ARKit's coefficients of the rows of a recording."""

    space_id: str
    """``arkit51/face41``, ``arkit51`` or ``arkit-phone/face41``."""
    values: FloatArray
    """``(n, D)`` in the order of the space, 0 to 1; NaN rows where there is no face."""


class Recording:
    """One row per frame and face, and one for each frame without a face; see ``docs/data-dictionary.md``.

    Args:
        table: columns of :mod:`dfe.recording.schema`, in any order.
        provenance: source, networks, space, tokenizer and options behind the rows.

    Raises:
        TableError: the table lacks a column or has one of another type.
    """

    def __init__(self, table: pa.Table, provenance: Provenance) -> None:
        self.table = conform(table, space_id=provenance.space.id, where=provenance.source.name)
        self.layout = schema.Layout.of(self.table.column_names, provenance.space.id)
        self.provenance = provenance

    @classmethod
    def read(cls, path: str | PathLike[str], *, landmarks: bool = True, check: bool = True) -> Recording:
        """Read a recording that :meth:`write` wrote, Parquet or (by its suffix) CSV.

        Args:
            path: the file.
            landmarks: False leaves landmarks and logits in the file, which is faster where they are not needed.
            check: False reads rows that contradict each other, too, to look at what is wrong with them.

        Raises:
            TableError: missing, damaged, foreign, written by a newer version, or with rows that contradict each other
                (:mod:`dfe.recording.integrity`).
        """
        return cls._checked(*read_table(Path(path), landmarks=landmarks, check=check))

    @classmethod
    def stream(cls, path: str | PathLike[str], rows: int = 65_536) -> Iterator[Recording]:
        """Read a recording without landmarks so many rows at a time, for one that does not fit in memory.

        There is at least one part, which is empty where the recording is. A CSV file is one part.

        Raises:
            TableError: as :meth:`read`; rows are held against those of the same part only.
        """
        for table, provenance in stream_table(Path(path), rows):
            yield cls._checked(table, provenance)

    @classmethod
    def _checked(cls, table: pa.Table, provenance: Provenance) -> Recording:
        """Of what storage has read and checked already: checking a small table again takes as long as reading it."""
        made = cls.__new__(cls)
        made.table, made.provenance = table, provenance
        made.layout = schema.Layout.of(table.column_names, provenance.space.id)
        return made

    def write(self, path: str | PathLike[str], overwrite: bool = False, format: Format | None = None) -> None:
        """Write to ``path``, whole or not at all; the same content gives the same bytes.

        CSV has its provenance in ``<name>.provenance.json`` beside it; keep the two together.

        Args:
            path: the file; missing folders are made.
            overwrite: replace a file that is there.
            format: ``parquet`` or ``csv``; by default what the suffix of ``path`` says.

        Raises:
            UsageError: no such format, CSV under another suffix than ``.csv``, or landmarks that CSV cannot hold.
            OutputError: the file exists and ``overwrite`` is False, the disk is full, there is no permission.
        """
        write_table(self.table, self.provenance, Path(path), format=format, overwrite=overwrite)

    def __len__(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    def column(self, name: str) -> NDArray[Any]:
        """One column as an array ``(n,)``, a column of lists as ``(n, width)``.

        Empty cells are NaN in float columns, -1 in columns of displays and None in text columns. ``timestamp``, the
        name that other tools use, means ``time_s``.

        Raises:
            TableError: there is no such column.
        """
        name = schema.ALIASES.get(name, name)
        if name not in self.table.column_names:
            near = difflib.get_close_matches(name, self.table.column_names, n=1)
            advice = f"did you mean {near[0]}?" if near else "see docs/data-dictionary.md"
            raise TableError(f"no column {name!r}", where=self.provenance.source.name, advice=advice)
        column = self.table.column(name)
        if name in schema.WIDTHS:
            return from_lists(column, schema.WIDTHS[name])
        if pa.types.is_int16(column.type):
            column = column.fill_null(NO_FACE)
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        return np.asarray(column.to_numpy())

    def columns(self, names: Sequence[str]) -> FloatArray:
        """Several float columns side by side, ``(n, len(names))`` float32 with NaN for empty cells."""
        out = np.empty((len(self), len(names)), np.float32)
        for index, name in enumerate(names):
            out[:, index] = self.column(name)
        return out

    def expressions(self) -> FloatArray:
        """Expression vectors ``(n, D)`` of the space :attr:`space_id`; NaN rows where there is no face.

        By default the 60 numbers of the face model, in mm against a resting face.
        """
        return self.columns(self.layout.expression)

    def coefficients(self) -> Coefficients | None:
        """ARKit's coefficients of each row, where the table has them: as its expression, or beside it."""
        if self.layout.face_model:
            return Coefficients(schema.FACE_SPACES[0], self.columns(schema.ARKIT))
        if self.provenance.space.id in ARKIT_IDS:
            return Coefficients(self.provenance.space.id, self.expressions())
        return None

    def gaze(self) -> FloatArray:
        """The 8 ``gaze_`` columns, ``(n, 8)``, 0 to 1; NaN where the front end gave none."""
        return self._eyes(schema.GAZE, self.layout.gaze)

    def blinks(self) -> FloatArray:
        """Left and right eyelid, ``(n, 2)``, 1 is shut; NaN where the front end gave none."""
        return self._eyes(schema.BLINK, self.layout.blink)

    def _eyes(self, names: Sequence[str], kept: bool) -> FloatArray:
        return self.columns(names) if kept else np.full((len(self), len(names)), np.nan, np.float32)

    def landmarks(self) -> FloatArray | None:
        """Landmarks ``(n, 478, 3)``: x, y in pixels of the source picture, z in the same scale; None if not kept.

        NaN where there is no face. The points are numbered as MediaPipe numbers them.
        """
        kept = "landmarks" in self.table.column_names
        return self.column("landmarks").reshape(len(self), schema.POINTS, 3) if kept else None

    def logits(self) -> FloatArray | None:
        """What the coefficient network says before its sigmoid, ``(n, 52)``; None if not kept.

        NaN where there is no face. In the order of :data:`dfe.space.arkit.NETWORK_NAMES`.
        """
        return self.column("logits") if "logits" in self.table.column_names else None

    def tokens(self) -> Tokens:
        """Displays and their intensities in mm, ``(n, N)`` each; N is 0 before a tokenizer has run."""
        out = Tokens.none(len(self), self.levels)
        for place in range(self.levels):
            out.display[:, place] = self.column(f"{schema.DISPLAY}{place + 1}")
            out.mm[:, place] = self.column(f"{schema.MM}{place + 1}")
        return out

    @property
    def levels(self) -> int:
        """Tokens of a face at most, N."""
        return self.layout.levels

    @property
    def frames(self) -> NDArray[np.int32]:
        """Frame numbers ``(n,)``."""
        return self.column("frame")

    @property
    def times(self) -> DoubleArray:
        """Presentation times in seconds ``(n,)``; NaN for pictures."""
        return self.column("time_s")

    @property
    def face_ids(self) -> CodeArray:
        """Face of each row ``(n,)``, -1 where there is none."""
        return self.column("face_id")

    @property
    def success(self) -> BoolArray:
        """True where a face was found ``(n,)``."""
        return self.column("success")

    @property
    def usable(self) -> BoolArray:
        """True where the face is frontal, large enough, not covered and not frozen ``(n,)``."""
        return self.column("usable")

    @property
    def confidence(self) -> FloatArray:
        """Landmark confidence 0 to 1 ``(n,)``, NaN where there is no face."""
        return self.column("confidence")

    @property
    def boxes(self) -> FloatArray:
        """``x, y, width, height`` in pixels ``(n, 4)``."""
        return self.columns(schema.BOX)

    @property
    def facebox(self) -> FloatArray:
        """The same as :attr:`boxes`, under the name that py-feat users know."""
        return self.boxes

    @property
    def poses(self) -> FloatArray:
        """``pitch, yaw, roll`` in radians ``(n, 3)``; up, the subject's left, and the left shoulder are positive."""
        return self.columns(schema.POSE)

    @property
    def space_id(self) -> str:
        """Name of the expression space of :meth:`expressions`."""
        return self.provenance.space.id

    @property
    def tokenizer_id(self) -> str | None:
        """``name@version`` of the tokenizer that made the tokens; None before one has run."""
        return None if self.provenance.tokenizer is None else self.provenance.tokenizer.id

    def for_face(self, face_id: int) -> Recording:
        """The rows of one face only; frames in which it is not seen are left out.

        Raises:
            TableError: there is no such face.
        """
        ids = self.table.column("face_id")
        table = self.table.filter(pc.equal(ids, pa.scalar(face_id, pa.int64())))
        if face_id < 0 or not table.num_rows:
            known = ", ".join(str(i) for i in np.unique(self.face_ids[self.success])[:8]) or "none"
            raise TableError(f"no face {face_id}", where=self.provenance.source.name, advice=f"faces are: {known}")
        return Recording(table, self.provenance)

    def with_units(self, columns: Mapping[str, FloatArray], status: Mapping[str, str]) -> Recording:
        """The same rows with these columns of the AU proxy in place of any earlier ones.

        Args:
            columns: ``(n,)`` intensities 0 to 5 by the name of their column; NaN is stored as an empty cell.
            status: of every action unit, for the provenance.
        """
        table = self.table.select([name for name in self.table.column_names if name not in self.layout.units])
        for name, values in columns.items():
            row = np.ascontiguousarray(values, np.float32)
            table = table.append_column(name, pa.array(row, mask=np.isnan(row)))
        return Recording(table, replace(self.provenance, au_proxy=dict(status)))

    def with_tokens(self, tokens: Tokens, tokenizer: TokenizerRef | Mapping[str, Any]) -> Recording:
        """The same rows with these tokens in place of any earlier ones.

        Args:
            tokens: ``(n, N)`` displays and their mm, one row per row of the table; -1 (stored as an empty cell) for a
                row without a face.
            tokenizer: its name, version and hash.

        Raises:
            TableError: tokens of another number of rows, tokens on a row without a face, or a display without mm.
        """
        where = self.provenance.source.name
        display, mm = np.asarray(tokens.display, np.int16), np.asarray(tokens.mm, np.float32)
        if display.ndim != 2 or display.shape[1] < 1 or len(display) != len(self) or mm.shape != display.shape:
            raise TableError(f"tokens of shape {display.shape} do not fit {len(self)} rows", where=where)
        says = display > 0
        for rows, wrong in (
            ((display >= 0) & ~self.success[:, None], "tokens on a row without a face"),
            (says & ~np.isfinite(mm), "a display without its intensity in mm"),
        ):
            if rows.any():
                raise TableError(wrong, where=f"{where}, row {int(np.flatnonzero(rows.any(axis=1))[0])}")
        old = set(schema.token_names(self.levels))
        table = self.table.select([name for name in self.table.column_names if name not in old])
        for prefix, values, empty in ((schema.DISPLAY, display, display < 0), (schema.MM, mm, ~says)):
            for place in range(display.shape[1]):
                column = pa.array(np.ascontiguousarray(values[:, place]), mask=empty[:, place])
                table = table.append_column(f"{prefix}{place + 1}", column)
        ref = tokenizer if isinstance(tokenizer, TokenizerRef) else TokenizerRef.of(tokenizer)
        return Recording(table, replace(self.provenance, tokenizer=ref))

    def clock(self) -> Clock:
        """The time of its frames, with faces or without; of still pictures no moment at all."""
        return Clock.of(self.times, usual_step(self.times, self.frames))

    def seconds(self, counted: BoolArray) -> DoubleArray:
        """Seconds that each row stands for ``(n,)`` by the rule of :class:`~dfe.clock.clock.Clock`, faces apart.

        Args:
            counted: ``(n,)`` rows that count, such as :attr:`usable`; the others stand for none. Of still pictures
                each one that counts is 1.
        """
        return row_seconds(self.frames, self.times, self.face_ids, counted)

    def seen(self, counted: BoolArray) -> DoubleArray:
        """Stretches of time ``(k, 2)``, seconds, in which the rows that count show a face, whosever."""
        found = [clock.spans for _, _, clock in face_clocks(self.frames, self.times, self.face_ids, counted)]
        return spans(np.concatenate([np.zeros((0, 2)), *found]))

    def summary(self) -> RecordingSummary:
        """Frames, faces, share found, failures by reason, frame rate and duration."""
        return summarise(self)

    def to_pandas(self) -> pd.DataFrame:
        """All columns as a pandas table: text as categories, displays as nullable integers.

        Raises:
            DfeError: pandas is not installed.
        """
        pandas = need_pandas()
        frame: pd.DataFrame = self.table.to_pandas()
        for name in (f"{schema.DISPLAY}{place + 1}" for place in range(self.levels)):
            frame[name] = pandas.array(self.table.column(name).to_pylist(), dtype="Int16")
        return frame

    def __repr__(self) -> str:
        s = self.summary()
        time = "" if s.duration_s is None else f", {s.duration_s:.1f} s{_at(s.frame_rate)}"
        faces = f"{s.faces} face{'' if s.faces == 1 else 's'}"
        coding = self.tokenizer_id or "no tokens"
        return (
            f"<Recording {self.provenance.source.name!r}: {s.frames} frames{time}, {faces}, "
            f"found {s.found_share:.0%}, usable {s.usable_share:.0%}, {self.space_id}, {coding}>"
        )

    def _repr_html_(self) -> str:
        from dfe.pages.notebook import notebook

        s = self.summary()
        whole = "pictures" if s.duration_s is None else "time"
        cells = {
            "frames": str(s.frames),
            "duration": "pictures" if s.duration_s is None else f"{s.duration_s:.1f} s{_at(s.frame_rate)}",
            "faces": str(s.faces),
            "found": f"{s.found_share:.1%} of the {whole}",
            "usable": f"{s.usable_share:.1%} of the {whole}",
            "failures": ", ".join(f"{reason} ({n})" for reason, n in s.failures.items()) or "none",
            "space": self.space_id,
            "tokens": f"up to {self.levels} a face, of {self.tokenizer_id}" if self.tokenizer_id else "none",
        }
        return notebook(self.provenance.source.name, cells)


def _at(rate: float | None) -> str:
    return "" if rate is None else f" at {rate:.4g} frames/s"


def read(path: str | PathLike[str], *, landmarks: bool = True) -> Recording:
    """Read a recording from a file, the same as :meth:`Recording.read`."""
    return Recording.read(path, landmarks=landmarks)
