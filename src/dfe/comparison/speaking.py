"""Silent or speaking time alone: which files say when the people of recordings speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfe.comparison.table import GroupRow
from dfe.events.find import speech_from_file
from dfe.events.finding import Speech
from dfe.events.folder import voices_of
from dfe.events.rates import Part
from dfe.recording.recording import Recording


@dataclass(frozen=True)
class Talking:
    """When faces speak, and which part of the time counts."""

    part: Part
    files: Mapping[Path, Path]
    """File of speech of each recording that has one."""
    speaker: Mapping[str, int] | None = None
    """Face of each speaker; may be left out where a recording has one of each."""

    def speech(self, recording: Recording, path: Path) -> Speech | None:
        """Stretches of speech by face; None where no file is about the recording.

        Raises:
            TableError: the file cannot be read.
            UsageError: it is not clear whose voice is whose.
        """
        file = self.files.get(path)
        if file is None:
            return None
        return speech_from_file(recording, file, self.speaker, path.stem)[0]


def talking(
    speech: Path, part: Part, rows: Sequence[GroupRow], folder: Path, speaker: Mapping[str, int] | None = None
) -> Talking:
    """Files of speech of the recordings of a table's rows.

    Args:
        speech: a file, or a folder of files named like the recordings.
        part: that counts.
        rows: of the table.
        folder: that ``dfe encode`` wrote.
        speaker: face of each speaker.

    Raises:
        UsageError: one file that is about one recording, for several; or a folder with none of these.
    """
    paths = {row.path.relative_to(folder).with_suffix("").as_posix(): row.path for row in rows}
    files = voices_of(speech, list(paths))
    return Talking(part, {paths[name]: file for name, file in files.items()}, speaker)
