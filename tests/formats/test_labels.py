from __future__ import annotations

from pathlib import Path

import pytest

from dfe.base.errors import TableError, UsageError
from dfe.formats.labels import Label, read_elan, read_labels, read_textgrid, read_tier, read_tiers


def ref(one: str, parent: str, value: str) -> str:
    body = f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></REF_ANNOTATION>"
    return f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{one}" ANNOTATION_REF="{parent}">{body}</ANNOTATION>'


def aligned(one: str, begin: int, end: int, value: str) -> str:
    slots = f'TIME_SLOT_REF1="ts{begin}" TIME_SLOT_REF2="ts{end}"'
    body = f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>"
    return f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{one}" {slots}>{body}</ANNOTATION>'


EAF = f"""<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="x" DATE="2020-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/>
    <TIME_SLOT TIME_SLOT_ID="ts2"/>
    <TIME_SLOT TIME_SLOT_ID="ts3"/>
    <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4000"/>
  </TIME_ORDER>
  <TIER LINGUISTIC_TYPE_REF="ref" TIER_ID="words" PARENT_REF="speech">
    {ref("a4", "a1", "one")}
    {ref("a5", "a1", "two")}
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="top" TIER_ID="speech">
    {aligned("a1", 1, 4, " one &amp; two ")}
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="parts" TIER_ID="parts" PARENT_REF="speech">
    {aligned("a6", 1, 2, "p")}
    {aligned("a7", 2, 3, "")}
    {aligned("a8", 3, 4, "r")}
  </TIER>
</ANNOTATION_DOCUMENT>
"""


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_tiers_that_refer_to_others_have_their_times(tmp_path: Path) -> None:
    assert read_labels(written(tmp_path / "a.EAF", EAF)) == (
        Label("words", 1.0, 2.5, "one"),
        Label("words", 2.5, 4.0, "two"),
        Label("speech", 1.0, 4.0, "one & two"),
        Label("parts", 1.0, 2.0, "p"),
        Label("parts", 2.0, 3.0, ""),
        Label("parts", 3.0, 4.0, "r"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE ANNOTATION_DOCUMENT SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_types_and_entities_are_refused(tmp_path: Path, declared: str, encoding: str) -> None:
    text = EAF.replace("<ANNOTATION_DOCUMENT", declared + "<ANNOTATION_DOCUMENT", 1)
    text = text.replace("UTF-8", encoding.upper())
    with pytest.raises(TableError, match="declares a document type"):
        read_elan(written(tmp_path / "a.eaf", text, encoding))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('TIME_UNITS="milliseconds"', 'TIME_UNITS="PAL-frames"', "times in PAL-frames"),
        ('TIME_SLOT_REF2="ts4"', 'TIME_SLOT_REF2="ts9"', "damaged .*ts9"),
        ('ANNOTATION_REF="a1"', 'ANNOTATION_REF="a9"', "tier 'words' refers to annotations that are not there"),
        ('TIME_VALUE="4000"', 'TIME_VALUE="soon"', "damaged"),
        ('TIME_VALUE="4000"', 'TIME_VALUE="40"', "ends before it begins"),
        ("</TIER>", "", "no XML"),
        ("<HEADER", "<HEAD", "damaged|no XML"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in EAF
    with pytest.raises(TableError, match=says):
        read_elan(written(tmp_path / "a.eaf", EAF.replace(old, new)))


def test_files_that_are_something_else(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no ELAN file"):
        read_elan(written(tmp_path / "a.eaf", "<html/>"))
    with pytest.raises(TableError, match="cannot be read"):
        read_elan(tmp_path / "none.eaf")
    with pytest.raises(TableError, match="no TextGrid"):
        read_textgrid(written(tmp_path / "a.TextGrid", EAF))
    with pytest.raises(UsageError, match=r"neither an \.eaf nor a \.TextGrid"):
        read_labels(tmp_path / "a.srt")


def test_a_tier_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.eaf", EAF.replace("<TIER", '<TIER LINGUISTIC_TYPE_REF="top" TIER_ID="empty"/><TIER', 1)
    )
    assert [label.value for label in read_tier(path, "words")] == ["one", "two"]
    assert read_tier(path, "empty") == ()
    with pytest.raises(UsageError, match="tiers are: 'empty', 'words', 'speech', 'parts'"):
        read_tier(path, "smiles")


SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
2.5
<exists>
2
"IntervalTier"
"speech"
0
2.5
2
0
1
""
1
2.5
"he said ""ah"" 3 é" ! 7 words, and "more"
"TextTier"
"beats"
0
2.5
1
0.75
"x"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_short_textgrids_in_the_encodings_that_praat_writes(tmp_path: Path, encoding: str) -> None:
    assert read_labels(written(tmp_path / "a.TextGrid", SHORT, encoding)) == (
        Label("speech", 1.0, 2.5, 'he said "ah" 3 é'),
        Label("beats", 0.75, 0.75, "x"),
    )
    assert list(read_tiers(tmp_path / "a.TextGrid")) == ["speech", "beats"]


@pytest.mark.parametrize("cut", [80, 120, 160])
def test_a_textgrid_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(TableError, match="damaged"):
        read_textgrid(written(tmp_path / "a.TextGrid", SHORT[:cut]))
