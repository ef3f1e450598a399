"""Labels that people or other tools have put on a recording: intervals read from ELAN and Praat files.

Formats: EAF 2.7 to 3.0; TextGrid, long and short text format, UTF-8 or UTF-16.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml
from xml.parsers import expat

import numpy as np

from dfe.base.errors import TableError, UsageError

_MAX_BYTES = 256 * 2**20
_ADVICE_ELAN = "save it again in ELAN"
_ADVICE_PRAAT = "save it in Praat as a text file"
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|![^\n]*|<(exists|absent)>|(?<![^\s])(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?=\s|$)')


class Label(NamedTuple):
    """One annotation of one tier; times are seconds from the start of the recording."""

    tier: str
    start_s: float
    end_s: float
    value: str


Tiers = dict[str, tuple[Label, ...]]
"""Labels by the name of their tier, in the file's order; tiers without labels too."""


def read_labels(path: str | PathLike[str]) -> tuple[Label, ...]:
    """All labels of an ELAN ``.eaf`` or a Praat ``.TextGrid`` file, tier by tier; see :func:`read_tiers`."""
    return tuple(label for labels in read_tiers(path).values() for label in labels)


def read_tiers(path: str | PathLike[str], *, own_times: bool = False) -> Tiers:
    """Tiers of an ELAN ``.eaf`` or a Praat ``.TextGrid`` file.

    Args:
        path: the file.
        own_times: leave out ELAN's tiers whose annotations refer to those of others, such as translations.

    Raises:
        UsageError: it is neither, by its suffix.
        TableError: missing, damaged, or with declarations of types and entities, which are not read.
    """
    path = Path(path)
    if path.suffix.lower() == ".eaf":
        return read_elan(path, own_times=own_times)
    if path.suffix.lower() == ".textgrid":
        return read_textgrid(path)
    raise UsageError("neither an .eaf nor a .TextGrid file", where=path)


def read_tier(path: str | PathLike[str], tier: str) -> tuple[Label, ...]:
    """The labels of one tier.

    Raises:
        UsageError: there is no such tier; the message lists those that there are.
        TableError: as :func:`read_tiers`.
    """
    tiers = read_tiers(path)
    if tier not in tiers:
        known = ", ".join(repr(name) for name in tiers) or "none"
        raise UsageError(f"no tier {tier!r}", where=path, advice=f"tiers are: {known}")
    return tiers[tier]


def read_elan(path: str | PathLike[str], *, own_times: bool = False) -> Tiers:
    """Annotations of an ``.eaf`` file, empty ones too; see :func:`read_tiers`.

    An annotation that refers to another lies in its time; several that refer to one share its time evenly, and so do
    annotations between whose ends no time was set: as ELAN shows them.

    Raises:
        TableError: missing, no EAF, damaged, or with a document type or entities.
    """
    path = Path(path)
    root = _parse(path, _bytes(path))
    if root.tag != "ANNOTATION_DOCUMENT":
        raise TableError("no ELAN file", where=path, advice=_ADVICE_ELAN)
    try:
        units = root.find("HEADER").get("TIME_UNITS", "milliseconds")  # type: ignore[union-attr]
        if units != "milliseconds":
            raise TableError(f"times in {units}, not in milliseconds", where=path, advice=_ADVICE_ELAN)
        return _elan_tiers(root, own_times)
    except (KeyError, ValueError, AttributeError) as error:
        raise TableError(f"damaged ({type(error).__name__}: {error})", where=path, advice=_ADVICE_ELAN) from None


def read_textgrid(path: str | PathLike[str]) -> Tiers:
    """Intervals with a text, and points as intervals of no length, of a ``.TextGrid`` file.

    Raises:
        TableError: missing, no TextGrid in text format, or damaged.
    """
    path = Path(path)
    tokens = _praat_tokens(path, _bytes(path))
    try:
        return _textgrid_tiers(tokens)
    except (StopIteration, ValueError) as error:
        raise TableError("damaged: it ends or changes too early", where=path, advice=_ADVICE_PRAAT) from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise TableError("larger than any annotation file", where=path)
        return path.read_bytes()
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from error


