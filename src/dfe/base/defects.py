"""What is known to be wrong, odd or mended about a recording's source: one typed list, told wherever it matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

DefectKind = Literal[
    "time_stamps",
    "frame_rate",
    "cut_short",
    "dropped",
    "speed",
    "damage",
    "still",
    "freezes",
    "repeated",
    "blurred",
    "size_change",
    "interlaced",
    "combed",
    "pixel_aspect",
    "dynamic_range",
    "second_stream",
    "pages",
    "cuts",
    "face_limit",
    "changed",
]
"""``time_stamps`` repaired or made up; ``frame_rate`` guessed; ``cut_short``: fewer frames, or less time, than
announced; ``dropped``: frames that the recording program left out; ``speed``: slow motion or time lapse, by its own
words; ``damage``: frames that cannot be decoded whole; ``still``: a face's picture stands still for seconds;
``freezes``: it does for part of a second now and then; ``repeated``: frames show the picture of the frame before;
``blurred``: a face's picture holds hardly any detail; ``size_change`` of the pictures inside the file; ``interlaced``
film, deinterlaced; ``combed``: it looks interlaced, the stream does not say so, and it was measured as it is;
``pixel_aspect``: pixels that were not square, squared; ``dynamic_range`` that is read without tone mapping;
``second_stream`` of pictures that is not read; ``pages`` of a picture file that are not read; ``cuts`` between scenes;
``face_limit``: more faces than looked for; ``changed``: the file was written to while it was read."""

_MENDED: frozenset[DefectKind] = frozenset({"interlaced", "pixel_aspect", "second_stream"})


SHORT: dict[DefectKind, str] = {
    "time_stamps": "time stamps repaired",
    "frame_rate": "frame rate guessed",
    "cut_short": "file cut short, or sound alone at its end",
    "dropped": "frames left out when it was recorded",
    "speed": "slow motion or time lapse",
    "damage": "damaged frames",
    "still": "a face's picture stands still",
    "freezes": "a face's picture freezes for a moment",
    "repeated": "frames that come twice",
    "blurred": "a face is blurred or made of squares",
    "size_change": "size of the pictures changes",
    "interlaced": "interlaced, and deinterlaced",
    "combed": "interlaced without saying so",
    "pixel_aspect": "pixels not square, and squared",
    "dynamic_range": "high dynamic range read as if it were not",
    "second_stream": "a second video that was not read",
    "pages": "further pages that were not read",
    "cuts": "cuts",
    "face_limit": "more faces than were looked for",
    "changed": "changed while it was read",
}
"""Each kind in a few words, for tables that count recordings."""


@dataclass(frozen=True)
class Defect:
    """One thing that a reader of the numbers should know."""

    kind: DefectKind
    words: str
    """One clause in plain English, fit for a list."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(DefectKind):
            raise ValueError(f"no such kind of defect: {self.kind!r}")

    @property
    def doubtful(self) -> bool:
        """Whether the rows may be wrong because of it, so that a person should look; False for what was mended."""
        return self.kind not in _MENDED


def words(defects: Iterable[Defect]) -> tuple[str, ...]:
    """The clauses alone, in order."""
    return tuple(defect.words for defect in defects)
