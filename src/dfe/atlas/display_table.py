"""The displays of an atlas as a table, a row each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from dfe.atlas.display import AtlasDisplay
from dfe.atlas.use import CorpusUse
from dfe.displays.names import Names


def display_table(
    tokens: Sequence[AtlasDisplay], names: Names, regions: Sequence[str], use: CorpusUse | None = None
) -> pa.Table:
    """A row per display.

    Number, the user's name and note, words, side, region and a column ``share_…`` for each region, energy in mm,
    locality, mirror partner, status, reliability, nearest action units; with a corpus its share of time, median
    intensity in mm, share of faithful uses, quartiles of durations in seconds, number of events and of people.

    Args:
        tokens: the displays, in order.
        names: the user's.
        regions: of the space's mesh.
        use: what a corpus does with them.
    """
    columns: dict[str, list[object]] = {
        "display": [t.display for t in tokens],
        "name": [names.name(t.display) for t in tokens],
        "note": [names.note(t.display) for t in tokens],
        "words": [t.words for t in tokens],
        "side": [t.side for t in tokens],
        "region": [t.region for t in tokens],
    }
    for region in regions:
        columns[f"share_{region}"] = [t.regions[region] for t in tokens]
    columns |= {
        "energy_mm": [t.energy_mm for t in tokens],
        "locality": [t.locality for t in tokens],
        "mirror_partner": [t.partner for t in tokens],
        "status": [t.status for t in tokens],
        "reliability": [t.reliability for t in tokens],
        "au_proxy": [" ".join(unit.id for unit in t.units) for t in tokens],
    }
    types = {"mirror_partner": pa.int64(), "reliability": pa.float64()}
    if use is not None:
        quartiles = use.duration_s.T
        columns |= {
            "share": use.share.tolist(),
            "median_mm": _known(use.median_mm),
            "faithful": _known(use.faithful),
            "duration_q25_s": _known(quartiles[0]),
            "duration_median_s": _known(quartiles[1]),
            "duration_q75_s": _known(quartiles[2]),
            "events": use.events.tolist(),
            "subjects": (use.by_subject > 0).sum(axis=1).tolist(),
        }
        floats = ("median_mm", "faithful", "duration_q25_s", "duration_median_s", "duration_q75_s")
        types |= dict.fromkeys(floats, pa.float64())
    return pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()})


def _known(values: np.ndarray) -> list[object]:
    return [float(v) if v == v else None for v in values.tolist()]
