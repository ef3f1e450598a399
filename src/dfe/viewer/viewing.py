"""The viewer: its recordings, what is open, what was changed, and the answers to its pages."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from dfe.base.errors import DfeError, UsageError
from dfe.base.recording_names import RecordingNames
from dfe.displays.names import NAMES_FILE, Names, load_names, names_target, read_names
from dfe.displays.units import EYES
from dfe.events.config import EventConfig
from dfe.recording.recording import Recording
from dfe.recording.roles import COLUMNS as ROLES
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.viewer.chosen import in_stretch, told
from dfe.viewer.edits import BESIDE_THE_CHARTS, Files, Sent, Target, edit
from dfe.viewer.film import Copy, FilmFound, find_film
from dfe.viewer.history import History
from dfe.viewer.label_rows import WINDOWS, rows_of_recording
from dfe.viewer.library import Entry, Library, stamp_of
from dfe.viewer.occurrences import PATIENCE_S, Occurrences
from dfe.viewer.opened import Opened, open_recording

_OPEN = 2
"""Recordings that are held open at most."""
_REST = 10
"""Folders are searched for new recordings for a tenth of the time at most, and not twice within..."""
_LOOK_S = 2.0
"""... so many seconds."""
_State = tuple[int, tuple[int, int], tuple[int, int]]
"""Number of changes that were made, and the stamps of the recording's file and of the file of names."""


@dataclass(frozen=True)
class ViewOptions:
    """What the viewer is told."""

    video: Path | None = None
    """One video, or the folder of the recordings' videos."""
    corpus: Path | None = None
    tokenizer: str | None = None
    names: Path | None = None
    roles: Path | None = None
    windows: Path | None = None
    events: EventConfig = field(default_factory=EventConfig)


