"""The page of a coder who names displays: pictures under blind ids, and not a word about what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfe.pages.html import count, data_uri, page, text


@dataclass(frozen=True)
class BlindCard:
    """One display as a coder sees it; pictures are PNG files."""

    id: str
    front: bytes
    turned: bytes


def naming_page(
    cards: Sequence[BlindCard],
    rest: tuple[bytes, bytes],
    *,
    sheet: str,
    words: Sequence[str],
    heat_max_mm: float,
) -> str:
    """A self-contained page of the displays in the order given.

    Args:
        cards: in the order of the coder's sheet.
        rest: the face at rest, from the front and turned.
        sheet: name of the sheet's file, which the coder fills in.
        words: movements that names are best made of.
        heat_max_mm: displacement at the hot end of the colours.
    """
    vocabulary = "".join(f"<li>{text(word)}</li>" for word in words)
    body = f"""<main>
<h1>Naming facial displays</h1>
<p class="lead">{count(len(cards), "display")}. Look at each, and write into its row of <b>{text(sheet)}</b> what the
face does.</p>
<section class="how">
<figure><img src="{data_uri(rest[0])}" alt="Face at rest, from the front">
<img src="{data_uri(rest[1])}" alt="Face at rest, turned">
<figcaption>The face at rest, to compare with</figcaption></figure>
<ol>
<li>Colour shows how far the skin has moved from rest: the darkest red is {heat_max_mm:g} mm and more.</li>
<li><b>name</b>: the movements, strongest first, joined by +, in the words below where they fit and in your own where
they don't. Leave it empty where you cannot tell.</li>
<li><b>side</b>: left, right or both. Sides are the face's own: its left is on the right of the picture.</li>
<li><b>notes</b>: anything else, for example which emotion or sound it looks like.</li>
<li>Work alone and in this order; other coders have other ids and another order.</li>
</ol>
</section>
<section><h2>Words</h2><ul class="words">{vocabulary}</ul></section>
<section><h2>Displays</h2><div class="blind">
{"".join(map(_card, cards))}</div></section>
</main>"""
    return page("Naming facial displays", body, styles=("page.css", "naming.css"), scripts=())


def _card(card: BlindCard) -> str:
    name = text(card.id)
    return (
        f'<figure id="{name}"><img src="{data_uri(card.front)}" alt="Display {name}, from the front">'
        f'<img src="{data_uri(card.turned)}" alt="Display {name}, turned"><figcaption>{name}</figcaption></figure>\n'
    )
