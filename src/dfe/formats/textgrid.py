"""Praat's ``.TextGrid``, in its long text format, UTF-8.

Format: the Praat manual, "TextGrid file formats". Interval tiers fill the whole time: what lies between two events is
an interval without text. Tiers are those of :mod:`dfe.formats.tiers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dfe.base.files import replacing
from dfe.formats.event import Event
from dfe.formats.tiers import Key, MediaRef, Placed, end_s, key, names, tiers
from dfe.formats.tsv import EventSource

_PER_SECOND = 10_000
_NOTHING = "no events"


def write_textgrid(
    path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
) -> Path:
    """Write events for Praat, to 0.1 ms; the same events give the same bytes.

    Praat keeps no link to a video and no word on a tokenizer; ``source`` is left out. Praat knows no TextGrid without
    tiers: no events make one empty tier.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    del source
    text = textgrid_text(events, media)
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))
    return path


def textgrid_text(events: Sequence[Event], media: MediaRef) -> str:
    """The file as text."""
    layers = [(tier.name, tier.placed) for tier in tiers(events, _PER_SECOND)] or [(_NOTHING, ())]
    last = max([round(end_s(events, media) * _PER_SECOND), 1, *(p[-1].end for _, p in layers if p)])
    words = names(events)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_time(last)}",
        "tiers? <exists>",
        f"size = {len(layers)}",
        "item []:",
    ]
    for number, (name, placed) in enumerate(layers, start=1):
        intervals = list(_filled(placed, words, last))
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f"        name = {_quoted(name)}",
            "        xmin = 0",
            f"        xmax = {_time(last)}",
            f"        intervals: size = {len(intervals)}",
        ]
        for place, (begin, end, text) in enumerate(intervals, start=1):
            lines += [
                f"        intervals [{place}]:",
                f"            xmin = {_time(begin)}",
                f"            xmax = {_time(end)}",
                f"            text = {_quoted(text)}",
            ]
    return "\n".join(lines) + "\n"


def _filled(placed: Sequence[Placed], words: dict[Key, str], last: int) -> Iterator[tuple[int, int, str]]:
    """Events and the gaps between them, from 0 to the last tick."""
    at = 0
    for begin, end, event in placed:
        if begin > at:
            yield at, begin, ""
        yield begin, end, words[key(event)]
        at = end
    if at < last:
        yield at, last, ""


def _time(tick: int) -> str:
    return f"{tick / _PER_SECOND:.4f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
