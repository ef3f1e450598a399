"""A similarity tree as a picture whose leaves are links."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from dfe.pages.escape import text

_ROW, _WIDTH, _TEXT, _GAP = 20, 360, 420, 8


def tree_svg(merges: Sequence[tuple[int, int, float]], order: Sequence[int], labels: Sequence[str]) -> Markup:
    """SVG of a tree: leaves at the right, each a link to ``#token-N``; a join stands where the two are that unlike.

    Args:
        merges: pairs of nodes and their heights 0 to 1, as scipy writes linkages.
        order: leaves from top to bottom.
        labels: plain text of each leaf.
    """
    count = len(order)
    if not count:
        return Markup()
    y = {leaf: _ROW * (row + 0.5) for row, leaf in enumerate(order)}
    x: dict[int, float] = dict.fromkeys(order, float(_WIDTH))
    paths = []
    for step, (a, b, height) in enumerate(merges):
        at = _WIDTH * (1 - min(max(height, 0.0), 1.0))
        paths.append(f"M{x[a]:.1f} {y[a]:.1f}H{at:.1f}V{y[b]:.1f}H{x[b]:.1f}")
        x[count + step], y[count + step] = at, (y[a] + y[b]) / 2
    leaves = "".join(
        f'<a href="#token-{leaf + 1}"><text x="{_WIDTH + _GAP}" y="{y[leaf] + 4.5:.1f}">'
        f'<tspan class="leaf-number">{leaf + 1}</tspan> {text(labels[leaf])}</text></a>'
        for leaf in order
    )
    tall = _ROW * count
    return Markup(
        f'<svg class="tree" viewBox="0 0 {_WIDTH + _TEXT} {tall}" width="{_WIDTH + _TEXT}" height="{tall}" '
        f'role="group" aria-label="Similarity tree of {count} displays">'
        f'<path d="{"".join(paths)}" fill="none"/>{leaves}</svg>'
    )
