"""Tables of other tools, and films of two people, into the face model's space, from the command to the table.

The tables are written from what the default front end saw of one clip, so what they tell is known.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import weights
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from made_other_tables import clnf, openface, written

FRAMES, WIDTH, HEIGHT = 40, 176, 144
Encode = Callable[..., Recording]


@pytest.fixture(scope="module")
def film(carphone: Path) -> np.ndarray:
    """``(40, 144, 176, 3)``: frames of the clip."""
    with av.open(str(carphone)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)][:FRAMES])


@pytest.fixture
def encoded(dfe: Callable[..., Any], tmp_path: Path) -> Encode:
    def run(path: Path, *more: str) -> Recording:
        ran = dfe("encode", path, "-o", tmp_path / "out", "--space", "dfe-face", "--tokenizer", "none", *more)
        assert ran.code == 0, ran.err
        (table,) = (tmp_path / "out").glob("*.parquet")
        return Recording.read(table)

    return run


@pytest.fixture(scope="module")
def whole(carphone: Path) -> Recording:
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode

    options = EncodeOptions(tokenizer=None, max_faces=1, space=Path("dfe-face"), landmarks=True)
    return encode(carphone, options=options)[0]


@pytest.fixture(scope="module")
def points(whole: Recording) -> np.ndarray:
    """``(n, 478, 3)`` in pixels."""
    found = whole.landmarks()
    assert found is not None
    return found.astype(np.float64)


def in_space(points: np.ndarray) -> np.ndarray:
    return np.einsum("mp,npk->nmk", weights(Networks()), points)


def of_openface(points: np.ndarray, folder: Path) -> Path:
    return written(folder, openface(in_space(points)), "clip.csv")


def of_openface_flat(points: np.ndarray, folder: Path) -> Path:
    return written(folder, openface(in_space(points), flat=True), "clip.csv")


def of_clnf(points: np.ndarray, folder: Path) -> Path:
    there = in_space(points)
    columns = {f"{axis}{i}": there[:, i, k] for k, axis in enumerate("XYZ") for i in range(68)}
    return written(folder, clnf(columns, len(there)), "300_CLNF_features3D.txt")


def of_pyfeat(points: np.ndarray, folder: Path) -> Path:
    """py-feat 0.x: 68 points in the picture, no coefficients."""
    flat = in_space(points)[:, :, :2]
    head = ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore", "Pitch", "Roll", "Yaw"]
    head += [f"{axis}_{i}" for axis in "xy" for i in range(68)] + ["input", "frame", "approx_time"]
    lines = [",".join(head)]
    for number, face in enumerate(flat):
        cells = [40, 30, 80, 90, 0.99, 0, 0, 0, *face.T.ravel().tolist(), "clip.mp4", number, f"00:{number // 30:02d}"]
        lines.append(",".join(map(str, cells)))
    return written(folder, "\n".join(lines) + "\n", "clip.csv")


def of_libreface(points: np.ndarray, folder: Path) -> Path:
    shares = points / [WIDTH, HEIGHT, WIDTH]
    head = ["frame_idx", "frame_time_in_ms", *(f"lm_mp_{i}_{axis}" for i in range(478) for axis in "xyz")]
    lines = [",".join(head)]
    lines += [",".join(map(str, [n, n * 1000 / 30, *face.ravel().tolist()])) for n, face in enumerate(shares)]
    return written(folder, "\n".join(lines) + "\n", "clip.csv")


@pytest.mark.parametrize(
    ("table", "number", "least"),
    [
        (of_openface, 68, 0.8),
        (of_openface_flat, 68, 0.6),
        (of_clnf, 68, 0.8),
        (of_pyfeat, 68, 0.6),
        (of_libreface, 478, 0.95),
    ],
)
def test_a_table_tells_what_the_film_tells(
    table: Callable[[np.ndarray, Path], Path],
    number: int,
    least: float,
    points: np.ndarray,
    whole: Recording,
    encoded: Encode,
    tmp_path: Path,
) -> None:
    made, space = encoded(table(points, tmp_path)), load_space("dfe-face")
    assert (made.space_id, len(made)) == ("dfe-face", len(points))
    assert made.provenance.space.hash == space.hash
    (note,) = made.provenance.resting
    assert (note.face, note.neutral, note.points) == (0, "own", number)
    assert note.flat == (table in (of_openface_flat, of_pyfeat))
    one, two = (space.displace(each.expressions()) for each in (whole, made))
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    assert 1 - np.square(one - two).sum() / np.square(one).sum() > least
    assert np.isfinite(made.column("lids_left_mm")).all()
    assert np.isfinite(made.column("gaze_left_yaw_deg")).all() == (number == 478)


def test_two_faces_of_a_table_have_two_resting_faces(points: np.ndarray, encoded: Encode, tmp_path: Path) -> None:
    """One face does what the other does, five frames later: so it is told, whichever of them is called the first."""
    space, there = load_space("dfe-face"), in_space(points)
    rows = [[1 + i, face, i / 30, 0.9, 1] for i in range(len(there)) for face in (0, 1)]
    both = np.stack([there, np.roll(there, 5, axis=0) + [200, 0, 0]], axis=1).reshape(-1, 68, 3)
    made = encoded(written(tmp_path, openface(both, rows=rows), "two.csv"))
    assert [note.face for note in made.provenance.resting] == [0, 1]
    first, second = (made.expressions()[made.face_ids == face] for face in (0, 1))
    assert first.shape == second.shape == (len(there), space.dimension)
    later = [np.roll(first, shift, axis=0) for shift in (5, -5)]
    assert min(space.error_mm(one, second).max() for one in later) < 0.01


def test_two_faces_of_a_film(film: np.ndarray, whole: Recording, encoded: Encode, tmp_path: Path) -> None:
    """The clip beside itself: two people, each against a resting face of their own, and both told alike."""
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "1"})
        stream.width, stream.height = 2 * WIDTH, HEIGHT
        for picture in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.hstack([picture, picture]), format="rgb24")))
        container.mux(stream.encode())
    made, space = encoded(path, "--max-faces", "2"), load_space("dfe-face")
    assert [note.face for note in made.provenance.resting] == [0, 1]
    told = [space.displace(made.expressions()[(made.face_ids == face) & made.success]) for face in (0, 1)]
    assert [len(one) for one in told] == [FRAMES, FRAMES]
    left, right = (one - one.mean(axis=0) for one in told)
    assert 1 - np.square(left - right).sum() / np.square(left).sum() > 0.7


def test_a_resting_face_of_points_in_space_is_none_for_points_of_a_picture(
    points: np.ndarray, encoded: Encode, dfe: Callable[..., Any], tmp_path: Path
) -> None:
    made = encoded(of_openface(points, tmp_path))
    made.write(tmp_path / "calm.parquet")
    flat = of_openface_flat(points, tmp_path)
    ran = dfe("encode", flat, "-o", tmp_path / "other", "--space", "dfe-face", "--neutral", tmp_path / "calm.parquet",
              "--tokenizer", "none")  # fmt: skip
    assert ran.code == 1
    assert "comes from 68 points, and these faces have 68 points of a picture" in ran.err


def test_a_named_interval_is_at_rest_from_the_command_too(points: np.ndarray, encoded: Encode, tmp_path: Path) -> None:
    made = encoded(of_openface(points, tmp_path), "--neutral", "1-1.5")
    assert made.provenance.resting[0].neutral == "1-1.5 s"
