"""DAIC-WOZ and E-DAIC: sessions, splits, tables, and recordings of action units where there is nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import made_sets
import made_study
from dfe.base.errors import ModelError, OutputError, TableError
from dfe.datasets.daic import DAIC
from dfe.datasets.edaic import EDAIC, NO_TOKENS
from dfe.datasets.examples import Examples
from dfe.datasets.extras import HasAuTables, Prepares
from dfe.datasets.fer2013 import FER2013
from dfe.datasets.stressid import STRESSID
from dfe.datasets.unit_recordings import unit_recording
from dfe.media.inputs import TableSearch, discover
from dfe.predict.reading import readings
from dfe.predict.representations.action_units import au_tables
from dfe.predict.representations.nuisance import Nuisance
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer
from made_measures import features_of, tokens_of


def split_of(examples: Examples) -> dict[str, str]:
    assert examples.split is not None
    return dict(zip(examples.name, examples.split.tolist(), strict=True))


def test_daic_names_are_those_of_its_tables(tmp_path: Path) -> None:
    root = made_sets.daic(tmp_path / "DAIC")
    media = DAIC.media(root)
    # The front end "clnf" reads them; what a table is called does not depend on who reads it.
    found = discover(media, tables=TableSearch(lambda path: "clnf"))
    examples = DAIC.examples(root)
    assert {source.name for source in found.sources} == set(examples.recording)
    assert {source.kind for source in found.sources} == {"table"}
    assert len(media) == len(examples) == 8
    assert split_of(examples) == {
        **dict.fromkeys(("303", "304", "305", "310"), "train"),
        **dict.fromkeys(("302", "307"), "validation"),
        **dict.fromkeys(("300", "301"), "test"),
    }
    place = examples.name.index("301")
    assert examples.labels["PHQ8_Binary"][place] == "10 or more"
    assert examples.labels["PHQ8_Score"][place] == 12
    assert examples.covariates["gender"][place] == "1"
    assert [(t.name, t.metric, t.level) for t in examples.targets] == [
        ("PHQ8_Binary", "f1", "subject"),
        ("PHQ8_Score", "mae", "subject"),
    ]


def test_daic_bags_and_its_own_action_units(tmp_path: Path) -> None:
    root = made_sets.daic(tmp_path / "DAIC", rows=6)
    examples = DAIC.examples(root)
    for number, name in enumerate(examples.recording):
        made = made_study.recording(made_study.faces(6, number), np.arange(6) / 30, name=name)
        made_study.write(tmp_path / "out", name, made)
    assert (tokens_of(examples, tmp_path / "out", load_tokenizer("dfe-face41@3")).time.sum(axis=1) > 0).all()
    assert isinstance(DAIC, HasAuTables)
    tables = DAIC.au_tables(root)
    assert set(examples.recording) <= set(tables)
    features = features_of(au_tables(tables), examples, tmp_path / "out")
    assert features.x.shape == (8, (14 + 6) * 8)
    assert np.isfinite(features.x).all()


def test_daic_says_what_is_missing_or_odd(tmp_path: Path) -> None:
    root = made_sets.daic(tmp_path / "DAIC", rows=2)
    excluded = "1 sessions are there that are always left out; the first is 342"
    assert DAIC.check(root) == (excluded,)
    (root / "304_P" / "304_CLNF_features3D.txt").unlink()
    (root / "full_test_split.csv").unlink()
    train = root / "train_split_Depression_AVEC2017.csv"
    train.write_text(train.read_text().replace("303,1,12", "303,0,12").replace("305,1,12", "305,1,"))
    assert DAIC.check(root) == (
        f"{root / 'full_test_split.csv'}: is not there, so that no session of the test part is used",
        "1 labelled sessions have no table <id>_CLNF_features3D.txt; the first is 304",
        "2 sessions with a table <id>_CLNF_features3D.txt have no label; the first is 300",
        "1 sessions have no PHQ-8, or only a part of it; the first is 305",
        "1 labels of PHQ8_Binary are not 'score at least 10'; the first is 303",
        excluded,
    )
    assert [path.name[:3] for path in DAIC.media(root)] == ["302", "303", "305", "307", "310"]
    assert set(split_of(DAIC.examples(root)).values()) == {"train", "validation"}
    train.unlink()
    with pytest.raises(TableError, match=r"train_split_Depression_AVEC2017\.csv: is not there"):
        DAIC.examples(root)


def test_daic_leaves_excluded_sessions_out_though_a_split_names_them(tmp_path: Path) -> None:
    root = made_sets.daic(tmp_path / "DAIC", rows=2)
    with (root / "full_test_split.csv").open("a") as file:
        file.write("342,0,3,1\n")
    assert "342" not in DAIC.examples(root).name
    assert not any("342" in path.name for path in DAIC.media(root))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("300,0,3,1", "row 4: 300 is there already, in row 2"),
        ("303,0,3,1", "row 4: 303 is there already, in row 2"),
        ("x,0,3,1", "row 4: 'x' is no number"),
        ("3.5,0,3,1", r"row 4: '3\.5' is no number of a participant"),
        ("309,0,25,1", "row 4: PHQ8_Score is 25, outside 0 to 24"),
        ("309,2,20,1", "row 4: PHQ8_Binary is 2, which is none of the classes"),
    ],
)
def test_broken_splits(tmp_path: Path, line: str, error: str) -> None:
    root = made_sets.daic(tmp_path / "DAIC", rows=2)
    with (root / "full_test_split.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(TableError, match=rf"full_test_split\.csv, {error}"):
        DAIC.examples(root)


def test_a_session_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    root = made_sets.daic(tmp_path / "DAIC", rows=2)
    (root / "more").mkdir()
    made_sets.link(root / "300_P" / "300_CLNF_features3D.txt", root / "more" / "300_P" / "300_CLNF_features3D.txt")
    with pytest.raises(TableError, match=r"session 300 is there twice, the other is 300_P/300_CLNF_features3D\.txt"):
        DAIC.media(root)


def test_edaic_from_tables_of_units_to_features(tmp_path: Path) -> None:
    root = made_sets.edaic(tmp_path / "E-DAIC")
    assert EDAIC.check(root) == (NO_TOKENS,)
    assert EDAIC.media(root) == ()
    assert isinstance(EDAIC, Prepares)
    told: list[tuple[int, int | None]] = []
    assert NO_TOKENS in EDAIC.prepare(root, tmp_path / "out", lambda done, total: told.append((done, total)))
    assert told == [(done, 7) for done in range(1, 8)]
    examples = EDAIC.examples(root)
    assert examples.recording[0] == "600_P/features/600_OpenFace2.1.0_Pose_gaze_AUs"
    assert [len(one.rows().row) for one in readings(examples, tmp_path / "out")] == [15] * 7
    by_folder = features_of(au_tables(root), examples, tmp_path / "out")
    by_name = features_of(au_tables(EDAIC.au_tables(root)), examples, tmp_path / "out")
    assert np.array_equal(by_folder.x, by_name.x)
    assert by_folder.names[:2] == ("AU1", "AU2")
    nuisance = features_of(Nuisance(), examples, tmp_path / "out")
    assert nuisance.x[0, list(nuisance.names).index("duration s")] == pytest.approx(0.5, abs=0.01)
    assert list(examples.covariates["gender"][:2]) == ["female", "male"]
    assert set(split_of(examples).values()) == {"train", "validation", "test"}


def test_edaic_has_no_tokens_and_says_so(tmp_path: Path) -> None:
    root = made_sets.edaic(tmp_path / "E-DAIC", rows=3)
    EDAIC.prepare(root, tmp_path / "out")
    with pytest.raises((TableError, ModelError), match="has no tokens"):
        tokens_of(EDAIC.examples(root), tmp_path / "out", load_tokenizer("default"))


def test_edaic_does_not_write_into_a_folder_that_is_there(tmp_path: Path) -> None:
    root = made_sets.edaic(tmp_path / "E-DAIC", rows=3)
    EDAIC.prepare(root, tmp_path / "out")
    with pytest.raises(OutputError, match="is there already"):
        EDAIC.prepare(root, tmp_path / "out")


@pytest.mark.parametrize("folder", ["", "data", "extracted/train"])
def test_edaic_names_follow_the_folders(tmp_path: Path, folder: str) -> None:
    root = made_sets.edaic(tmp_path / "E-DAIC", rows=3)
    for path in root.glob("*_P"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        path.rename(root / folder / path.name)
    EDAIC.prepare(root, tmp_path / "out")
    examples = EDAIC.examples(root)
    assert len([1 for _ in readings(examples, tmp_path / "out")]) == 7


def test_a_recording_of_units_holds_what_the_table_holds(tmp_path: Path) -> None:
    path = tmp_path / "600_OpenFace2.1.0_Pose_gaze_AUs.csv"
    values = made_sets.openface_units(path, 10, seed=3, failed=(4, 5))
    made = unit_recording(path)
    made.write(tmp_path / "a.parquet")
    read = Recording.read(tmp_path / "a.parquet")
    assert read.provenance.space.id == "openface/au17"
    assert read.provenance.tokenizer is None
    good = np.delete(np.arange(10), (4, 5))
    assert np.allclose(read.expressions()[good], values[good], atol=1e-6)
    assert read.usable.tolist() == [row not in (4, 5) for row in range(10)]
    assert read.frames.tolist() == list(range(10))
    assert np.allclose(read.times, np.arange(10) / 30, atol=5e-4)


@pytest.mark.parametrize("angles", [(0.2, 0, 0), (0, 0.3, 0), (0, 0, 0.4), (0.2, -0.3, 0.1), (-0.3, 0.2, -0.5)])
def test_head_pose_is_that_of_the_rotation(tmp_path: Path, angles: tuple[float, float, float]) -> None:
    """By the matrices: OpenFace's ``Rx Ry Rz`` in its axes is ``Ry(yaw) Rx(-pitch) Rz(-roll)`` in ours."""
    path = tmp_path / "t.csv"
    made_sets.openface_units(path, 2)
    head, *lines = path.read_text().splitlines()
    turned = [line.replace("0.1, -0.2, 0.05", ", ".join(map(str, angles)), 1) for line in lines]
    path.write_text("\n".join([head, *turned, ""]))
    pitch, yaw, roll = unit_recording(path).poses[0].astype(float)
    theirs = _about(0, angles[0]) @ _about(1, angles[1]) @ _about(2, angles[2])
    flip = np.diag([1.0, -1.0, -1.0])
    ours = _about(1, yaw) @ _about(0, -pitch) @ _about(2, -roll)
    assert np.allclose(flip @ theirs @ flip, ours, atol=1e-6)


def _about(axis: int, angle: float) -> np.ndarray:
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    out = np.eye(3)
    out[i, i] = out[j, j] = np.cos(angle)
    out[i, j], out[j, i] = -np.sin(angle), np.sin(angle)
    return out


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("pose_Rx", "pose_Qx"), "has no column pose_Rx"),
        (("timestamp", "clock"), "is no table of OpenFace with times"),
        (("\n2, ", "\n1, "), "holds a frame twice"),
    ],
)
def test_broken_tables_of_units(tmp_path: Path, change: tuple[str, str], error: str) -> None:
    path = tmp_path / "t.csv"
    made_sets.openface_units(path, 4)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(TableError, match=error):
        unit_recording(path)


def test_which_data_sets_can_do_what() -> None:
    assert isinstance(FER2013, Prepares)
    assert not isinstance(STRESSID, Prepares)
    assert not isinstance(STRESSID, HasAuTables)
    assert not isinstance(DAIC, Prepares)
