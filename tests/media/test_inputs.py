from __future__ import annotations

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base.errors import MediaError, UsageError
from dfe.encoding.summary import RunSummary
from dfe.media.inputs import discover
from numbered_video import write_video

PNG = cv2.imencode(".png", np.zeros((2, 2, 3), np.uint8))[1].tobytes()


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG if path.suffix in (".png", ".jpg") else b"video")
    return root


def found(*paths, stdin=()) -> list[tuple[str, str, int]]:
    discovery = discover(paths, stdin=stdin)
    assert discovery.problems == ()
    return [(s.name, s.kind, len(s.paths)) for s in discovery.sources]


def test_a_folder_keeps_its_structure(tmp_path):
    tree(tmp_path, "b.mp4", "a/b/clip.MOV", "a/clip.mkv", "notes.txt", ".hidden.mp4", ".cache/x.mp4", "a/.mp4")
    assert found(tmp_path) == [("b", "video", 1), ("a/clip", "video", 1), ("a/b/clip", "video", 1)]
    assert found(tmp_path / "a") == [("clip", "video", 1), ("b/clip", "video", 1)]


def test_pictures_of_a_folder_are_one_source(tmp_path):
    root = tree(tmp_path / "study", "s1/x10.png", "s1/x2.png", "s1/talk.mp4", "s2/only.jpg", "top1.png", "top2.png")
    assert found(root) == [
        ("study", "stills", 2),
        ("s1/talk", "video", 1),
        ("s1", "stills", 2),
        ("s2/only", "stills", 1),
    ]
    stills = discover([root / "s1" / "x2.png", root / "s1" / "x10.png"]).sources
    assert [s.name for s in stills] == ["s1"]
    assert [p.name for p in stills[0].paths] == ["x2.png", "x10.png"]
    assert found(root / "s1" / "x2.png") == [("x2", "stills", 1)]


def test_relative_folders(tmp_path, monkeypatch):
    tree(tmp_path / "study", "a.png", "b.png", "c.mp4")
    monkeypatch.chdir(tmp_path / "study")
    assert found(".") == [("study", "stills", 2), ("c", "video", 1)]
    assert found("c.mp4") == [("c", "video", 1)]
    assert found("*.mp4") == [("c", "video", 1)]


def test_patterns_are_expanded_here_too(tmp_path):
    tree(tmp_path, "s1/talk.mp4", "s1/rest.mp4", "s2/talk.mp4", "s2/deep/talk.mp4", "s2/notes.txt")
    assert found(tmp_path / "*" / "talk.mp4") == [("s1/talk", "video", 1), ("s2/talk", "video", 1)]
    assert [name for name, *_ in found(tmp_path / "**" / "talk.mp4")] == ["s1/talk", "s2/deep/talk", "s2/talk"]
    assert {name for name, *_ in found(tmp_path / "s*")} == {"s1/talk", "s1/rest", "s2/talk", "s2/deep/talk"}
    assert found(tmp_path / "s1" / "[rx]est.mp?") == [("rest", "video", 1)]


def test_a_name_with_brackets_is_a_name_first(tmp_path):
    tree(tmp_path, "clip [a].mp4", "clip a.mp4")
    assert found(tmp_path / "clip [a].mp4") == [("clip [a]", "video", 1)]


def test_a_list_on_standard_input(tmp_path):
    tree(tmp_path, "a.mp4", "b.mp4", "c/d.mp4")
    lines = [f"{tmp_path}/b.mp4\n", "\n", f"{tmp_path}/c\r\n", f"{tmp_path}/a.mp4"]
    assert [name for name, *_ in found("-", stdin=lines)] == ["b", "d", "a"]


def test_a_file_named_twice_counts_once(tmp_path):
    tree(tmp_path, "a/clip.mp4")
    clip = tmp_path / "a" / "clip.mp4"
    assert found(clip, tmp_path, clip, tmp_path / "a" / ".." / "a" / "clip.mp4") == [("a/clip", "video", 1)]
    assert found(tmp_path, clip) == [("a/clip", "video", 1)]
    (tmp_path / "link.mp4").symlink_to(clip)
    assert len(found(tmp_path)) == 1


def test_inputs_that_would_share_a_name_are_refused_all_of_them(tmp_path):
    tree(tmp_path, "clip.mp4", "clip.avi", "x/clip.mp4", "clip/1.png", "clip/2.png", "other.mp4", "CLIP.mkv")
    paths = [tmp_path / "clip.mp4", tmp_path / "clip.avi", tmp_path / "x" / "clip.mp4", tmp_path / "clip"]
    paths += [tmp_path / "other.mp4", tmp_path / "CLIP.mkv"]
    for named in (paths, paths[::-1]):
        discovery = discover(named)
        assert [source.name for source in discovery.sources] == ["other"]
        refused = {problem.where for problem in discovery.problems}
        assert refused == {str(path) for path in paths if path.name != "other.mp4"}
        assert all("its result would be called" in str(problem) for problem in discovery.problems)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["s/x.mp4", "s/x_mp4.mp4", "x.mp4", "s/x.avi", "s/1.png", "S/X.MOV", "t/x.mp4"])))
def test_a_name_does_not_depend_on_what_else_is_there(others):
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder), "s/x.mp4", *others)
        discovery = discover([root])
        names = {str(path): source.name for source in discovery.sources for path in source.paths}
        assert names.get(str(root / "s/x.mp4"), "s/x") == "s/x"
        told = {problem.where for problem in discovery.problems}
        assert (str(root / "s/x.mp4") in names) != (str(root / "s/x.mp4") in told)


