"""The entry page of several recordings: the table of `dfe qc`, filled while the recordings are measured."""

from __future__ import annotations

import threading
from typing import Any

from dfe.base.errors import DfeError
from dfe.pages.page import environment
from dfe.recording.quality import QcRow, measure_quality
from dfe.recording.recording import Recording
from dfe.report.qc import Head, entries_of, head_of
from dfe.report.qc_page import qc_values
from dfe.viewer.library import Entry, Library


class Overview:
    """Measures every recording once, in a thread of its own."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._rows: list[QcRow] = []
        self._entries: list[Entry] = []
        self._heads: list[Head] = []
        self._problems: list[str] = []
        self._lock = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Begin to measure, unless that has begun."""
        with self._lock:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._measure, name="quality of recordings", daemon=True).start()

    def _measure(self) -> None:
        for entry in self.library.entries:
            try:
                row = measure_quality(Recording.read(entry.path, landmarks=False), entry.name)
                head = head_of(row, {})
            except DfeError as error:
                with self._lock:
                    self._problems.append(str(error))
                continue
            with self._lock:
                self._rows.append(row)
                self._entries.append(entry)
                self._heads.append(head)

    def values(self) -> dict[str, Any]:
        """What the template needs."""
        with self._lock:
            rows, entries, problems = list(self._rows), list(self._entries), list(self._problems)
            heads = list(self._heads)
        hrefs = [f"/recordings/{entry.key}" for entry in entries]
        done = len(rows) + len(problems)
        return {
            **qc_values(entries_of(rows, hrefs, heads), "Recordings"),
            "address": str,
            "problems": problems,
            "done": done,
            "total": len(self.library.entries),
        }

    def told(self) -> dict[str, Any]:
        """The same for a page that is open already: its rows as HTML."""
        values = self.values()
        template = environment().get_template("report/qc_rows.html.jinja")
        return {
            "rows": template.render(values),
            "verdicts": [[verdict, many] for verdict, _, many in values["verdicts"]],
            "done": values["done"],
            "total": values["total"],
            "problems": values["problems"],
        }
