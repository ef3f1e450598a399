"""The page of one recording: what was found, when each token speaks, what the tokens look like, where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dfe.pages.gallery import gallery
from dfe.pages.html import count, data_block, data_uri, page, percent, seconds, text
from dfe.pages.view import NOT_FOUND, FaceTrack, RecordingView
from dfe.report.payload import chart_data
from dfe.report.stills import stills_list

_STYLES = ("page.css", "charts.css", "gallery.css", "recording.css")
_SCRIPTS = ("time.js", "paint.js", "plot.js", "charts.js", "save.js", "spans_table.js", "recording.js")
_OPEN_TRACKS = 3
_KEYS = (
    "Keys: left and right arrows go from stretch to stretch, up and down from token to token, "
    "Enter shows the token's picture, plus and minus zoom, shift with an arrow scrolls, 0 shows the whole recording."
)


def recording_page(view: RecordingView) -> str:
    """One self-contained HTML file about a recording, which asks for nothing from anywhere."""
    video = view.kind == "video"
    body = [
        _header(view),
        _toolbar() if video else "",
        _quality(view) if video else "",
        _timelines(view) if video else "",
        gallery(view),
        _poses(view) if video else stills_list(view),
        _reasons(view),
        _provenance(view),
        _reading(view),
        '<div id="tip" role="status" hidden></div><p id="live" class="unseen" aria-live="polite"></p>',
        data_block("data", chart_data(view)) if video else "",
    ]
    content = "\n".join(part for part in body if part)
    return page(f"{view.name} – faces", f"<main>\n{content}\n</main>", styles=_STYLES, scripts=_SCRIPTS)


def summary_sentence(view: RecordingView) -> str:
    """What was found, in plain words and plain text."""
    if view.kind == "stills":
        made = [count(view.frames, "picture")]
    else:
        made = [count(view.frames, "frame")]
        if view.duration_s is not None:
            rate = f" at {view.frame_rate:.4g} frames a second" if view.frame_rate else ""
            made.append(seconds(view.duration_s) + rate)
    whole = "pictures" if view.kind == "stills" else "frames"
    if view.faces == 0:
        return f"{', '.join(made)}. No face was found."
    faces = "one face" if view.faces == 1 else count(view.faces, "face")
    return (
        f"{', '.join(made)}. {faces.capitalize()}, found in {percent(view.coverage)} of {whole}; "
        f"{percent(view.usable_share)} of {whole} usable."
    )


def _header(view: RecordingView) -> str:
    warnings = "".join(f"<li>{text(warning)}</li>" for warning in view.warnings)
    pictures = bool(view.thumbnails) or any(still.thumbnail is not None for still in view.stills)
    if pictures:
        warnings += "<li>This page holds pictures of the person: keep it as you keep the recording.</li>"
    return f"""<header>
<p class="kind">{"Video" if view.kind == "video" else "Still pictures"}</p>
<h1>{text(view.name)}</h1>
<p class="lead">{text(summary_sentence(view))}</p>
{f'<ul class="warnings">{warnings}</ul>' if warnings else ""}
<p class="jump"><a href="#reading">How to read this page</a></p>
</header>"""


def _toolbar() -> str:
    return """<div class="toolbar" role="toolbar" aria-label="Time shown in all charts" aria-controls="charts">
<span id="shown" class="shown"></span>
<span class="buttons"><button type="button" data-do="earlier" aria-label="Scroll to earlier">&#x2039;</button>
<button type="button" data-do="later" aria-label="Scroll to later">&#x203a;</button>
<button type="button" data-do="out" aria-label="Zoom out">&minus;</button>
<button type="button" data-do="in" aria-label="Zoom in">+</button>
<button type="button" data-do="whole">Whole recording</button></span>
</div>"""


def _quality(view: RecordingView) -> str:
    strip = "".join(
        f'<figure><img src="{data_uri(picture)}" alt="Frame at {time:.1f} s" decoding="async">'
        f"<figcaption>{time:.1f} s</figcaption></figure>"
        for time, picture in view.thumbnails
    )
    figures = (
        f'<p class="figures">face found <b>{percent(view.coverage)}</b></p>'
        f'<p class="figures">usable <b>{percent(view.usable_share)}</b></p>'
    )
    return f"""<section aria-labelledby="quality-title">
