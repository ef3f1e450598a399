"""Recordings in the face model's space, with tokens, of the sets that docs/results.md and study-results.md rest on.

Pictures and films are looked at once (``dfe encode --landmarks``, scripts/facemodel_media.py, kept under
.cache/facemodel/tables); what the face model and the tokenizers make of the points is made anew each time, in seconds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from dfe.encoding.coders import add_tokens
from dfe.encoding.face_model import FaceModelRows, in_face_space, mesh_fitter
from dfe.facemodel.track import see
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer

FILMS = ("clips",)


def in_space(table: Path, tokenizer: Tokenizer, *, landmarks: bool = False, prefix: str = "") -> Recording:
    """A table with landmarks as ``dfe encode`` would write it in the face model's space, with tokens.

    Args:
        table: in ``arkit51/face41``, with landmarks.
        tokenizer: of the face model's space.
        landmarks: keep them.
        prefix: of the pictures' names, where two sets use the same ones.
    """
    recording = Recording.read(table)
    found = np.flatnonzero(recording.success)
    points = recording.landmarks()
    assert points is not None, f"{table}: extract with --landmarks"
    faces = None
    if len(found):
        faces = FaceModelRows(see(mesh_fitter(), points[found].astype(np.float64)), mesh_fitter(), points.shape[1])
    frames, ids = recording.frames[found].astype(np.int64), recording.face_ids[found].astype(np.int64)
    done = in_face_space(recording, faces, frames, ids)
    if not landmarks:
        kept = [name for name in done.table.column_names if name not in ("landmarks", "logits")]
        done = Recording(done.table.select(kept), done.provenance)
    if prefix:
        at = done.table.column_names.index("source")
        names = [prefix + name for name in done.column("source").tolist()]
        column = pa.array(names).dictionary_encode().cast(done.table.schema.field("source").type)
        done = Recording(done.table.set_column(at, "source", column), done.provenance)
    return add_tokens(done, tokenizer)


def recordings_of(
    tables: Path, name: str, out: Path, tokenizer: Tokenizer, *, landmarks: bool = False, prefix: str = ""
) -> None:
    """Every table of a set in the face model's space, under ``out``; made before by these tokens, it is kept."""
    for table in sorted((tables / name).glob("*.parquet")):
        target = out / (table.name if table.stem == name else f"{name}/{table.name}")
        if target.is_file() and _is_of(target, tokenizer) and target.stat().st_mtime > table.stat().st_mtime:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        in_space(table, tokenizer, landmarks=landmarks, prefix=prefix).write(target, overwrite=True)


def encoded(inputs: list[Path], out: Path, *more: str) -> None:
    """What ``dfe encode`` makes of pictures or tables with the defaults; made before, it is kept."""
    if not out.exists():
        command = [sys.executable, "-m", "dfe", "encode", *map(str, inputs), "-o", str(out), *more]
        subprocess.run(command, check=True)


def _is_of(target: Path, tokenizer: Tokenizer) -> bool:
    made = Recording.read(target, landmarks=False).provenance.tokenizer
    return made is not None and made.hash == tokenizer.hash
