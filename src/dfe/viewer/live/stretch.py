"""A stretch of the camera's frames: followed from its first one, measured as they come, kept if it is recorded.

The front end, the face model and the tokenizer are those of `dfe encode`, with the same options; a stretch that is kept
becomes the very table that `dfe encode` makes of a film of these frames.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, Frame, ImageArray
from dfe.clock.clock import usual_step
from dfe.displays.tokens import Tokens
from dfe.encoding.assemble import assemble
from dfe.encoding.coders import Coders
from dfe.encoding.face_model import mesh_fitter
from dfe.encoding.neutral import NeutralChoice
from dfe.encoding.options import EncodeOptions
from dfe.encoding.tasks import Observed, add_rows, front_end_for
from dfe.encoding.watch import Watch
from dfe.facemodel.track import Seen, join_seen, see
from dfe.frontends.base import Face
from dfe.recording.provenance import SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer
from dfe.recording.schema import Layout, expression_columns
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.viewer.live.resting import RunningFace

_JOINED = 512


@dataclass(frozen=True, eq=False)
class Shown:
    """What one frame shows."""

    frame: int
    """In the stretch, from 0."""
    time_s: float
    """From the first frame of the stretch."""
    face: Face | None
    reason: str | None
    """Why there is no face, or what limit of usability the face breaks."""
    expression: DoubleArray
    """``(K,)`` mm against the face at rest; NaN without a face."""
    lids_mm: DoubleArray
    """``(2,)``, the subject's left first."""
    gaze_deg: DoubleArray
    """``(2, 2)`` of each eye: to the subject's left, and up."""
    tokens: Tokens
    """One row."""
    look_s: float
    """Seconds that finding and measuring the face took."""
    code_s: float
    """Seconds that the tokens took."""


class Stretch:
    """Frames of one person, from a first one on.

    Args:
        options: of the encoding; films of one face.
        tokenizer: of the face model's space.
        name: of the recording that may come of it.
        keep: frames are kept for a recording; otherwise nothing lasts beyond what the face at rest needs.
    """

    def __init__(self, options: EncodeOptions, tokenizer: Tokenizer, name: str, *, keep: bool) -> None:
        self.name, self.keep = name, keep
        self._options, self._tokenizer = options, tokenizer
        self._front_end = front_end_for(options, still=False)
        self._fitter = mesh_fitter()
        self.person = RunningFace(self._fitter, NeutralChoice.parse(options.neutral or "own"))
        self._next: Frame | None = None
        self._watch = Watch(mirrored=options.mirrored)
        self._faces = self._front_end.observe(self._given(), still=False)
        self._rows = RowBuffer(layout=Layout(expression=expression_columns(self._front_end.space.names)))
        self._seen: list[Seen] = []
        self._chunks: list[Seen] = []
        self._began_s: float | None = None
        self._times: list[float] = []
        self._size = (0, 0)
        self.packed: set[str] = set()
        """How the pictures came: ``pixels``, ``jpeg``."""
        self.left_out = 0
        """Frames that the camera gave and nobody looked at, since there was no time."""

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return self._times[-1] if self._times else 0.0

    @property
    def frames(self) -> int:
        """How many were looked at."""
        return len(self._times)

    def look(self, image: ImageArray, time_s: float, packed: str = "pixels") -> Shown:
        """The next frame.

        Args:
            image: RGB.
            time_s: on any clock, later than the frame before.
            packed: how it came.

        Raises:
            UsageError: it is not later than the frame before.
            ModelError: a network of the package is missing or damaged.
        """
        began = time.perf_counter()
        if self._began_s is None:
            self._began_s, self._size = time_s, (image.shape[1], image.shape[0])
        at = round(time_s - self._began_s, 3)
        if self._times and at <= self._times[-1]:
            raise UsageError("a frame that is no later than the one before")
        self._times.append(at)
        self.packed.add(packed)
        self._next = Frame(len(self._times) - 1, at, image, source=self.name)
        seen = next(self._faces)
        face = seen.faces[0] if seen.faces else None
        points = np.full((1, 478, 3), np.nan) if face is None or face.landmarks is None else face.landmarks[None]
        one = see(self._fitter, points.astype(np.float64))
        expression, lids = self.person.measure(one, at)
        if self.keep:
            add_rows(self._rows, seen, self._options.max_faces)
            self._watch.note(seen)
            if face is not None:
                self._keep(one)
        looked = time.perf_counter()
        tokens = self._tokenizer.encode(expression[None].astype(np.float32))
        reason = seen.reason if face is None else self._broken(face)
        return Shown(
            frame=len(self._times) - 1,
            time_s=at,
            face=face,
            reason=reason,
            expression=expression,
            lids_mm=lids,
            gaze_deg=one.gaze_deg[0],
            tokens=tokens,
            look_s=looked - began,
            code_s=time.perf_counter() - looked,
        )

    def recording(self, coders: Coders) -> Recording:
        """The table of these frames, as `dfe encode` makes it of a film of them.

        Args:
            coders: of the same options.

        Raises:
            UsageError: the stretch was not kept, or has fewer than two frames.
        """
        if not self.keep or len(self._times) < 2:
            raise UsageError("fewer than two frames were recorded", advice="record for a second or more")
        neutral = self.person.neutral
        choice = self._options.neutral
        if neutral.kind == "interval":
            choice = f"{neutral.start_s:.3f}-{neutral.end_s:.3f}"
        options = replace(self._options, neutral=choice)
        space = self._front_end.space
        observed = Observed(
            rows=self._rows,
            frames=len(self._times),
            info=self._source(),
            space=SpaceRef(space.id, space.version, space.hash),
            front_end=self._front_end.provenance(),
            watch=self._watch,
            faces=join_seen(parts) if (parts := [*self._chunks, *self._seen]) else None,
        )
        made = coders.code(assemble([observed], options))
        live = {"left_out": self.left_out, "pictures": sorted(self.packed)}
        made.provenance = replace(made.provenance, options={**made.provenance.options, "live": live})
        return made

    def _given(self) -> Iterator[Frame]:
        """The frame that is next, each once; the front end asks for one at a time."""
        for frame in self._waiting():
            yield from self._watch.passing(iter([frame]), 0) if self.keep else [frame]

    def _waiting(self) -> Iterator[Frame]:
        while (frame := self._next) is not None:
            self._next = None
            yield frame

    def _keep(self, one: Seen) -> None:
        self._seen.append(one)
        if len(self._seen) == _JOINED:
            self._chunks.append(join_seen(self._seen))
            self._seen = []

    def _broken(self, face: Face) -> str | None:
        """The first limit of usability that a face breaks; that it stands still or is blurred is known only later."""
        rule = self._options.usability
        covered = face.covered or (np.nan, np.nan)
        values = (face.pitch, face.yaw, face.roll, face.box[2], face.box[3], *covered, 0.0, np.nan)
        broken = rule.broken(*(np.array([value], np.float32) for value in values))[0]
        return rule.reasons[int(broken.argmax())] if broken.any() else None

    def _source(self) -> SourceInfo:
        times = np.array(self._times)
        length = float(times[-1] + usual_step(times))
        return SourceInfo(
            name=self.name,
            kind="video",
            width=self._size[0],
            height=self._size[1],
            frames=len(times),
            duration_s=round(length, 3),
            frame_rate=round(len(times) / length, 3),
        )
