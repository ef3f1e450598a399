"""Annotations of ELAN's .eaf files, tier by tier.

Format: EAF 3.0 (Max Planck Institute for Psycholinguistics): time slots in milliseconds, in order, some without a time;
annotations that refer to two of them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NoReturn

from dfe.errors import TableError


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses document types, and with them entities that grow or fetch files."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:  # noqa: ARG002
        raise ValueError("it has a document type, which no ELAN file has")


def tiers_of_elan(data: bytes, where: Path) -> dict[str, list[tuple[float, float, str]]]:
    """Annotations, start and end in seconds and text, by the id of the tier.

    Tiers whose annotations have no time of their own (symbolic ones) are left out. An end without a time is taken at
    the next slot that has one, a start at the last one before.

    Raises:
        TableError: not an ELAN file.
    """
    try:
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=_NoDoctype()))
        if root.tag != "ANNOTATION_DOCUMENT":
            raise ValueError("no ANNOTATION_DOCUMENT")
        return _tiers(root)
    except (ElementTree.ParseError, ValueError, LookupError, OverflowError) as error:
        raise TableError(f"is no ELAN file ({error})", where=where) from None


def _tiers(root: ElementTree.Element) -> dict[str, list[tuple[float, float, str]]]:
    begin, end = _slots(root)
    tiers: dict[str, list[tuple[float, float, str]]] = {}
    for tier in root.iter("TIER"):
        found = []
        for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
            one, two = annotation.get("TIME_SLOT_REF1", ""), annotation.get("TIME_SLOT_REF2", "")
            if one not in begin or two not in end:
                raise ValueError(f"annotation {annotation.get('ANNOTATION_ID')} refers to no time slot")
            found.append((begin[one], end[two], annotation.findtext("ANNOTATION_VALUE") or ""))
        if found or tier.find(".//REF_ANNOTATION") is None:
            tiers.setdefault(tier.get("TIER_ID", ""), []).extend(found)
    return tiers


def _slots(root: ElementTree.Element) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of each slot as a start and as an end; they differ only for slots without a time of their own."""
    slots = [(s.get("TIME_SLOT_ID", ""), s.get("TIME_VALUE")) for s in root.iter("TIME_SLOT")]
    seconds = [None if value is None else int(value) / 1000 for _, value in slots]
    begin: dict[str, float] = {}
    last = 0.0
    for (name, _), value in zip(slots, seconds, strict=True):
        begin[name] = last = last if value is None else value
    end: dict[str, float] = {}
    following = max((value for value in seconds if value is not None), default=0.0)
    for (name, _), value in zip(reversed(slots), reversed(seconds), strict=True):
        end[name] = following = following if value is None else value
    return begin, end
