"""What charts are drawn of: colours, marks of series, names that fit their place; plain text, the same each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from markupsafe import Markup

from dfe.pages.escape import text

COLOURS = 8
"""Colours of series; those beyond are the same again, with dashes."""

_NAMES = ("paper", "ink", "quiet", "grid", *(f"series-{i}" for i in range(COLOURS)))
_LIGHT = "#ffffff #22272d #5f6871 #e4e2de #2f62b0 #ad4f08 #12766a #9c3f86 #56751b #b43a32 #6350b0 #7d5a2e"
_DARK = "#1c2024 #e3e6e8 #9aa3ab #2b3035 #8ab4f0 #eda25c #55c7b6 #e08fcb #acc96a #f08f86 #b3a5f2 #d0b080"
PALETTES = {
    "light": dict(zip(_NAMES, _LIGHT.split(), strict=True)),
    "dark": dict(zip(_NAMES, _DARK.split(), strict=True)),
}
"""By theme and CSS variable the colours of charts that stand alone; those of the page's style sheets, but for paper."""

_EDGE = 14
SIZE, LINE = 12, 15
"""Height of letters and of a line of them, CSS pixels."""

QUIET, INK = 'fill="var(--quiet)"', 'fill="var(--ink)"'
"""Attributes of words that stand back, and of those that don't."""

_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"
_WIDTHS = {**dict.fromkeys("ijl.,:;|!'()[]I/", 0.32), **dict.fromkeys("mwMW@%–", 0.9), **dict.fromkeys("ftr -", 0.42)}


class Look(NamedTuple):
    """How a series is drawn, the same in every chart."""

    place: int = 0
    """Its number, which stands for colour and dashes; -1 is quiet."""
    shape: Literal["circle", "square", "diamond"] = "circle"
    strong: bool = True

    @property
    def colour(self) -> str:
        """As CSS variable."""
        return f"var(--series-{self.place % COLOURS})" if self.place >= 0 else "var(--quiet)"

    @property
    def dashes(self) -> str:
        """Attribute of its line."""
        return "" if self.place < COLOURS else ' stroke-dasharray="6 3"'

    @property
    def words(self) -> str:
        """Attributes of its name."""
        return f'fill="{self.colour}" font-weight="{600 if self.strong else 400}"'


def svg(id: str, title: str, about: str, size: tuple[int, int], parts: Sequence[str]) -> Markup:
    """A whole chart of some size, with a title and a description for those who do not see it."""
    width, height = size
    heading = f'<text x="0" y="13" fill="var(--ink)" font-weight="600">{text(fitted(title, width))}</text>'
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-title {id}-about" '
        f'font-family="{_FONT}" font-size="{SIZE}"><title id="{id}-title">{text(title)}</title>'
        f'<desc id="{id}-about">{text(about)}</desc>{heading}{"".join(parts)}</svg>'
    )


def standalone(chart: str, theme: Literal["light", "dark"] = "light") -> str:
    """A chart as an .svg file of its own, with the colours of a theme written out, on a ground."""
    palette = PALETTES[theme]
    filled = re.sub(r"var\(--([a-z0-9-]+)\)", lambda found: palette[found[1]], chart)
    ground = f'<rect x="-{_EDGE}" y="-{_EDGE}" width="100%" height="100%" fill="{palette["paper"]}"/>'

    def edged(found: re.Match[str]) -> str:
        width, height = (int(size) + 2 * _EDGE for size in found.groups())
        return f'width="{width}" height="{height}" viewBox="-{_EDGE} -{_EDGE} {width} {height}"'

    made = re.sub(r'viewBox="0 0 (\d+) (\d+)"', edged, filled, count=1).replace("</desc>", f"</desc>{ground}", 1)
    return made.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def n(value: float) -> str:
    """A place in pixels, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def path(points: Sequence[tuple[float, float]]) -> str:
    """Straight lines from point to point."""
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points)


def dot(at: tuple[float, float], look: Look, said: str) -> str:
    """A series' mark at a place; ``said`` shows under the mouse."""
    x, y = at
    r = 4.0 if look.strong else 3.3
    fill = f'class="dot" fill="{look.colour}" stroke="var(--paper)"'
    shapes = {
        "circle": f'<circle cx="{n(x)}" cy="{n(y)}" r="{r}" {fill}>',
        "square": f'<rect x="{n(x - r)}" y="{n(y - r)}" width="{n(2 * r)}" height="{n(2 * r)}" {fill}>',
        "diamond": f'<polygon points="{n(x - 5)} {n(y)} {n(x)} {n(y - 5)} {n(x + 5)} {n(y)} {n(x)} {n(y + 5)}" {fill}>',
    }
    tag = {"circle": "circle", "square": "rect", "diamond": "polygon"}[look.shape]
    return f"{shapes[look.shape]}<title>{text(said)}</title></{tag}>"


def name(whole: str, at: tuple[float, float], attributes: str, room: float, anchor: str = "start") -> str:
    """A name at a place, cut to the room that there is; the whole of it shows under the mouse."""
    shown = fitted(whole, room)
    more = f"<title>{text(whole)}</title>" if shown != whole else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{n(at[0])}" y="{n(at[1])}"{side} {attributes}>{text(shown)}{more}</text>'


def width_of(words: str) -> float:
    """About how wide words are in a common sans-serif at :data:`SIZE`, a little too much rather than too little."""
    return SIZE * sum(_WIDTHS.get(c, 0.72 if c.isupper() else 0.6) for c in words)


def fitted(words: str, room: float) -> str:
    """Words cut in their middle, where names differ least, to fit a width."""
    if width_of(words) <= room:
        return words
    for kept in range(len(words) - 1, 1, -1):
        shown = f"{words[: (kept + 1) // 2]}…{words[len(words) - kept // 2 :]}"
        if width_of(shown) <= room:
            return shown
    return "…"


def spread_out(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places within ``low`` and ``high`` that are ``gap`` apart (less, where there is no room) and near those wanted.

    Least squares under that condition: the pooling of adjacent violators of isotonic regression (Ayer et al. 1955).
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    pools: list[tuple[float, int]] = []
    for i, at in enumerate(order):
        mean, size = wanted[at] - i * gap, 1
        while pools and pools[-1][0] >= mean:
            before, many = pools.pop()
            mean, size = (before * many + mean * size) / (many + size), many + size
        pools.append((mean, size))
    most = high - (len(wanted) - 1) * gap
    flat = [min(max(mean, low), most) for mean, size in pools for _ in range(size)]
    placed = [0.0] * len(wanted)
    for i, at in enumerate(order):
        placed[at] = flat[i] + i * gap
    return placed
