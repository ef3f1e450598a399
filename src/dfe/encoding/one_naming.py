"""A folder of results has one way of naming: names as they are, or the pseudonyms of one key.

Where both are in it, the hashes of the videos say who is who; where two keys are, each recording is there twice.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from dfe.base.csv_text import plain_cell
from dfe.base.errors import UsageError
from dfe.encoding.journal import read_rows
from dfe.encoding.manifest import JOURNAL, lists_of
from dfe.encoding.pseudonyms import Pseudonyms, are_pseudonyms, names_known

_SEEN = 100
"""Rows of each list that are looked at, as there may be a million."""
_ADVICE = "choose another folder, so that the two are not mixed"


def pseudonyms_for(out: Path, key_file: Path | None) -> Pseudonyms | None:
    """The pseudonyms of a run into a folder; None where there are none.

    Args:
        out: the folder, which may not be there yet.
        key_file: made if it is not there, unless results of another key are.

    Raises:
        UsageError: the folder holds results under names, and these shall be under pseudonyms, or the other way; the
            pseudonyms there are of another key; the key would lie among the results, or is none.
        OutputError: the key cannot be made.
    """
    inputs = [name for path in lists_of(out) for name in _inputs(path)]
    hidden = [name for name in inputs if are_pseudonyms(name)]
    if key_file is None:
        if hidden and len(hidden) == len(inputs):
            what = "its results are under pseudonyms, and these would be under names"
            raise UsageError(what, where=out, advice=f"add --pseudonyms with the key of those, or {_ADVICE}")
        return None
    if inputs and not hidden:
        raise UsageError("its results are under names, not pseudonyms", where=out, advice=_ADVICE)
    if hidden and not key_file.exists():
        what = f"its results are under the pseudonyms of a key, and {key_file} is not there"
        raise UsageError(what, where=out, advice="bring the key back, or choose another folder")
    found = Pseudonyms(key_file, out)
    known = names_known(found.names_file)
    if hidden and known and known.isdisjoint(part for name in hidden for part in name.split("/")):
        what = f"its results are under the pseudonyms of another key than {key_file}"
        raise UsageError(what, where=out, advice=f"name the key of those, or {_ADVICE}")
    return found


def is_open_to_others(key_file: Path) -> bool:
    """Whether everybody on this computer can read a key, or who is who, as the system says."""
    names = key_file.with_name(f"{key_file.name}.names.csv")
    return os.name == "posix" and any(path.exists() and path.stat().st_mode & 0o004 for path in (key_file, names))


def _inputs(path: Path) -> Iterator[str]:
    """What a list and its journal tell of, as far as anything was made of it."""
    with suppress(OSError, ValueError, csv.Error), path.open(encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), _SEEN):
            if row.get("table_sha256"):
                yield plain_cell(row.get("input") or "")
    yield from (row.input for row in islice(read_rows(path.with_suffix(JOURNAL)), _SEEN) if row.table_sha256)
