"""Flat words: each face is the nearest of some hundred k-means centres, and a recording is a bag of them.

After Tran et al. (FG 2021). The centres come from faces that are no part of the study, or from its training split
alone; without either they are fitted on all its rows without labels, and the id says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import FloatArray, IntArray
from dfe.baselines.additive import AdditiveCoder
from dfe.baselines.flat import flat_kmeans
from dfe.datasets.examples import Examples
from dfe.predict.reading import ExampleRows, Reading, covered
from dfe.predict.representation import Features, Measuring, Pipeline
from dfe.recording.provenance import SpaceRef
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.stats.bag import BagOfTokens
from dfe.stats.scaling import SCALINGS, Scaled


class _Seen(NamedTuple):
    """A recording's part in the bags: its examples, and the ``faces`` that their rows show, each once."""

    places: IntArray
    rows: ExampleRows
    face: IntArray
    """``(m,)`` which of the faces a row shows."""
    faces: FloatArray
    space: SpaceRef


@dataclass(frozen=True, eq=False)
class FlatWords:
    """Share of usable time of each word.

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

    def measuring(self, examples: Examples) -> Measuring:
        """Usable seconds, then seconds of each word; see :class:`Representation`.

        Raises:
            TableError: there are fewer faces than words.
        """
        seen: list[_Seen] = []

        def add(reading: Reading) -> None:
            rows = reading.rows()
            faces, face = np.unique(rows.row, return_inverse=True)
            made = reading.recording.provenance.space
            seen.append(_Seen(reading.places, rows, face, reading.expressions[faces], made))

        return Measuring(add, lambda: self._features(examples, seen))

    def pipelines(self, features: Features) -> Sequence[Pipeline]:  # noqa: ARG002 (the same for all)
        """Shares of time, centred, on each of the scales."""
        return [[("bag", BagOfTokens("share")), ("scale", Scaled(kind))] for kind in SCALINGS]

    def _features(self, examples: Examples, seen: list[_Seen]) -> Features:
        coder = self._fitted(examples, seen)
        valid, total = np.zeros(len(examples)), np.zeros(len(examples))
        sums = np.zeros((len(examples), self.words))
        for one in seen:
            count, rows = len(one.places), one.rows
            codes = coder.encode_codes(one.faces)[one.face, 0].astype(np.int64)
            known = codes >= 0
            valid[one.places] = np.bincount(rows.example, rows.seconds, count)
            total[one.places] = rows.total_s
            cell = rows.example[known] * self.words + codes[known]
            sums[one.places] = np.bincount(cell, rows.seconds[known], count * self.words).reshape(count, -1)
        x = np.column_stack([valid, sums])
        x[valid <= 0] = np.nan
        names = ("valid_s", *(f"word {word}" for word in range(self.words)))
        return Features(x, names, covered(valid, total), valid)

    def _fitted(self, examples: Examples, seen: list[_Seen]) -> AdditiveCoder:
        if self.others:
            known = [Recording.read(path, landmarks=False) for path in self.others]
            made = known[0].provenance.space
            faces = [recording.expressions()[recording.usable] for recording in known]
        else:
            train = np.ones(len(examples), np.bool_) if examples.split is None else examples.split == "train"
            faces, made = [], None
            chosen = [one for one in seen if train[one.places].any()]
            # As the training examples first name them, so that the others do not change which faces are drawn.
            for one in sorted(chosen, key=lambda one: int(one.places[train[one.places]][0])):
                made = made or one.space
                faces.append(one.faces[np.unique(one.face[train[one.places][one.rows.example]])])
        x = np.concatenate(faces) if faces else np.zeros((0, 1), np.float32)
        x = x[np.isfinite(x).all(axis=1)]
        if made is None or len(x) < self.words:
            raise TableError(f"{len(x)} faces are too few for {self.words} words", advice="ask for fewer, with --words")
        if len(x) > self.most_rows:
            x = x[np.sort(np.random.default_rng(self.seed).choice(len(x), self.most_rows, replace=False))]
        return flat_kmeans(x, load_space(made.id, made.version), self.words, self.seed)
