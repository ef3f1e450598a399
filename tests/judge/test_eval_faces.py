from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dfe.base.errors import ModelError, TableError, UsageError
from dfe.datasets.about import About
from dfe.frontends.landmarks.networks import Networks
from dfe.judge.faces import Faces, load_faces, pictures_looked_at, source_of
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer

BOX = (10.0, 10.0, 90.0, 100.0)


def provenance(made_in, kind: str, **changes: object) -> Provenance:
    known = {
        "source": SourceInfo("pictures", kind, "ab" * 32, 640, 480, 4, None, None),
        "space": SpaceRef(made_in.id, made_in.version, made_in.hash),
        "package_version": "0.1.0",
        "frontend": {"name": "landmarks", "version": "1"},
        "options": {},
        "warnings": (),
    }
    return Provenance(**{**known, **changes})


def x_of(frame: int, face: int) -> np.ndarray:
    return np.random.default_rng([frame, face]).random(51, dtype=np.float32)


@pytest.fixture
def write(space, tmp_path: Path) -> Callable[..., Path]:
    """A table in which each entry of ``seen`` is a picture (or frame): its name and how many faces it shows."""

    def make(name: str, seen: list[tuple[str, int]], video: bool = False, **changes: object) -> Path:
        rows = RowBuffer()
        for frame, (source, count) in enumerate(seen):
            time_s = frame / 25 if video else float("nan")
            if not count:
                rows.add_failure(frame, time_s, source, "no face found")
            for face in range(count):
                x, pose, box = x_of(frame, face), (0.1 * frame, 0.6, 0.0), (BOX[0] + 100 * face, *BOX[1:])
                rows.add_face(frame, time_s, source, 0.1, box, pose, x[:41], x[41:49], x[49:], face_id=face)
        path = tmp_path / f"{name}.parquet"
        build_recording(rows, provenance(space, "video" if video else "stills", **changes)).write(path)
        return path

    return make


@pytest.fixture
def people(tmp_path: Path) -> Callable[[str], About]:
    def make(text: str) -> About:
        path = tmp_path / "about.csv"
        path.write_text(text, encoding="utf-8")
        return About.read(path)

    return make


def test_one_face_a_picture_and_every_picture_counts(write, space) -> None:
    tables = [write("a", [("0.jpg", 1), ("1.jpg", 0), ("2.jpg", 3)]), write("b", [("3.jpg", 0), ("4.jpg", 1)])]
    faces = load_faces(tables)
    assert faces.names.tolist() == ["0.jpg", "2.jpg", "4.jpg"]
    assert (faces.pictures, faces.found_share, len(faces)) == (5, 0.6, 3)
    np.testing.assert_array_equal(faces.x, [x_of(0, 0)[:41], x_of(2, 0)[:41], x_of(1, 0)[:41]])
    np.testing.assert_allclose(faces.pose, [[0, 0.6, 0], [0.2, 0.6, 0], [0.1, 0.6, 0]], rtol=1e-6)
    assert faces.space.hash == space.hash
    assert faces.subject is None
    assert faces.label is None
    assert faces.unknown == 3
    assert pictures_looked_at(tables).tolist() == [f"{i}.jpg" for i in range(5)]


def test_frames_of_videos_carry_their_number(write, people) -> None:
    table = write("v", [("s1#2.mp4", 1), ("s1#2.mp4", 0), ("s1#2.mp4", 2)], video=True)
    faces = load_faces([table], people("picture,subject\ns1#2.mp4,Ada\n"))
    assert faces.names.tolist() == ["s1#2.mp4#0", "s1#2.mp4#2"]
    assert faces.pictures == 3
    assert faces.subject.tolist() == [0, 0]


def test_what_is_known_joins_by_file_name(write, people) -> None:
    table = write("a", [("0.jpg", 1), ("1.jpg", 1), ("2.jpg", 1), ("3.jpg", 1)])
    about = people("picture,label,subject,age\n1.jpg,joy,Zoë,31\n0.jpg,neutral,Ada,\n9.jpg,joy,Bo,50\n3.jpg,,,20\n")
    faces = load_faces([table], about)
    assert about.people == ("Ada", "Bo", "Zoë")
    assert faces.subject.tolist() == [0, 2, -1, -1]
    assert faces.label.tolist() == ["neutral", "joy", "", ""]
    assert {name: group.tolist() for name, group in faces.groups.items()} == {"age": ["", "31", "", "20"]}
    assert faces.unknown == 2
    assert about.of(["2.jpg", "3.jpg"]).missing == 1


