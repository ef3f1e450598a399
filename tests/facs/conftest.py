from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from dfe.space.arkit import FACE_NAMES
from dfe.space.base import ExpressionSpace


@pytest.fixture(scope="session")
def rows(face41: ExpressionSpace) -> np.ndarray:
    """2,000 sparse, skewed rows between 0 and 1."""
    rng = np.random.default_rng(11)
    return np.clip(rng.gamma(0.35, 0.4, (2_000, face41.dimension)), 0, 1).astype(np.float32)


class News(NamedTuple):
    files: list[Path]
    x: np.ndarray
    """(n, 41), read here by the standard library, in the order of files and rows."""
    clip: np.ndarray


@pytest.fixture(scope="session")
def news(shared_data: Path) -> News:
    """py-feat tables of 20 clips, with the coefficients that py-feat gives of the same faces."""
    files = sorted((shared_data / "news").glob("[0-9]*.csv"))
    x, clip = [], []
    for i, path in enumerate(files):
        with path.open(newline="") as handle:
            for row in csv.DictReader(handle):
                x.append([float(row[name]) for name in FACE_NAMES])
                clip.append(i)
    return News(files, np.array(x, np.float32), np.array(clip))
