"""The page of an atlas: all displays as turning heads, a page for each, a face to build, names, the similarity tree."""

from __future__ import annotations

from dfe.atlas.view import AtlasCard, AtlasView
from dfe.pages.gallery import legend
from dfe.pages.html import count, data_block, data_uri, page, percent, text
from dfe.pages.tree_svg import tree_svg

_STYLES = ("page.css", "gallery.css", "atlas.css")
_SCRIPTS = (
    "atlas_dom.js",
    "atlas_model.js",
    "atlas_stage.js",
    "atlas_names.js",
    "atlas_builder.js",
    "atlas_gallery.js",
    "atlas_token.js",
    "atlas.js",
)
_SIDES = {"symmetric": "both", "left": "left", "right": "right"}
_SIDE_WORDS = {"symmetric": "both sides", "left": "left", "right": "right"}
_STATUS = {"unsteady": "unsteady", "correction": "correction"}
_PICTURE = 144


def atlas_page(view: AtlasView) -> str:
    """One self-contained HTML file about a tokenizer's displays, which asks for nothing from anywhere."""
    body = f"""<main class="atlas">
{_header(view)}
{_controls(view)}
<p id="live" class="unseen" aria-live="polite"></p>
<div class="split">
<div id="views">
{_gallery(view)}
<section id="token" aria-labelledby="token-title" hidden></section>
</div>
{_builder(view)}
</div>
<button type="button" id="to-builder" hidden>See the face</button>
{_names()}
{_tree(view)}
{_reading(view)}
</main>
{data_block("data", view.data)}
{data_block("head-data", view.head) if view.head is not None else ""}"""
    return page(f"{view.tokenizer} – atlas of facial displays", body, styles=_STYLES, scripts=_SCRIPTS)


def _header(view: AtlasView) -> str:
    said = f" {text(view.corpus)}" if view.corpus else ""
    return f"""<header>
<p class="kind">Atlas of facial displays</p>
<h1>{text(view.tokenizer)}</h1>
<p class="lead">{count(len(view.cards), "display")} that the tokenizer has learned, up to {view.levels} on a face at a
time.{said}</p>
<p class="note claim-line">They are visible movements, not feelings: a display says what a face does, not why.
<a href="#reading">How to read this page</a></p>
<noscript><p class="note">Turning, searching and naming need scripts; the pictures below don't.</p></noscript>
</header>"""


def _controls(view: AtlasView) -> str:
    if not view.drawable:
        return """<div class="controls" hidden><input type="range" id="strength" aria-label="Strength">
<output id="strength-said"></output><input type="range" id="turn" aria-label="Turn"><input type="range" id="nod"
aria-label="Nod"><button id="flip">Flip</button><button id="heat">Colours</button><button id="play">Move</button>
<button id="straight">Reset</button></div>
<p class="note">The space of this tokenizer has no mesh, so there is nothing to draw: its displays are told in numbers.
</p>"""
    return f"""<div class="controls" role="group" aria-label="How all heads are shown">
<label>Strength <input type="range" id="strength" min="0" max="12" value="6">
<output id="strength-said"></output></label>
<label>Turn <input type="range" id="turn" min="-60" max="60" value="0"></label>
<label>Nod <input type="range" id="nod" min="-30" max="30" value="0"></label>
<span class="buttons"><button type="button" id="play" aria-pressed="false">Move</button>
<button type="button" id="flip" aria-pressed="false">Flip sides</button>
<button type="button" id="heat" aria-pressed="true">Colours</button>
<button type="button" id="straight">Reset</button></span>
{legend(view.heat_stops)}
<span class="still-note">This browser has no WebGL: the heads stand still, and faces cannot be built.</span>
</div>"""


def _gallery(view: AtlasView) -> str:
    cards = "\n".join(_card(view, card) for card in view.cards)
    corpus = any(card.share is not None for card in view.cards)
    used = (
        '<option value="often">10% of the corpus or more</option><option value="seldom">less than 10%</option>'
        '<option value="never">never in the corpus</option>'
        if corpus
        else ""
    )
    side = (
        """<label>Side <select id="side"><option value="">any</option><option value="symmetric">both sides</option>
<option value="left">subject's left</option><option value="right">subject's right</option></select></label>"""
        if view.sided
        else ""
    )
    regions = "".join(f'<option value="{text(region)}">{text(region)}</option>' for region in view.regions)
    region = (
        f'<label>Region <select id="region"><option value="">any</option>{regions}</select></label>'
        if view.drawable
        else ""
    )
    by_use = '<option value="use">most used first</option>' if corpus else ""
    return f"""<section id="gallery" aria-labelledby="gallery-title">
<h2 id="gallery-title">The displays <span class="quiet" id="count" role="status"></span></h2>
<div class="filters" role="search">
<label class="search">Search <input type="search" id="search" placeholder="number, name, movement, AU"
autocomplete="off"></label>
{side}
{region}
<label>Show <select id="use"><option value="">all</option>{used}<option value="trusted">measured as steady</option>
<option value="doubtful">unsteady or corrections</option><option value="named">named by you</option>
<option value="unnamed">not yet named</option></select></label>
<label>Order <select id="sort"><option value="number">by number</option>{by_use}
<option value="like">like beside like</option><option value="size">largest movement first</option>
<option value="name">by your names</option></select></label>
</div>
<ul class="heads" id="heads">
{cards}
</ul>
<p id="none" class="note" hidden>No display fits.</p>
<button type="button" id="clear-filters" hidden>Show all displays</button>
</section>"""


