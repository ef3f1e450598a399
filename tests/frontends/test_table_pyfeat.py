"""Tables of py-feat 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dfe.base.columns import read_columns
from dfe.base.errors import TableError
from dfe.encoding.run import encode
from dfe.frontends.landmarks.coefficients import find_coefficients, find_logits
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import LinearMap
from dfe.frontends.points import read_points478
from dfe.frontends.registry import recognise
from dfe.frontends.spec import FrontEndOptions
from dfe.frontends.tables.pyfeat import BOX, POSE, PyFeatReader, recognises, to_logits
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, NETWORK_NAMES
from dfe.space.registry import load_space
from made_other_tables import fake_points68, points68, written

HEADER = [*BOX, "FaceScore", *POSE, *NETWORK_NAMES, "input", "frame", "approx_time"]


def fex(rows: list[tuple[str, int, str, np.ndarray | None]]) -> str:
    """Rows of input, frame, time, and the 52 coefficients or None where there was no face."""
    lines = [",".join(HEADER)]
    for source, frame, time, values in rows:
        face = [10, 20, 30, 40, 0.99, 0.1, 0.2, -0.3, *values] if values is not None else [""] * 60
        lines.append(",".join(map(str, [*face, source, frame, time])))
    return "\n".join(lines) + "\n"


def coefficients(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(52).round(4)


def test_rows_faces_and_failures(tmp_path):
    rows = [("a.mp4", f, f"00:{f // 25:02d}", coefficients(f)) for f in range(0, 60, 2)]
    rows[3] = ("a.mp4", 6, "00:00", None)
    rows.insert(5, ("a.mp4", 8, "00:00", coefficients(99)))
    path = written(tmp_path, fex(rows))
    assert recognises(path)
    assert (spec := recognise(path)) is not None
    assert spec.name == "pyfeat"
    found = PyFeatReader().read(path)
    assert (found.space.id, found.space.version) == ("arkit51/face41", 2)
    assert found.frame.tolist() == [row[1] for row in rows]
    np.testing.assert_allclose(found.time_s, found.frame / 25)
    assert "taken to be 25 frames a second" in found.warnings[0]
    assert found.success.tolist() == [row[3] is not None for row in rows]
    assert found.reason[3] == "no face found (py-feat)"
    assert found.face is None
    assert found.box is not None
    assert found.box[0].tolist() == [10, 20, 30, 40]
    assert found.confidence is not None
    assert found.confidence[0] == np.float32(0.99)
    # py-feat's columns are pitch, yaw and roll of opposite signs.
    np.testing.assert_allclose(found.pose[0], [-0.1, -0.2, 0.3], rtol=1e-6)
    assert np.isnan(found.pose[3]).all()


@pytest.mark.parametrize(
    ("last", "fps", "wanted"),
    [(20, 30, 30), (90, 30, 30), (200, 60, 60), (400, 24, 24), (50, 12, 12), (500, 27.3, 27.3)],
)
def test_the_rate_is_guessed_from_whole_seconds(tmp_path, last, fps, wanted):
    rows = [("a.mp4", f, f"00:{int(f / fps):02d}", coefficients(0)) for f in range(0, last, 2)]
    found = PyFeatReader().read(written(tmp_path, fex(rows)))
    np.testing.assert_allclose(found.time_s, found.frame / wanted, rtol=0.02)
    assert found.time_stamps == "repaired"


def test_times_that_a_spreadsheet_took_for_hours_tell_the_rate_all_the_same(tmp_path):
    rows = [("a.mp4", f, f"{f // 1500:02d}:{f // 25 % 60:02d}:00", coefficients(0)) for f in range(0, 2000, 20)]
    found = PyFeatReader().read(written(tmp_path, fex(rows)))
    np.testing.assert_allclose(found.time_s, found.frame / 25)


def test_a_rate_overrides(tmp_path):
    rows = [("a.mp4", f, "00:00", coefficients(0)) for f in range(4)]
    found = PyFeatReader(FrontEndOptions(rate=10)).read(written(tmp_path, fex(rows)))
    np.testing.assert_allclose(found.time_s, [0, 0.1, 0.2, 0.3])
    assert found.warnings == ()


def test_pictures_are_frames(tmp_path):
    rows = [(name, 0, "", coefficients(i)) for i, name in enumerate(["b.jpg", "b.jpg", "a.png", "c.JPG"])]
    found = PyFeatReader().read(written(tmp_path, fex(rows)))
    assert found.frame.tolist() == [0, 0, 1, 2]
    assert found.source == ["b.jpg", "b.jpg", "a.png", "c.JPG"]
    assert np.isnan(found.time_s).all()


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("a.mp4", 0, "00:00", None), ("b.mp4", 0, "00:00", None)], "holds 2 videos, a.mp4 and b.mp4 among them"),
        ([("a.mp4", 0, "00:00", None), ("a.mp4", 1.5, "00:00", None)], "row 3: 1.5 is no frame number"),
        (
            [("a.mp4", 0, "0:0", None), ("a.mp4", 1, "0:0", None), ("a.mp4", 0, "0:0", None)],
            "row 4: frame 0 is there twice",
        ),
        ([("a.mp4", 0, "soon", None)], "row 2: 'soon' is no time"),
    ],
)
def test_errors(tmp_path, rows, what):
    with pytest.raises(TableError, match=what):
        PyFeatReader().read(written(tmp_path, fex(rows)))


def test_older_tables_are_read_by_their_points(tmp_path, monkeypatch):
    monkeypatch.setattr("dfe.frontends.points.read_points68", fake_points68)
    points = points68(2)[:, :, :2]
    names = [*BOX, *(f"{axis}_{i}" for axis in "xy" for i in range(68)), "frame"]
    lines = [",".join(names)] + [",".join(map(str, [1, 2, 3, 4, *face.T.ravel(), i])) for i, face in enumerate(points)]
    path = written(tmp_path, "\n".join(lines))
    assert recognises(path)
    found = PyFeatReader().read(path)
    np.testing.assert_allclose(found.expression[:, :2], points[:, 5], rtol=1e-6)
    assert found.gaze is None


def test_logits_come_back():
    logits = np.linspace(-15, 6, 200)
    sigmoids = (1 / (1 + np.exp(-logits))).astype(np.float32)
    np.testing.assert_allclose(to_logits(sigmoids), logits, atol=1e-3)
    assert np.isfinite(to_logits(np.array([0, 1], np.float32))).all()


def test_a_mesh_is_measured_as_the_film_is(carphone, tmp_path):
    """The points of a film as py-feat writes them: x and y in pixels, z in widths of the box."""
    film = encode(carphone, tokenizer=None, max_faces=1, end_s=1.0, landmarks=True)[0]
    points, width = film.landmarks().astype(np.float64), 150.0
    points[:, :, 2] /= width
    names = [f"mesh_{axis}_{i}" for i in range(478) for axis in "xyz"]
    lines = [",".join([*BOX, "FaceScore", *POSE, *NETWORK_NAMES, *names, "input", "frame", "approx_time"])]
    for row, mesh in enumerate(points):
        cells = [10, 20, width, width, 0.99, 0.0, 0.0, 0.0, *coefficients(0), *mesh.ravel(), "a.mp4", row, "00:00"]
        lines.append(",".join(map(str, cells)))
    path = written(tmp_path, "\n".join(lines) + "\n")
    made = encode(path, tokenizer=None)[0]
    assert made.space_id == film.space_id == "dfe-face"
    assert load_space("dfe-face").error_mm(made.expressions(), film.expressions()).max() < 0.01
    np.testing.assert_allclose(made.column("gaze_left_yaw_deg"), film.column("gaze_left_yaw_deg"), atol=0.05)
    assert encode(path, tokenizer=None, space=Path("arkit51/face41"))[0].space_id == "arkit51/face41"


def test_coefficients_alone_stay_what_they_are(tmp_path):
    path = written(tmp_path, fex([("a.mp4", f, "00:00", coefficients(f)) for f in range(4)]))
    assert encode(path, tokenizer=None)[0].space_id == "arkit51/face41"
    with pytest.raises(TableError, match="holds no points of faces, so --neutral does nothing"):
        encode(path, tokenizer=None, neutral="own")
    with pytest.raises(TableError, match="holds no points of faces, so it cannot be read into dfe-face"):
        encode(path, tokenizer=None, space=Path("dfe-face"))


def bfloat16(x: np.ndarray) -> np.ndarray:
    bits = x.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


@pytest.mark.shared_data
def test_real_tables_agree_with_their_own_meshes(shared_data):
    """Each table holds the mesh too, in steps of a pixel of the crop: our own reading of it, and its head pose."""
    by_table, by_mesh, poses, own = [], [], [], []
    for path in sorted((shared_data / "news").glob("0*.csv"))[::4]:
        assert recognises(path)
        found = PyFeatReader().read(path)
        assert found.success.all()
        assert "25 frames a second" in found.warnings[0]
        mesh = read_columns(
            path, numbers=[*(f"mesh_{a}_{i}" for i in range(478) for a in "xyz"), "FrameWidth", "FrameHeight", BOX[2]]
        ).numbers.astype(np.float64)
        points, (width, height, box) = mesh[:, :-3].reshape(-1, 478, 3), mesh[:, -3:].T
        points[:, :, 2] *= box[:, None]  # z is in units of the box
        read = read_points478(points, width[0], height[0])
        by_table.append(found.expression)
        by_mesh.append(read.expression)
        poses.append(found.pose)
        own.append(read.pose)
    table, mesh, pose, ours = map(np.concatenate, (by_table, by_mesh, poses, own))
    space = load_space("arkit51/face41")
    apart = space.error_mm(table, mesh).mean()
    shuffled = space.error_mm(mesh, mesh[np.random.default_rng(0).permutation(len(mesh))]).mean()
    assert apart < 0.45
    assert apart < shuffled / 4
    for axis in range(3):
        assert np.corrcoef(pose[:, axis], ours[:, axis])[0, 1] > 0.85


def test_the_map_gives_what_our_own_reading_would(astronaut):
    """On a real face: one answer of the network, in bfloat16, against our own two."""
    from dfe.base.types import Frame
    from dfe.frontends.landmarks.config import LandmarkConfig
    from dfe.frontends.landmarks.graph import LandmarkFrontEnd
    from dfe.media.image import read_image

    front_end = LandmarkFrontEnd(LandmarkConfig())
    (seen,) = front_end.observe([Frame(0, float("nan"), read_image(astronaut))], still=True)
    face = seen.faces[0]
    points = np.asarray(face.landmarks, np.float64)
    networks = Networks()
    pose = np.array([[face.pitch, face.yaw, face.roll]])
    wanted = LinearMap.read(networks, both_ways=False)(find_logits(networks, points)[None], pose)
    told = bfloat16(find_coefficients(networks, points, level=False)[0])
    from dfe.frontends.tables.pyfeat import _measure

    found, _, _ = _measure(told[None, 1:], pose, True)
    assert load_space("arkit51/face41").error_mm(found, wanted)[0] < 0.35
    assert list(FACE_NAMES) == [name for name in ARKIT_NAMES if name in FACE_NAMES]
