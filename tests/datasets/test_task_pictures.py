"""AffectNet and FER2013: each example is one picture, and its number is the one that `dfe encode` counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import made_sets
from dfe.base.errors import OutputError, TableError
from dfe.datasets.affectnet import AFFECTNET
from dfe.datasets.enlarged import padded_png
from dfe.datasets.examples import Examples
from dfe.datasets.fer2013 import FER2013
from dfe.datasets.fer_pictures import CLASSES, read_pictures
from dfe.recording.recording import Recording
from dfe.recording.storage import recordings_in
from dfe.tokenizer.file import load_tokenizer
from made_measures import tokens_of


@pytest.fixture(scope="module")
def face(astronaut: Path) -> np.ndarray:
    """A grey face that fills its picture, as in FER2013."""
    return cv2.imread(str(astronaut), cv2.IMREAD_GRAYSCALE)[60:200, 155:295]


@pytest.fixture(scope="module")
def jpeg(astronaut: Path) -> bytes:
    crop = cv2.imread(str(astronaut))[0:280, 90:370]
    return cv2.imencode(".jpg", cv2.resize(crop, (256, 256)))[1].tobytes()


def numbers_agree(examples: Examples, folder: Path) -> None:
    """Each example's picture is, in its recording, the row of the file that the example is named for."""
    assert examples.picture is not None
    read = {name: Recording.read(folder / f"{name}.parquet").table.to_pydict() for name in set(examples.recording)}
    for name, recording, picture in zip(examples.name, examples.recording, examples.picture.tolist(), strict=True):
        table = read[recording]
        sources = {table["source"][row] for row, frame in enumerate(table["frame"]) if frame == picture}
        assert {Path(source).stem for source in sources} == {name.rpartition("/")[2]}


def test_affectnet_from_pictures_to_bags(tmp_path: Path, jpeg: bytes, dfe: Callable) -> None:
    root = made_sets.affectnet(tmp_path / "AffectNet", jpeg, {"train_set": (2, 10, 1), "val_set": (33, 7)})
    assert AFFECTNET.check(root) == ()
    assert dfe("encode", *AFFECTNET.media(root), "-o", tmp_path / "out").code == 0
    examples = AFFECTNET.examples(root)
    assert set(examples.recording) == {"train_set/images", "val_set/images"}
    numbers_agree(examples, tmp_path / "out")
    measures = tokens_of(examples, tmp_path / "out", load_tokenizer("default"))
    assert measures.valid_s.tolist() == [1] * 5
    assert (measures.time.sum(axis=1) > 0).all()
    place = examples.name.index("train_set/images/10")
    assert examples.picture is not None
    assert examples.picture[place] == 2
    assert examples.labels["expression"][place] == "sad"
    assert examples.labels["valence"][place] == made_sets.valence(10)
    assert examples.labels["arousal"][place] == made_sets.valence(10) / 2
    assert examples.split is not None
    assert examples.split.tolist() == ["train"] * 3 + ["validation"] * 2
    assert [(t.name, t.metric) for t in examples.targets] == [
        ("expression", "accuracy"),
        ("valence", "ccc"),
        ("arousal", "ccc"),
    ]
    assert len(set(examples.subject.tolist())) == 5


def test_affectnet_unknown_and_missing_labels(tmp_path: Path) -> None:
    root = made_sets.affectnet(tmp_path / "set", b"", {"val_set": (1, 2, 3)})
    annotations = root / "val_set" / "annotations"
    np.save(annotations / "1_exp.npy", np.array(9))
    np.save(annotations / "1_val.npy", np.array("-2"))
    (annotations / "2_exp.npy").unlink()
    examples = AFFECTNET.examples(root)
    assert examples.labels["expression"].tolist() == ["", "", "surprise"]
    assert np.isnan(examples.labels["valence"]).tolist() == [True, False, False]
    assert AFFECTNET.check(root) == (
        f"{root}: has no labels of the train part",
        "2 pictures show none of the eight classes; the first is val_set/images/1.jpg",
        "1 pictures have no valence and arousal; the first is val_set/images/1.jpg",
    )


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (np.array(12), r"1_exp\.npy: exp is 12, which is none of the classes 0 to 7"),
        (np.array("happy"), r"1_exp\.npy: 'happy' is no number"),
        (np.array([1, 2]), r"1_exp\.npy: holds not one label"),
        (b"\x93NUMPY\x01", r"1_exp\.npy: cannot be read as an array"),
        (np.array([{"a": 1}], dtype=object), r"1_exp\.npy: cannot be read as an array"),
    ],
)
def test_affectnet_broken_arrays(tmp_path: Path, value: object, error: str) -> None:
    root = made_sets.affectnet(tmp_path / "set", b"", {"val_set": (1, 2)})
    path = root / "val_set" / "annotations" / "1_exp.npy"
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        np.save(path, np.asarray(value), allow_pickle=True)
    with pytest.raises(TableError, match=error):
        AFFECTNET.examples(root)


