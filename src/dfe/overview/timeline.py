"""A face's displays over time, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.clock.clock import Clock, usual_step
from dfe.displays.vocabulary import vocabulary_of
from dfe.draw.plot import PALE, Plot, axes_of, plain, plot_in
from dfe.events.find import tokenizer_of
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_displays(
    recording: Recording,
    *,
    face_id: int = 0,
    tokenizer: Tokenizer | None = None,
    displays: int = 16,
    axes: Axes | None = None,
) -> Plot:
    """A face's displays over time: a row for each display, the most shown on top, darker where it is stronger.

    Time in which the face is found but not usable is shaded; time in which it is not found is empty.

    Args:
        recording: of a video.
        face_id: whose displays.
        tokenizer: that made the tokens, where it does not come with the package.
        displays: rows at most.
        axes: to draw into; a new figure if None.

    Raises:
        TableError: tokens of another tokenizer, or no such face.
        UsageError: pictures, which have no time.
        DfeError: matplotlib is not installed.
    """
    where = recording.provenance.source.name
    tokenizer = tokenizer_of(recording) if tokenizer is None else tokenizer
    made_by = recording.provenance.tokenizer
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
    axes = axes_of(axes, 9.0, max(2.0, 0.8 + 0.24 * len(shown)))
    clock = Clock(times, usual_step(recording.times))
    # A column for each row of the table and an empty one for each gap; cells end where the next one begins.
    edges = np.sort(np.concatenate([times, clock.until_s[clock.last]]))
    column = np.searchsorted(edges, times)
    cells = np.full((len(shown), len(edges) - 1), np.nan)
    cells[:, column] = np.where(mm[:, shown] > 0, mm[:, shown], np.nan).T
    shaded = _not_usable(recording, face_id)
    for start, end in shaded:
        axes.axvspan(start, end, color="#f1e6cf", linewidth=0, zorder=0)
    image = axes.pcolormesh(edges, np.arange(len(shown) + 1), cells, cmap="magma_r", vmin=0, rasterized=True, zorder=1)
    axes.set_yticks(np.arange(len(shown)) + 0.5, [f"{d + 1} {words.names[d + 1].label}" for d in shown], fontsize=7)
    axes.set_ylim(len(shown), 0)
    axes.set_xlim(float(edges[0]), float(edges[-1]))
    axes.set_xlabel("time, s")
    axes.set_title(f"{where}, face {face_id}", loc="left", fontsize=9)
    if shaded:
        axes.set_title("shaded: found, but not usable", loc="right", fontsize=7, color=PALE)
    axes.figure.colorbar(image, ax=axes, label="movement of the skin, mm")
    plain(axes)
    return plot_in(axes)


def _not_usable(recording: Recording, face_id: int) -> list[tuple[float, float]]:
    """Stretches, seconds, in which the face is found and not usable."""
    mine = recording.face_ids == face_id
    return [(float(a), float(b)) for a, b in recording.seen(mine & recording.success & ~recording.usable)]
