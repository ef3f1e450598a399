"""Engagement: from crops to examples, and OpenFace's units of the same pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.base.errors import OutputError, TableError
from dfe.datasets.engagement import ENGAGEMENT
from dfe.facs.tables import read_au_table
from dfe.predict.representations.action_units import au_tables
from made_measures import features_of
from made_study import faces, recording, write

LABELS = (
    "image,subject,level,level_name\nb_1.jpg,2,1,disengaged\na_1.jpg,1,2,partially engaged\na_2.jpg,1,1,disengaged\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three crops, one of them large; OpenFace saw two."""
    folder = tmp_path / "engagement"
    (folder / "images").mkdir(parents=True)
    for name, side in (("a_1", 100), ("a_2", 100), ("b_1", 300)):
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), np.full((side, side), 90, np.uint8))
    (folder / "labels.csv").write_text(LABELS)
    head = "ImageID,face,confidence,AU12_r,AU45_r,AU12_c,AU28_c"
    (folder / "openface.csv.gz").write_text(f"{head}\na_1,0,0.9,2.5,0,1,0\nb_1,0,0.9,0.5,4,0,1\n")
    return folder


def test_crops_are_enlarged_padded_and_become_examples(root, tmp_path):
    out = tmp_path / "prepared"
    told = []
    said = ENGAGEMENT.prepare(root, out, lambda done, total: told.append((done, total)))
    assert said.startswith("3 pictures; next: dfe encode")
    assert told == [(1, 3), (2, 3), (3, 3)]
    shapes = {p.stem: cv2.imread(str(p)).shape[:2] for p in (out / "images").iterdir()}
    assert shapes == {"a_1": (384, 384), "a_2": (384, 384), "b_1": (450, 450)}
    assert ENGAGEMENT.check(out) == ()
    examples = ENGAGEMENT.examples(out)
    assert examples.name == ("images/b_1", "images/a_1", "images/a_2")
    assert examples.recording == ("images",) * 3
    assert examples.picture is not None
    assert examples.picture.tolist() == [2, 0, 1]
    assert examples.labels["level"].tolist() == ["disengaged", "partially engaged", "disengaged"]
    with pytest.raises(OutputError, match="is there already"):
        ENGAGEMENT.prepare(root, out)
    (out / "images" / "a_2.png").unlink()
    assert ENGAGEMENT.check(out) == ("1 pictures are gone; the first is images/a_2.png",)


def test_openface_is_matched_by_the_pictures_names(root, tmp_path):
    out = tmp_path / "prepared"
    ENGAGEMENT.prepare(root, out)
    made = recording(faces(3), np.full(3, np.nan), name="images")
    column = made.table.column_names.index("source")
    named = type(made)(made.table.set_column(column, "source", [["a_1.png", "a_2.png", "b_1.png"]]), made.provenance)
    write(tmp_path, "images", named)
    units = au_tables(ENGAGEMENT.au_tables(out), ("intensity",), name="OpenFace")
    found = features_of(units, ENGAGEMENT.examples(out), tmp_path)
    assert found.names == ("AU12 mean", "AU45 mean", "AU12 present mean", "AU28 present mean")
    np.testing.assert_allclose(found.x[:2], [[0.5, 4, 0, 1], [2.5, 0, 1, 0]])
    assert np.isnan(found.x[2]).all()
    without = au_tables(ENGAGEMENT.au_tables(out), ("intensity",), without=("AU45",))
    assert "AU45 mean" not in features_of(without, ENGAGEMENT.examples(out), tmp_path).names


def test_what_is_broken_is_told(root, tmp_path):
    assert ENGAGEMENT.check(root) == (f"{root}: its pictures are not prepared; run dfe study prepare engagement",)
    (root / "labels.csv").write_text("image,subject,level\na_1.jpg,1,3\n")
    with pytest.raises(TableError, match="level is 3; 1 is disengaged"):
        ENGAGEMENT.prepare(root, tmp_path / "prepared")


@pytest.mark.shared_data
def test_the_table_of_the_real_set_is_read():
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "engagement" / "openface.csv.gz"
    if not path.exists():
        pytest.skip("needs ../shared/data")
    intensities, presences = read_au_table(path), read_au_table(path, presence=True)
    assert len(intensities.names) + len(presences.names) == 35
    assert len(set(intensities.picture or ())) == 1277
