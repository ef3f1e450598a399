"""Flat words: one k-means centre stands for a whole face.

After "Modeling Dynamics of Facial Behavior for Mental Health Assessment" (Tran et al., FG 2021), which clusters the
action-unit intensities of video frames into words. Here the rows are expressions, and nearest means nearest in mm.
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import FloatArray
from dfe.baselines.additive import AdditiveCoder, mean_face
from dfe.baselines.kmeans import kmeans
from dfe.baselines.metric import mesh_metric
from dfe.baselines.residual import ResidualSearch
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace


def flat_kmeans(train: FloatArray, space: ExpressionSpace, words: int, seed: int = 0) -> AdditiveCoder:
    """One code a face, a word of its own each, none of them silent, around the mean face.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions.
        words: number of words.
        seed: of k-means.
    """
    metric, base = mesh_metric(space), mean_face(train)
    directions = metric.from_mm(kmeans(metric.to_mm(train - base), words, seed)).astype(np.float32)
    table = Displays.of(space, directions, np.arange(words)[None], np.ones((1, words), np.float32))
    search = ResidualSearch(metric, base, (metric.to_mm(directions),))
    return AdditiveCoder(f"flat-kmeans-{words}", space, base, table, search)
