"""How faces are measured: the options that everything which encodes has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dfe.cli.options import TOKENIZER, Device, Flag, LargestOnly, arg

if TYPE_CHECKING:
    from dfe.encoding.options import EncodeOptions

NO_TOKENS = "none"


@dataclass(frozen=True)
class How:
    """How faces are measured."""

    tokenizer: Annotated[
        str, arg(metavar="NAME", help=f"{TOKENIZER}; none writes coefficients only, to train a tokenizer on.")
    ] = "default"
    frontend: Annotated[str | None, arg(metavar="NAME")] = None
    """Front end: how faces are measured, or which tool's table it is (`dfe info front-ends` lists all). By default
    the package's own networks for pictures and videos, and for a table whichever front end knows it."""
    weights: Annotated[Path | None, arg(metavar="PATH")] = None
    """Weights of a front end whose networks you supply: deca, emoca or smirk."""
    flame: Annotated[Path | None, arg(metavar="FILE")] = None
    """FLAME model file, for millimetres and pictures in FLAME's spaces."""
    space: Annotated[str | None, arg(metavar="NAME")] = None
    """Expression space: by default dfe-face, the movement of 468 points in mm against the person's resting face,
    wherever there are points of faces; arkit51/face41, 41 coefficients by a network; or, of meshes and points, the
    folder that `dfe learn-space` wrote."""
    neutral: Annotated[str | None, arg(metavar="WHICH")] = None
    """What counts as the face at rest: own (the person's, for films), population (everybody's, for pictures), START-END
    in seconds, or the table of another recording of the person. In space dfe-face only."""
    device: Device = "auto"
    batch: Annotated[int | None, arg(metavar="N")] = None
    """Faces that the packaged networks look at together, gathered from all workers: 32 on CUDA by default. On a CPU
    one at a time is fastest, and the default."""
    rate: Annotated[float | None, arg(metavar="FPS")] = None
    """Frames per second: of a table, where it wins over the times that the table has; of numbered pictures, which are
    then a film; of a bare stream of pictures without times."""
    calibrate: Flag = False
    """Map the coefficients of an ARKit phone to the default front end's, approximately (docs/tables.md)."""
    max_faces: Annotated[int, arg(metavar="N")] = 4
    """Faces looked for in a frame, at most."""
    largest_only: LargestOnly = False
    second_pass: Flag = False
    """Find the landmarks of a video twice (still pictures always are): steadier, and about half as fast."""
    both_ways: Literal["stills", "always", "never"] = "stills"
    """Where landmarks are found in the mirror image too, and averaged: left and right alike, less noise, slower."""
    mirrored: Flag = False
    """The recording is flipped, as from a selfie preview; left and right are put right."""
    start: Annotated[float | None, arg(metavar="SECONDS")] = None
    """Begin at this presentation time."""
    end: Annotated[float | None, arg(metavar="SECONDS")] = None
    """Stop before this presentation time."""
    every: Annotated[int, arg(metavar="K")] = 1
    """Use frames whose number is a multiple of K."""
    landmarks: Flag = False
    """Keep 478 landmarks and 52 network logits of each face in the table: about 4.5 kB a face on disk; Parquet only.
    People can be recognised by them: keep them only if you need them."""
    aus: Flag = False
    """Add action units 0 to 5, as columns au_proxy_: a proxy from the network's coefficients, never FACS coding; the
    provenance says which units are close to their coefficient, which are mixtures, and which are absent."""

    def options(self) -> EncodeOptions:
        """The same for the package.

        Raises:
            UsageError: options that contradict each other or lie outside their range.
        """
        from dfe.encoding.options import EncodeOptions

        return EncodeOptions(
            tokenizer=None if self.tokenizer == NO_TOKENS else self.tokenizer,
            frontend=self.frontend,
            weights=self.weights,
            flame=self.flame,
            space=None if self.space is None else Path(self.space),
            neutral=self.neutral,
            device=self.device,
            batch=self.batch,
            rate=self.rate,
            calibrate=self.calibrate,
            max_faces=self.max_faces,
            largest_only=self.largest_only,
            second_pass=self.second_pass,
            both_ways=self.both_ways,
            mirrored=self.mirrored,
            start_s=self.start,
            end_s=self.end,
            every=self.every,
            landmarks=self.landmarks,
            aus=self.aus,
        )