def test_the_folders_below_what_was_named_are_kept(tmp_path):
    tree(tmp_path, "a/b/clip.mp4", "top.mp4", "set/1.png", "set/2.png", "a/ü/1.png", "a/ü/2.png")
    folders = {source.name: source.folder for source in discover([tmp_path]).sources}
    assert folders == {"a/b/clip": "a/b", "top": "", "set": "", "a/ü": "a"}
    assert discover([tmp_path / "a" / "b" / "clip.mp4"]).sources[0].folder == ""


def test_names_fit_every_file_system(tmp_path):
    tree(tmp_path, 'a:b*?"<x>|\\.mp4', "con.mp4", "Lpt1.x.mp4", "end. .mp4", "é" * 120 + ".mp4")
    names = {name for name, *_ in found(tmp_path)}
    assert names == {"a_b____x___", "_con", "_Lpt1.x", "end", "é" * 100}


def test_a_file_named_itself_is_taken_by_content(tmp_path):
    video = write_video(tmp_path / "clip.mp4", frames=2).rename(tmp_path / "clip.dat")
    (tmp_path / "photo.dat").write_bytes(PNG)
    video_as_photo = write_video(tmp_path / "x.mp4", frames=2).rename(tmp_path / "wrong.jpg")
    assert found(video, tmp_path / "photo.dat", video_as_photo) == [
        ("clip", "video", 1),
        ("photo", "stills", 1),
        ("wrong", "video", 1),
    ]


def test_moving_gifs_are_videos_and_others_are_pictures(tmp_path):
    write_video(tmp_path / "moves.gif", "gif", 3, pix_fmt="rgb8")
    write_video(tmp_path / "stands.gif", "gif", 1, pix_fmt="rgb8")
    write_video(tmp_path / "moves.apng", "apng", 3, pix_fmt="rgb24").rename(tmp_path / "moves.png")
    (tmp_path / "moves.png").rename(tmp_path / "dances.png")
    assert sorted(found(tmp_path)) == [("dances", "video", 1), ("moves", "video", 1), ("stands", "stills", 1)]


def test_problems_do_not_stop_the_rest(tmp_path):
    tree(tmp_path, "good.mp4", "docs/readme.txt", "docs/table.csv")
    (tmp_path / "note.txt").write_text("text\n" * 50)
    (tmp_path / "fake.png").write_text("text\n" * 50)
    (tmp_path / "empty.png").write_bytes(b"")
    cases = {
        "missing.mp4": (MediaError, "no such file"),
        "docs": (UsageError, "no video or picture in this folder"),
        "*.webm": (UsageError, "the pattern matches no file"),
        "docs/*": (UsageError, "the pattern matches no video or picture"),
        "note.txt": (MediaError, "not a video"),
        "fake.png": (MediaError, "not a picture"),
        "empty.png": (MediaError, "the file is empty"),
    }
    discovery = discover([*(tmp_path / name for name in cases), tmp_path / "good.mp4", ""])
    assert [s.name for s in discovery.sources] == ["good"]
    assert len(discovery.problems) == len(cases) + 1
    for problem, (kind, message) in zip(discovery.problems, cases.values(), strict=False):
        assert type(problem) is kind
        assert message in str(problem)
        assert problem.advice


def test_pictures_and_films_of_kinds_that_are_not_looked_for_are_told(tmp_path):
    tree(tmp_path, "a.mp4", "raw/1.CR2", "raw/2.cr2", "raw/.3.cr2", "cctv.dav", "clip.lrv", "notes.txt")
    assert discover([tmp_path]).passed_over == {".cr2": 2, ".dav": 1}
    assert discover([tmp_path / "*"]).passed_over == {".cr2": 2, ".dav": 1}
    (problem,) = discover([tmp_path / "raw"]).problems
    assert "no video or picture in this folder; passed over: 2 .cr2 (" in str(problem)
    said = RunSummary((), 1.0, {".cr2": 2, ".dav": 1}).lines()[-1]
    assert said.startswith("note: passed over: 2 .cr2, 1 .dav (")


def test_a_folder_that_may_not_be_listed(tmp_path, without_permission):
    tree(tmp_path, "locked/clip.mp4")

    def try_it() -> str:
        return " | ".join(map(str, discover([tmp_path / "locked", tmp_path / "locked" / "clip.mp4"]).problems))

    assert "no permission to read it" in without_permission(try_it)


part = st.text(alphabet="aAée\u0301_.: 12", min_size=1, max_size=5)
file_name = st.tuples(part, st.sampled_from([".mp4", ".avi", ".png", ".MP4", ".jpg"])).map("".join)
media_path = st.lists(part, max_size=2).flatmap(lambda folders: file_name.map(lambda name: "/".join([*folders, name])))


@settings(max_examples=60, deadline=None)
@given(st.lists(media_path, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_no_two_sources_share_a_name_in_any_order(names, random):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paths = []
        for name in names:
            if not any(p in (".", "..") for p in name.split("/")):
                try:
                    paths.append(tree(root, name) / name)
                except OSError:  # a file where a folder should be
                    continue
        for named in (paths, [root]):
            sources = discover(named).sources
            keys = [s.name.casefold() for s in sources]
            assert len(set(keys)) == len(keys)
            shuffled = random.sample(named, len(named))
            assert {s.name: set(s.paths) for s in discover(shuffled).sources} == {s.name: set(s.paths) for s in sources}
            assert all(part and not part.endswith((" ", ".")) for s in sources for part in s.name.split("/"))
        discovery = discover(paths)
        read = {os.path.realpath(p) for s in discovery.sources for p in s.paths}
        refused = {os.path.realpath(problem.where) for problem in discovery.problems}
        assert not read & refused
        for path in map(os.path.realpath, paths):
            assert path in read or path in refused or str(Path(path).parent) in refused
