"""ELAN's annotation files, ``.eaf``.

Format: EAF 3.0 (Max Planck Institute for Psycholinguistics, ``EAFv3.0.xsd``). Times are whole milliseconds, tiers are
those of :mod:`dfe.formats.tiers`, and values come from one controlled vocabulary, whose entries carry the
tokenizer and the number of the display in their ids.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as Xml

from dfe.base.files import replacing
from dfe.formats.event import Event
from dfe.formats.tiers import Key, MediaRef, Tier, key, names, tiers
from dfe.formats.tsv import EventSource

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_MIME = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
}
_DATE = "1970-01-01T00:00:00+00:00"
"""The format wants a date; the same events must give the same file."""
_CONSTRAINTS = {
    "Time_Subdivision": "Time subdivision of parent annotation's time interval, no time gaps allowed within this "
    "interval",
    "Symbolic_Subdivision": "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are "
    "ordered",
    "Symbolic_Association": "1-1 association with a parent annotation",
    "Included_In": "Time alignable annotations within the parent annotation's time interval, gaps are allowed",
}
_TYPE, _LANGUAGE = "facial display", "und"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_elan(
    path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
) -> Path:
    """Write events for ELAN; the same events give the same bytes.

    The video is linked by its place relative to the file, so that both can be moved together, and by no absolute path.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    text = elan_text(events, media, source, folder=path.parent)
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text)
    return path


def elan_text(events: Sequence[Event], media: MediaRef, source: EventSource, folder: Path) -> bytes:
    """The file's bytes, with the video linked relative to ``folder``."""
    Xml.register_namespace("xsi", _XSI)
    root = Xml.Element(
        "ANNOTATION_DOCUMENT",
        {"AUTHOR": "DFE", "DATE": _DATE, "FORMAT": "3.0", "VERSION": "3.0"}
        | {f"{{{_XSI}}}noNamespaceSchemaLocation": _SCHEMA},
    )
    layers = tiers(events, per_second=1000)
    slots = sorted({tick for tier in layers for placed in tier.placed for tick in (placed.begin, placed.end)})
    slot_ids = {tick: f"ts{number}" for number, tick in enumerate(slots, start=1)}
    words = names(events, _clean)
    entry_ids = _entry_ids(words, source.tokenizer)

    _header(root, media, source, folder, sum(len(tier.placed) for tier in layers))
    order = Xml.SubElement(root, "TIME_ORDER")
    for tick, slot_id in slot_ids.items():
        Xml.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=slot_id, TIME_VALUE=str(tick))
    numbers = count(1)
    for tier in layers:
        _tier(root, tier, slot_ids, words, entry_ids, numbers)
    vocabulary = _clean(source.tokenizer or "displays")
    Xml.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": _TYPE, "TIME_ALIGNABLE": "true"}
        | ({"CONTROLLED_VOCABULARY_REF": vocabulary} if words else {}),
    )
    Xml.SubElement(
        root,
        "LANGUAGE",
        LANG_DEF="http://cdb.iso.org/lg/CDB-00130975-001",
        LANG_ID=_LANGUAGE,
        LANG_LABEL="undetermined (und)",
    )
    for stereotype, description in _CONSTRAINTS.items():
        Xml.SubElement(root, "CONSTRAINT", DESCRIPTION=description, STEREOTYPE=stereotype)
    if words:
        _vocabulary(root, vocabulary, words, entry_ids, source)
    Xml.indent(root, "    ")
    body: bytes = Xml.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _header(root: Xml.Element, media: MediaRef, source: EventSource, folder: Path, annotations: int) -> None:
    header = Xml.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if media.path is not None:
        relative = _clean(_relative(media.path, folder))
        Xml.SubElement(
            header,
            "MEDIA_DESCRIPTOR",
            MEDIA_URL=f"file:///{_clean(media.path.name)}",
            MIME_TYPE=_MIME.get(media.path.suffix.lower(), "unknown"),
            RELATIVE_MEDIA_URL=relative,
        )
    told = {
        "lastUsedAnnotationId": str(annotations),
        "dfe.tokenizer": source.tokenizer,
        "dfe.tokenizer.hash": source.tokenizer_hash,
        "dfe.recording": source.recording,
        "dfe.merges": "; ".join(source.merges) or None,
    }
    for name, value in told.items():
        if value is not None:
            Xml.SubElement(header, "PROPERTY", NAME=name).text = _clean(value)


def _relative(path: Path, folder: Path) -> str:
    try:
        relative = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive of Windows: ELAN then looks beside the file
        relative = path.name
    return relative if relative.startswith("../") else f"./{relative}"


def _tier(
    root: Xml.Element,
    tier: Tier,
    slot_ids: dict[int, str],
    words: dict[Key, str],
    entry_ids: dict[Key, str],
    numbers: Iterator[int],
) -> None:
    element = Xml.SubElement(
        root, "TIER", LINGUISTIC_TYPE_REF=_TYPE, PARTICIPANT=f"face{tier.face_id}", TIER_ID=_clean(tier.name)
    )
    for begin, end, event in tier.placed:
        annotation = Xml.SubElement(
            Xml.SubElement(element, "ANNOTATION"),
            "ALIGNABLE_ANNOTATION",
            ANNOTATION_ID=f"a{next(numbers)}",
            CVE_REF=entry_ids[key(event)],
            TIME_SLOT_REF1=slot_ids[begin],
            TIME_SLOT_REF2=slot_ids[end],
        )
        Xml.SubElement(annotation, "ANNOTATION_VALUE").text = words[key(event)]


def _vocabulary(
    root: Xml.Element,
    name: str,
    words: dict[Key, str],
    entry_ids: dict[Key, str],
    source: EventSource,
) -> None:
    vocabulary = Xml.SubElement(root, "CONTROLLED_VOCABULARY", CV_ID=name)
    told = f"displays of tokenizer {source.tokenizer or 'unknown'}, sha256 {source.tokenizer_hash or 'unknown'}"
    Xml.SubElement(vocabulary, "DESCRIPTION", LANG_REF=_LANGUAGE).text = _clean(told)
    for one, word in words.items():
        entry = Xml.SubElement(vocabulary, "CV_ENTRY_ML", CVE_ID=entry_ids[one])
        what = f"display {one[1]}" if one[0] == "display" else one[0]
        Xml.SubElement(entry, "CVE_VALUE", DESCRIPTION=what, LANG_REF=_LANGUAGE).text = word


def _entry_ids(words: dict[Key, str], tokenizer: str | None) -> dict[Key, str]:
    """An id for each entry, fit for XML: ``dfe-face41_2.display.7``, ``dfe-face41_2.gaze.gaze_left``."""
    stem = re.sub(r"[^\w.-]", "_", tokenizer or "tokenizer", flags=re.ASCII)
    stem = stem if stem[0].isalpha() else f"t{stem}"
    ids: dict[Key, str] = {}
    for kind, display, label in words:
        plain = re.sub(r"[^\w.-]", "_", label, flags=re.ASCII)
        base = f"{stem}.display.{display}" if kind == "display" else f"{stem}.{kind}.{plain}"
        taken, number = set(ids.values()), 2
        entry = base
        while entry in taken:
            entry, number = f"{base}.{number}", number + 1
        ids[kind, display, label] = entry
    return ids


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return _NO_XML.sub("\ufffd", text)