def _card(view: AtlasView, card: AtlasCard) -> str:
    label = f"Display {card.display}: {card.words}"
    stage = ""
    if card.pictures:
        views = ("front view", "three-quarter view")
        images = "".join(
            f'<img class="view-{i}" src="{data_uri(picture)}" width="{_PICTURE}" height="{_PICTURE}" decoding="async" '
            f'alt="{text(label)}, {views[i]}">'
            for i, picture in enumerate(card.pictures)
        )
        stage = f'<span class="stage">{images}<canvas aria-hidden="true"></canvas></span>'
    add = (
        f'<button type="button" class="round add" data-add="{card.display}" '
        f'aria-label="Add display {card.display} to the face">+</button>'
        if view.drawable
        else ""
    )
    parts = []
    if card.side:
        parts.append(f'<span class="side {_SIDES[card.side]}">{_SIDE_WORDS[card.side]}</span>')
    if card.share is not None:
        parts.append(f"<span>{percent(card.share)}</span>")
    if card.status in _STATUS:
        parts.append(f'<span class="badge">{_STATUS[card.status]}</span>')
    return f"""<li class="head-card" id="card-{card.display}">
<a href="#token-{card.display}">{stage}<span class="head-name"><b class="code {_SIDES.get(card.side, "other")}">
{card.display}</b> <span class="name">{text(card.name)}</span> <span class="words">{text(card.words)}</span></span></a>
<div class="head-facts">{"".join(parts)}{add}</div>
</li>"""


def _builder(view: AtlasView) -> str:
    hidden = "" if view.drawable else " hidden"
    canvas = (
        """<div class="stage">
<canvas id="builder-canvas" role="img" aria-label="The face with the displays below"></canvas></div>"""
        if view.drawable
        else ""
    )
    first_order = (
        ""
        if view.additive
        else '<p class="note small">This tokenizer does not simply add its displays: the face is an approximation.</p>'
    )
    return f"""<aside id="builder" aria-labelledby="builder-title"{hidden}>
<h2 id="builder-title" tabindex="-1">Build a face</h2>
{canvas}
<p class="note small" id="builder-empty">Add displays with <b>+</b>: a face is the resting face plus its displays.</p>
<ul id="built"></ul>
<button type="button" id="builder-clear" hidden>Back to rest</button>
{first_order}
</aside>"""


def _names() -> str:
    return """<section id="names" aria-labelledby="names-title">
<h2 id="names-title">Your names</h2>
<p class="note">Open a display to name it. Names are kept in this browser; the file carries them to other machines and
into every command: put it beside the tokenizer, or let the variable DFE_NAMES name it.</p>
<p class="names-tools"><button type="button" id="names-save">Download names.json</button>
<button type="button" id="names-load">Load names.json</button>
<input type="file" id="names-file" accept=".json,application/json" aria-label="File of names" hidden>
<span id="names-status" role="status"></span></p>
</section>"""


def _tree(view: AtlasView) -> str:
    if len(view.cards) < 2:
        return ""
    labels = [card.name or card.words for card in view.cards]
    return f"""<section id="tree-section" aria-labelledby="tree-title">
<details class="fold"><summary><h2 id="tree-title">Similarity tree</h2></summary>
<p class="note">Displays that move the face alike are joined further to the right (average linkage of 1 − |cosine| of
the movements in mm).</p>
<div class="scroll" tabindex="0" role="region" aria-label="Similarity tree, scrolls sideways">
{tree_svg(view.merges, view.order, labels)}</div></details>
</section>"""


def _reading(view: AtlasView) -> str:
    sides = (
        "<dt>Left and right</dt><dd>Always the subject's own. The subject looks at you: his left is on your right.</dd>"
        if view.sided
        else "<dt>Left and right</dt><dd>The space of this tokenizer does not know which is which.</dd>"
    )
    drawn = (
        f"<dt>Pictures</dt><dd>A made-up head, the same for all. Colour shows how far the skin moves from the resting "
        f"face. {text(view.strength)} The slider shows other strengths.</dd>"
        if view.drawable
        else ""
    )
    shares = (
        f"<dt>Percentages</dt><dd>Share {text(view.share_of)} in which the display is said. They describe this corpus: "
        "frames that follow each other are not independent, and speaking moves the mouth as much as many displays do."
        "</dd>"
        if view.share_of
        else ""
    )
    return f"""<section id="reading" aria-labelledby="reading-title">
<h2 id="reading-title">How to read this</h2>
<dl class="reading">
<dt>Display</dt><dd>A movement of the face that the tokenizer has learned as one unit, and says of faces at different
strengths. Its words come from the coefficients that carry most of it.</dd>
{drawn}
{sides}
<dt>Not feelings</dt><dd>We measure visible movements; we don't claim to read feelings or to diagnose.</dd>
<dt>Unsteady, correction</dt><dd>An unsteady display comes and goes when a picture is cropped, compressed or blurred:
don't count it. A correction points away from the face, to undo what another one said: it is no display of it.</dd>
{shares}
<dt>Keys</dt><dd>Tab goes from control to control, Enter opens a display, left and right arrows go to the previous and
next one, Escape goes back, / searches. Dragging a head turns all of them, a double click turns them back.</dd>
<dt>Made from</dt><dd>Tokenizer {text(view.tokenizer)}, space {text(view.space)}, dfe {text(view.made_with)}; hash
<span class="hash">{text(view.hash)}</span>. The page asks for nothing from the network and holds no picture of a
person.</dd>
</dl>
</section>"""
