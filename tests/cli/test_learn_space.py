from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dfe.frontends.meshes.spec import MeshReader
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.space.file import read_space
from dfe.space.registry import load_space
from made_meshes import moving_face


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """Two people as .npz and a third as a folder of .obj files."""
    folder = tmp_path / "takes"
    folder.mkdir()
    for person in range(2):
        np.savez(folder / f"p{person}.npz", vertices=moving_face(person).points.astype(np.float32))
    (folder / "p2").mkdir()
    for number, points in enumerate(moving_face(2).points):
        lines = "".join("v {:.5f} {:.5f} {:.5f}\n".format(*point) for point in points)
        (folder / "p2" / f"frame{number:03d}.obj").write_text(lines)
    return folder


def test_from_meshes_to_a_space(dfe: Callable, takes: Path, tmp_path: Path) -> None:
    out = tmp_path / "space"
    ran = dfe("learn-space", takes, "-o", out, "--name", "made", "--components", 3)
    assert ran.code == 0
    assert "learned/made is in" in ran.out
    assert "3 components of 60 points explain" in ran.out
    assert "the unit is taken for mm" in ran.err
    space = read_space(out)
    assert (space.recipe.recordings, space.recipe.frames, space.recipe.method) == (3, 240, "pca")
    measured = MeshReader(space).read(takes / "p2")
    assert measured.source is not None
    assert measured.source[7] == "frame007.obj"
    assert np.abs(measured.expression[:40]).max() < 0.05 < np.abs(measured.expression[40:]).max()

    again = dfe("learn-space", takes, "-o", out)
    assert again.code == 1
    assert "holds a space already" in again.err
    ran = dfe("learn-space", takes / "p0.npz", "-o", out, "--overwrite", "--sparse", "--json", "--neutral", "0-9",
              "--rigid", "20-59", "--variance", "0.9", "--unit", "cm", "--axes", "xy")  # fmt: skip
    assert ran.code == 0
    told = ran.json["recipe"]
    assert (told["method"], told["neutral"], told["unit"], told["axes"]) == ("sparse", "frames 0-9", "cm", "xy")
    assert told["rigid"] == list(range(20, 60))
    assert ran.json["recordings"] == [{"name": "p0.npz", "frames": 80, "faces": 80}]
    assert json.loads((out / "space.json").read_text())["id"] == ran.json["id"] == "learned/mine"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--neutral", "mean"], "--neutral is calm, median, a frame or FIRST-LAST"),
        (["--rigid", "5-2"], "--rigid takes numbers of points"),
        (["--rigid", "1", "2"], "--rigid needs three points or more"),
        (["--rigid", "1", "2", "99"], "there is no point 99"),
        (["--components", "0"], "a space needs a component or more"),
        (["--variance", "0"], "variance to explain"),
        (["--name", "../x"], "cannot name a space"),
    ],
)
def test_options_that_make_no_sense(dfe: Callable, takes: Path, tmp_path: Path, words: list, message: str) -> None:
    ran = dfe("learn-space", takes / "p0.npz", "-o", tmp_path / "space", *words)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "space").exists()


def test_meshes_of_two_topologies(dfe: Callable, takes: Path, tmp_path: Path) -> None:
    (takes / "p2" / "frame050.obj").write_text("v 1 2 3\n" * 59)
    ran = dfe("learn-space", takes, "-o", tmp_path / "space")
    assert ran.code == 1
    assert ran.err.strip().endswith("frame050.obj: has 59 vertices, frame000.obj has 60; give frames of one topology")
    assert not (tmp_path / "space").exists()
    nothing = dfe("learn-space", tmp_path / "absent", "-o", tmp_path / "space")
    assert nothing.code == 1
    assert "absent: cannot be read" in nothing.err


def test_train_takes_the_folder_of_a_space(dfe: Callable, takes: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra train")
    assert dfe("learn-space", takes, "-o", tmp_path / "space", "--name", "made", "--components", 3).code == 0
    rows, zeros = RowBuffer(), np.zeros(41, np.float32)
    rows.add_face(0, 0.0, "a.jpg", 0.9, (0, 0, 99, 99), (0, 0, 0), zeros, zeros[:8], zeros[:2], 0)
    own = load_space("arkit51/face41")
    source = SourceInfo("a.jpg", "stills", "ab" * 32, 640, 480, 1, None, None)
    space = SpaceRef(own.id, own.version, own.hash)
    made = Provenance(source=source, space=space, package_version="0", frontend={})
    build_recording(rows, made).write(tmp_path / "a.parquet")
    ran = dfe("train", tmp_path / "a.parquet", "-o", tmp_path / "model", "--space", tmp_path / "space")
    assert ran.code == 1
    assert "holds 41 coefficients of space arkit51/face41, not 3 of learned/made" in ran.err
