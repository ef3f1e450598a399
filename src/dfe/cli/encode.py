"""`dfe encode`: media to tables of tokens, with reports."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from dfe.base.errors import UsageError

if TYPE_CHECKING:
    from dfe.encode.summary import RunSummary


@dataclass(frozen=True)
class FaceOptions:
    """Options that `dfe encode` and `dfe extract` share."""

    paths: Positional[tuple[str, ...]]
    """Videos, pictures, other tools' tables, folders or globs; "-" reads one path a line from standard input."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results; made if it is not there."""
    format: Literal["parquet", "csv"] = "parquet"
    """Kind of table."""
    workers: Annotated[int, arg(metavar="N")] = 1
    """Processes to share the work among; results do not depend on it."""
    frontend: Annotated[str | None, arg(metavar="NAME")] = None
    """How faces are measured, or which tool's table it is (`dfe doctor` lists all): by default the package's own
    networks for pictures and videos, and for a table whichever front end knows it."""
    weights: Annotated[Path | None, arg(metavar="PATH")] = None
    """Weights of a front end whose networks you supply (deca, emoca, smirk)."""
    flame: Annotated[Path | None, arg(metavar="FILE")] = None
    """FLAME model file, for millimetres and pictures in FLAME's spaces."""
    space: Annotated[Path | None, arg(metavar="DIR")] = None
    """Learned expression space (of `dfe learn-space`), for meshes and points."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks in torch run."""
    rate: Annotated[float | None, arg(metavar="FPS")] = None
    """Frames per second of a table without times; wins over the times that a table has."""
    calibrate: bool = False
    """Map the coefficients of an ARKit phone to the default front end's, approximately (docs/tables.md)."""
    max_faces: Annotated[int, arg(metavar="N")] = 4
    """Faces looked for in a frame, at most."""
    largest_only: bool = False
    """Keep the one face that is largest over the whole recording."""
    second_pass: bool = False
    """Find the landmarks of a video twice (still pictures always are): steadier, and about half as fast."""
    both_ways: Literal["stills", "always", "never"] = "stills"
    """Where landmarks are found in the mirror image too, and averaged: left and right alike, less noise, slower."""
    mirrored: bool = False
    """The recording is flipped, as from a selfie preview; left and right are put right."""
    start: Annotated[float | None, arg(metavar="SECONDS")] = None
    """Begin at this presentation time."""
    end: Annotated[float | None, arg(metavar="SECONDS")] = None
    """Stop before this presentation time."""
    every: Annotated[int, arg(metavar="K")] = 1
    """Use frames whose number is a multiple of K."""
    landmarks: bool = False
    """Keep 478 landmarks and 52 network logits of each face in the table: about 4.5 kB a face on disk; Parquet only."""
    overwrite: bool = False
    """Replace results that are there already."""
    json: bool = False
    """Print the summary as JSON on standard output."""

    def process(self, tokenizer: str | None, report: bool, thumbnails: bool) -> int:
        """Run the pipeline and print what it says."""
        from dfe.cli.progress import show_progress
        from dfe.encode.options import EncodeOptions
        from dfe.encode.run import encode_to_folder

        if not self.paths:
            raise UsageError("nothing to do: name at least one video, picture, table, folder or glob")
        options = EncodeOptions(
            tokenizer=tokenizer,
            frontend=self.frontend,
            weights=self.weights,
            flame=self.flame,
            space=self.space,
            device=self.device,
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
        )
        with show_progress("encoding", "frames") as progress:
            summary = encode_to_folder(
                self.paths,
                self.out,
                options,
                workers=self.workers,
                format=self.format,
                report=report,
                thumbnails=thumbnails,
                overwrite=self.overwrite,
                progress=progress,
            )
        return print_summary(summary, as_json=self.json)


@dataclass(frozen=True)
class Encode(FaceOptions):
    """Turn the faces in videos, pictures and other tools' tables into tokens: one table a video or table, one a folder
    of pictures.
    """

    tokenizer: Annotated[str, arg(metavar="NAME")] = "default"
    """Name, name@version or folder of a tokenizer."""
    report: bool = False
    """Write a self-contained HTML page beside each table."""
    thumbnails: bool = False
    """Put small pictures of the person into the report; without this, no output holds one."""

    def run(self) -> int:
        """Encode, print the summary, return the exit code."""
        if self.thumbnails and not self.report:
            raise UsageError("--thumbnails needs --report")
        return self.process(self.tokenizer, self.report, self.thumbnails)


def print_summary(summary: RunSummary, *, as_json: bool) -> int:
    for line in summary.problems:
        print(f"dfe: {line}", file=sys.stderr)
    if as_json:
        print(json.dumps(summary.as_dict(), indent=2, ensure_ascii=False))
    else:
        print(summary.text())
    return summary.exit_code
