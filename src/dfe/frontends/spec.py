"""What a front end is to those who choose one: its name, what it reads and gives, what the user has to supply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol, runtime_checkable

from dfe.base.types import Progress
from dfe.frontends.base import FrontEnd
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.recording.measured import Measured


@dataclass(frozen=True)
class FrontEndOptions:
    """What a user can say to a front end; each takes what it needs and refuses what contradicts it."""

    weights: Path | None = None
    """File or folder of the networks' weights."""
    flame: Path | None = None
    """FLAME model file."""
    space: Path | None = None
    """Folder of a learned expression space."""
    device: str = "auto"
    """Of networks: ``auto``, ``cpu`` or ``cuda``. ``auto`` is CUDA for those in torch where there is one, and the CPU
    for the packaged ones."""
    batch: int | None = None
    """Faces that networks look at together; None: as many as suits the front end and the device."""
    rate: float | None = None
    """Frames per second, where a table has no times or the user knows better."""
    calibrate: bool = False
    """Map another instrument's coefficients to the default front end's, approximately, as the docs say."""
    mirrored: bool = False
    """The recording is flipped. Front ends for pictures put left and right right; tables are put right by whoever reads
    them through the pipeline."""
    max_faces: int = 4
    """Faces looked for in a frame, at most."""
    landmarks: LandmarkConfig | None = None
    """How the package's own networks find faces and landmarks, for front ends that build on them."""


@runtime_checkable
class TableReader(Protocol):
    """Reads a file that holds faces already measured: another tool's table, or meshes."""

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of one file (or of a folder of frames, for mesh sequences).

        Raises:
            TableError: it cannot be read or is not of this kind; the error names file and row.
        """
        ...


@dataclass(frozen=True)
class FrontEndSpec:
    """A front end as it is listed, found by name and made.

    Third parties register one under the entry-point group ``dfe.frontends``.
    """

    name: str
    """As in ``--frontend openface``."""
    kind: Literal["media", "table"]
    """``media`` looks at pictures; ``table`` reads what another tool measured."""
    title: str
    """One line: what it reads."""
    space: str
    """Id of the expression space that it gives (or several, in words)."""
    licence: str
    """Terms of what it stands on: networks, model files."""
    verified: str
    """What was and was not checked, as in ``on real tables`` or ``not verified on real weights``."""
    make: Callable[[FrontEndOptions], FrontEnd | TableReader]
    """Makes it; raises a ``DfeError`` that says what is missing."""
    needs: tuple[str, ...] = ()
    """Options that the user has to give: ``weights``, ``flame``, ``space``."""
    extra: str | None = None
    """Extra of the package to be installed, as in ``flame``."""
    uses: tuple[str, ...] | None = None
    """Of :attr:`CHOICES`, those that change what it gives; None: it may be any."""
    recognises: Callable[[Path], bool] | None = None
    """Of tables: whether a file is of this kind, by its first lines or bytes; never raises, never reads it all."""
    face_points: bool = False
    """Whether it gives points of faces, which the face model is fitted to unless another space is asked for."""
    misses: Callable[[Path], str | None] | None = None
    """Of tables: why a file that looks like one of this kind is refused, as in ``looks like OpenFace, but has no column
    x_17``; None if it does not look like one. Never raises, never reads it all."""

    CHOICES: ClassVar = ("weights", "flame", "space", "device", "batch", "rate", "calibrate", "max_faces")
    """Options that some front ends use and others do not."""

    def takes(self, option: str) -> bool:
        """Whether an option of :attr:`CHOICES` does anything for it."""
        return self.uses is None or option in self.uses
