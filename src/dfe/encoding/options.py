"""What a user can choose about encoding; all of it goes into the provenance of the result."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypedDict, get_args

from dfe.base.errors import UsageError
from dfe.encoding.neutral import NeutralChoice
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.registry import DEFAULT, find_front_end
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.recording.usability import UsabilityRule
from dfe.space.registry import COEFFICIENTS_ID, FACE_MODEL_ID, flame_file

DEFAULT_TOKENIZER = "default"
MOST_IN_BATCH = 1024
"""Faces."""

BothWays = Literal["stills", "always", "never"]


class EncodeChoices(TypedDict, total=False):
    """The fields of :class:`EncodeOptions` by name, for editors; a test holds the two together."""

    tokenizer: str | None
    frontend: str | None
    weights: Path | None
    flame: Path | None
    space: Path | None
    neutral: str | None
    device: str
    batch: int | None
    rate: float | None
    calibrate: bool
    max_faces: int
    largest_only: bool
    second_pass: bool
    both_ways: BothWays
    mirrored: bool
    start_s: float | None
    end_s: float | None
    every: int
    landmarks: bool
    aus: bool
    usability: UsabilityRule


@dataclass(frozen=True)
class EncodeOptions:
    """How to get from media to a table.

    Raises:
        UsageError: options that contradict each other or lie outside their range.
    """

    tokenizer: str | None = DEFAULT_TOKENIZER
    """Name, ``name@version`` or folder of a tokenizer; None writes no tokens."""
    frontend: str | None = None
    """Name of a front end. None: pictures and videos are looked at by ``landmarks``, and each table is read by the
    first front end that recognises it."""
    weights: Path | None = None
    """Weights of a front end whose networks the user supplies."""
    flame: Path | None = None
    """FLAME model file; None: the one that the environment variable ``DFE_FLAME`` names, if any."""
    space: Path | None = None
    """Expression space. None: ``dfe-face``, the face model's, wherever there are points of faces, else that of the
    front end. Or ``dfe-face``, or ``arkit51/face41`` for coefficients alone, or the folder of a learned space."""
    neutral: str | None = None
    """What a face at rest is, in the face model's space: ``own``, ``population``, ``START-END`` in seconds, or the
    table of another recording of the person. None: ``own`` for films, ``population`` for pictures. No other space has
    a choice: nothing is taken off there."""
    device: str = "auto"
    """Of networks: ``auto``, ``cpu`` or ``cuda``. ``auto`` is CUDA for those in torch where there is one, and the CPU
    for the packaged ones."""
    batch: int | None = None
    """Faces that the packaged networks look at together, gathered from all workers. None: as of
    :class:`~dfe.frontends.landmarks.config.LandmarkConfig`."""
    rate: float | None = None
    """Frames per second of a table, which wins over the times that it has; of numbered pictures, which it makes a film;
    or of a video that has no times. Another video refuses it."""
    calibrate: bool = False
    """Map another instrument's coefficients to the default front end's, as docs/tables.md says."""
    max_faces: int = 4
    """Faces looked for in a frame, at most."""
    largest_only: bool = False
    """Keep the one face that is largest over the whole recording."""
    second_pass: bool = False
    """Find the landmarks of a video twice, the second time in a crop placed by the first: steadier, half as fast. Still
    pictures always are: a detector's crop is coarse, and there is no earlier frame to place a better one."""
    both_ways: BothWays = "stills"
    """Where the landmarks are found in the mirror image too, and averaged: ``stills``, ``always`` or ``never``."""
    mirrored: bool = False
    """The recording is flipped (as from a selfie camera's preview); left and right are put right."""
    start_s: float | None = None
    """Begin here, in seconds of presentation time."""
    end_s: float | None = None
    """Stop before this, in seconds of presentation time."""
    every: int = 1
    """Use frames whose number is a multiple of this."""
    landmarks: bool = False
    """Keep the 478 landmarks and the 52 network logits of each face in the table: 6 kB a face, Parquet only."""
    aus: bool = False
    """Add the AU proxy: a column ``au_proxy_`` for each action unit that the ARKit coefficients can speak of, 0 to 5. A
    proxy, never FACS."""
    usability: UsabilityRule = field(default_factory=UsabilityRule)
    """Which rows are marked usable."""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise UsageError(f"--every must be 1 or more, not {self.every}")
        if not 1 <= self.max_faces <= 32:
            raise UsageError(f"--max-faces must lie between 1 and 32, not {self.max_faces}")
        if self.batch is not None and not 1 <= self.batch <= MOST_IN_BATCH:
            raise UsageError(f"--batch must lie between 1 and {MOST_IN_BATCH}, not {self.batch}")
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate > 0):
            raise UsageError(f"--rate must be a number of frames per second above 0, not {self.rate:g}")
        if self.landmarks and self.frontend not in (None, DEFAULT):
            raise UsageError(f"--landmarks goes with front end {DEFAULT}, not {self.frontend}")
        if self.both_ways not in get_args(BothWays):
            raise UsageError(f"--both-ways is {', '.join(get_args(BothWays))}, not {self.both_ways!r}")
        if self.neutral is not None:
            if not self.may_fit:
                what = f"--neutral is for {FACE_MODEL_ID}, the face model's space"
                raise UsageError(what, advice="leave --space out, or --neutral")
            NeutralChoice.parse(self.neutral)
        for name, seconds in (("--start", self.start_s), ("--end", self.end_s)):
            if seconds is not None and not (math.isfinite(seconds) and seconds >= 0):
                raise UsageError(f"{name} must be a number of seconds from 0 up, not {seconds:g}")
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise UsageError(f"--end ({self.end_s:g} s) must come after --start ({self.start_s or 0.0:g} s)")

    @property
    def must_fit(self) -> bool:
        """Whether the face model's space was asked for, so that inputs without points are refused."""
        return self.space is not None and self.space.as_posix() == FACE_MODEL_ID

    @property
    def may_fit(self) -> bool:
        """Whether faces whose points are known are measured by the face model."""
        return self.space is None or self.must_fit

    @property
    def coefficients_only(self) -> bool:
        """Whether the coefficients' own space was asked for, for inputs that could be measured by the face model."""
        return self.space is not None and self.space.as_posix() == COEFFICIENTS_ID

    @property
    def looks(self) -> FrontEndSpec:
        """The front end that looks at pictures and videos.

        Raises:
            UsageError: as :attr:`spec`.
        """
        spec = self.spec
        return find_front_end(DEFAULT) if spec is None or spec.kind == "table" else spec

    @property
    def fits_pictures(self) -> bool:
        """Whether faces in pictures and videos are measured by the face model."""
        return self.may_fit and self.looks.face_points

    @property
    def spec(self) -> FrontEndSpec | None:
        """The front end that was asked for by name.

        Raises:
            UsageError: there is none of that name, or it needs an option that was not given.
        """
        if self.frontend is None:
            return None
        spec = find_front_end(self.frontend)
        missing = [need for need in spec.needs if getattr(self, need) is None]
        if missing:
            raise UsageError(f"front end {spec.name} needs --{missing[0]}", advice="docs/front-ends.md says which file")
        return spec

    def front_end_options(self) -> FrontEndOptions:
        """The part of the options that front ends other than the default know."""
        return FrontEndOptions(
            weights=self.weights,
            flame=flame_file(self.flame),
            space=None if self.must_fit or self.coefficients_only else self.space,
            device=self.device,
            batch=self.batch,
            rate=self.rate,
            calibrate=self.calibrate,
            mirrored=self.mirrored,
            max_faces=self.max_faces,
        )

    def landmark_config(self, *, still: bool) -> LandmarkConfig:
        """The part of the options that the landmark front end needs, for still pictures or for a video."""
        return LandmarkConfig(
            max_faces=self.max_faces,
            second_pass=self.second_pass or still,
            both_ways=self.both_ways == "always" or (still and self.both_ways == "stills"),
            mirrored=self.mirrored,
            device="cuda" if self.device == "cuda" else "cpu",
            batch=self.batch,
        )

    def provenance(self) -> dict[str, object]:
        """The options that neither the front end nor the tokenizer says of itself, for the table's metadata."""
        said_elsewhere = (
            "tokenizer", "max_faces", "second_pass", "both_ways", "mirrored", "usability",
            "frontend", "weights", "flame", "space", "neutral", "device", "batch", "rate", "calibrate",
        )  # fmt: skip
        return {name: value for name, value in asdict(self).items() if name not in said_elsewhere}
