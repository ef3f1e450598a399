"""The page of many recordings: which of them are usable, in a minute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal
from urllib.parse import quote

from dfe.pages.html import count, data_uri, number, page, percent, seconds, text
from dfe.pages.view import QcEntry

_STYLES = ("page.css", "qc.css")
_SCRIPTS = ("save.js", "qc.js")
_VERDICTS = {"good": "good", "check": "to check", "poor": "poor"}
_NEW_LINE = "\n"


@dataclass(frozen=True)
class _Column:
    """A column of the table: how it is called here and in the CSV file, its value, and how the value reads."""

    key: str
    heading: str
    about: str
    value: Callable[[QcEntry], float | str | None]
    shown: Callable[[QcEntry], str]
    kind: Literal["number", "text"] = "number"


def _percent(key: str, heading: str, about: str) -> _Column:
    return _Column(key, heading, about, lambda e: getattr(e, key), lambda e: text(percent(getattr(e, key))))


def _number(key: str, heading: str, about: str, digits: int = 0) -> _Column:
    return _Column(key, heading, about, lambda e: getattr(e, key), lambda e: number(getattr(e, key), digits))


_COLUMNS = (
    _Column("name", "Recording", "Name of the recording", lambda e: e.name, lambda e: _name(e), "text"),
    _Column(
        "verdict",
        "Verdict",
        "Good, to check, or poor; the reason stands below the name",
        lambda e: e.verdict,
        lambda e: f'<span class="badge {_verdict_class(e)}">{text(_VERDICTS.get(e.verdict, e.verdict))}</span>',
        "text",
    ),
    _Column(
        "usable_share",
        "Usable",
        "Share of the time with a usable face; the strip shows it over time",
        lambda e: e.usable_share,
        lambda e: f"{text(percent(e.usable_share))}{_strip(e)}",
    ),
    _percent("coverage", "Found", "Share of the time in which a face was found"),
    _number("longest_gap_s", "Gap, s", "Longest time without a face, seconds", 1),
    _Column(
        "duration_s",
        "Length",
        "Length of the recording, or number of pictures",
        lambda e: e.duration_s,
        lambda e: seconds(e.duration_s) if e.duration_s is not None else count(e.frames, "picture"),
    ),
    _number("frame_rate", "Frames/s", "Frames per second", 1),
    _number("faces", "Faces", "Number of different faces"),
    _number("face_px_median", "Face, px", "Median of the shorter side of the face, pixels"),
    _number("yaw_p95_deg", "Turn, °", "In 95% of frames the head is turned (yaw) by no more than this, degrees"),
    _number("pitch_p95_deg", "Nod, °", "In 95% of frames the head nods (pitch) by no more than this, degrees"),
    _number("jitter_percent", "Jitter, %", "Noise of the face's place from frame to frame, in % of the face's size", 1),
)
_UNSHOWN = ("why", "frames", "yaw_median_deg", "pitch_median_deg", "confidence_median", "time_stamps")


def qc_page(rows: Sequence[QcEntry], title: str = "Which recordings are usable?") -> str:
    """One self-contained HTML file: a table of recordings that sorts, filters, and saves what it shows as CSV."""
    counts = Counter(_verdict_class(entry) for entry in rows)
    body = f"""<main>
