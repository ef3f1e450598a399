from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import TableError, UsageError
from dfe.frontends.meshes.learn_space import LearnOptions, learn_from
from dfe.frontends.meshes.sequence import MeshSequence
from dfe.frontends.meshes.spec import MESH, MeshReader
from dfe.frontends.registry import find_front_end, recognise
from dfe.frontends.spec import FrontEndOptions, TableReader
from dfe.space.file import save_space
from dfe.space.learned import LearnedSpace
from made_meshes import MadeFace, moving_face, sequence_of


@pytest.fixture(scope="module")
def face() -> MadeFace:
    return moving_face()


@pytest.fixture(scope="module")
def space(face: MadeFace) -> LearnedSpace:
    return learn_from([face.sequence], LearnOptions(name="made", unit="mm", components=3)).space


def test_the_weights_come_back(face: MadeFace, space: LearnedSpace) -> None:
    measured = MeshReader(space).measure(face.sequence)
    x = measured.expression.astype(np.float64)
    # Components are found up to a linear map: with it the coefficients are the weights that moved the face.
    left = x - face.weights @ np.linalg.lstsq(face.weights, x, rcond=None)[0]
    assert np.abs(left).max() < 5e-3
    assert np.abs(x[:40]).max() < 5e-3
    np.testing.assert_allclose(np.sqrt(np.square(x).mean(axis=0)), 1, rtol=0.01)
    assert measured.success.all()
    assert measured.space is space
    assert measured.confidence is not None
    assert np.median(measured.confidence) == pytest.approx(1)


def test_head_motion_leaves_the_coefficients_alone(face: MadeFace, space: LearnedSpace) -> None:
    turned = sequence_of(face.points @ face.rotation[::-1] - 7)
    one, two = (MeshReader(space).measure(s).expression for s in (face.sequence, turned))
    np.testing.assert_allclose(one, two, atol=5e-3)


def test_missing_frames_and_points(face: MadeFace, space: LearnedSpace) -> None:
    points = face.points.copy()
    points[50] = np.nan
    points[60, :10] = np.nan
    measured = MeshReader(space).measure(sequence_of(points))
    whole = MeshReader(space).measure(face.sequence)
    assert measured.reason[50] == "0 of 60 points seen"
    assert not measured.success[50]
    assert np.isnan(measured.expression[50]).all()
    assert measured.success.sum() == 79
    assert measured.confidence is not None
    assert np.isnan(measured.confidence[50])
    assert measured.confidence[60] == pytest.approx(50 / 60, abs=0.02)
    np.testing.assert_allclose(measured.expression[60], whole.expression[60], atol=0.02)


def test_movement_that_the_space_does_not_know_costs_confidence(face: MadeFace, space: LearnedSpace) -> None:
    points = face.points.copy()
    points[40:, 20:30] += np.random.default_rng(1).normal(size=(40, 10, 3)) * 5
    measured = MeshReader(space).measure(sequence_of(points))
    assert measured.confidence is not None
    assert measured.confidence[:40].min() > 0.9 > 0.3 > measured.confidence[40:].max()
    assert any("explain much less" in line for line in measured.warnings)


def test_times(face: MadeFace, space: LearnedSpace) -> None:
    plain = replace(face.sequence, frame=np.arange(10, 90))
    assumed = MeshReader(space).measure(plain)
    np.testing.assert_allclose(assumed.time_s[:3], [0, 1 / 30, 2 / 30])
    assert assumed.time_stamps == "repaired"
    assert any("30 frames per second are assumed" in line for line in assumed.warnings)
    given = MeshReader(space, 50).measure(plain)
    np.testing.assert_allclose(given.time_s[:3], [0, 0.02, 0.04])
    assert (given.time_stamps, given.warnings) == ("ok", ())
    own = MeshReader(space).measure(replace(plain, time_s=np.arange(80) * 0.1))
    assert own.time_s[3] == pytest.approx(0.3)
    with pytest.raises(UsageError, match="rate of 0"):
        MeshReader(space, 0.0)


def test_another_topology_is_refused(face: MadeFace, space: LearnedSpace) -> None:
    with pytest.raises(TableError, match=r"^made: has 59 points, space learned/made has 60"):
        MeshReader(space).measure(sequence_of(face.points[:, :59]))
    triangles = np.array([[0, 1, 2]], np.int32)
    solid = learn_from([sequence_of(face.points, triangles=triangles)], LearnOptions(unit="mm")).space
    MeshReader(solid).measure(face.sequence)
    with pytest.raises(TableError, match="other faces than space"):
        MeshReader(solid).measure(sequence_of(face.points, triangles=triangles[:, ::-1]))
    metres = learn_from([face.sequence], LearnOptions(unit="m", components=3)).space
    with pytest.raises(TableError, match=r"is in mm, space learned/mine is learned from m$"):
        MeshReader(metres).measure(replace(face.sequence, unit="mm"))


def test_sequences_that_do_not_fit_together(face: MadeFace) -> None:
    others: list[tuple[MeshSequence, str]] = [
        (
            sequence_of(face.points[:, :50], "b"),
            r"^b: has 50 points, made has 60; learn from sequences of one topology",
        ),
        (sequence_of(face.points, "b", np.array([[0, 1, 2]], np.int32)), "^b: has other faces than made"),
        (replace(face.sequence, name="b", unit="mm"), "^b: is in mm, made in an unknown unit"),
    ]
    for other, message in others:
        with pytest.raises(TableError, match=message):
            learn_from([face.sequence, other])


def test_the_front_end_is_found_and_made(face: MadeFace, space: LearnedSpace, tmp_path: Path) -> None:
    assert find_front_end("mesh") is MESH
    folder = save_space(space, tmp_path / "space")
    np.savez(tmp_path / "take.npz", vertices=face.points, fps=60)
    assert recognise(tmp_path / "take.npz") is MESH
    reader = MESH.make(FrontEndOptions(space=folder))
    assert isinstance(reader, TableReader)
    read = reader.read(tmp_path / "take.npz")
    np.testing.assert_allclose(read.expression, MeshReader(space).measure(face.sequence).expression, atol=1e-4)
    assert read.about["neutral"] == "calm"
    assert read.time_s[60] == pytest.approx(1)
    for options in (
        FrontEndOptions(),
        FrontEndOptions(space=folder, mirrored=True),
        FrontEndOptions(space=folder, calibrate=True),
    ):
        with pytest.raises(UsageError):
            MESH.make(options)


@pytest.mark.shared_data
def test_another_signer_is_told_by_a_space_of_the_first(shared_data: Path) -> None:
    from dfe.frontends.meshes.reading import read_sequence

    whole = [read_sequence(shared_data / "gfe" / f"{who}_negative_datapoints.txt.gz") for who in "ab"]
    a, b = (replace(s, points=s.points[::5], frame=s.frame[::5], time_s=s.time_s[::5]) for s in whole)
    space = learn_from([a], LearnOptions(components=16, axes="xy")).space
    measured = MeshReader(space).measure(b)
    assert measured.success.mean() > 0.99
    still = space.error_mm(measured.expression[measured.success], np.zeros((int(measured.success.sum()), 16)))
    assert 1 < np.median(still) < 15
    assert 0.2 < np.nanmean(measured.confidence) < 1
    assert measured.time_stamps == "repaired"
