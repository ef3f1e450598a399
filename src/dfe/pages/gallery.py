"""The gallery of the tokens used most, and the legend of its colours."""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray
from dfe.pages.html import count, data_uri, number, percent, text
from dfe.pages.spans import occupancy
from dfe.pages.view import RecordingView, TokenCard

_PARTS = 60
_SIDES = {"both": "both sides", "left": "more on the subject's left", "right": "more on the subject's right"}
_OF = {
    ("video", "usable"): "of usable time",
    ("video", "found"): "of the time with a face (none is usable)",
    ("stills", "usable"): "of usable faces",
    ("stills", "found"): "of faces (none is usable)",
}


def gallery(view: RecordingView) -> str:
    """Section with a card per token; empty text when there are no cards."""
    if not view.cards:
        return ""
    cards = "\n".join(_card(view, card) for card in view.cards)
    shown = f"The {len(view.cards)} tokens used most" if len(view.cards) > 1 else "The one token that is used"
    of = f", of {view.book_size} that the tokenizer knows" if view.book_size else ""
    lead = (
        f"{shown}{of}. Each picture shows what the token adds to a resting face, on a drawn head; "
        "colour shows how far the skin moves. "
    )
    if ladder := view.ladder_mm:
        low, middle, high = (number(mm, 1) for mm in (ladder[0], ladder[len(ladder) // 2], ladder[-1]))
        lead += (
            f"A face says a token at one of {len(ladder)} intensities, from {low} to {high} mm of movement "
            f"(root mean square over the face); the pictures show {middle} mm. Shares count a token at any intensity."
        )
    else:
        lead += (
            "Shares count a token where it is among a face's first two; later ones are weaker and mostly correct the "
            "first."
        )
    return f"""<section aria-labelledby="gallery-title">
<h2 id="gallery-title">What the tokens look like</h2>
<p class="note">{lead}</p>
{legend(view.heat_stops)}
<ul class="cards">
{cards}
</ul>
</section>"""


def side_class(side: str) -> str:
    """Name of the style for a side; other words get the neutral one."""
    return side if side in _SIDES else "other"


def legend(stops: tuple[tuple[float, str], ...]) -> str:
    """Bar of the heat colours with a tick at every stop that has room, in mm."""
    if len(stops) < 2:
        return ""
    low, high = stops[0][0], stops[-1][0]
    reach = (high - low) or 1.0
    places = [(100 * (mm - low) / reach, mm, colour) for mm, colour in stops]
    gradient = ", ".join(f"{text(colour)} {place:.1f}%" for place, _, colour in places)
    ticks = [low + reach * i / 4 for i in range(5)]
    labels = "".join(f"<span>{_short(mm)}</span>" for mm in ticks[:-1]) + f"<span>≥ {_short(high)}</span>"
    return f"""<div class="legend" role="img" aria-label="Colour scale from {_short(low)} to {_short(high)} mm">
<span class="legend-name">skin moves by, mm</span>
<span class="legend-scale"><span class="legend-bar" style="background:linear-gradient(to right, {gradient})"></span>
<span class="legend-ticks">{labels}</span></span>
</div>"""


def _short(mm: float) -> str:
    return f"{mm:.1f}".rstrip("0").rstrip(".")


def _card(view: RecordingView, card: TokenCard) -> str:
    views = ("front view", "three-quarter view")
    pictures = "".join(
        f'<img src="{data_uri(png)}" width="128" height="128" decoding="async" '
        f'alt="Token {card.code}, {views[min(i, 1)]}: {text(card.words)}">'
        for i, png in enumerate(card.pictures)
    )
    side = side_class(card.side)
    used = "frame" if view.kind == "video" else "face"
    time = _OF[view.kind, view.share_basis]
    unsteady = (
        '<p class="facts quiet">unsteady: small changes of a picture make it come and go; do not count it</p>'
        if card.unsteady
        else ""
    )
    later = f'<p class="facts quiet">{percent(card.later_share)} as a later token</p>' if card.later_share else ""
    return f"""<li class="card" id="token-{card.code}">
<div class="pictures">{pictures}</div>
<div class="card-text">
<h3><span class="code {side}">{card.code}</span> {text(card.words)}</h3>
<p class="facts">{text(_SIDES.get(card.side, card.side))}</p>
<p class="facts"><span><b>{percent(card.share_of_time)}</b> {time}</span>
<span>{count(card.frames_used, used)}</span></p>
{later}{unsteady}
{_sparkline(view, card)}
{_details(card)}
</div>
</li>"""


def _details(card: TokenCard) -> str:
    rows = [f"<dt>{text(name)}</dt><dd>{value:+.2f}</dd>" for name, value in card.strongest]
    if card.rms_mm is not None:
        rows.append(f"<dt>movement (rms)</dt><dd>{number(card.rms_mm, 2)} mm</dd>")
    if card.locality is not None:
        rows.append(f"<dt>locality: 90% of it in</dt><dd>{percent(card.locality)} of the face</dd>")
    if not rows:
        return ""
    return f'<details class="more"><summary>Numbers</summary><dl>{"".join(rows)}</dl></details>'


def _sparkline(view: RecordingView, card: TokenCard) -> str:
    """How often the token is used in each sixtieth of the recording, as a small area; for videos alone."""
    if view.kind != "video" or not view.tracks or not view.duration_s:
        return ""
    edges = np.linspace(0, view.duration_s, _PARTS + 1)
    share: DoubleArray = np.zeros(_PARTS)
    for track in view.tracks:
        share = np.maximum(share, occupancy(track.spans.of(card.code), edges))
    points = " ".join(f"L{i} {20 - 19 * s:.1f}H{i + 1}" for i, s in enumerate(share))
    peak = int(np.argmax(share))
    label = f"Use over time, most at about {edges[peak]:.1f} to {edges[peak + 1]:.1f} s"
    return (
        f'<svg class="spark" viewBox="0 0 {_PARTS} 20" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<path d="M0 20{points}V20Z"/></svg>'
    )
