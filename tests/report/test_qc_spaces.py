"""One folder with recordings of every kind of space: none breaks the check, each has its own head or a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.frontends.meshes.learn_space import LearnOptions, learn_from
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.report.qc import check_folder
from dfe.space.base import ExpressionSpace
from dfe.space.file import save_space
from dfe.space.registry import load_space
from made_flame import write_npz
from made_meshes import moving_face, sequence_of

FRAMES = 40


def write(folder, name, space: ExpressionSpace) -> None:
    x = np.random.default_rng(len(name)).uniform(space.lower, space.upper, (FRAMES, space.dimension)).astype(np.float32)
    box, pose = np.tile(np.float32([10, 10, 120, 120]), (FRAMES, 1)), np.zeros((FRAMES, 3), np.float32)
    seen = np.ones(FRAMES, bool)
    measured = Measured(
        space, np.arange(FRAMES), np.arange(FRAMES) / 25, 0.2 * x, seen, [None] * FRAMES,
        face=np.zeros(FRAMES, np.int64), confidence=np.full(FRAMES, 0.9, np.float32), box=box, pose=pose,
    )  # fmt: skip
    made = Provenance(SourceInfo(name), SpaceRef(space.id, space.version, space.hash), "0")
    build_measured(measured, made, np.zeros(FRAMES, np.int64)).write(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A folder of recordings, one of learned spaces, and the FLAME file that one recording was made with."""
    root = tmp_path_factory.mktemp("spaces")
    flame = write_npz(root / "flame2020.npz")
    triangles = np.array([[i, i + 1, i + 2] for i in range(0, 57, 3)], np.int32)
    sequence = replace(moving_face().sequence, triangles=triangles)
    learned = {
        name: learn_from([one], LearnOptions(name=name, unit="mm", components=3)).space
        for name, one in (("meshes", sequence), ("points", sequence_of(moving_face().points)))
    }
    for name, space in learned.items():
        save_space(space, root / "learned" / name)
        write(root / "out", name, space)
    for name, id, version in (
        ("pictures", "arkit51/face41", None), ("phone", "arkit-phone/face41", None), ("pyfeat", "arkit51", None),
        ("smirk", "flame2020/exp50+jaw3+eyelid2", 1), ("bfm", "bfm/exp64", None),
    ):  # fmt: skip
        write(root / "out", name, load_space(id, version))
    write(root / "out", "flame", load_space("flame2020/exp50+jaw3", flame=flame))
    return root, flame


def why_not(check):
    return {note.split(":")[0]: note.split(": ", 2)[2] for note in check.notes}


def test_a_folder_of_all_spaces_is_checked_and_what_cannot_be_drawn_says_why(mixed, tmp_path, monkeypatch):
    monkeypatch.delenv("DFE_FLAME", raising=False)
    check = check_folder(mixed[0] / "out", tmp_path)
    assert check.problems == ()
    assert [row.verdict for row in check.rows] == ["good"] * 8
    said = why_not(check)
    assert set(said) == {"bfm", "smirk", "flame", "meshes", "points"}
    assert said["bfm"] == "space bfm/exp64 has no surface"
    assert said["smirk"] == "space flame2020/exp50+jaw3+eyelid2 has no surface"
    assert "name the file with --flame, or in the variable DFE_FLAME" in said["flame"]
    assert said["meshes"] == "name the folder of learned/meshes with --spaces"
    page = check.html.read_text("utf-8")
    assert page.count("data:image/png") == 3
    assert page.count(">no head<") == 5
    assert "space bfm/exp64 has no surface" in page


def test_heads_of_other_spaces_are_drawn_where_they_are_at_hand(mixed, tmp_path, monkeypatch):
    root, flame = mixed
    monkeypatch.setenv("DFE_FLAME", str(flame))
    spaces = [root / "learned" / name for name in ("meshes", "points")]
    check = check_folder(root / "out", tmp_path, spaces=spaces)
    said = why_not(check)
    assert set(said) == {"bfm", "smirk", "points"}
    assert said["points"] == "space learned/points has no surface"
    assert check.html.read_text("utf-8").count("data:image/png") == 5
