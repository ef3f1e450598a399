"""The folder of a reliability study: tables, JSON and a page."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dfe.base.csv_text import csv_text
from dfe.base.errors import TableError, UsageError
from dfe.base.files import replacing
from dfe.base.label_table import read_label_table
from dfe.base.numbers import is_missing
from dfe.base.recording_names import RecordingNames
from dfe.base.version import __version__
from dfe.comparison.as_json import STATEMENT, known
from dfe.events.folder import entities
from dfe.pages.svg import standalone
from dfe.recording.storage import recordings_by_name
from dfe.reliability.minutes import Source
from dfe.reliability.page import reliability_chart, reliability_page
from dfe.reliability.reliability import Reliability, UnitReliability
from dfe.stats.bootstrap import Estimate
from dfe.stats.components import Components

FILES = ("reliability.csv", "curve.csv", "reliability.json", "reliability.svg", "reliability.html")
SESSION = "session"
"""Column of sessions where nobody names another."""
PARTS = ("onset", "offset")
"""Columns of tables of comparisons that say which part of a recording a row is about."""
COLUMNS = (
    "kind", "token", "label", "region", "per_min",
    "minutes_each_half", "icc_a1", "icc_a1_low", "icc_a1_high", "icc_c1", "icc_c1_low", "icc_c1_high", "caution",
    "retest_icc_a1", "retest_low", "retest_high", "retest_icc_c1", "retest_icc_c1_low", "retest_icc_c1_high",
    "retest_caution", "variance_person", "variance_session", "variance_minute",
    "session_minutes", "dependability", "dependability_caution", "everybodys_per_min", "everybodys_icc_a1",
)  # fmt: skip
"""Of reliability.csv; docs/groups.md says what they mean."""


def sources_in(folder: Path, table: Path | None, subject: str, session: str) -> tuple[Source, ...]:
    """Recordings of a folder with their owners: from columns of a table, or from names as in ``sub-01_ses-2``.

    Raises:
        TableError: no such column, a row without a subject or a recording, or about a part of one, or two subjects who
            differ in capitals or zeros alone.
        UsageError: no recording, or names that say no subject.
    """
    found = recordings_by_name(folder)
    if table is None:
        sources = []
        for name, path in found.items():
            said = entities(name)
            if "subject" not in said:
                advice = "name recordings as in sub-01_ses-2, or give a table with --table"
                raise UsageError("its name holds no subject", where=path, advice=advice)
            sources.append(Source(path, said["subject"], said.get("session", "")))
        return tuple(sources)
    read = read_label_table(table)
    key = "path" if "path" in read.names and "recording" not in read.names else "recording"
    # Sessions may be left out where nobody named a column for them.
    read.need(key, subject, *([] if session == SESSION else [session]))
    read.refuse_alike(subject, session if session in read.names else None)
    for row in read.rows:
        cells, where = row.cells, read.where(row)
        face = cells.get("face_id", "")
        if is_missing(cells[key]) or is_missing(cells[subject]) or (face and not face.isdecimal()):
            raise TableError("a recording, a subject or a face_id is missing", where=where)
        if part := next((name for name in PARTS if not is_missing(cells.get(name, ""))), None):
            what = f"{part} is {cells[part]!r}, but reliability is that of whole recordings"
            raise TableError(what, where=where, advice="encode the part by itself (dfe encode --start, --end)")
    named = [(row.cells[key], read.where(row)) for row in read.rows]
    paths = [found[name] for name in RecordingNames(found).all_found(named, folder)]
    sources = []
    seen: dict[tuple[Path, str], int] = {}
    for row, path in zip(read.rows, paths, strict=True):
        cells, face = row.cells, row.cells.get("face_id", "")
        at = path, face or "0"
        if at in seen:
            raise TableError(f"is about the same face as line {seen[at]}", where=read.where(row))
        seen[at] = row.line
        sitting = cells.get(session, "")
        sitting = "" if is_missing(sitting) else sitting
        sources.append(Source(path, cells[subject], sitting, int(face) if face else None))
    return tuple(sources)


def reliability_json(done: Reliability) -> dict[str, Any]:
    """Everything that is reported; what is not known is null."""
    units = [_unit_json(one) | {"everybodys": _everybodys(done, one)} for one in done.units]
    result = {
        "made_by": f"dfe {__version__}",
        "tokenizer": done.tokenizer,
        "events": {**asdict(done.events), "counted": done.events.counted},
        "subjects": done.subjects,
        "caution": done.caution,
        "retested": done.retested,
        "sessions": done.sessions,
        "repeated": done.repeated,
        "repeated_caution": done.repeated_caution,
        "repeated_known": done.repeated_known,
        "seen_minutes": done.seen,
        "resting_faces": dict(Counter(done.resting)),
        "cautions": list(done.cautions),
        "units": units,
        "statement": STATEMENT,
    }
    return dict(known(result))


def _unit_json(one: UnitReliability) -> dict[str, Any]:
    rest = {key: value for key, value in vars(one).items() if key != "unit"}
    plain = {k: v._asdict() if isinstance(v, Estimate | Components) else v for k, v in rest.items()}
    return asdict(one.unit) | plain


def _everybodys(done: Reliability, one: UnitReliability) -> tuple[float, float]:
    """Events a minute and ICC(A,1) of halves against everybody's resting face; NaN where that was not counted."""
    other = done.everybodys.get(one.unit.token)
    return (float("nan"), float("nan")) if other is None else (other.per_min, other.half.value)


def write_reliability(done: Reliability, out: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write all files, all or none; gives their paths.

    Raises:
        OutputError: one is there already, or cannot be written.
    """
    result = reliability_json(done)
    rows, curve = [], []
    for one in done.units:
        last = one.dependability[-1] if one.dependability else (float("nan"), float("nan"))
        numbers = (one.per_min, one.minutes, *one.half, *one.half_consistency)
        later = (*one.retest, *one.retest_consistency)
        rows.append([one.unit.unit, one.unit.token, one.unit.label, one.unit.region,
                     *map(_cell, numbers), one.caution, *map(_cell, later), one.retest_caution,
                     *map(_cell, (*one.components, *last)), done.repeated_caution,
                     *map(_cell, _everybodys(done, one))])  # fmt: skip
        curve += [[one.unit.token, "halves", _cell(m), _cell(r), done.caution] for m, r in one.by_minutes]
        curve += [[one.unit.token, "sessions", _cell(m), _cell(r), done.repeated_caution] for m, r in one.dependability]
    contents = {
        "reliability.csv": csv_text(COLUMNS, rows),
        "curve.csv": csv_text(["token", "kind", "minutes", "reliability", "caution"], curve),
        "reliability.json": json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "reliability.svg": standalone(reliability_chart(result)),
        "reliability.html": reliability_page(result),
    }
    paths = tuple(out / name for name in contents)
    with replacing(*paths, overwrite=overwrite) as files:
        for file, words in zip(files, contents.values(), strict=True):
            file.write(words.encode("utf-8"))
    return paths


def _cell(value: float) -> str:
    return "" if value != value else f"{value:.6g}"
