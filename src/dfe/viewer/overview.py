"""The entry page of several recordings: the table of `dfe qc`, filled while the recordings are measured."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from dfe.base.errors import DfeError
from dfe.pages.page import environment
from dfe.recording.quality import QcRow, measure_quality
from dfe.recording.recording import Recording
from dfe.report.qc import Head, entries_of, head_of
from dfe.report.qc_page import qc_values
from dfe.viewer.library import Entry
from dfe.viewer.viewing import Viewing


class _Looked(NamedTuple):
    """What is known of a recording, or what is wrong with it."""

    stamp: tuple[int, int]
    """Of the file that was measured."""
    row: QcRow | None
    head: Head | None
    problem: str


class Overview:
    """Measures every recording in a thread of its own: once, and again when its file has changed."""

    def __init__(self, viewing: Viewing) -> None:
        self._viewing = viewing
        self._looked: dict[int, _Looked] = {}
        self._lock = threading.Lock()
        self._working = False
        self._version = 0

    def start(self) -> None:
        """Begin to measure what is new, unless that is under way."""
        with self._lock:
            if self._working:
                return
            self._working = True
        threading.Thread(target=self._measure, name="quality of recordings", daemon=True).start()

    def _measure(self) -> None:
        try:
            self._viewing.look_again()
            for entry in self._viewing.library.entries:
                known = self._looked.get(entry.key)
                if known is None or known.stamp != entry.stamp:
                    found = _look(entry)
                    with self._lock:
                        self._looked[entry.key] = found
                        self._version += 1
        finally:
            with self._lock:
                self._working = False

    def values(self) -> dict[str, Any]:
        """What the template needs."""
        with self._lock:
            looked, version = dict(self._looked), self._version
        entries = self._viewing.library.entries
        rows, hrefs, heads, problems = [], [], [], []
        for entry in entries:
            known = looked.get(entry.key)
            if known is None:
                continue
            if known.row is None or known.head is None:
                problems.append(known.problem)
                continue
            rows.append(known.row)
            hrefs.append(f"/recordings/{entry.key}")
            heads.append(known.head)
        return {
            **qc_values(entries_of(rows, hrefs, heads), "Recordings"),
            "address": str,
            "problems": problems,
            "done": len(looked),
            "total": len(entries),
            "version": version,
        }

    def told(self, version: str = "") -> dict[str, Any]:
        """The same for a page that is open already: its rows as HTML, None where the page has this version."""
        with self._lock:
            done, now = len(self._looked), self._version
        if version == str(now):  # asked for again and again: nothing is made of the rows for that
            return {"done": done, "total": len(self._viewing.library.entries), "version": now, "rows": None}
        values = self.values()
        template = environment().get_template("report/qc_rows.html.jinja")
        return {
            **{name: values[name] for name in ("done", "total", "version")},
            "rows": template.render(values),
            "verdicts": [[verdict, many] for verdict, _, many in values["verdicts"]],
            "problems": values["problems"],
        }


def _look(entry: Entry) -> _Looked:
    stamp = entry.stamp
    try:
        row = measure_quality(Recording.read(entry.path, landmarks=False), entry.name)
        return _Looked(stamp, row, head_of(row, {}), "")
    except DfeError as error:
        return _Looked(stamp, None, None, str(error))