<header>
<h1>{text(title)}</h1>
<p class="lead">{_lead(rows)}</p>
</header>
<div class="tools" role="search">
<div class="verdicts" role="group" aria-label="Show verdicts">
{_NEW_LINE.join(_toggle(verdict, counts[verdict]) for verdict in _VERDICTS)}
</div>
<label class="filter">Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"
placeholder="name or reason"></label>
<span id="shown" role="status"></span>
<button type="button" id="csv">Download CSV</button>
</div>
<div class="scroll" tabindex="0" role="region" aria-label="Recordings">
<table id="recordings" aria-describedby="about">
<thead><tr><th scope="col" class="head"><span class="unseen">Mean face, drawn</span></th>
{_NEW_LINE.join(_heading(column) for column in _COLUMNS)}
</tr></thead>
<tbody>
{_NEW_LINE.join(_row(entry) for entry in rows)}
</tbody>
</table>
</div>
<p id="none" class="note" hidden>No recording fits the filter.</p>
<p id="about" class="note">The drawn head shows the mean face of the recording on the head of its expression space, not
the person.
The strip runs from the first to the last frame: green where the face is usable, yellow where it is found but
cannot be used, empty where there is none. We measure visible movements; we don't claim to read feelings or to
diagnose.</p>
</main>"""
    return page(title, body, styles=_STYLES, scripts=_SCRIPTS)


def _lead(rows: Sequence[QcEntry]) -> str:
    if not rows:
        return "No recording was found."
    whole = sum(entry.duration_s for entry in rows if entry.duration_s is not None and isfinite(entry.duration_s))
    length = f", {seconds(whole)} in all" if whole else ""
    good = sum(entry.verdict == "good" for entry in rows)
    return f"{count(len(rows), 'recording')}{length}. {good:,} can be used as {'it is' if good == 1 else 'they are'}."


def _verdict_class(entry: QcEntry) -> str:
    return entry.verdict if entry.verdict in _VERDICTS else "check"


def _toggle(verdict: str, n: int) -> str:
    return (
        f'<button type="button" class="verdict {verdict}" data-verdict="{verdict}" aria-pressed="true">'
        f"<b>{n:,}</b> {_VERDICTS[verdict]}</button>"
    )


def _heading(column: _Column) -> str:
    side = "" if column.kind == "text" else ' class="n"'
    return (
        f'<th scope="col"{side} aria-sort="none" data-key="{column.key}" data-kind="{column.kind}">'
        f'<button type="button" title="{text(column.about)}">{text(column.heading)}</button></th>'
    )


def _row(entry: QcEntry) -> str:
    picture = f'<span class="quiet" title="{text(entry.no_picture)}">no head</span>' if entry.no_picture else ""
    if entry.picture is not None:
        picture = f'<img src="{data_uri(entry.picture)}" alt="" width="56" height="56" loading="lazy" decoding="async">'
    cells = "".join(
        f'<td{"" if column.kind == "text" else " class=n"} data-v="{text(_plain(column.value(entry)))}">'
        f"{column.shown(entry)}</td>"
        for column in _COLUMNS
    )
    more = " ".join(f'data-{key.replace("_", "-")}="{text(_plain(getattr(entry, key)))}"' for key in _UNSHOWN)
    return f'<tr data-verdict="{_verdict_class(entry)}" {more}><td class="head">{picture}</td>{cells}</tr>'


def _plain(value: float | str | None) -> str:
    """A value as the CSV file and the sorting read it; nothing where it is unknown."""
    if isinstance(value, str):
        return value
    return "" if value is None or not isfinite(value) else f"{value:.6g}"


def _name(entry: QcEntry) -> str:
    shown = "<wbr>".join(text(part) for part in re.split(r"(?<=[/_.-])", entry.name))
    name = f'<span class="name">{shown}</span>'
    if entry.href is not None:
        name = f'<a class="name" href="{text(_address(entry.href))}">{shown}</a>'
    why = f'<span class="why">{text(entry.why)}</span>' if entry.why else ""
    return f"{name}{why}"


def _address(href: str) -> str:
    """A relative path as an address: a name such as ``javascript:x`` or ``a#b.html`` stays the name of a file."""
    return "./" + quote(href.replace("\\", "/"), safe="/", errors="surrogatepass").lstrip("/")


def _strip(entry: QcEntry) -> str:
    """Two areas over equal parts of the recording: face found (pale) and usable (dark)."""
    bins = len(entry.strip_face)
    if not bins:
        return ""
    return (
        f'<svg class="strip" viewBox="0 0 {bins} 20" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="found" d="{_area(entry.strip_face)}"/>'
        f'<path class="usable" d="{_area(entry.strip_usable)}"/></svg>'
    )


def _area(shares: Sequence[float]) -> str:
    """Path of the shares as steps; equal neighbours make one step, for most recordings are all of one kind."""
    path, before = ["M0 20"], 0.0
    for i, share in enumerate(shares):
        height = round(share, 2)
        if height != before:
            path.append(f"H{i}V{20 - 20 * height:g}")
            before = height
    return "".join([*path, f"H{len(shares)}V20Z"])
