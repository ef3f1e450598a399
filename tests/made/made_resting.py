"""Recordings that say against whose resting face they were measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dfe.recording.provenance import RestingNote
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from made_groups import RATE, SMILE, face
from made_study import recording

OFFSET = 0.04


def resting(
    *, share: float = OFFSET, neutral: str = "own", seconds: float = 30, seed: int = 0, smiles: float = 4
) -> tuple[Recording, np.ndarray]:
    """Somebody whose mouth smiles a little at rest, measured against that: what is left are smiles of the moment."""
    space = load_space("arkit51/face41")
    x = face(np.random.default_rng(seed), seconds, smiles, 2)
    rest = np.zeros(space.dimension)
    rest[[space.index(name) for name in SMILE]] = share
    made = recording(x, np.arange(len(x)) / RATE)
    note = RestingNote(0, neutral, 478, 40.0, 0.9, {"rest": tuple(rest)} if neutral != "population" else {})
    return Recording(made.table, replace(made.provenance, resting=(note,))), rest
