"""Tables of other tools, and meshes: found among the inputs, read by a front end, made into recordings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.stamps import Stamps, changed, stamps
from dfe.base.types import BoolArray, IntArray, Progress
from dfe.base.version import __version__
from dfe.clock.clock import Clock
from dfe.encoding.face_model import in_face_space, see_table
from dfe.encoding.options import EncodeOptions
from dfe.encoding.watch import changed_defect
from dfe.frontends.registry import find_front_end, recognise, why_unknown
from dfe.frontends.spec import FrontEndSpec, TableReader
from dfe.frontends.tables.rows import put_right
from dfe.frontends.tracks import identify, only_largest
from dfe.media.inputs import Source, TableSearch
from dfe.media.probe import file_hash, files_hash
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef, creation_time
from dfe.recording.recording import Recording


@dataclass(frozen=True)
class ReadTable:
    """What a front end read from one table."""

    measured: Measured
    info: SourceInfo
    front_end: dict[str, str | int | float | bool]
    files: Stamps
    """The files as they were before they were read."""
    changed: tuple[Path, ...]
    """Those that were not the same when they had been read."""
    called: Mapping[str, str]
    """What files are called in results, where not by their names."""

    @property
    def frames(self) -> int:
        """Different frames."""
        return len(np.unique(self.measured.frame))


def table_search(options: EncodeOptions) -> TableSearch:
    """How tables are looked for under these options: by the front end that was named, or by whichever knows them."""
    spec = options.spec
    if spec is None or spec.kind == "media":
        return TableSearch(lambda path: found.name if (found := recognise(path)) is not None else None, why_unknown)

    def named(path: Path) -> str | None:
        known = spec.recognises is None or spec.recognises(path)
        # What a user names as a table of this kind is read as one, and its reader says what is wrong with it.
        return spec.name if known or path.is_file() else None

    return TableSearch(named, why_unknown, only=True)


def read_source(source: Source, options: EncodeOptions, progress: Progress | None = None) -> ReadTable:
    """Read a table.

    Raises:
        TableError: it cannot be read, or has no rows.
        UsageError: its front end needs an option that was not given, or landmarks are asked for.
    """
    if options.landmarks:
        raise UsageError("landmarks are kept of pictures and videos only", advice="leave --landmarks out for tables")
    before = stamps(source.paths)
    path, spec = source.paths[0], find_front_end(source.reader or "")
    measured = _reader(spec, options).read(path, progress)
    if not len(measured):
        raise TableError("has no rows", where=path)
    measured = _cut(put_right(measured) if options.mirrored else measured, options, path)
    info = replace(_info(path, measured), name=source.called.get(path.name, path.name), folder=source.folder)
    touched = tuple(changed(before, stamps(source.paths)))
    return ReadTable(measured, info, {"name": spec.name, **measured.about}, before, touched, source.called)


def assemble_table(read: ReadTable, options: EncodeOptions) -> Recording:
    """The recording of a table: its faces numbered as ours are, face 0 the one with most rows (or area times rows)."""
    measured = read.measured
    ids, own = _face_ids(measured)
    front_end = dict(read.front_end)
    if own is not None:
        front_end["face numbers"] = ", ".join(str(number) for number in own)
    provenance = Provenance(
        source=read.info,
        space=SpaceRef(measured.space.id, measured.space.version, measured.space.hash),
        package_version=__version__,
        frontend=front_end,
        mirrored=options.mirrored,
        options=options.provenance(),
        warnings=measured.warnings,
        defects=changed_defect(read.changed, read.called),
        created=creation_time(),
    )
    if options.largest_only:
        ids = only_largest(ids)
    recording = build_measured(measured, provenance, ids, options.usability)
    if not _is_fitted(read, options):
        return recording
    faces = see_table(measured, read.info.name)
    return in_face_space(recording, faces, measured.frame, ids, options.neutral)


def _is_fitted(read: ReadTable, options: EncodeOptions) -> bool:
    """Whether the table's faces are measured by the face model; those without points are not, unless it must be.

    Raises:
        TableError: a neutral was chosen, and there are no points to measure against it.
    """
    if read.measured.points is not None or options.must_fit:
        return options.may_fit
    if options.neutral is not None:
        what = f"holds no points of faces, so --neutral does nothing: its coefficients stay in {read.measured.space.id}"
        raise TableError(what, where=read.info.name, advice="leave --neutral out for this table")
    return False


def _reader(spec: FrontEndSpec, options: EncodeOptions) -> TableReader:
    missing = [need for need in spec.needs if getattr(options, need) is None]
    if missing:
        raise UsageError(f"front end {spec.name} needs --{missing[0]}", advice="docs/front-ends.md says which file")
    reader = spec.make(options.front_end_options())
    if not isinstance(reader, TableReader):
        raise UsageError(f"front end {spec.name} does not read tables", advice="name it for pictures or videos")
    return reader


def _cut(measured: Measured, options: EncodeOptions, path: Path) -> Measured:
    """The rows that ``--start``, ``--end`` and ``--every`` ask for."""
    keep: BoolArray = measured.frame % options.every == 0
    if options.start_s is not None or options.end_s is not None:
        end = math.inf if options.end_s is None else options.end_s
        keep &= (measured.time_s >= (options.start_s or 0.0)) & (measured.time_s < end)
    if keep.all():
        return measured
    if not keep.any():
        raise TableError("no row lies in the cut", where=path, advice="change --start, --end or --every")
    return measured.take(np.flatnonzero(keep))


def _face_ids(measured: Measured) -> tuple[IntArray, list[int] | None]:
    """Our number of each row's face, and the tool's number of each of ours where they differ."""
    if measured.face is None:
        boxes = measured.box
        if boxes is not None:
            return identify(measured.frame, measured.time_s, np.where(measured.success[:, None], boxes, np.nan)), None
        place = np.arange(len(measured)) - np.searchsorted(measured.frame, measured.frame)
        return np.where(measured.success, place, -1), None
    rows = np.flatnonzero(measured.success)
    area = np.ones(len(rows)) if measured.box is None else np.prod(measured.box[rows, 2:], axis=1, dtype=np.float64)
    own, index = np.unique(measured.face[rows], return_inverse=True)
    weight = np.bincount(index, np.nan_to_num(area), len(own))
    order = np.argsort(-weight, kind="stable")
    rank = np.empty(len(own), np.int64)
    rank[order] = np.arange(len(own))
    ids = np.full(len(measured), -1, np.int64)
    ids[rows] = rank[index]
    numbers = own[order].tolist()
    return ids, None if numbers == list(range(len(numbers))) else numbers


def _info(path: Path, measured: Measured) -> SourceInfo:
    frames = len(np.unique(measured.frame))
    clock = Clock.of(measured.time_s)
    hashed = file_hash(path) if path.is_file() else files_hash(sorted(p for p in path.rglob("*") if p.is_file()))
    return SourceInfo(
        name=path.name,
        kind="table" if len(clock.times) else "stills",
        sha256=hashed,
        frames=frames,
        duration_s=clock.duration_s if len(clock.times) > 1 else None,
        frame_rate=clock.rate,
        time_stamps=measured.time_stamps,
    )
