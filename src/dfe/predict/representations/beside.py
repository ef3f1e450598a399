"""Two representations side by side: what one adds to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfe.datasets.examples import Examples
from dfe.predict.reading import Reading
from dfe.predict.representation import Features, Measuring, Pipeline, Representation
from dfe.predict.steps import SideBySide
from dfe.stats.linear import blank


@dataclass(frozen=True, eq=False)
class Beside:
    """The columns of both, each prepared in its own way; an example that either says nothing of has none.

    Args:
        first: as the row without expression; its first way of preparing columns is used.
        second: its ways are chosen among.
    """

    first: Representation
    second: Representation

    @property
    def id(self) -> str:
        """As in results."""
        return f"{self.first.id} and {self.second.id}"

    def measuring(self, examples: Examples) -> Measuring:
        """Both; see :class:`~dfe.predict.representation.Representation`."""
        both = [one.measuring(examples) for one in (self.first, self.second)]

        looking = [one.add for one in both if one.add is not None]

        def add(reading: Reading) -> None:
            for look in looking:
                look(reading)

        def features() -> Features:
            made = [one.features() for one in both]
            x = np.column_stack([one.x for one in made])
            x[blank(made[0].x) | blank(made[1].x)] = np.nan
            widths = (made[0].x.shape[1], *(made[1].blocks or (made[1].x.shape[1],)))
            names = (*(f"{self.first.id} {name}" for name in made[0].names), *made[1].names)
            return Features(x, names, made[1].coverage, made[1].exposure_s, blocks=widths)

        return Measuring(add if looking else None, features)

    def pipelines(self, features: Features) -> Sequence[Pipeline]:
        """The first's way beside every way of the second."""
        width = features.blocks[0]
        own = features._replace(blocks=features.blocks[1:])
        (before, *_) = self.first.pipelines(features)
        return [[("both", SideBySide(width, before, after))] for after in self.second.pipelines(own)]
