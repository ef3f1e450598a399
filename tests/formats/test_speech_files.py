"""Who speaks when, from RTTM, TextGrid and ELAN files, whole and broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, TableError, UsageError
from dfe.formats.speech import check_inside, read_speech, speech_of_faces

RTTM = """;; a comment
SPKR-INFO clip 1 <NA> <NA> <NA> unknown A <NA> <NA>
SPEAKER clip 1 0.50 1.00 <NA> <NA> A <NA> <NA>
SPEAKER clip 1 1.25 1.00 <NA> <NA> A <NA> <NA>
SPEAKER clip 1 4.00 0.50 <NA> <NA> B <NA> <NA>
"""
LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 5
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "A"
        xmin = 0
        xmax = 5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 2.25
            text = "she said ""no 3"" ! ünd"
        intervals [3]:
            xmin = 2.25
            xmax = 5
            text = "SIL"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 5
        points: size = 1
        points [1]:
            number = 1.5
            mark = "x"
    item [3]:
        class = "IntervalTier"
        name = "B"
        xmin = 0
        xmax = 5
        intervals: size = 1
        intervals [1]:
            xmin = 4
            xmax = 4.5
            text = "hm"
"""
SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
5
<exists>
3
"IntervalTier"
"A"
0
5
3
0
0.5
""
0.5
2.25
"she said ""no 3"" ! ünd"
2.25
5
"SIL"
"TextTier"
"clicks"
0
5
1
1.5
"x"
"IntervalTier"
"B"
0
5
1
4
4.5
"hm" ! the last one
"""
EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2025-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2250"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4000"/>
<TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="4500"/>
</TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="A">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>one</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE>two</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER>
<TIER LINGUISTIC_TYPE_REF="w" PARENT_REF="A" TIER_ID="words">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1"><ANNOTATION_VALUE>x</ANNOTATION_VALUE>
</REF_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="B">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a4" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts5">
<ANNOTATION_VALUE>hm</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>
"""
WANTED = {"A": [[0.5, 2.25]], "B": [[4.0, 4.5]]}


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.rttm", RTTM, "utf-8"), ("a.RTTM", RTTM, "utf-8-sig"),
        ("a.TextGrid", LONG, "utf-8"), ("a.TextGrid", LONG, "utf-16"), ("a.TextGrid", LONG, "latin-1"),
        ("a.textgrid", SHORT, "utf-8-sig"), ("a.TextGrid", SHORT, "utf-16"), ("a.eaf", EAF, "utf-8"),
    ],
)  # fmt: skip
def test_all_formats_say_the_same(tmp_path, name, text, encoding):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    assert {who: spans.tolist() for who, spans in read_speech(path).items()} == WANTED


def test_an_rttm_file_of_several_recordings_is_read_by_name(tmp_path):
    path = tmp_path / "all.rttm"
    path.write_text(RTTM + "SPEAKER other 1 7 1 <NA> <NA> A <NA> <NA>\n")
    assert read_speech(path, "other")["A"].tolist() == [[7, 8]]
    with pytest.raises(TableError, match="clip, other"):
        read_speech(path, "third")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "&#97;"><!ENTITY y "&x;&x;">]>'
    "<ANNOTATION_DOCUMENT>&y;</ANNOTATION_DOCUMENT>"
)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.eaf", BOMB.encode(), "document type"),
        ("a.eaf", BOMB.encode("utf-16"), "document type"),
        ("a.eaf", b"<html/>", "no ELAN file"),
        ("a.eaf", EAF.replace('REF1="ts4"', 'REF1="ts9"').encode(), "damaged .KeyError"),
        ("a.eaf", EAF.replace('"4500"', '"1e3"').encode(), "damaged"),
        ("a.eaf", EAF.replace('"4500"', '"100"').encode(), "a4 ends before it begins"),
        ("a.TextGrid", LONG[:600].encode(), "too early"),
        ("a.TextGrid", b"ooBinaryFile\x08TextGrid", "binary"),
        ("a.TextGrid", b"\xff\xfe\x00", "UTF-16"),
        ("a.TextGrid", b"hello", "no TextGrid"),
        ("a.TextGrid", SHORT.replace('"TextTier"', '"PitchTier"').encode(), "damaged"),
        ("a.rttm", b"SPEAKER clip 1 0.5\n", "line 1: has 4 fields"),
        ("a.rttm", b"\nSPEAKER clip 1 x 1 <NA> <NA> A <NA> <NA>\n", "line 2: onset"),
        ("a.rttm", b"onset,offset\n", "line 1: is not RTTM"),
        ("a.rttm", b"", "names no speaker"),
        ("a.wav", b"RIFF", "rttm"),
    ],
)
def test_broken_files_are_refused_in_one_line(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(TableError, match=words) as stopped:
        read_speech(path)
    assert "\n" not in str(stopped.value)
    assert name in str(stopped.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        read_speech(tmp_path / "no.rttm")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([("a.rttm", RTTM), ("a.TextGrid", LONG), ("a.TextGrid", SHORT), ("a.eaf", EAF)]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), st.binary(max_size=12)), min_size=1, max_size=4),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_damage_anywhere_raises_nothing_but_our_errors(tmp_path, file, cuts, encoding):
    name, text = file
    data = text.encode(encoding)
    for place, length, bytes_ in cuts:
        data = data[:place] + bytes_ + data[place + length :]
    (tmp_path / name).write_bytes(data)
    try:
        talk = read_speech(tmp_path / name)
    except DfeError:
        return
    for spans in talk.values():
        assert np.isfinite(spans).all()
        assert (np.diff(spans.ravel()) > 0).all()


TALK = {"A": np.array([[0.0, 1.0]]), "B": np.array([[2.0, 3.0]])}


def test_voices_go_with_faces():
    one = {"A": TALK["A"]}
    assert list(speech_of_faces(one, [0])) == [0]
    assert speech_of_faces(TALK, [0, 1], {"A": 1})[1].tolist() == [[0, 1]]
    assert speech_of_faces(TALK, [0, 1], {"A": 0, "B": 0})[0].tolist() == [[0, 1], [2, 3]]
    assert speech_of_faces(one, []) == {}
    for faces, talk in (([0, 1], one), ([0], TALK)):
        with pytest.raises(UsageError, match="--speakers A=0"):
            speech_of_faces(talk, faces)
    with pytest.raises(UsageError, match=r"no speaker 'C'.*A, B"):
        speech_of_faces(TALK, [0], {"C": 0})


def test_speech_that_its_recording_is_too_short_for_is_refused_or_told():
    talk = {"A": np.array([[5.0, 15.0]]), "B": np.array([[30.0, 64.0]])}
    assert check_inside(talk, 0, 64, "a.rttm") is None
    assert check_inside({"A": np.zeros((0, 2))}, 0, 64, "a.rttm") is None
    assert check_inside(talk, 0, 60, "folder/a.rttm") == "a.rttm: speech goes on for 4 s after the recording's end"
    with pytest.raises(TableError, match=r"a\.rttm: speaks from 5 to 64 s, but the recording runs from 0 to 20 s"):
        check_inside(talk, 0, 20, "a.rttm")
    with pytest.raises(TableError, match="and in seconds"):
        check_inside({"A": talk["A"] * 1000}, 0, 60, "a.rttm")
