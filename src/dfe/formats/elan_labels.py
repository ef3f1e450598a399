"""Annotations of ELAN's files, read: EAF 2.7 to 3.0.

Times are ELAN's own plus the ``TIME_ORIGIN`` of the video: the place in it, in milliseconds, at which ELAN's clock
stands at 0 (EAF 3.0 schema, ``MEDIA_DESCRIPTOR``; set by ELAN's media synchronisation mode). A sound file that is
linked beside the video has an origin of its own, which says nothing about the video.
"""

from __future__ import annotations

import re
import unicodedata
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree as Xml
from xml.parsers import expat

import numpy as np

from dfe.base.budget import allowed, too_large
from dfe.base.errors import TableError
from dfe.formats.label import Label, Tiers, annotation_bytes

MAX_ELEMENTS = 500_000
"""Of a file; an hour's annotations of every word take some 50,000."""

_ADVICE = "save it again in ELAN"
_SOUNDS = frozenset((".wav", ".mp3", ".aif", ".aiff", ".flac", ".ogg", ".m4a", ".aac", ".wma", ".au"))
_DIGITS = 15
"""Of a time in milliseconds at most."""


class _Medium(NamedTuple):
    name: str
    """Of its file, without folder and suffix."""
    sound: bool
    origin_ms: int


def read_elan(path: str | PathLike[str], *, own_times: bool = False, recording: str | None = None) -> Tiers:
    """Annotations of an ``.eaf`` file, empty ones too, in seconds of the video (:func:`dfe.formats.labels.read_tiers`).

    An annotation that refers to another lies in its time; several that refer to one share its time evenly, and so do
    annotations between whose ends no time was set: as ELAN shows them.

    Raises:
        TableError: missing, no EAF, damaged, with a document type or entities, too large, or linked to several videos
            that begin apart, none of which is called like the recording.
    """
    path = Path(path)
    root = _parse(path, annotation_bytes(path))
    if root.tag != "ANNOTATION_DOCUMENT":
        raise TableError("no ELAN file", where=path, advice=_ADVICE)
    try:
        header = root.find("HEADER")
        units = header.get("TIME_UNITS", "milliseconds")  # type: ignore[union-attr]
        if units != "milliseconds":
            raise TableError(f"times in {units[:40]}, not in milliseconds", where=path, advice=_ADVICE)
        media = [_medium(one) for one in header.iterfind("MEDIA_DESCRIPTOR")]  # type: ignore[union-attr]
        return _elan_tiers(root, own_times, _origin_s(media, recording, path))
    except (KeyError, ValueError, AttributeError, OverflowError) as error:
        what = f"damaged ({type(error).__name__}: {str(error)[:100]})"
        raise TableError(what, where=path, advice=_ADVICE) from None


def _medium(element: Xml.Element) -> _Medium:
    url = unquote(element.get("RELATIVE_MEDIA_URL") or element.get("MEDIA_URL") or "").replace("\\", "/")
    file = PurePosixPath(url)
    sound = element.get("MIME_TYPE", "").startswith("audio") or file.suffix.lower() in _SOUNDS
    return _Medium(_plain(file.stem), sound, _milliseconds(element.get("TIME_ORIGIN") or "0"))


def _origin_s(media: list[_Medium], recording: str | None, path: Path) -> float:
    """What has to be added to ELAN's times, in seconds."""
    wanted = [one for one in media if not one.sound] or media
    named = [one for one in wanted if recording is not None and one.name == _plain(recording)]
    origins = {one.origin_ms for one in (named or wanted)}
    if len(origins) > 1:
        listed = ", ".join(f"{one.name} at {one.origin_ms / 1000:g} s" for one in wanted[:4])
        what = (
            f"links {len(wanted)} videos that begin apart ({listed}), none called {recording or 'like the recording'}"
        )
        raise TableError(what, where=path, advice="name the recording like its video, or link that one alone")
    return origins.pop() / 1000 if origins else 0.0


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _milliseconds(text: str) -> int:
    if not re.fullmatch(rf"\s*[+-]?\d{{1,{_DIGITS}}}\s*", text, re.ASCII):
        raise ValueError(f"{text[:40]!r} is no time in milliseconds")
    return int(text)


