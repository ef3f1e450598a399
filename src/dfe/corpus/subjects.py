"""`subjects.csv`: whose each recording of a corpus is, beside the recordings; the table that comparisons start from."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from dfe.base.cells import Cells
from dfe.base.csv_text import csv_text, plain_cell
from dfe.base.errors import DfeError
from dfe.base.files import replacing
from dfe.corpus.pattern import Whose
from dfe.corpus.plan import Plan
from dfe.encoding.pseudonyms import Pseudonyms, under_pseudonyms

SUBJECTS = "subjects.csv"
COLUMNS = ("recording", *Whose._fields)


def write_subjects(plan: Plan, out: Path, pseudonyms: Pseudonyms | None = None) -> Path:
    """Write ``out/subjects.csv``, unless it says just that already; under pseudonyms, where there are any.

    Raises:
        OutputError: it cannot be written.
    """
    columns = [plan.column(name) for name in ("name", *Whose._fields)]
    if pseudonyms is not None:
        columns[0] = [source.name for source in under_pseudonyms(plan.sources(), pseudonyms)]
        columns[1] = [pseudonyms.of(subject) if subject else "" for subject in columns[1]]
        pseudonyms.keep()
    text = csv_text(COLUMNS, zip(*columns, strict=True)).encode("utf-8", "backslashreplace")
    path = out / SUBJECTS
    with suppress(OSError):
        if path.read_bytes() == text:
            return path
    with replacing(path, overwrite=True) as (file,):
        file.write(text)
    return path


def read_subjects(out: Path) -> dict[str, Whose]:
    """Whose each recording is, by its name; nothing where no plan has said so."""
    path = out / SUBJECTS
    found: dict[str, Whose] = {}
    if not path.exists():
        return found
    with suppress(DfeError):
        table = Cells(path, short_rows=True)
        for _, line in table:
            cells = {name: plain_cell(cell) for name, cell in zip(table.header, line, strict=False)}
            if cells.get("recording"):
                found[cells["recording"]] = Whose(*(cells.get(field, "") for field in Whose._fields))
    return found
