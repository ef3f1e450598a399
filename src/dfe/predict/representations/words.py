"""Flat words: each face is the nearest of some hundred k-means centres, and a recording is a bag of them.

After Tran et al. (FG 2021). The centres come from faces that are no part of the study, or from its training split
alone; without either they are fitted on all its rows without labels, and the id says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.base.errors import TableError
from dfe.base.types import FloatArray
from dfe.baselines.additive import AdditiveCoder
from dfe.baselines.flat import flat_kmeans
from dfe.datasets.examples import Examples
from dfe.predict.measures import by_recording
from dfe.predict.representation import Features
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.stats.bag import BagOfTokens


@dataclass(frozen=True, eq=False)
class FlatWords:
    """Share of valid time of each word.

    Args:
        words: number of centres.
        others: recordings of other faces to fit them on; None: the study's own training split, or all of it.
        most_rows: faces that the centres are fitted on, at most.
        seed: of the choice of rows and of k-means.
    """

    words: int = 256
    others: tuple[Path, ...] = ()
    most_rows: int = 20_000
    seed: int = 0

    @property
    def id(self) -> str:
        """As in results."""
        return f"{self.words} flat words"

    def features(self, examples: Examples, recordings: Path) -> Features:
        """Valid seconds, then seconds of each word; see :class:`Representation`.

        Raises:
            TableError: a recording is missing or damaged, or there are fewer faces than words.
        """
        began = time.process_time()
        coder = self._fitted(examples, recordings)
        count = len(examples)
        valid, total = np.zeros(count), np.zeros(count)
        sums = np.zeros(count * self.words)
        for recording, rows in by_recording(examples, recordings):
            codes = coder.encode_codes(recording.expressions()[rows.row])[:, 0].astype(np.int64)
            known = codes >= 0
            valid += np.bincount(rows.example, rows.seconds, count)
            total += rows.total_s
            cell = rows.example[known] * self.words + codes[known]
            sums += np.bincount(cell, rows.seconds[known], count * self.words)
        x = np.column_stack([valid, sums.reshape(count, self.words)])
        x[valid <= 0] = np.nan
        coverage = np.divide(valid, total, out=np.zeros_like(valid), where=total > 0)
        names = ("valid_s", *(f"word {word}" for word in range(self.words)))
        return Features(x, names, coverage, valid, time.process_time() - began)

    def steps(self) -> Sequence[tuple[str, Any]]:
        """Shares of time, every column to mean 0 and spread 1."""
        return [("bag", BagOfTokens("share")), ("scale", StandardScaler())]

    def _fitted(self, examples: Examples, recordings: Path) -> AdditiveCoder:
        faces: list[FloatArray] = []
        made = None
        if self.others:
            for path in self.others:
                recording = Recording.read(path, landmarks=False)
                made = made or recording.provenance.space
                faces.append(recording.expressions()[recording.usable])
        else:
            chosen = examples if examples.split is None else examples.take(examples.split == "train")
            for recording, rows in by_recording(chosen, recordings):
                made = made or recording.provenance.space
                faces.append(recording.expressions()[np.unique(rows.row)])
        x = np.concatenate(faces) if faces else np.zeros((0, 1), np.float32)
        x = x[np.isfinite(x).all(axis=1)]
        if made is None or len(x) < self.words:
            raise TableError(f"{len(x)} faces are too few for {self.words} words", advice="ask for fewer words")
        if len(x) > self.most_rows:
            x = x[np.sort(np.random.default_rng(self.seed).choice(len(x), self.most_rows, replace=False))]
        return flat_kmeans(x, load_space(made.id, made.version), self.words, self.seed)