def _parse(path: Path, data: bytes) -> Xml.Element:
    """XML without document types and entities: with them, small files can grow to any size or read other files."""
    builder = Xml.TreeBuilder()
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise TableError("declares a document type or entities, which is not read", where=path, advice=_ADVICE)

    elements, most = 0, allowed(MAX_ELEMENTS)

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal elements
        elements += 1
        if elements > most:
            raise too_large(f"has more than {most} elements, the limit for annotations", path)
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        builder.end(tag)

    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two of encodings that nobody knows
        raise TableError(f"no XML ({error})", where=path, advice=_ADVICE) from None
    return builder.close()


def _elan_tiers(root: Xml.Element, own_times: bool, origin_s: float) -> Tiers:
    slots = {slot.attrib["TIME_SLOT_ID"]: slot.get("TIME_VALUE") for slot in root.iterfind("TIME_ORDER/TIME_SLOT")}
    times = {slot: _milliseconds(value) for slot, value in slots.items() if value is not None}
    spans: dict[str, tuple[float, float]] = {}
    referring: list[tuple[str, list[Xml.Element]]] = []
    rows: dict[str, list[tuple[str, str]]] = {}
    for tier in root.iterfind("TIER"):
        name = tier.attrib["TIER_ID"]
        if own_times and tier.find("ANNOTATION/REF_ANNOTATION") is not None:
            continue
        _align(tier.findall("ANNOTATION/ALIGNABLE_ANNOTATION"), times, set(slots), spans)
        referring.append((name, tier.findall("ANNOTATION/REF_ANNOTATION")))
        annotations = [element for annotation in tier.iterfind("ANNOTATION") for element in annotation]
        rows.setdefault(name, []).extend((one.attrib["ANNOTATION_ID"], _value(one)) for one in annotations)
    _refer(referring, spans)
    return {
        name: tuple(Label(name, spans[one][0] + origin_s, spans[one][1] + origin_s, value) for one, value in said)
        for name, said in rows.items()
    }


def _align(
    aligned: list[Xml.Element], times: dict[str, int], known: set[str], spans: dict[str, tuple[float, float]]
) -> None:
    """Spans of a tier's own times; slots without one lie evenly between their neighbours in the tier."""
    chain = list(
        dict.fromkeys(slot for one in aligned for slot in (one.attrib["TIME_SLOT_REF1"], one.attrib["TIME_SLOT_REF2"]))
    )
    if lost := [slot for slot in chain if slot not in known]:
        raise KeyError(lost[0])
    fixed = [place for place, slot in enumerate(chain) if slot in times]
    if chain and not fixed:
        raise ValueError("a tier without times")
    at = np.interp(np.arange(len(chain)), fixed, [times[chain[place]] for place in fixed]) if chain else ()
    seconds = {slot: float(value) / 1000 for slot, value in zip(chain, at, strict=True)}
    for one in aligned:
        span = seconds[one.attrib["TIME_SLOT_REF1"]], seconds[one.attrib["TIME_SLOT_REF2"]]
        if span[1] < span[0]:
            raise ValueError(f"annotation {one.attrib['ANNOTATION_ID']} ends before it begins")
        spans[one.attrib["ANNOTATION_ID"]] = span


def _refer(referring: list[tuple[str, list[Xml.Element]]], spans: dict[str, tuple[float, float]]) -> None:
    """Spans of annotations that refer to others, which may come later in the file and refer to others again.

    From parents to children, each looked at once, however long the chains are.
    """
    families: dict[str, list[tuple[str, list[str]]]] = {}
    for name, elements in referring:
        mine: dict[str, list[str]] = {}
        for one in elements:
            mine.setdefault(one.attrib["ANNOTATION_REF"], []).append(one.attrib["ANNOTATION_ID"])
        for parent, children in mine.items():
            families.setdefault(parent, []).append((name, children))
    ready = [parent for parent in families if parent in spans]
    while ready:
        parent = ready.pop()
        start, end = spans[parent]
        for _, children in families.pop(parent, []):
            share = (end - start) / len(children)
            for place, child in enumerate(children):
                last = end if place + 1 == len(children) else start + (place + 1) * share
                spans[child] = start + place * share, last
                if child in families:
                    ready.append(child)
    if families:
        ((name, _), *_) = next(iter(families.values()))
        raise ValueError(f"tier {name!r} refers to annotations that are not there")


def _value(annotation: Xml.Element) -> str:
    return (annotation.findtext("ANNOTATION_VALUE") or "").strip()