<h2 id="quality-title">Was the face found, and can it be used?</h2>
<p class="key"><span class="swatch usable"></span>usable <span class="swatch not-usable"></span>found, but not usable
<span class="swatch not-found"></span>no face</p>
{_plot("quality", "Quality over time. Left and right arrows move along, plus and minus zoom.", names=figures)}
{f'<div class="thumbs">{strip}</div>' if strip else ""}
</section>"""


def _plot(kind: str, label: str, face: int | None = None, names: str = "") -> str:
    which = "" if face is None else f' data-face="{face}"'
    return (
        f'<div class="plot" data-plot="{kind}"{which}><div class="names">{names}</div>'
        f'<div class="area" tabindex="0" role="application" aria-label="{text(label)}"><canvas></canvas></div></div>'
    )


def _timelines(view: RecordingView) -> str:
    if not view.tokenizer or not view.cards:
        why = "The tokenizer said nothing in this recording." if view.tokenizer else "This recording has no tokens yet."
        return f'<section><h2>Tokens over time</h2><p class="note">{why}</p></section>'
    charts = "\n".join(
        _of_face(view, i, track, _plot("tokens", f"Tokens of face {track.face_id} over time. {_KEYS}", i))
        for i, track in enumerate(view.tracks)
    )
    return f"""<section id="charts" aria-labelledby="tokens-title">
<h2 id="tokens-title">Tokens over time</h2>
<p class="key"><span class="swatch both"></span>both sides <span class="swatch left"></span>subject's left
<span class="swatch right"></span>subject's right <span class="swatch other"></span>other tokens
<span class="paler">A paler bar: the token says less about the face at that moment.</span></p>
{charts}
<details id="spans" class="fold"><summary>The timeline as a table</summary>
<div class="table-tools"><label>Token <select id="spans-token"><option value="">all</option></select></label>
<button type="button" id="spans-csv">Download CSV</button>
<span class="pager"><button type="button" id="spans-back">Back</button> <span id="spans-place"></span>
<button type="button" id="spans-next">Next</button></span></div>
<div class="scroll" tabindex="0" role="region" aria-label="Table of stretches"><table>
<thead><tr><th scope="col">Face</th><th scope="col">Token</th><th scope="col">What moves</th><th scope="col">Side</th>
<th scope="col" class="n">Start, s</th><th scope="col" class="n">End, s</th><th scope="col" class="n">Lasts, s</th>
<th scope="col" class="n">Level</th></tr></thead><tbody id="spans-rows"></tbody></table></div>
</details>
<noscript><p class="note">The charts need scripts; everything else on this page reads without them.</p></noscript>
</section>"""


def _of_face(view: RecordingView, place: int, track: FaceTrack, chart: str) -> str:
    if len(view.tracks) == 1:
        return chart
    opened = " open" if place < _OPEN_TRACKS else ""
    where = f' <span class="quiet">{text(track.whereabouts)}</span>' if track.whereabouts else ""
    return f'<details class="face"{opened}><summary>Face {track.face_id}{where}</summary>{chart}</details>'


def _poses(view: RecordingView) -> str:
    tracks = [(i, track) for i, track in enumerate(view.tracks) if np.size(track.times_s)]
    if not tracks:
        return ""
    charts = "\n".join(
        _of_face(view, i, track, _plot("pose", f"Head pose of face {track.face_id}, degrees over time.", i))
        for i, track in tracks
    )
    return f"""<section aria-labelledby="pose-title">