LISTS = {
    "training.csv": [("12/b.jpg", 1, 0.5), ("12/a.jpg", 0, 0.0), ("3/c.png", 7, -1.0)],
    "validation.csv": [("3/d.jpg", 8, -2.0), ("3/B.jpg", 6, 0.25)],
}


def test_affectnet_lists_from_pictures_to_bags(tmp_path: Path, jpeg: bytes, dfe: Callable) -> None:
    root = made_sets.affectnet_lists(tmp_path / "AffectNet", jpeg, LISTS)
    assert AFFECTNET.check(root) == (
        "1 pictures show none of the eight classes; the first is Manually_Annotated_Images/3/d.jpg",
        "1 pictures have no valence and arousal; the first is Manually_Annotated_Images/3/d.jpg",
    )
    assert dfe("encode", *AFFECTNET.media(root), "-o", tmp_path / "out").code == 0
    examples = AFFECTNET.examples(root)
    assert set(examples.recording) == {"12", "3"}
    numbers_agree(examples, tmp_path / "out")
    measures = tokens_of(examples, tmp_path / "out", load_tokenizer("default"))
    assert measures.valid_s.tolist() == [1] * 5
    assert examples.labels["expression"].tolist() == ["happy", "neutral", "contempt", "", "anger"]


def test_affectnet_lists_and_pictures_that_do_not_meet(tmp_path: Path) -> None:
    root = made_sets.affectnet_lists(tmp_path / "set", b"", LISTS)
    pictures = root / "Manually_Annotated_Images"
    (pictures / "12" / "b.jpg").rename(pictures / "12" / "z.jpg")
    examples = AFFECTNET.examples(root)
    assert len(examples) == 4
    assert examples.picture is not None
    assert examples.picture[0] == 0
    assert AFFECTNET.check(root)[:2] == (
        "1 labelled pictures are not there; the first is Manually_Annotated_Images/12/b.jpg",
        "1 pictures have no label; the first is Manually_Annotated_Images/12/z.jpg",
    )
    (root / "Manually_Annotated_file_lists" / "validation.csv").write_text("3/d.jpg,1,1,9,9,5;5,1,0.1,0.1\n")
    with pytest.raises(TableError, match=r"validation\.csv: has no line of column names; put this one first: subDir"):
        AFFECTNET.examples(root)


def test_affectnet_without_any_layout(tmp_path: Path) -> None:
    (line,) = AFFECTNET.check(tmp_path)
    assert "neither train_set/images or val_set/images nor Manually_Annotated_Images" in line
    (tmp_path / "Manually_Annotated_Images" / "1").mkdir(parents=True)
    (tmp_path / "Manually_Annotated_Images" / "1" / "a.jpg").write_bytes(b"")
    (line,) = AFFECTNET.check(tmp_path)
    assert "has no list of labels" in line


USAGE = ["Training"] * 4 + ["PublicTest"] * 2 + ["PrivateTest"]


@pytest.mark.parametrize("blanks", [False, True])
def test_fer2013_from_its_table_to_bags(tmp_path: Path, face: np.ndarray, dfe: Callable, blanks: bool) -> None:
    images = made_sets.fer_faces(len(USAGE), face)
    raw = made_sets.fer_csv(tmp_path / "raw", images, USAGE, blanks=blanks)
    root = tmp_path / "prepared"
    assert FER2013.prepare(raw, root).startswith("7 pictures; next: dfe encode")
    assert FER2013.check(root) == ()
    examples = FER2013.examples(root)
    assert examples.split is not None
    assert examples.split.tolist() == ["train"] * 4 + ["validation"] * 2 + ["test"]
    assert examples.labels["expression"].tolist() == list(CLASSES)
    if blanks:
        return
    assert dfe("encode", *FER2013.media(root), "-o", tmp_path / "out").code == 0
    assert {path.stem for path in recordings_in(tmp_path / "out")} == {p.rpartition("/")[2] for p in examples.recording}
    numbers_agree(examples, tmp_path / "out")
    measures = tokens_of(examples, tmp_path / "out", load_tokenizer("default"))
    # A lone picture names its recording, so the test part's is test/00000: it must be found all the same.
    assert examples.recording[-1] == "test/00000"
    assert measures.total_s.tolist() == [1] * 7
    assert measures.valid_s.sum() >= 6


