"""A study in a folder: what was predicted of whom by a model trained on whom; every figure is made from these files."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from dfe.base.arrow_csv import without_marks, write_arrow_csv
from dfe.base.errors import TableError
from dfe.base.files import replacing

FORMAT = 1
STUDY, SCORES, PAGE = "study.json", "scores.json", "study.html"
PICTURES = "displays"

_TEXT, _WHOLE, _REAL = pa.string(), pa.int64(), pa.float64()
TABLES: dict[str, dict[str, pa.DataType]] = {
    "folds": {
        "target": _TEXT,
        "example": _TEXT,
        "subject": _WHOLE,
        "truth": _REAL,
        "repeat": _WHOLE,
        "part": _TEXT,
    },
    "predictions": {
        "target": _TEXT,
        "representation": _TEXT,
        "repeat": _WHOLE,
        "fold": _WHOLE,
        "example": _TEXT,
        "said": _REAL,
    },
    "permutations": {"target": _TEXT, "representation": _TEXT, "permutation": _WHOLE, "score": _REAL},
    "selection": {
        "target": _TEXT,
        "representation": _TEXT,
        "row": _WHOLE,
        "feature": _TEXT,
        "share": _REAL,
        "r": _REAL,
    },
    "weights": {
        "target": _TEXT,
        "representation": _TEXT,
        "row": _WHOLE,
        "feature": _TEXT,
        "weight": _REAL,
        "sd": _REAL,
        "same_sign": _REAL,
        "pattern": _REAL,
        "folds": _WHOLE,
    },
}
"""Columns of ``<name>.csv``; predictions have a further ``p_<k>`` for each class."""
FILES = (STUDY, SCORES, PAGE, *(f"{table}.csv" for table in TABLES))


@dataclass(frozen=True, eq=False)
class Predictions:
    """What was done and what came of it.

    Args:
        about: settings, targets, representations, flow of examples, versions, costs: the content of ``study.json``.
        tables: by name as in :data:`TABLES`. People are numbers; examples carry the keys of the user's own table.
        pictures: PNG of displays by number, drawn heads, for the page.
    """

    about: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    pictures: Mapping[int, bytes]


def write_predictions(study: Predictions, folder: Path, *, overwrite: bool = False) -> None:
    """Write the files behind the figures, all or none.

    Raises:
        OutputError: one of the files exists (without ``overwrite``), or they cannot be written.
    """
    contents = {folder / f"{name}.csv": _csv(study.tables[name]) for name in TABLES}
    contents |= {folder / PICTURES / f"{number}.png": png for number, png in sorted(study.pictures.items())}
    contents[folder / STUDY] = as_json(study.about)
    with replacing(*contents, overwrite=overwrite) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content)


def read_predictions(folder: Path) -> Predictions:
    """Read what :func:`write_predictions` wrote.

    Raises:
        TableError: a file is missing, damaged, or of a newer format.
    """
    path = folder / STUDY
    try:
        about = json.loads(path.read_bytes())
    except OSError as error:
        raise TableError("cannot be read", where=path, advice="name a folder that dfe study run wrote") from error
    except ValueError as error:
        raise TableError("damaged: no JSON", where=path, advice="run the study again") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise TableError("not a study, or of a newer version of dfe", where=path)
    tables = {name: _read(folder / f"{name}.csv", columns) for name, columns in TABLES.items()}
    pictures = {int(p.stem): p.read_bytes() for p in sorted((folder / PICTURES).glob("*.png")) if p.stem.isdecimal()}
    return Predictions(about, tables, pictures)


def table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns as a table of this name; further ones are numbers."""
    known = TABLES[name]
    return pa.table({key: pa.array(values, known.get(key, _REAL), from_pandas=True) for key, values in columns.items()})


def as_json(values: Mapping[str, Any]) -> bytes:
    """A JSON file; numbers that are not finite are refused, since JSON has none."""
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _csv(content: pa.Table) -> bytes:
    sink = io.BytesIO()
    write_arrow_csv(content, sink)
    return sink.getvalue()


def _read(path: Path, columns: Mapping[str, pa.DataType]) -> pa.Table:
    try:
        names = path.open(encoding="utf-8").readline().strip().replace('"', "").split(",")
        types = {name: columns.get(name, _REAL) for name in names}
        options = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=False, null_values=["", "nan"])
        found = pa_csv.read_csv(path, convert_options=options)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        what = "cannot be read" if isinstance(error, OSError) else "damaged"
        raise TableError(what, where=path, advice="run the study again") from error
    absent = [name for name in columns if name not in found.column_names]
    if absent:
        raise TableError(f"column {absent[0]} is missing", where=path, advice="run the study again")
    return without_marks(found)
