"""Figures of a recording with matplotlib (extra ``plot``): its tokens over time."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from dfe.base.errors import DfeError, TableError, UsageError
from dfe.clock.clock import Clock, usual_step
from dfe.displays.vocabulary import vocabulary_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dfe.recording.recording import Recording
    from dfe.tokenizer.tokenizer import Tokenizer


def plot_tokens(
    recording: Recording,
    tokenizer: Tokenizer,
    face_id: int = 0,
    *,
    displays: int = 16,
    axes: Axes | None = None,
) -> Axes:
    """Raster of a face's displays over time: a row per display, the most used on top, darker where it is stronger.

    Args:
        recording: of a video, with tokens of this tokenizer.
        tokenizer: that made them.
        face_id: whose tokens.
        displays: rows at most.
        axes: to draw into; a new figure if None (``axes.figure``).

    Raises:
        TableError: tokens of another tokenizer, or no such face.
        UsageError: pictures, which have no time.
        DfeError: matplotlib is not installed.
    """
    made_by = recording.provenance.tokenizer
    where = recording.provenance.source.name
    if made_by is None or made_by.hash != tokenizer.hash:
        other = "no tokens" if made_by is None else f"tokens of {made_by.id}, not of {tokenizer.id}"
        raise TableError(f"has {other}", where=where, advice="load the tokenizer that made them")
    face = recording.for_face(face_id)
    order = np.argsort(face.times, kind="stable")
    times = face.times[order]
    if not np.isfinite(times).all():
        raise UsageError("pictures have no time to plot over", where=where)
    words = vocabulary_of(tokenizer)
    mm = words.merged(face.tokens()).at(order).amounts(tokenizer.size - 1)
    shown = [d for d in np.argsort(-(mm > 0).sum(axis=0), kind="stable").tolist() if mm[:, d].any()][:displays]
    if axes is None:
        axes = _figure(max(2.0, 0.8 + 0.24 * len(shown)))
    clock = Clock(times, usual_step(recording.times))
    # A column for each row of the table and an empty one for each gap; cells end where the next one begins.
    edges = np.sort(np.concatenate([times, clock.until_s[clock.last]]))
    column = np.searchsorted(edges, times)
    cells = np.full((len(shown), len(edges) - 1), np.nan)
    cells[:, column] = np.where(mm[:, shown] > 0, mm[:, shown], np.nan).T
    image = axes.pcolormesh(edges, np.arange(len(shown) + 1), cells, cmap="magma_r", vmin=0, rasterized=True)
    axes.set_yticks(np.arange(len(shown)) + 0.5, [f"{d + 1} {words.names[d + 1].label}" for d in shown], fontsize=7)
    axes.set_ylim(len(shown), 0)
    axes.set_xlabel("time, s")
    axes.set_title(f"{where}, face {face_id}", loc="left", fontsize=9)
    axes.figure.colorbar(image, ax=axes, label="mm (root mean square)")
    return axes


def _figure(height: float) -> Any:
    try:
        figures = import_module("matplotlib.figure")
    except ImportError as error:
        advice = "pip install 'discrete-facial-encoding[plot]'"
        raise DfeError("figures need matplotlib, which is not installed", advice=advice) from error
    return figures.Figure(figsize=(9, height), layout="constrained").add_subplot()
