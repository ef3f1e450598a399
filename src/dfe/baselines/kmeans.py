"""k-means words in mesh coordinates, and the word nearest to each row."""

from __future__ import annotations

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from dfe.baselines.needs import one_thread, sklearn

_BATCHED_FROM = 512
_ITERATIONS = 60


def kmeans(rows: DoubleArray, words: int, seed: int) -> DoubleArray:
    """Centres ``(words, r)`` of rows ``(n, r)``, by scikit-learn on one thread, so that they do not depend on cores.

    Lloyd's algorithm from one k-means++ start; from 512 words on, mini-batches of 4,096 rows from the best of three.

    Raises:
        UsageError: there are fewer rows than words.
    """
    if len(rows) < words:
        raise UsageError(f"{len(rows)} faces cannot teach {words} words", advice="fit on more faces or ask for fewer")
    cluster = sklearn("cluster")
    if words < _BATCHED_FROM:
        model = cluster.KMeans(words, n_init=1, max_iter=_ITERATIONS, random_state=seed)
    else:
        model = cluster.MiniBatchKMeans(words, n_init=3, batch_size=4096, max_iter=_ITERATIONS, random_state=seed)
    with one_thread():
        return np.asarray(model.fit(rows).cluster_centers_, dtype=np.float64)


def nearest(rows: DoubleArray, words: DoubleArray) -> IntArray:
    """Index ``(n,)`` of the word ``(K, r)`` nearest to each row ``(n, r)``; of equally near ones the first."""
    index: IntArray = (rows @ words.T - np.square(words).sum(axis=1) / 2).argmax(axis=1)
    return index
