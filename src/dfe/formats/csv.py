"""Events as comma-separated values, for spreadsheets and R: the columns of ``events.tsv``, empty where it says n/a."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from dfe.base.files import replacing
from dfe.formats.event import Event
from dfe.formats.tiers import MediaRef
from dfe.formats.tsv import MISSING, EventSource, events_tsv


def write_csv(
    path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
) -> Path:
    """Write one line an event (RFC 4180); the same events give the same bytes.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    del media, source
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    for line in events_tsv(events).splitlines():
        rows.writerow("" if cell == MISSING else cell for cell in line.split("\t"))
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.getvalue().encode("utf-8", "replace"))
    return path
