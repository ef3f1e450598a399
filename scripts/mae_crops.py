"""Face crops for the small masked autoencoder: whose faces, from which tables, in which part.

Learned from: LFW's training people and FER2013's training pictures (the split of scripts/training_media.py), crops
only, no label. Held out: the validating people and pictures. LFW's test people and FER2013's public test are not
looked at: they are for the study's own results.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.media.image import read_image
from dfe.predict.representations.face_crops import face_crop, in_channels
from dfe.recording.recording import Recording

SIDE, JITTER = 64, 8
LEARNED, HELD_OUT = ("lfw_train", "fer2013_train"), ("lfw_validate", "fer2013_validate")


class Crops(NamedTuple):
    """Usable faces of one part."""

    pixels: np.ndarray
    """``(n, 72, 72, 1)`` uint8; the middle 64 px are what a frozen network sees."""
    names: np.ndarray
    """``(n,)`` file of each."""
    x: np.ndarray
    """``(n, D)`` expression coefficients of the same faces."""


def crops_of(part: str, work: Path, cache: Path) -> Crops:
    """Crops of one part, cut once and kept in ``cache``.

    Args:
        part: as in ``lfw_train``.
        work: with ``media/`` and ``tables/``, as scripts/make_tables.py leaves it.
        cache: folder for the crops.
    """
    kept = cache / f"{part}.npz"
    if not kept.is_file():
        table = Recording.read(work / "tables" / f"{part}.parquet", landmarks=False)
        rows = np.flatnonzero(table.usable & (table.face_ids == 0))
        names = table.column("source")[rows].astype(np.str_)
        margin = 1.1 * (SIDE + JITTER) / SIDE
        faces = [
            face_crop(read_image(work / "media" / part / name), box, roll, SIDE + JITTER, margin=margin)
            for name, box, roll in zip(names, table.boxes[rows], table.poses[rows, 2], strict=True)
        ]
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(kept, pixels=in_channels(np.stack(faces), 1), names=names, x=table.expressions()[rows])
    with np.load(kept, allow_pickle=False) as archive:
        return Crops(archive["pixels"], archive["names"], archive["x"])


def middle(pixels: np.ndarray) -> np.ndarray:
    """The network's view ``(n, 64, 64, 1)``."""
    at = JITTER // 2
    return np.ascontiguousarray(pixels[:, at : at + SIDE, at : at + SIDE])
