"""What EAFv3.0.xsd asks of a file, checked without an XML Schema processor: order, attributes, ids and references."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

ORDER = [
    "LICENSE",
    "HEADER",
    "TIME_ORDER",
    "TIER",
    "LINGUISTIC_TYPE",
    "LOCALE",
    "LANGUAGE",
    "CONSTRAINT",
    "CONTROLLED_VOCABULARY",
    "LEXICON_REF",
    "REF_LINK_SET",
    "EXTERNAL_REF",
]
CHILDREN = {
    "HEADER": ["MEDIA_DESCRIPTOR", "LINKED_FILE_DESCRIPTOR", "PROPERTY"],
    "TIME_ORDER": ["TIME_SLOT"],
    "TIER": ["ANNOTATION"],
    "ANNOTATION": ["ALIGNABLE_ANNOTATION"],
    "ALIGNABLE_ANNOTATION": ["ANNOTATION_VALUE"],
    "CONTROLLED_VOCABULARY": ["DESCRIPTION", "CV_ENTRY_ML"],
    "CV_ENTRY_ML": ["CVE_VALUE"],
}
XSI = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
REQUIRED = {
    "ANNOTATION_DOCUMENT": {"AUTHOR", "DATE", "VERSION", XSI},
    "MEDIA_DESCRIPTOR": {"MEDIA_URL", "MIME_TYPE"},
    "PROPERTY": {"NAME"},
    "TIME_SLOT": {"TIME_SLOT_ID"},
    "TIER": {"TIER_ID", "LINGUISTIC_TYPE_REF"},
    "ALIGNABLE_ANNOTATION": {"ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2"},
    "LINGUISTIC_TYPE": {"LINGUISTIC_TYPE_ID"},
    "LANGUAGE": {"LANG_ID"},
    "CONSTRAINT": {"STEREOTYPE"},
    "CONTROLLED_VOCABULARY": {"CV_ID"},
    "DESCRIPTION": {"LANG_REF"},
    "CV_ENTRY_ML": {"CVE_ID"},
    "CVE_VALUE": {"LANG_REF"},
}
OPTIONAL = {
    "ANNOTATION_DOCUMENT": {"FORMAT"},
    "HEADER": {"MEDIA_FILE", "TIME_UNITS"},
    "MEDIA_DESCRIPTOR": {"RELATIVE_MEDIA_URL", "TIME_ORIGIN", "EXTRACTED_FROM"},
    "TIME_SLOT": {"TIME_VALUE"},
    "TIER": {"PARTICIPANT", "ANNOTATOR", "DEFAULT_LOCALE", "PARENT_REF", "EXT_REF", "LANG_REF"},
    "ALIGNABLE_ANNOTATION": {"SVG_REF", "EXT_REF", "LANG_REF", "CVE_REF"},
    "LINGUISTIC_TYPE": {
        "TIME_ALIGNABLE",
        "CONSTRAINTS",
        "GRAPHIC_REFERENCES",
        "CONTROLLED_VOCABULARY_REF",
        "EXT_REF",
        "LEXICON_REF",
    },
    "LANGUAGE": {"LANG_DEF", "LANG_LABEL"},
    "CONSTRAINT": {"DESCRIPTION"},
    "CONTROLLED_VOCABULARY": {"EXT_REF"},
    "CV_ENTRY_ML": {"EXT_REF"},
    "CVE_VALUE": {"DESCRIPTION"},
}
IDS = {
    "TIME_SLOT": "TIME_SLOT_ID",
    "ALIGNABLE_ANNOTATION": "ANNOTATION_ID",
    "LANGUAGE": "LANG_ID",
    "CV_ENTRY_ML": "CVE_ID",
}
NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


def check(data: bytes) -> Xml.Element:
    """Raise an AssertionError where the file breaks a rule; else give back its root."""
    root = Xml.fromstring(data)
    assert root.tag == "ANNOTATION_DOCUMENT"
    assert root.attrib["FORMAT"] == root.attrib["VERSION"] == "3.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", root.attrib["DATE"])
    tags = [child.tag for child in root]
    assert tags == sorted(tags, key=ORDER.index), "elements out of the schema's order"
    assert tags.count("HEADER") == tags.count("TIME_ORDER") == 1
    for element in root.iter():
        required, optional = REQUIRED.get(element.tag, set()), OPTIONAL.get(element.tag, set())
        assert required <= set(element.attrib) <= required | optional, (element.tag, element.attrib)
        inner = [child.tag for child in element]
        if element is not root:
            assert inner == sorted(inner, key=CHILDREN.get(element.tag, []).index), (element.tag, inner)
    ids = [e.attrib[IDS[e.tag]] for e in root.iter() if e.tag in IDS and e.tag != "LANGUAGE"]
    assert len(set(ids)) == len(ids)
    assert all(NAME.fullmatch(one) for one in ids)
    _check_references(root)
    return root


def _check_references(root: Xml.Element) -> None:
    times = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    assert list(times.values()) == sorted(times.values())
    assert all(value >= 0 for value in times.values())
    tiers = [tier.attrib["TIER_ID"] for tier in root.iter("TIER")]
    assert len(set(tiers)) == len(tiers)
    types = {t.attrib["LINGUISTIC_TYPE_ID"]: t for t in root.iter("LINGUISTIC_TYPE")}
    languages = {one.attrib["LANG_ID"] for one in root.iter("LANGUAGE")}
    books = {cv.attrib["CV_ID"]: cv for cv in root.iter("CONTROLLED_VOCABULARY")}
    for one in types.values():
        assert one.get("CONTROLLED_VOCABULARY_REF") is None or one.get("CONTROLLED_VOCABULARY_REF") in books
    entries = {e.attrib["CVE_ID"]: e.findtext("CVE_VALUE") for e in root.iter("CV_ENTRY_ML")}
    assert len(set(entries.values())) == len(entries), "two entries with one value"
    assert {e.attrib["LANG_REF"] for e in root.iter() if "LANG_REF" in e.attrib} <= languages
    for tier in root.iter("TIER"):
        assert tier.attrib["LINGUISTIC_TYPE_REF"] in types
        at = 0
        for one in tier.iter("ALIGNABLE_ANNOTATION"):
            begin, end = times[one.attrib["TIME_SLOT_REF1"]], times[one.attrib["TIME_SLOT_REF2"]]
            assert at <= begin < end, "annotations of a tier overlap, or have no length"
            at = end
            assert entries[one.attrib["CVE_REF"]] == one.findtext("ANNOTATION_VALUE")
