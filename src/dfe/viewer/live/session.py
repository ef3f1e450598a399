"""What a page and the camera's frames make together: displays, the face at rest, recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.errors import DfeError, UsageError
from dfe.encoding.assemble import measured_neutral, measured_space
from dfe.encoding.coders import Coders
from dfe.encoding.face_model import check_neutral
from dfe.encoding.options import EncodeOptions
from dfe.viewer.live.message import Sent
from dfe.viewer.live.stretch import Shown, Stretch
from dfe.viewer.live.take import take_path, write_take

REST_S = 2.0
"""The face at rest is what is shown for so long after it was asked for."""
TROUBLE = {
    "denied": "The browser may not use the camera. Allow it (the camera's sign in the address bar), then press Start.",
    "none": "No camera was found. Plug one in, switch it on, and press Start.",
    "busy": "The camera cannot be opened; another program may be using it. Close that program and press Start.",
    "ended": "The camera has gone. Plug it in again and press Start.",
    "old": "This browser cannot hand over the camera's pictures. Use a current Firefox, Chrome, Edge or Safari.",
}
"""What can be wrong with the camera, as the page calls it, and in words for page and terminal."""
_DIGITS = 4


@dataclass(frozen=True)
class LiveOptions:
    """How the camera is looked at."""

    out: Path
    """Folder that recordings go to."""
    encoding: EncodeOptions = field(default_factory=lambda: EncodeOptions(max_faces=1))
    """As of films; one face."""


class Session:
    """One page that shows one camera.

    Nothing is kept of what is seen until a recording is asked for, with consent.

    Args:
        options: how the camera is looked at.
        say: told what a user at the terminal should know.

    Raises:
        UsageError: options that do not fit, such as an interval as the neutral.
        TableError: another recording's face at rest that is not there.
        ModelError: the tokenizer is none of the face model's space.
    """

    def __init__(self, options: LiveOptions, say: Callable[[str], None]) -> None:
        self.options = options
        self._say = say
        self.coders = Coders(options.encoding)
        check_neutral(options.encoding.neutral)
        found = self.coders.fitting(measured_space(options.encoding), measured_neutral(options.encoding))
        if found is None or not options.encoding.fits_pictures:
            raise UsageError("the camera needs a tokenizer of the face model's space")
        self.tokenizer = found
        self.stretch = self._begin()
        self._number: int | None = None
        self._rest_from: float | None = None
        self._path: Path | None = None
        self._unwritten: tuple[Stretch, Path] | None = None

    @property
    def recording(self) -> bool:
        """Whether frames are being kept."""
        return self._path is not None

    def look(self, sent: Sent) -> dict[str, Any]:
        """What a picture shows, for the page."""
        before, self._number = self._number, sent.number
        if before is not None and sent.number > before + 1:
            self.stretch.left_out += sent.number - before - 1
        shown = self.stretch.look(sent.image, sent.time_s, sent.packed)
        note = self._settle_rest(shown)
        size = {"size": [sent.image.shape[1], sent.image.shape[0]]}
        return self._told(shown, sent.number) | size | ({"note": note} if note else {})

    def rest(self) -> dict[str, Any]:
        """From the next frame on the face is at rest, for two seconds."""
        self._rest_from = self.stretch.seconds
        return self.state()

    def start_anew(self) -> dict[str, Any]:
        """Another person: what the face at rest is, is found anew."""
        if self.recording:
            raise UsageError("a recording is going on", advice="stop it first")
        self.stretch, self._rest_from = self._begin(), None
        return self.state()

    def record(self, name: str = "", *, consent: bool, begins_at_rest: bool = False) -> dict[str, Any]:
        """Keep what comes from now on.

        Args:
            name: of the recording; the moment if empty.
            consent: that whoever is seen agrees.
            begins_at_rest: the first two seconds show the face at rest.

        Raises:
            UsageError: no consent, a name that will not do, or a recording that goes on or waits to be written.
            OutputError: the recording could not be written to the folder.
        """
        if not consent:
            raise UsageError("nothing is recorded until everyone who is seen has agreed", advice="tick the box first")
        if self.recording:
            raise UsageError("a recording is going on", advice="stop it first")
        if self._unwritten is not None:
            raise UsageError("the last recording is not written yet", advice="write or discard it first")
        self._path = take_path(self.options.out, name)
        self.stretch = self._begin(self._path.stem, keep=True)
        self._rest_from = 0.0 if begins_at_rest else None
        return self.state()

    def stop(self) -> dict[str, Any]:
        """End the recording and write it; where that fails it waits for :meth:`write_again`.

        Raises:
            UsageError: none goes on, or there is nothing in it.
            OutputError: it cannot be written.
        """
        if self._path is None:
            raise UsageError("no recording goes on")
        path, self._path, self._rest_from = self._path, None, None
        stretch, self.stretch = self.stretch, self._begin()
        if stretch.frames < 2:
            raise UsageError("fewer than two frames were recorded, so nothing is written")
        self._unwritten = (stretch, path)
        return self.write_again()

    def write_again(self, name: str = "") -> dict[str, Any]:
        """Write the recording that waits, under another name if one is given.

        Raises:
            UsageError: none waits.
            OutputError: it cannot be written.
        """
        if self._unwritten is None:
            raise UsageError("no recording waits to be written")
        stretch, path = self._unwritten
        if name.strip():
            path = take_path(self.options.out, name)
        line = write_take(stretch, path, self.coders)
        self._unwritten = None
        self._say(f"recorded {line}")
        return self.state() | {"wrote": line}

    def discard(self) -> dict[str, Any]:
        """Forget the recording that goes on, or that waits to be written."""
        if self.recording:
            self._path, self.stretch, self._rest_from = None, self._begin(), None
        self._unwritten = None
        return self.state()

    def trouble(self, kind: str) -> dict[str, Any]:
        """The page has trouble with the camera; the terminal is told, too.

        Raises:
            UsageError: a kind that is not known.
        """
        if kind not in TROUBLE:
            raise UsageError("trouble of a kind that is not known")
        self._say(TROUBLE[kind])
        return self.state()

    def end(self) -> None:
        """The page has gone: a recording that goes on is written."""
        if self.recording or self._unwritten is not None:
            try:
                _ = self.stop() if self.recording else self.write_again()
            except DfeError as error:
                self._say(f"the recording is lost: {error}")

    def state(self) -> dict[str, Any]:
        """What the page should know between frames."""
        return {
            "recording": None if self._path is None else self._path.stem,
            "waits": self._unwritten is not None,
            "neutral": str(self.stretch.person.neutral),
            "resting": self._rest_from is not None,
        }

    def _begin(self, name: str = "live", *, keep: bool = False) -> Stretch:
        return Stretch(self.options.encoding, self.tokenizer, name, keep=keep)

    def _settle_rest(self, shown: Shown) -> str | None:
        start = self._rest_from
        if start is None or shown.time_s < start + REST_S:
            return None
        self._rest_from = None
        try:
            self.stretch.person.rest_between(start, start + REST_S)
        except UsageError as error:
            return str(error)
        return "Displays are now measured against this face at rest."

    def _told(self, shown: Shown, number: int) -> dict[str, Any]:
        display, mm = shown.tokens.display[0], shown.tokens.mm[0]
        face = shown.face
        decoded = self.tokenizer.decode(shown.tokens)[0]
        return self.state() | {
            "number": number,
            "frame": shown.frame,
            "seconds": shown.time_s,
            "found": face is not None,
            "reason": shown.reason,
            "box": None if face is None else [round(v, 1) for v in face.box],
            "said": [[int(d), round(float(v), _DIGITS)] for d, v in zip(display, mm, strict=True) if d > 0],
            "measured": _numbers(shown.expression),
            "decoded": _numbers(decoded),
            "lids": _numbers(shown.lids_mm),
            "gaze": _numbers(shown.gaze_deg.mean(axis=0)),
            "leftOut": self.stretch.left_out,
            "ms": [round(1000 * shown.look_s, 2), round(1000 * shown.code_s, 2)],
        }


def _numbers(values: np.ndarray) -> list[float] | None:
    return np.round(values.astype(np.float64), _DIGITS).tolist() if np.isfinite(values).all() else None
