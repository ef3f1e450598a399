"""Whose face is whose, from a table that people write by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, TableError
from dfe.recording.roles import read_roles, roles_at_hand, roles_of

HEAD = "recording,face_id,start,end,subject,role\n"


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "roles.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_empty_times_mean_all_of_it_and_suffixes_do_not_count(tmp_path):
    text = HEAD + "clip.parquet,0,,12.5,P1,client\nclip,0,12.5,,P2,\n\nother,1,0,1,P1,x\n"
    one, two, three = read_roles(written(tmp_path, text, "utf-8-sig"))
    assert (one.recording, one.face_id, one.start_s, one.end_s) == ("clip", 0, -math.inf, 12.5)
    assert (two.subject, two.role, two.end_s) == ("P2", "", math.inf)
    assert three.row == 5


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_of_all_languages_are_read(tmp_path, delimiter):
    path = written(tmp_path, f"subject,recording,face_id\nÅsa,clip,2\n".replace(",", delimiter))  # noqa: F541
    assert [(r.subject, r.face_id) for r in read_roles(path)] == [("Åsa", 2)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("clip,0,0,10,P1,\nclip,0,9.9,20,P2,\n", "lines 2 and 3 overlap: face 0 of clip"),
        ("clip,0,,,P1,\nclip,0,5,6,P1,\n", "overlap"),
        ("clip,0,0,1,,client\n", "line 2: the subject is missing"),
        (",0,0,1,P1,client\n", "the recording is missing"),
        ("clip,x,0,1,P1,\n", "face_id 'x'"),
        ("clip,-1,0,1,P1,\n", "face_id '-1'"),
        ("clip,0,2,1,P1,\n", "ends at 1 s, before it starts at 2 s"),
        ("clip,0,inf,1,P1,\n", "start 'inf'"),
        ("clip,0,0,1:30,P1,\n", "end '1:30'"),
        ("clip,0\n", "the subject is missing"),
    ],
)
def test_rows_that_make_no_sense_are_named(tmp_path, rows, words):
    with pytest.raises(TableError, match=words) as stopped:
        read_roles(written(tmp_path, HEAD + rows))
    assert "\n" not in str(stopped.value)


def test_files_that_are_no_such_table_are_refused(tmp_path):
    for text, words in (("", "is empty"), ("a,b\n1,2\n", "first line must be")):
        with pytest.raises(TableError, match=words):
            read_roles(written(tmp_path, text))
    assert read_roles(written(tmp_path, HEAD + "clip,0,NA,,Åsa,\n", "latin-1"))[0].subject == "Åsa"
    with pytest.raises(TableError, match="no such file"):
        read_roles(tmp_path / "none.csv")


def test_roles_of_faces_that_are_not_there_are_refused(tmp_path):
    path = written(tmp_path, HEAD + "clip,0,,,P1,\nclip,3,,,P2,\nother,9,,,P3,\n")
    roles = read_roles(path)
    with pytest.raises(TableError, match=r"line 3: clip has no face 3.*0, 1"):
        roles_of(roles, "clip", [0, 1], path)
    assert [role.subject for role in roles_of(roles, "clip", [0, 3], path)] == ["P1", "P2"]
    assert roles_of(roles, "third", [], path) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='clip,;0123456789.-\n"\t\x00 é', max_size=80))
def test_whatever_people_write_is_read_or_refused(tmp_path, text):
    path = written(tmp_path, HEAD + text)
    try:
        roles = read_roles(path)
    except DfeError:
        return
    assert all(role.subject and role.recording and role.start_s < role.end_s for role in roles)


def test_recordings_may_be_named_by_their_videos_and_some_must_be_at_hand(tmp_path):
    path = tmp_path / "roles.csv"
    path.write_text("recording,face_id,subject\nvideos/a.MP4,0,Anna\nb.parquet,0,Ben\nc.2,0,Cem\n", "utf-8")
    roles = read_roles(path)
    assert [role.recording for role in roles] == ["videos/a", "b", "c.2"]
    assert [(role.recording, role.subject) for role in roles_at_hand(roles, ["deep/b", "q", "a"], path)] == [
        ("a", "Anna"),
        ("deep/b", "Ben"),
    ]
    with pytest.raises(TableError, match=r"names none of these recordings: videos/a, b, c\.2 in the table, q at hand"):
        roles_at_hand(roles, ["q"], path)


def test_recordings_of_one_name_in_several_folders_are_told_apart_or_refused(tmp_path):
    path = written(tmp_path, HEAD + "s1/film.mp4,0,,,Anna,\ns2/film.mp4,0,,,Ben,\nD:\\x\\s2\\film.mp4,1,,,Cem,\n")
    roles = read_roles(path)
    both = roles_at_hand(roles, ["s1/film", "s2/film"], path)
    assert [(role.recording, role.subject) for role in both] == [
        ("s1/film", "Anna"),
        ("s2/film", "Ben"),
        ("s2/film", "Cem"),
    ]
    assert [role.subject for role in roles_at_hand(roles, ["s1/film"], path)] == ["Anna"]
    with pytest.raises(TableError, match="line 3: film may be s1/film and s2/film; name the folder above both"):
        roles_at_hand(roles, ["film"], path)
    bare = read_roles(written(tmp_path, HEAD + "film,0,,,Anna,\n"))
    with pytest.raises(TableError, match="line 2: film may be s1/film, s2/film; name the folder, too"):
        roles_at_hand(bare, ["s1/film", "s2/film"], path)
    assert [role.recording for role in roles_at_hand(bare, ["film", "s1/film"], path)] == ["film"]
    twice = read_roles(written(tmp_path, HEAD + "film,0,,,Anna,\ns1/film,0,5,,Ben,\n"))
    with pytest.raises(TableError, match="lines 2 and 3 overlap: face 0 of s1/film is 'Anna' and 'Ben' at once"):
        roles_at_hand(twice, ["s1/film"], path)
