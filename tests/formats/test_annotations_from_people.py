"""Annotation files as people have them: times of the right video, silence as all aligners write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, TableError
from dfe.formats.elan_labels import read_elan
from dfe.formats.labels import read_labels, read_tier
from dfe.formats.silence import is_silence
from dfe.formats.speech import read_speech

CASES = Path(__file__).parents[1] / "fixtures" / "cases"


def test_the_cases():
    assert read_speech(CASES / "01_offset.eaf")["A"].tolist() == [[1.5, 2.5]]
    assert read_speech(CASES / "01_two_media_ok.eaf")["A"].tolist() == [[0, 1]]
    assert read_tier(CASES / "01_offset.eaf", "A")[0].start_s == 1.5


def medium(name: str, origin: int | None, kind: str = "video/mp4") -> str:
    said = "" if origin is None else f'TIME_ORIGIN="{origin}"'
    return (
        f'<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/x/{name}" MIME_TYPE="{kind}" RELATIVE_MEDIA_URL="./{name}" {said}/>'
    )


def eaf(*media: str, time: str = "1000", tiers: str = "") -> str:
    return (
        f'<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds">{"".join(media)}</HEADER><TIME_ORDER>'
        f'<TIME_SLOT TIME_SLOT_ID="s1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="s2" TIME_VALUE="{time}"/></TIME_ORDER>'
        '<TIER TIER_ID="A"><ANNOTATION>'
        '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a0" TIME_SLOT_REF1="s1" TIME_SLOT_REF2="s2">'
        f"<ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>{tiers}</ANNOTATION_DOCUMENT>"
    )


@pytest.mark.parametrize(
    ("media", "recording", "start"),
    [
        ((), None, 0),
        ((medium("a.mp4", 2000),), None, 2),
        ((medium("a.mp4", 2000), medium("b.mp4", None)), "a", 2),
        ((medium("a.mp4", 2000), medium("b.mp4", None)), "b", 0),
        ((medium("A%20b.MP4", 2000), medium("b.mp4", None)), "a B", 2),
        ((medium("a.mp4", 2000), medium("b.mp4", 2000)), "c", 2),
        ((medium("a.wav", 2000, "audio/x-wav"), medium("b.mp4", None)), "a", 0),
        ((medium("a.wav", 700, ""), medium("b.mp4", 300)), None, 0.3),
        ((medium("a.wav", 700, "audio/x-wav"),), "a", 0.7),
    ],
)
def test_times_are_those_of_the_right_video(tmp_path, media, recording, start):
    path = tmp_path / "t.eaf"
    path.write_text(eaf(*media))
    (label,) = read_labels(path, recording)
    assert (label.start_s, label.end_s) == (start, start + 1)


def test_videos_that_begin_apart_need_a_name(tmp_path):
    path = tmp_path / "t.eaf"
    path.write_text(eaf(medium("a.mp4", 2000), medium("b.mp4", None)))
    with pytest.raises(TableError, match=r"2 videos that begin apart \(a at 2 s, b at 0 s\), none called c"):
        read_labels(path, "c")


@pytest.mark.parametrize("time", ["9" * 400, "1e999", "-" * 3, "", "٣"])
def test_times_that_are_none(tmp_path, time):
    path = tmp_path / "t.eaf"
    path.write_text(eaf(time=time), "utf-8")
    with pytest.raises(TableError, match="damaged") as caught:
        read_elan(path)
    assert len(str(caught.value)) < 400
    path.write_text(eaf(medium("a.mp4", None).replace("/>", f' TIME_ORIGIN="{"9" * 400}"/>')))
    with pytest.raises(TableError, match="damaged"):
        read_elan(path)


def test_long_chains_have_the_times_of_their_first(tmp_path):
    count = 4000
    links = "".join(
        f'<TIER TIER_ID="t{i}"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a{i}" ANNOTATION_REF="a{i - 1}">'
        "<ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
        for i in range(count, 0, -1)
    )
    path = tmp_path / "t.eaf"
    path.write_text(eaf(tiers=links))
    labels = read_labels(path)
    assert len(labels) == count + 1
    assert {(label.start_s, label.end_s) for label in labels} == {(0, 1)}


@pytest.mark.parametrize(
    "text",
    ["", " ", "sil", "SIL", "sp", "<sil>", "{SL}", "{sl}", "[silence]", "[ Silence ]", "(.)", "(..)", "(-)", "(0.5)",
     "(1,2 s)", "pau", "h#", "#", "##", "<p:>", "<p>", "(pause)", "...", "…", "-", "_", "<eps>", "{BR}", "{NS}",
     "<usb>",     "++NOISE++", "[BLANK_AUDIO]", "[Music]", "<s>", "</s>", "silE", "non-speech", "!EXIT"],
)  # fmt: skip
def test_silence(text):
    assert is_silence(text)


@pytest.mark.parametrize(
    "text", ["yes", "p", "a", "pauli", "silly", "(yes)", "uh", "1", "spn", "e", "nein -", "sounding"]
)
def test_speech(text):
    assert not is_silence(text)


def test_labels_taken_for_speech_are_listed_once(tmp_path):
    path = tmp_path / "t.TextGrid"
    words = ["sil", "yes", "[x]", "{SL}", "yes", "no"]
    body = "".join(f'{i}\n{i + 1}\n"{word}"\n' for i, word in enumerate(words))
    path.write_text(
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n6\n<exists>\n1\n'
        f'"IntervalTier"\n"A"\n0\n6\n6\n{body}'
    )
    talk = read_speech(path)
    assert talk.spoken == ("[x]", "no", "yes")
    assert talk.said() == "labels taken for speech: [x], no, yes; for silence: sil, {SL}"
    assert talk["A"].tolist() == [[1, 3], [4, 6]]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    time=st.text(max_size=6) | st.integers(-10, 10**20).map(str),
    origin=st.text(max_size=6) | st.integers(-(10**4), 10**20).map(str),
    parent=st.sampled_from(["a0", "b", "a9"]),
)
def test_anything_is_labels_or_an_error_of_ours(tmp_path, time, origin, parent):
    from xml.sax.saxutils import escape

    link = f'<REF_ANNOTATION ANNOTATION_ID="b" ANNOTATION_REF="{parent}"/>'
    reference = f'<TIER TIER_ID="B"><ANNOTATION>{link}</ANNOTATION></TIER>'
    quoted = escape(origin, {'"': "&quot;"})
    one = medium("a.mp4", None).replace(" />", f' TIME_ORIGIN="{quoted}"/>')
    path = tmp_path / "t.eaf"
    path.write_bytes(eaf(one, time=escape(time, {'"': "&quot;"}), tiers=reference).encode("utf-8", "replace"))
    try:
        labels = read_labels(path)
    except DfeError:
        return
    assert all(label.end_s >= label.start_s for label in labels)
