"""`dfe faces`: the faces of a recording, listed, joined and cut."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import OUT, AsJson, Overwrite, arg


@dataclass(frozen=True)
class Faces:
    """List the faces of a recording; with --join or --split, write a recording in which they are put right.

    Examples:
        dfe faces out/clip.parquet
        dfe faces out/clip.parquet --split 0@12.5 --join 2:0 -o out/clip-faces.parquet
    """

    recording: Annotated[Positional[Path], arg(metavar="RECORDING")]
    """A table that `dfe encode` wrote."""
    split: Annotated[tuple[str, ...], arg(metavar="FACE@SECONDS ...")] = ()
    """Give a face a new id from a time on, as in 0@12.5; done before any merging."""
    join: Annotated[tuple[str, ...], arg(metavar="FACE:INTO ...")] = ()
    """Make a face part of another, as in 2:0."""
    out: Annotated[
        Path | None,
        arg(aliases=["-o"], metavar="FILE", help=f"{OUT}: the recording, .parquet or .csv; with --join and --split."),
    ] = None
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Read, change, write, print; return the exit code."""
        from dfe.base.files import refuse_existing
        from dfe.cli.show import say, show, show_json
        from dfe.cli.tables import faces_table
        from dfe.recording.faces import list_faces, merge_faces, split_face
        from dfe.recording.recording import Recording

        changes = bool(self.join or self.split)
        if changes != (self.out is not None):
            raise UsageError(
                "--join and --split need -o" if changes else "-o needs --join or --split",
                advice="name the recording to write, as in dfe faces clip.parquet --join 2:0 -o clip-faces.parquet",
            )
        splits = [_pair(words, "@", "--split", "0@12.5") for words in self.split]
        merges = [_pair(words, ":", "--join", "2:0") for words in self.join]
        if self.out is not None:
            refuse_existing(self.out, overwrite=self.overwrite)
        recording = Recording.read(self.recording)
        for face, at in splits:
            recording = split_face(recording, face, at)
        for face, into in merges:
            recording = merge_faces(recording, {face: int(into)})
        tracks = list_faces(recording)
        if self.out is not None:
            recording.write(self.out, overwrite=self.overwrite)
        if self.json:
            show_json([asdict(track) for track in tracks])
        else:
            show(faces_table(tracks))
            if self.out is not None:
                say(f"written: {self.out}")
        return 0


def _pair(words: str, sign: str, option: str, example: str) -> tuple[int, float]:
    face, found, value = words.partition(sign)
    try:
        number = float(value)
        if not found or not face.isdecimal() or not abs(number) < 1e9 or (sign == ":" and not value.isdecimal()):
            raise ValueError
        return int(face), number
    except ValueError:
        raise UsageError(f"{option} {words!r} makes no sense", advice=f"write it as in {option} {example}") from None