def _parse(path: Path, data: bytes) -> Xml.Element:
    """XML without document types and entities: with them, small files can grow to any size or read other files."""
    builder = Xml.TreeBuilder()
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise TableError("declares a document type or entities, which is not read", where=path, advice=_ADVICE_ELAN)

    def start(tag: str, attributes: dict[str, str]) -> None:
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
    except expat.ExpatError as error:
        raise TableError(f"no XML ({error})", where=path, advice=_ADVICE_ELAN) from None
    return builder.close()


def _elan_tiers(root: Xml.Element, own_times: bool) -> Tiers:
    slots = {slot.attrib["TIME_SLOT_ID"]: slot.get("TIME_VALUE") for slot in root.iterfind("TIME_ORDER/TIME_SLOT")}
    times = {slot: int(value) for slot, value in slots.items() if value is not None}
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
    return {name: tuple(Label(name, *spans[one], value) for one, value in said) for name, said in rows.items()}


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
    """Spans of annotations that refer to others, which may come later in the file and refer to others again."""
    waiting = [(elements, name) for name, elements in referring if elements]
    while waiting:
        left = []
        for elements, name in waiting:
            if any(one.attrib["ANNOTATION_REF"] not in spans for one in elements):
                left.append((elements, name))
                continue
            parents: dict[str, list[str]] = {}
            for one in elements:
                parents.setdefault(one.attrib["ANNOTATION_REF"], []).append(one.attrib["ANNOTATION_ID"])
            for parent, children in parents.items():
                cuts = np.linspace(*spans[parent], len(children) + 1)
                spans.update({child: (float(cuts[i]), float(cuts[i + 1])) for i, child in enumerate(children)})
        if len(left) == len(waiting):
            raise ValueError(f"tier {left[0][1]!r} refers to annotations that are not there")
        waiting = left


def _value(annotation: Xml.Element) -> str:
    return (annotation.findtext("ANNOTATION_VALUE") or "").strip()


def _praat_tokens(path: Path, data: bytes) -> Iterator[str | float]:
    """Texts and numbers of a file in Praat's text format; everything else is there for people."""
    if data.startswith(b"ooBinaryFile"):
        raise TableError("a binary TextGrid", where=path, advice=_ADVICE_PRAAT)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise TableError("damaged: no proper UTF-16", where=path, advice=_ADVICE_PRAAT) from None
        text = data.decode("latin-1")
    head = text[:200].replace(" ", "")
    if "ooTextFile" not in head or '"TextGrid"' not in head:
        raise TableError("no TextGrid in text format", where=path, advice=_ADVICE_PRAAT)
    found: list[str | float] = []
    for match in _TOKEN.finditer(text):
        string, flag, number = match.groups()
        if string is not None:
            found.append(string.replace('""', '"'))
        elif flag or number:
            found.append(flag or float(number))
    return iter(found[2:])


def _textgrid_tiers(tokens: Iterator[str | float]) -> Tiers:
    def number() -> float:
        token = next(tokens)
        if not isinstance(token, float):
            raise ValueError(token)
        return token

    def word() -> str:
        token = next(tokens)
        if not isinstance(token, str):
            raise ValueError(token)
        return token

    tiers: dict[str, list[Label]] = {}
    number(), number()
    if word() == "absent":
        return {}
    for _ in range(int(number())):
        kind, tier = word(), word()
        if kind not in ("IntervalTier", "TextTier"):
            raise ValueError(f"a tier of kind {kind[:40]!r}")
        labels = tiers.setdefault(tier, [])
        number(), number()
        for _ in range(int(number())):
            start = number()
            end = number() if kind == "IntervalTier" else start
            if value := word().strip():
                labels.append(Label(tier, start, end, value))
    return {tier: tuple(labels) for tier, labels in tiers.items()}