class Viewing:
    """One run of the viewer. Its methods may be called from several threads."""

    def __init__(self, library: Library, options: ViewOptions) -> None:
        # Arrow's own pool keeps what a recording took when it was read, tens of megabytes of an hour.
        pa.set_memory_pool(pa.system_memory_pool())
        self.library, self.options = library, options
        self.history = History()
        self.revision = 0
        self._open: OrderedDict[int, tuple[_State, Opened]] = OrderedDict()
        self._copies: dict[int, Copy] = {}
        self._films: dict[int, FilmFound] = {}
        self._occurrences = Occurrences(options.events)
        self._folder = tempfile.TemporaryDirectory(prefix="dfe-view-")
        self._lock = threading.RLock()
        self._searching = threading.Lock()  # another one, since all else goes on while a large folder is searched
        self._look_at = 0.0

    def close(self) -> None:
        """Remove what was only for this run."""
        self.history.close()
        self._folder.cleanup()

    def cautions(self) -> tuple[str, ...]:
        """What the terminal says before the page opens: a recording that cannot be read, a video that is not there."""
        if len(self.library.entries) > 1:
            return ()
        return tuple(line for line in (self.film(0).said,) if line)

    def look_again(self) -> None:
        """See the recordings that have come into the folders since; a large folder is not searched all the time."""
        with self._searching:
            began = time.monotonic()
            if not self.library.folders or began < self._look_at:
                return
            self.library = self.library.again()
            took = time.monotonic() - began
            self._look_at = time.monotonic() + max(_LOOK_S, _REST * took)

    def entry(self, key: int) -> Entry:
        """The recording of a key.

        Raises:
            UsageError: there is none.
        """
        found = self.library.get(key)
        if found is None:
            raise UsageError("there is no such recording here")
        return found

    def opened(self, key: int) -> Opened:
        """A recording, read anew after every change, and where its file or that of the names was written anew.

        Raises:
            DfeError: it cannot be read.
        """
        with self._lock:
            entry, kept = self.entry(key), self._open.get(key)
            if kept is None or kept[0] != self._state(entry, kept[1].tokenizer):
                # Taken before it is read: a file that changes meanwhile is read again the next time.
                states = [self._state(entry, None)]

                def names_of(tokenizer: Tokenizer) -> Names:
                    states[0] = (*states[0][:2], stamp_of(self.names_file(tokenizer)))
                    return self.names_of(tokenizer)

                made = open_recording(
                    entry.path, self.options.tokenizer, names_of, self.options.events, name=entry.name
                )
                self._open[key] = (states[0], made)
            self._open.move_to_end(key)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
            return self._open[key][1]

    def _state(self, entry: Entry, tokenizer: Tokenizer | None) -> _State:
        names = (0, 0) if tokenizer is None else stamp_of(self.names_file(tokenizer))
        return (self.revision, entry.stamp, names)

    def state(self, key: int) -> dict[str, Any]:
        """What a page compares with what it shows: other words mean that charts or labels are to be read anew."""
        with self._lock:
            files = self.files(key)
            return {
                "charts": str(self._open[key][0]),
                "labels": str((stamp_of(files.roles), stamp_of(files.windows))),
                "several": len(self.library.entries) > 1,
            }

    def film(self, key: int) -> FilmFound:
        """The video of a recording."""
        with self._lock:
            if key not in self._films:
                named = self.options.video
                if named is not None and named.is_file() and key != 0:
                    named = named.parent
                self._films[key] = find_film(named, self.entry(key).path, self.opened(key).provenance)
            return self._films[key]

    def copy(self, key: int) -> Copy:
        """The copy of its video that browsers play.

        Raises:
            UsageError: it has no video.
        """
        with self._lock:
            if key not in self._copies:
                path = self.film(key).path
                if path is None:
                    raise UsageError("there is no video to copy")
                self._copies[key] = Copy(path, Path(self._folder.name) / f"{key}.mp4")
            return self._copies[key]

    def names_file(self, tokenizer: Tokenizer) -> Path:
        """Where names are kept: where every command looks for them, or else beside the first recording.

        The packaged tokenizers have no folder of the user's own.
        """
        if self.options.names is not None:
            return self.options.names
        try:
            return names_target(tokenizer)
        except UsageError:
            return self.library.entries[0].path.parent / NAMES_FILE

    def names_of(self, tokenizer: Tokenizer) -> Names:
        """The user's names of a tokenizer's displays.

        Raises:
            ModelError: a file that does not fit.
        """
        path = self.names_file(tokenizer)
        return read_names(path, tokenizer) if path.is_file() else load_names(tokenizer, self.options.names)

    def files(self, key: int) -> Files:
        """The files that changes of a recording go to."""
        folder = self.entry(key).path.parent
        made = self.opened(key).tokenizer
        return Files(
            names=folder / NAMES_FILE if made is None else self.names_file(made),
            roles=self.options.roles or folder / "roles.csv",
            windows=self.options.windows or folder / "windows.csv",
        )

    def labels(self, key: int) -> dict[str, Any]:
        """What the page shows beside the charts: roles and windows of the recording, files, the last change."""
        entry, files, state = self.entry(key), self.files(key), self.state(key)["labels"]
        problems: list[str] = []
        names = RecordingNames(one.name for one in self.library.entries)

        def rows(path: Path, columns: tuple[str, ...]) -> list[Mapping[str, str]]:
            try:
                return rows_of_recording(path, columns, entry.name, names)
            except DfeError as error:
                problems.append(str(error))
                return []

        return {
            "state": state,
            "roles": rows(files.roles, ROLES),
            "windows": rows(files.windows, WINDOWS),
            "files": {name: str(path) for name, path in asdict(files).items()},
            "advice": self._advice(key),
            "undo": self.history.last,
            "problems": problems,
        }

    def _advice(self, key: int) -> str:
        """How the commands get to know the names, where they do not look for them by themselves."""
        made = self.opened(key).tokenizer
        if made is None or self.options.names is not None:
            return ""
        try:
            names_target(made)
        except UsageError:
            return f"Commands read these names with --names {self.names_file(made)}, or with DFE_NAMES set to it."
        return ""

    def chosen(self, key: int, face: int, start_s: float, end_s: float) -> dict[str, Any]:
        """Counts, rates and shares of a stretch.

        Raises:
            UsageError: a recording without events, no such face, an empty stretch.
        """
        found = self.opened(key).events
        if found is None:
            raise UsageError("this recording has no events", advice="the page says why")
        return told(in_stretch(found, face, start_s, end_s))

    def edit(self, key: int, sent: Sent) -> str:
        """Make a change; says which.

        Raises:
            DfeError: it makes no sense, or cannot be written.
        """
        with self._lock:
            entry, opened = self.entry(key), self.opened(key)
            target = Target(entry.path, entry.name, opened.tokenizer, opened.names, self.files(key))
            said = edit(sent, target, self.history.changing)
            if sent["what"] not in BESIDE_THE_CHARTS:
                self.revision += 1
            return said

    def undo(self) -> str:
        """Take the last change back; says which.

        Raises:
            DfeError: there is none, or the file was changed since.
        """
        with self._lock:
            said = self.history.undo()
            self.revision += 1
            return said

    def occurrences(self, key: int, tokens: list[str], patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """Every event of a display, group or display of the eyes in all recordings that the same tokenizer made.

        Args:
            key: the recording whose tokenizer it is.
            tokens: several are looked for together.
            patience_s: what was not looked through after so long is ``waiting``; to be asked for again.

        Raises:
            UsageError: a recording without tokens, or nothing that is counted.
        """
        opened = self.opened(key)
        made, vocabulary = opened.tokenizer, opened.vocabulary
        if made is None or vocabulary is None:
            raise UsageError("this recording has no displays to look for", advice="the page says why")
        units = (*vocabulary.units(unsteady=True), *EYES)
        counted = {unit.token for unit in (*vocabulary.units(self.options.events.unsteady), *EYES)}
        if unknown := sorted(set(tokens) - {unit.token for unit in units}):
            raise UsageError(f"there is no display or group {unknown[0]!r}")
        if not (asked := [token for token in tokens if token in counted]):
            what = "is unsteady: it comes and goes with the picture's noise, so it has no events"
            raise UsageError(f"display {', '.join(tokens)} {what}", advice="dfe view --unsteady looks for it")
        self.look_again()
        return self._occurrences.find(self.library.entries, asked, made, vocabulary, patience_s).told()

    def landmarks(self, key: int, first: int, count: int) -> bytes:
        """Points of some frames: for each row its face, frame and time, then x and y of 478 points, in tenths of px.

        Raises:
            UsageError: the recording keeps no landmarks, or too many are asked for.
        """
        from dfe.viewer.points import points_of

        opened = self.opened(key)
        if not opened.has_landmarks:
            raise UsageError("this recording keeps no landmarks", advice="encode it with --landmarks")
        return points_of(opened.path, opened.frames, first, count)

    def read(self, key: int) -> Recording:
        """The recording itself."""
        return Recording.read(self.entry(key).path, landmarks=False)