def test_fer2013_pictures_are_enlarged_and_padded(face: np.ndarray) -> None:
    (small,) = made_sets.fer_faces(1, face)
    png = cv2.imdecode(np.frombuffer(padded_png(small), np.uint8), cv2.IMREAD_UNCHANGED)
    assert png.shape == (384, 384)
    assert not png[:64].any()
    assert not png[:, -64:].any()
    back = cv2.resize(png[64:-64, 64:-64], (48, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(back.astype(int) - small).mean() < 3


def test_fer2013_layouts_hold_the_same_pictures(tmp_path: Path, face: np.ndarray) -> None:
    images = made_sets.fer_faces(4, face)
    usage = ["Training", "Training", "PublicTest", "PublicTest"]
    table = made_sets.fer_csv(tmp_path / "table", images, usage)
    (tmp_path / "arrays").mkdir()
    words = np.array(CLASSES)
    for name, part in (("training", slice(0, 2)), ("publictest", slice(2, 4))):
        target = tmp_path / "arrays" / f"{name}.npz"
        np.savez(target, image=images[part], label=np.arange(4, dtype=np.int8)[part], label_names=words)
    for number, (image, part) in enumerate(zip(images, ("train", "train", "test", "test"), strict=True)):
        path = tmp_path / "folders" / part / CLASSES[number] / f"{number}.png"
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), image)
    of_table = list(read_pictures(table))
    assert [p.part for p in of_table] == ["train", "train", "validation", "validation"]
    for folder, parts in (("arrays", ["train"] * 2 + ["validation"] * 2), ("folders", ["train"] * 2 + ["test"] * 2)):
        found = list(read_pictures(tmp_path / folder))
        assert [p.part for p in found] == parts
        assert [p.label for p in found] == [p.label for p in of_table]
        assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(found, of_table, strict=True))


def test_fer2013_frames_are_numbers_beyond_nine(tmp_path: Path, face: np.ndarray) -> None:
    """Names have five digits: the order of names, by which pictures are counted, is that of numbers."""
    images = np.repeat(made_sets.fer_faces(1, face), 12, axis=0)
    raw = made_sets.fer_csv(tmp_path / "raw", images, ["Training"] * 11 + ["PublicTest"])
    FER2013.prepare(raw, tmp_path / "prepared")
    examples = FER2013.examples(tmp_path / "prepared")
    assert examples.picture is not None
    assert examples.picture.tolist() == [*range(11), 0]
    assert examples.name[10] == "train/00010"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("emotion,pixels,Usage\n0,1 2 3,Training\n", r"row 2: pixels are not 2304 whole numbers"),
        ("emotion,pixels,Usage\n9,1,Training\n", r"row 2: emotion is 9, which is none of the classes 0 to 6"),
        ("emotion,pixels,Usage\n1,1,Holiday\n", r"row 2: 'Holiday' is no part of the data set"),
        ("emotion,Usage\n1,Training\n", r"fer2013\.csv: has no column pixels"),
        ("emotion,pixels,Usage\n", "holds no picture"),
    ],
)
def test_fer2013_broken_tables_leave_no_prepared_folder(tmp_path: Path, text: str, error: str) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "fer2013.csv").write_text(text)
    with pytest.raises(TableError, match=error):
        FER2013.prepare(tmp_path / "raw", tmp_path / "out")
    with pytest.raises(TableError, match="its pictures are not prepared"):
        FER2013.examples(tmp_path / "out")


def test_fer2013_without_any_layout(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"has neither fer2013\.csv nor"):
        FER2013.prepare(tmp_path, tmp_path / "out")
    with pytest.raises(TableError, match="no such folder"):
        FER2013.prepare(tmp_path / "absent", tmp_path / "out")


def test_fer2013_says_what_is_missing(tmp_path: Path, face: np.ndarray) -> None:
    raw = made_sets.fer_csv(tmp_path / "raw", made_sets.fer_faces(3, face), ["Training"] * 3)
    (line,) = FER2013.check(raw)
    assert "run dfe study prepare fer2013" in line
    FER2013.prepare(raw, tmp_path / "out")
    (tmp_path / "out" / "train" / "00001.png").unlink()
    assert FER2013.check(tmp_path / "out") == (
        "1 pictures are gone; the first is train/00001.png",
        f"{tmp_path / 'out'}: has pictures of the parts train only; train and a test are needed",
    )
    with pytest.raises(TableError, match=r"00001\.png: the picture is gone"):
        FER2013.examples(tmp_path / "out")
    with pytest.raises(OutputError, match="is there already"):
        FER2013.prepare(raw, tmp_path / "out")
    with pytest.raises(TableError, match="is prepared already"):
        FER2013.prepare(tmp_path / "out", tmp_path / "more")


@pytest.mark.shared_data
def test_fer2013_as_it_is_shared(shared_data: Path) -> None:
    found = read_pictures(shared_data / "fer2013")
    first = next(found)
    with np.load(shared_data / "fer2013" / "training.npz", allow_pickle=False) as archive:
        assert np.array_equal(first.pixels, archive["image"][0])
        assert first.label == str(archive["label_names"][archive["label"][0]])
        counts = {"train": len(archive["label"])}
    with np.load(shared_data / "fer2013" / "publictest.npz", allow_pickle=False) as archive:
        counts["validation"] = len(archive["label"])
    parts = [first.part, *(picture.part for picture in found)]
    assert {part: parts.count(part) for part in set(parts)} == counts
