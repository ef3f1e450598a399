"""Figures of an atlas with matplotlib (extra ``plot``): gallery, co-occurrence, similarity tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dfe.atlas.atlas import Atlas
from dfe.base.errors import UsageError
from dfe.draw.plot import Plot, axes_of, figure_of, plot_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 8
_LEAST_SHARE = 0.001


def plot_gallery(atlas: Atlas, displays: Sequence[int] | None = None, *, columns: int = _COLUMNS) -> Plot:
    """Heads of some displays (all if None) in a grid, each with its number and label.

    Raises:
        UsageError: the space has no mesh to draw, or a display that there is not.
        DfeError: matplotlib is not installed.
    """
    if not atlas.space.has_surface:
        raise UsageError(f"space {atlas.space.id!r} has no mesh: there is nothing to draw")
    shown = [token.display for token in atlas.displays] if displays is None else list(displays)
    if not shown or min(shown) < 1 or max(shown) > len(atlas):
        raise UsageError(f"{atlas.tokenizer} has displays 1 to {len(atlas)}")
    rows = -(-len(shown) // columns)
    figure = figure_of(1.5 * columns, 1.95 * rows)
    for place, axes in zip(shown + [0] * (rows * columns - len(shown)), _flat(figure, rows, columns), strict=True):
        axes.set_axis_off()
        if place:
            axes.imshow(atlas.picture(place, size=192))
            axes.set_title(_wrapped(f"{place} {atlas.label(place)}", 24), fontsize=7, loc="left")
    return Plot(figure, figure.axes[0])


def plot_co_occurrence(atlas: Atlas, displays: Sequence[int] | None = None, *, axes: Axes | None = None) -> Plot:
    """Heat map of how many times more often two displays come together than by chance, log2 of the lift.

    Displays are in the order of the similarity tree; pairs in less than 0.1% of the corpus are left white.

    Raises:
        UsageError: the atlas was built without a corpus.
        DfeError: matplotlib is not installed.
    """
    if atlas.use is None:
        raise UsageError("co-occurrence needs a corpus", advice="build_atlas(tokenizer, corpus)")
    axes = axes_of(axes, 7.0, 5.95)
    used = [int(at) for at in atlas.tree.order if atlas.use.share[at] > 0 and (not displays or at + 1 in displays)]
    pick = np.ix_(used, used)
    together = atlas.use.together[pick]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_lift = np.where(together >= _LEAST_SHARE, np.log2(atlas.use.lift()[pick]), np.nan)
    np.fill_diagonal(log_lift, np.nan)
    largest = float(np.nanmax(np.abs(log_lift))) if np.isfinite(log_lift).any() else 1.0
    image = axes.imshow(log_lift, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
    labels = [str(at + 1) for at in used]
    axes.set_xticks(range(len(used)), labels, rotation=90, fontsize=6)
    axes.set_yticks(range(len(used)), labels, fontsize=6)
    axes.set_xlabel("display")
    axes.set_ylabel("display")
    axes.figure.colorbar(image, ax=axes, label="log2 of (together / by chance)", shrink=0.8)
    return plot_in(axes)


def plot_tree(atlas: Atlas, *, axes: Axes | None = None) -> Plot:
    """The similarity tree, leaves at the right; a join stands at the mean distance 1 - |cosine| of its two sides.

    Raises:
        DfeError: matplotlib is not installed.
    """
    axes = axes_of(axes, 6.0, max(2.0, 0.19 * len(atlas)))
    tree, count = atlas.tree, len(atlas)
    y = {int(leaf): float(row) for row, leaf in enumerate(tree.order)}
    x = dict.fromkeys(y, 0.0)
    for step, ((a, b), height) in enumerate(zip(tree.merges.tolist(), tree.heights.tolist(), strict=True)):
        axes.plot([x[a], height, height, x[b]], [y[a], y[a], y[b], y[b]], color="0.35", linewidth=0.9)
        x[count + step], y[count + step] = height, (y[a] + y[b]) / 2
    axes.set_yticks(range(count), [f"{leaf + 1} {atlas.label(leaf + 1)}" for leaf in tree.order.tolist()], fontsize=6)
    axes.yaxis.tick_right()
    axes.set_xlim(1.02 * float(tree.heights.max(initial=0.01)), 0)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xlabel("1 − |cosine| of the movements in mm")
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    return plot_in(axes)


def _flat(figure: Figure, rows: int, columns: int) -> list[Any]:
    return list(np.asarray(figure.subplots(rows, columns, squeeze=False)).ravel())


def _wrapped(label: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(label, width)[:3])
