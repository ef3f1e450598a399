"""Every baseline at comparable sizes, fitted on the same expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray
from dfe.baselines.additive import AdditiveCoder
from dfe.baselines.flat import flat_kmeans
from dfe.baselines.principal import flame_style, principal_bits
from dfe.baselines.product import product_quantisation
from dfe.baselines.regional import regional_dictionaries
from dfe.baselines.residual import residual_kmeans, residual_kmeans_shared
from dfe.baselines.sparse import nmf, sparse_coding
from dfe.space.base import ExpressionSpace

_FACES_PER_WORD = 4


@dataclass(frozen=True)
class BaselineConfig:
    """Sizes of the baselines; those with K codes at N levels take ``N log2 K`` bits a face, PCA exactly as many.

    Args:
        size: K, codes at a level. All K speak in residual k-means with separate books and product quantisation; code
            0 is silent, which leaves K - 1 words, steps or units, with a shared book, FLAME-style PCA and sparse
            coding.
        levels: N, codes a face; units a face at most in sparse coding and regional dictionaries.
        flat_words: words of flat k-means, at most a quarter of the training faces; none is silent.
        nmf_units: units of NMF, of which a face may have all.
        regional_units: units of the regional dictionaries, all regions together.
        intensities: steps of a unit besides the silent code 0 in sparse coding, NMF and regional dictionaries. 8 of
            them make sparse coding's entropy about that of residual k-means with the same K and N.
        seed: of everything drawn.

    Raises:
        UsageError: fewer than two codes, or no level.
    """

    size: int = 64
    levels: int = 8
    flat_words: int = 4096
    nmf_units: int = 16
    regional_units: int = 50
    intensities: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.levels, self.flat_words, self.nmf_units, self.regional_units, self.intensities)
        if self.size < 2 or min(counts) < 1:
            raise UsageError("baselines need at least 2 codes, and one of everything else")

    @property
    def bits(self) -> int:
        """Bits of a face, rounded."""
        return round(self.levels * float(np.log2(self.size)))


Fit = Callable[[FloatArray, ExpressionSpace, BaselineConfig], AdditiveCoder]

_FITS: dict[str, Fit] = {
    "residual-kmeans": lambda x, s, c: residual_kmeans(x, s, c.size, c.levels, c.seed),
    "residual-kmeans-shared": lambda x, s, c: residual_kmeans_shared(x, s, c.size, c.levels, c.seed),
    "flat-kmeans": lambda x, s, c: flat_kmeans(x, s, max(min(c.flat_words, len(x) // _FACES_PER_WORD), 1), c.seed),
    "product": lambda x, s, c: product_quantisation(x, s, c.size, c.levels, c.seed),
    "pca": lambda x, s, c: principal_bits(x, s, c.bits),
    "flame-pca": lambda x, s, c: flame_style(x, s, c.size, c.levels),
    "sparse": lambda x, s, c: sparse_coding(x, s, c.size - 1, c.levels, c.intensities, c.seed),
    "nmf": lambda x, s, c: nmf(x, s, c.nmf_units, c.intensities, c.seed),
    "regional": lambda x, s, c: regional_dictionaries(x, s, c.regional_units, c.levels, c.intensities, c.seed),
}

NAMES: tuple[str, ...] = tuple(_FITS)
"""Every baseline, in the order of the tables."""


def fit_baseline(
    name: str, train: ArrayLike, space: ExpressionSpace, config: BaselineConfig | None = None
) -> AdditiveCoder:
    """One baseline, by its name in :data:`NAMES`, fitted on expressions ``(n, D)``; rows not finite are left out.

    Raises:
        UsageError: no such baseline, rows that are not of this space, or too few of them.
        DfeError: scikit-learn is not installed.
    """
    if name not in _FITS:
        raise UsageError(f"no baseline is called {name!r}", advice=f"there are {', '.join(NAMES)}")
    rows = np.asarray(train, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != space.dimension:
        raise UsageError(f"baselines for {space.id} learn from rows of {space.dimension} numbers, not {rows.shape}")
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 2:
        raise UsageError(f"baseline {name} cannot learn from {len(rows)} faces")
    return _FITS[name](rows, space, config or BaselineConfig())
