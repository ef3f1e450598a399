"""A made corpus of people who smile and, half a second later, raise their brows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dfe.media.probe import file_hash
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from made_groups import BROW, SMILE
from made_study import recording

RATE = 25


def following(seed: int, seconds: float = 60.0, lag_s: float = 0.5, every_s: float = 5.0) -> np.ndarray:
    """Expressions ``(n, 41)``: a smile every few seconds at a random moment, the brows after it."""
    rng, space = np.random.default_rng(seed), load_space("arkit51/face41")
    t = np.arange(round(seconds * RATE)) / RATE
    x = np.zeros((len(t), space.dimension), np.float32)
    for start in np.arange(1.0, seconds - 3, every_s) + rng.uniform(0, 2, len(np.arange(1.0, seconds - 3, every_s))):
        for names, at in ((SMILE, start), (BROW, start + lag_s)):
            rise = np.interp(t - at, [0, 0.2, 0.5, 0.8], [0, 0.9, 0.9, 0])
            for name in names:
                x[:, space.index(name)] = np.maximum(x[:, space.index(name)], rise)
    return x


def corpus_of(folder: Path, people: int = 4, seconds: float = 60.0) -> Path:
    """Write ``sub-00_task-talk.parquet`` and so on."""
    for person in range(people):
        x = following(person, seconds)
        name = f"sub-{person:02d}_task-talk"
        recording(x, np.arange(len(x)) / RATE, name=f"{name}.mp4").write(folder / f"{name}.parquet")
    return folder


def of_film(path: Path, film: Path, seconds: float = 8.0) -> Recording:
    """A recording that says it is of this film."""
    x = following(7, seconds)
    made = recording(x, np.arange(len(x)) / RATE, name=film.name)
    made.provenance = replace(
        made.provenance, source=replace(made.provenance.source, sha256=file_hash(film), frames=len(x))
    )
    made.write(path)
    return made
