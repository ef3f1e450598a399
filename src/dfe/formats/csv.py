"""Events as comma-separated values, for spreadsheets and R: the columns of ``events.tsv``, empty where it says n/a."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.formats.event import Event
from dfe.formats.tiers import MediaRef
from dfe.formats.tsv import COLUMNS, MISSING, EventSource, event_cells


def write_csv(
    path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
) -> Path:
    """Write one line an event (RFC 4180); the same events give the same bytes.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    del media, source
    rows = (["" if cell == MISSING else cell for cell in event_cells(event)] for event in events)
    text = csv_text(list(COLUMNS), rows, end="\r\n")
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))
    return path