<h2 id="pose-title">Where the head points</h2>
<p class="key"><span class="line yaw"></span>turn (yaw) <span class="line pitch"></span>nod (pitch)
<span class="line roll"></span>tilt (roll), in degrees from facing the camera</p>
{charts}
</section>"""


def _reasons(view: RecordingView) -> str:
    whole = "Pictures" if view.kind == "stills" else "Frames"
    if not view.reasons and view.usable_share < 1:
        return ""
    if not view.reasons:
        return """<section aria-labelledby="reasons-title"><h2 id="reasons-title">What could not be used</h2>
<p class="note">Nothing: a usable face was found throughout.</p></section>"""
    rows = "".join(
        f'<tr><td><span class="state {"not-found" if r.state == NOT_FOUND else "not-usable"}">'
        f"{'no face' if r.state == NOT_FOUND else 'not usable'}</span></td><td>{text(r.reason)}</td>"
        f'<td class="n">{r.frames:,}</td><td class="n">{percent(r.frames / max(view.frames, 1))}</td></tr>'
        for r in view.reasons
    )
    return f"""<section aria-labelledby="reasons-title">
<h2 id="reasons-title">What could not be used</h2>
<div class="scroll"><table><thead><tr><th scope="col">State</th><th scope="col">Why</th>
<th scope="col" class="n">{whole}</th><th scope="col" class="n">Share</th></tr></thead>
<tbody>{rows}</tbody></table></div>
</section>"""


def _provenance(view: RecordingView) -> str:
    rows = "".join(f"<dt>{text(key)}</dt><dd>{text(value)}</dd>" for key, value in _flat(view.provenance))
    if not rows:
        return ""
    plain = json.loads(json.dumps(view.provenance, default=str), parse_constant=lambda _: None)
    return f"""<section aria-labelledby="provenance-title">
<details class="fold" id="provenance-fold"><summary><h2 id="provenance-title">Where this comes from</h2></summary>
<p class="note">Source, networks, tokenizer and options: enough to make this table again.
<button type="button" id="copy">Copy as JSON</button> <span id="copied" role="status"></span></p>
<dl class="provenance">{rows}</dl></details>
{data_block("provenance", plain)}
</section>"""


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        name = f"{above}{key}"
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{name}.")
        elif isinstance(inner, list | tuple):
            yield name, ", ".join(str(part) for part in inner) or "none"
        else:
            yield name, "none" if inner is None or inner == {} else str(inner)


def _reading(view: RecordingView) -> str:
    book = f" It knows {view.book_size} of them." if view.book_size else ""
    made = f" This page was made with {text(view.tokenizer)}." if view.tokenizer else ""
    moving = (
        "<dt>Time</dt><dd>A stretch lasts while frames that follow each other use the token; a loss of the face of "
        "over 0.2 seconds ends it.</dd>"
        if view.kind == "video"
        else ""
    )
    return f"""<section id="reading" aria-labelledby="reading-title">
<h2 id="reading-title">How to read this</h2>
<p class="claim">We measure visible movements; we don't claim to read feelings or to diagnose.</p>
<dl class="reading">
<dt>Token</dt><dd>A small movement of the face that a tokenizer has learned as one unit: the pictures show it.
A face at one moment is the resting face plus a few tokens; a face at rest may have none.{book}{made}</dd>
<dt>In the table</dt><dd>Columns <code>tok_1</code>, <code>tok_2</code> … hold the numbers of these movements,
<code>mm_1</code>, <code>mm_2</code> … how far each moves the face, in millimetres.</dd>
<dt>Left and right</dt><dd>Always the subject's own left and right.</dd>
{moving}
<dt>Usable</dt><dd>By default the head is turned by no more than 25 and nods by no more than 20 degrees, and the face
is at least 60 pixels wide and high. Other frames are measured too, but trust them less.</dd>
<dt>Speech</dt><dd>Speaking moves the mouth as much as many displays do; tokens don't tell the two apart.</dd>
<dt>Privacy</dt><dd>Tables and tokens of a person are personal data. The heads in the pictures are drawn, and show
no one.</dd>
</dl>
</section>"""