def test_a_file_may_say_nothing_of_people_or_labels(write, people) -> None:
    faces = load_faces([write("a", [("0.jpg", 1)])], people("\ufeffpicture,gender\r\n0.jpg,female\r\n"))
    assert faces.subject is None
    assert faces.label is None
    assert faces.groups["gender"].tolist() == ["female"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("image,subject\n0.jpg,Ada\n", "has no column picture; it has image, subject"),
        ("picture,subject\n0.jpg,Ada\n\n1.jpg,Bo\n0.jpg,Ada\n", r"about.csv, line 5: picture 0.jpg is also on line 2"),
        ("picture,subject,subject\n0.jpg,Ada,Bo\n", "column subject is there twice"),
        ("picture,subject\n0.jpg\n", "line 2: has 1 cells, the header has 2"),
        ("picture,subject\n,Ada\n", "line 2: no picture is named"),
        ("", "is empty"),
        ('picture,subject\n"0.jpg,Ada\n', "line 2: is no CSV: unexpected end"),
    ],
)
def test_bad_files_say_what_is_wrong_and_where(people, text: str, wrong: str) -> None:
    with pytest.raises(TableError, match=wrong):
        people(text)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        About.read(tmp_path / "none.csv")


def test_refuses_tables_that_do_not_go_together(write, space) -> None:
    table = write("a", [("0.jpg", 1)])
    with pytest.raises(TableError, match=r"picture 0.jpg comes a second time"):
        load_faces([table, write("b", [("0.jpg", 1)])])
    with pytest.raises(TableError, match=r"another version of space.*encode it again"):
        load_faces([table, write("c", [("1.jpg", 1)], space=SpaceRef(space.id, space.version, "ab" * 32))])
    with pytest.raises(ModelError, match="no version 9"):
        load_faces([write("f", [("1.jpg", 1)], space=SpaceRef(space.id, 9, "cd" * 32))])
    with pytest.raises(TableError, match=r"space arkit51/face41, not other"):
        load_faces([table], space=SimpleNamespace(id="other", hash=""))
    with pytest.raises(TableError, match="that of the first table is 'none'"):
        load_faces([table, write("d", [("1.jpg", 1)], neutral="robust mode")])
    with pytest.raises(UsageError, match="no table"):
        load_faces([])
    with pytest.raises(UsageError, match="no face was found"):
        load_faces([write("e", [("1.jpg", 0)])])


def test_landmarks_become_geometry_where_every_table_has_them(write, tmp_path: Path, space) -> None:
    """A canonical face turned, enlarged and moved about in the picture comes back as it was."""
    canonical = Networks().arrays("geometry.npz")["vertices_cm"].astype(np.float64)
    yaw = np.array([[np.cos(0.4), 0, np.sin(0.4)], [0, 1, 0], [-np.sin(0.4), 0, np.cos(0.4)]])
    pixels = np.zeros((478, 3), np.float32)
    pixels[:468] = 12.0 * (canonical @ yaw.T) * [1, -1, -1] + [300, 200, 5]
    for name, mirrored, kept in (("a", False, pixels), ("b", True, pixels * [-1, 1, 1] + [640, 0, 0])):
        rows = RowBuffer(landmarks=True)
        rows.add_failure(0, float("nan"), f"{name}0.jpg", "no face found")
        x, logits = x_of(0, 0), np.zeros(52, np.float32)
        face = (1, float("nan"), f"{name}1.jpg", 0.9, BOX, (0.0, 0.0, 0.0), x[:41], x[41:49], x[49:], 0, None)
        rows.add_face(*face, landmarks=kept.astype(np.float32), logits=logits)
        build_recording(rows, provenance(space, "stills", mirrored=mirrored)).write(tmp_path / f"{name}.parquet")
    tables = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    faces = load_faces(tables)
    assert faces.geometry.dtype == np.float32
    np.testing.assert_allclose(faces.geometry, np.stack([canonical, canonical]), atol=2e-4)
    assert load_faces([*tables, write("c", [("bare.jpg", 1)])]).geometry is None


def test_take_keeps_all_that_is_known(faces: Faces) -> None:
    rows = np.array([3, 1, 599])
    some, masked = faces.take(rows), faces.take(np.isin(np.arange(600), rows))
    for field in ("x", "names", "subject", "pose", "geometry", "label"):
        np.testing.assert_array_equal(getattr(some, field), getattr(faces, field)[rows])
        np.testing.assert_array_equal(getattr(masked, field), getattr(faces, field)[np.sort(rows)])
    assert some.groups["gender"].tolist() == faces.groups["gender"][rows].tolist()
    assert some.pictures == 630
    bare = Faces(faces.space, faces.x, faces.names, 630).take([0])
    assert (bare.subject, bare.pose, bare.geometry, bare.label, dict(bare.groups)) == (None, None, None, None, {})


def test_source_of_cuts_only_a_frame_number() -> None:
    assert source_of(["a.jpg", "b.mp4#12", "b#1.mp4#2", "#3", "a#b"]).tolist() == [
        "a.jpg",
        "b.mp4",
        "b#1.mp4",
        "#3",
        "a#b",
    ]
