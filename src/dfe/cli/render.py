"""`dfe render`: the head that does what a face does, as a video or for 3-D programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import OUT, FaceId, Flag, MadeByTokenizer, Overwrite, arg, need
from dfe.cli.show import say

if TYPE_CHECKING:
    from dfe.movies.performance import Performance, What

_PIXELS = 320


@dataclass(frozen=True)
class Render:
    """Draw a recording as a moving head (MP4 or GLB), or a tokenizer's displays as morph targets (GLB).

    The head is nobody's. Only --beside, which puts the video next to it, and --own-shape show the person.

    Examples:
        dfe render out/interview.parquet -o head.mp4 --tokens
        dfe render default --glb displays.glb
    """

    target: Annotated[Positional[str], arg(metavar="TARGET")]
    """A recording (.parquet, .csv); for --glb also a tokenizer: name, name@version or folder."""
    out: Annotated[Path | None, arg(aliases=["-o"], metavar="MP4", help=f"{OUT}: the video.")] = None
    glb: Annotated[Path | None, arg(metavar="GLB")] = None
    """Head with morph targets to write, for Blender and other 3-D programs; a recording becomes its animation."""
    face: FaceId = None
    what: Literal["auto", "measured", "decoded", "both"] = "auto"
    """Draw what was measured, what the tokens say, or both side by side; by default the tokens if there are any."""
    beside: Annotated[Path | None, arg(metavar="VIDEO")] = None
    """Show the recording's video at the left: the output then holds pictures of the person."""
    own_shape: Flag = False
    """Draw the person's own face at rest, as it was fitted (a mask of 468 points, recordings in space dfe-face only),
    in place of the head that is nobody's. What is written is then a picture of the person's shape, by which the person
    may be known: keep and share it as you do the video."""
    tokens: Flag = False
    """Write below the head what the tokens say."""
    heat: Annotated[float | None, arg(metavar="MM")] = None
    """Colour the skin by how far it has moved, hottest at this many mm."""
    rate: Annotated[float | None, arg(metavar="FPS")] = None
    """Frames per second: of the video; by default the recording's own times."""
    pixels: Annotated[int, arg(metavar="N")] = _PIXELS
    """Height and width of the head."""
    tokenizer: MadeByTokenizer = None
    overwrite: Overwrite = False

    def run(self) -> int:
        """Read, draw, say what was written; return the exit code."""
        if self.out is None and self.glb is None:
            raise UsageError("nothing to write", advice="name a video with -o, or a head with --glb")
        of_video = {
            "--beside": self.beside,
            "--tokens": self.tokens,
            "--heat": self.heat is not None,
            "--rate": self.rate is not None,
            "--pixels": self.pixels != _PIXELS,
        }
        for option, given in of_video.items():
            need(option, given, "-o", self.out)
        if Path(self.target).suffix.lower() not in (".parquet", ".csv"):
            if self.own_shape:
                raise UsageError("--own-shape is for recordings: a tokenizer has no person", where=self.target)
            return self._tokenizer()
        from dfe.movies.performance import read_performance

        performance = read_performance(Path(self.target), self.face, self.tokenizer, own_shape=self.own_shape)
        decoded = self.what in ("decoded", "both") or (self.what == "auto" and performance.decoded is not None)
        if self.glb is not None:
            from dfe.movies.glb import write_recording_glb

            one: What = "decoded" if decoded else "measured"
            count = write_recording_glb(performance, self.glb, one, overwrite=self.overwrite)
            say(f"{self.glb}: {count} morph targets, animated by what was {one}{self._shape()}")
        if self.out is not None:
            self._video(performance, self.out, decoded)
        return 0

    def _tokenizer(self) -> int:
        from dfe.movies.glb import write_tokenizer_glb
        from dfe.tokenizer.file import load_tokenizer

        if self.out is not None or self.glb is None:
            raise UsageError("a tokenizer does not move", where=self.target, advice="write its displays with --glb")
        tokenizer = load_tokenizer(self.target)
        count = write_tokenizer_glb(tokenizer, self.glb, overwrite=self.overwrite)
        say(f"{self.glb}: {count} displays of {tokenizer.id} as morph targets")
        return 0

    def _video(self, performance: Performance, out: Path, decoded: bool) -> None:
        from dfe.cli.progress import show_progress
        from dfe.movies.render import VideoOptions, render_video

        what: tuple[What, ...] = ("measured", "decoded") if self.what == "both" else ("measured",)
        if decoded and self.what != "both":
            what = ("decoded",)
        options = VideoOptions(what, self.pixels, self.rate, self.heat, self.tokens)
        with show_progress("drawing", "frames") as progress:
            count = render_video(
                performance, out, options, beside=self.beside, overwrite=self.overwrite, progress=progress
            )
        person = "; it holds pictures of the person" if self.beside is not None else ""
        say(f"{out}: {count} frames of what was {' and '.join(what)}{person}{self._shape()}")

    def _shape(self) -> str:
        return "; it shows the shape of the person's face" if self.own_shape else ""
