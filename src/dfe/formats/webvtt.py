"""WebVTT: events as captions that a browser shows over the video, or as metadata for a script.

Format: W3C, "WebVTT: The Web Video Text Tracks Format".
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from dfe.base.files import replacing
from dfe.formats.event import Event
from dfe.formats.tiers import MediaRef, key, names, place
from dfe.formats.tsv import EventSource


def write_webvtt(
    path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
) -> Path:
    """Write one cue an event, in the order of onset; the same events give the same bytes.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    del media
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(webvtt_text(events, source).encode("utf-8", "replace"))
    return path


def webvtt_text(events: Sequence[Event], source: EventSource) -> str:
    """The file as text. Faces are named where there are several."""
    words = names(events)
    several = len({event.face_id for event in events}) > 1
    blocks = ["WEBVTT"]
    if source.tokenizer:
        blocks.append(f"NOTE tokenizer {_text(source.tokenizer)} {source.tokenizer_hash or ''}".rstrip())
    # Cues that begin together keep the order of faces and regions, so that lines do not jump about.
    order = sorted(
        (place(event, 1000) for event in events),
        key=lambda p: (p.begin, p.event.face_id, p.event.region, p.end, p.event.kind, p.event.display, p.event.label),
    )
    for number, (begin, end, event) in enumerate(order, start=1):
        face = f"face {event.face_id}, " if several else ""
        region = f"{event.region}: " if event.region else ""
        text = _text(f"{face}{region}{words[key(event)]}")
        blocks.append(f"{number}\n{_clock(begin)} --> {_clock(end)}\n{text}")
    return "\n\n".join(blocks) + "\n"


def _text(text: str) -> str:
    """One line, as a cue may hold it: no tags, and no arrow that would be taken for a time."""
    return escape(" ".join(text.replace("\0", "\ufffd").split()), quote=False)


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
