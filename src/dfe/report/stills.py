"""Still pictures: a list of faces with their tokens, in place of a timeline."""

from __future__ import annotations

from collections.abc import Mapping

from dfe.pages.gallery import side_class
from dfe.pages.html import data_uri, text
from dfe.pages.view import RecordingView, StillFace, TokenCard


def stills_list(view: RecordingView) -> str:
    """Section with a row per face; empty text for a video."""
    if view.kind != "stills":
        return ""
    cards = {card.code: card for card in view.cards}
    rows = "\n".join(_row(still, cards) for still in view.stills)
    return f"""<section aria-labelledby="stills-title">
<h2 id="stills-title">Pictures</h2>
<p class="note">One line per face. Tokens stand in the order in which the tokenizer says them: the first says most.</p>
<ul class="stills">
{rows}
</ul>
</section>"""


def _row(still: StillFace, cards: Mapping[int, TokenCard]) -> str:
    thumbnail = ""
    if still.thumbnail is not None:
        thumbnail = f'<img class="thumb" src="{data_uri(still.thumbnail)}" alt="" decoding="async">'
    face = f' <span class="quiet">face {still.face_id}</span>' if still.face_id > 0 else ""
    state = "usable" if still.usable else "not-usable" if still.face_id >= 0 else "not-found"
    shown = "usable" if still.usable else still.note or ("not usable" if still.face_id >= 0 else "no face found")
    chips = "".join(_chip(code, cards) for code in still.codes if code > 0)
    if not chips and still.face_id >= 0:
        chips = '<span class="quiet">no token: close to the resting face</span>'
    return f"""<li>{thumbnail}<span class="still-name">{text(still.source)}{face}</span>
<span class="state {state}">{text(shown)}</span>
<span class="chips">{chips}</span></li>"""


def _chip(code: int, cards: Mapping[int, TokenCard]) -> str:
    card = cards.get(code)
    if card is None:
        return f'<span class="chip other"><b>{code}</b></span>'
    return f'<a class="chip {side_class(card.side)}" href="#token-{code}"><b>{code}</b> {text(card.words)}</a>'
