"""StressID and First Impressions: from a miniature of the layout to a bag of tokens, and what is wrong in one line."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import made_sets
from dfe.base.errors import TableError
from dfe.datasets.chalearn import CHALEARN, TRAITS, source_video
from dfe.datasets.stressid import STRESSID
from dfe.recording.recording import Recording
from dfe.recording.storage import recordings_in
from dfe.tokenizer.file import load_tokenizer
from made_measures import tokens_of


@pytest.fixture(scope="module")
def short(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_sets.cut(carphone, tmp_path_factory.mktemp("media") / "short.mp4")


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).with_suffix("").as_posix() for path in recordings_in(folder)}


def test_stressid_from_videos_to_bags(tmp_path: Path, short: Path, dfe: Callable) -> None:
    root = made_sets.stressid(tmp_path / "StressID", short)
    assert STRESSID.check(root) == ()
    assert dfe("encode", *STRESSID.media(root), "-o", tmp_path / "out").code == 0
    examples = STRESSID.examples(root)
    assert len(examples) == 9
    assert set(examples.recording) == names_in(tmp_path / "out")
    assert examples.recording[0] == "2ea4/2ea4_Breathing"
    measures = tokens_of(examples, tmp_path / "out", load_tokenizer("default"))
    assert (measures.total_s > 0).all()
    assert measures.time.sum() > 0
    assert sorted(set(examples.subject.tolist())) == ["1e45", "2ea4", "a7k2"]
    assert examples.condition is not None
    assert sorted(set(examples.condition.tolist())) == sorted(made_sets.STRESS_TASKS)
    assert examples.labels["binary-stress"][:2].tolist() == ["not stressed", "stressed"]
    assert examples.labels["affect3-class"][:3].tolist() == ["relaxed", "neutral", "stressed"]
    assert [(t.metric, t.level) for t in examples.targets] == [("weighted_f1", "task")] * 2
    assert examples.split is None


def test_stressid_says_what_is_missing_or_odd(tmp_path: Path) -> None:
    root = made_sets.stressid(tmp_path / "set", None)
    (root / "Videos" / "1e45" / "1e45_Math.mp4").unlink()
    (root / "Videos" / "2ea4" / "2ea4_Stroop.mp4").write_bytes(b"")
    text = (root / "labels.csv").read_text()
    text = text.replace("2ea4_Math,0,2.0", "2ea4_Math,NaN,").replace("a7k2_Math,0,1.0", "a7k2_Math,1,1.0")
    (root / "labels.csv").write_text(text)
    examples = STRESSID.examples(root)
    assert "1e45/1e45_Math" in examples.recording
    place = examples.name.index("2ea4_Math")
    assert [examples.labels[t.name][place] for t in examples.targets] == ["", ""]
    assert STRESSID.check(root) == (
        "1 labelled tasks have no video; the first is 1e45_Math",
        "1 videos have no label; the first is 2ea4_Stroop",
        "1 rows of labels.csv have no binary-stress and are left out there; the first is 2ea4_Math",
        "1 rows of labels.csv have no affect3-class and are left out there; the first is 2ea4_Math",
        "1 labels of binary-stress are not 'stress at least 5'; the first is a7k2_Math",
    )


def test_stressid_labels_are_enough_where_recordings_are_elsewhere(tmp_path: Path) -> None:
    root = made_sets.stressid(tmp_path / "set", None)
    whole = STRESSID.examples(root).recording
    (root / "Videos").rename(tmp_path / "elsewhere")
    assert STRESSID.examples(root).recording == whole
    assert any("Videos: is not there" in line for line in STRESSID.check(root))


def test_stressid_without_files(tmp_path: Path) -> None:
    lines = STRESSID.check(tmp_path)
    assert len(lines) == 3
    assert all("is not there" in line and "\n" not in line for line in lines)
    with pytest.raises(TableError, match=r"labels\.csv: is not there"):
        STRESSID.examples(tmp_path)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("2ea4_Math,1,1", r"row 11: 2ea4_Math is there already, in row 4"),
        ("nobody,1,1", r"row 11: 'nobody' is no subject and task"),
        ("2ea4_Stroop,3,1", r"row 11: binary-stress is 3, which is none of the classes 0 to 1"),
        ("2ea4_Stroop,yes,1", r"row 11: 'yes' is no number"),
        ("2ea4_Stroop,1", r"row 11: has 2 cells, the header has 3"),
        (",1,1", r"row 11: has no key"),
    ],
)
def test_stressid_broken_rows(tmp_path: Path, line: str, error: str) -> None:
    root = made_sets.stressid(tmp_path / "set", None)
    with (root / "labels.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(TableError, match=rf"labels\.csv, {error}"):
        STRESSID.examples(root)
    assert any(error.replace("\\", "")[:20] in shown for shown in STRESSID.check(root))


def test_stressid_keeps_subjects_that_read_as_numbers(tmp_path: Path) -> None:
    root = made_sets.stressid(tmp_path / "set", None, people=("1e45", "0012", "12"))
    assert sorted(set(STRESSID.examples(root).subject.tolist())) == ["0012", "12", "1e45"]


def test_impressions_from_videos_to_bags(tmp_path: Path, short: Path, dfe: Callable) -> None:
    root = made_sets.chalearn(tmp_path / "fi", short)
    media = CHALEARN.media(root)
    assert [path.name for path in media] == ["test", "train-1", "val-1"]
    assert dfe("encode", *media, "-o", tmp_path / "out").code == 0
    examples = CHALEARN.examples(root)
    assert set(examples.recording) == names_in(tmp_path / "out")
    assert "training80_01/J4GQm9j0JZ0.003" in examples.recording
    measures = tokens_of(examples, tmp_path / "out", load_tokenizer("default"))
    assert (measures.valid_s > 0).all()
    for name, recording in zip(examples.name, examples.recording, strict=True):
        read = Recording.read(tmp_path / "out" / f"{recording}.parquet")
        assert read.provenance.source.name == f"{name}.mp4"
    assert examples.split is not None
    parts = dict(zip(examples.name, examples.split.tolist(), strict=True))
    assert parts["J4GQm9j0JZ0.003"] == "train"
    assert parts["aUVbSkkY4gk.004"] == "validation"
    assert parts["zzz0000001_.000"] == "test"
    assert [t.name for t in examples.targets] == [*TRAITS, "interview"]
    assert {t.metric for t in examples.targets} == {"one_minus_mae"}
    assert {t.level for t in examples.targets} == {"task"}
    place = examples.name.index("-2qsCrkXdWs.001")
    assert examples.labels["extraversion"][place] == pytest.approx((2 + 2 + 1) / 12)
    assert examples.subject[place] == "-2qsCrkXdWs"


def test_impressions_check_tells_of_people_in_several_parts(tmp_path: Path) -> None:
    root = made_sets.chalearn(tmp_path / "fi", None)
    (root / "val-1" / "validation80_01" / "aUVbSkkY4gk.004.mp4").rename(root / "test" / "other.000.mp4")
    assert CHALEARN.check(root) == (
        "1 labelled clips have no video; the first is aUVbSkkY4gk.004",
        "1 videos have no label; the first is other.000",
        "1 YouTube videos are in several parts of the official split; the first is J4GQm9j0JZ0",
    )


def test_impressions_of_the_first_version_have_no_interview(tmp_path: Path) -> None:
    root = made_sets.chalearn(tmp_path / "fi", None, interview=False)
    assert [t.name for t in CHALEARN.examples(root).targets] == list(TRAITS)
    assert any("no annotation holds interview" in line for line in CHALEARN.check(root))


def test_impressions_without_a_test_part(tmp_path: Path) -> None:
    root = made_sets.chalearn(tmp_path / "fi", None)
    (root / "annotation_test.pkl").unlink()
    examples = CHALEARN.examples(root)
    assert examples.split is not None
    assert set(examples.split.tolist()) == {"train", "validation"}
    assert any(line.startswith(str(root / "annotation_test.pkl")) for line in CHALEARN.check(root))
    (root / "annotation_training.pkl").unlink()
    with pytest.raises(TableError, match=r"annotation_training\.pkl: is not there"):
        CHALEARN.examples(root)


class Evil:
    def __reduce__(self) -> tuple:
        return os.system, ("false",)


def of_traits(change: Callable[[dict], None]) -> dict:
    values = {trait: {"a.000.mp4": 0.5, "b.000.mp4": 0.25} for trait in TRAITS}
    change(values)
    return values


@pytest.mark.parametrize(
    ("held", "error"),
    [
        (Evil(), "never code"),
        ([1, 2], "holds no dictionary of traits"),
        (of_traits(lambda v: v.pop("openness")), "holds no labels of openness"),
        (of_traits(lambda v: v["openness"].pop("a.000.mp4")), r"a\.000\.mp4: has no openness"),
        (of_traits(lambda v: v["openness"].update({"a.000.mp4": "high"})), r"openness of a\.000\.mp4: 'high' is no"),
        (of_traits(lambda v: v["openness"].update({"a.000.mp4": 1.5})), r"is 1\.5, outside 0 to 1"),
    ],
)
def test_impressions_refuses_what_is_no_annotation(tmp_path: Path, held: object, error: str) -> None:
    root = made_sets.chalearn(tmp_path / "fi", None)
    (root / "annotation_training.pkl").write_bytes(pickle.dumps(held, protocol=2))
    with pytest.raises(TableError, match=rf"annotation_training\.pkl.*{error}"):
        CHALEARN.examples(root)
    assert len(CHALEARN.check(root)) >= 1


def test_impressions_reads_what_python_2_wrote(tmp_path: Path) -> None:
    """Its text is bytes (opcode ``U``), as in the files that are distributed."""
    root = made_sets.chalearn(tmp_path / "fi", None)
    entries = b"".join(
        b"U%c%s}U\x09a.000.mp4G%sss" % (len(trait), trait.encode(), struct.pack(">d", 0.5)) for trait in TRAITS
    )
    (root / "annotation_training.pkl").write_bytes(b"\x80\x02}" + entries + b".")
    assert pickle.loads((root / "annotation_training.pkl").read_bytes(), encoding="latin1") == {
        trait: {"a.000.mp4": 0.5} for trait in TRAITS
    }
    examples = CHALEARN.examples(root)
    assert examples.labels["openness"][examples.name.index("a.000")] == 0.5


def test_a_clip_in_two_parts_is_refused(tmp_path: Path) -> None:
    root = made_sets.chalearn(tmp_path / "fi", None)
    (root / "annotation_test.pkl").write_bytes((root / "annotation_training.pkl").read_bytes())
    with pytest.raises(TableError, match=r"annotation_test\.pkl, J4GQm9j0JZ0.* is in annotation_training\.pkl too"):
        CHALEARN.examples(root)


def test_source_videos() -> None:
    assert source_video("J4GQm9j0JZ0.003.mp4") == "J4GQm9j0JZ0"
    assert source_video("_-x.y.001") == "_-x"
