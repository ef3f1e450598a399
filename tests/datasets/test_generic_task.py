import unicodedata
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import TableError, UsageError
from dfe.datasets import TASKS, find_task
from dfe.datasets.generic import Generic

HEAD = "path,subject,label"


def table(tmp_path, text, **more):
    path = tmp_path / "labels.csv"
    path.write_text(text + "\n", "utf-8")
    return Generic(path, **more)


def test_a_whole_table(tmp_path):
    text = (
        "Path,Subject,Label,session,condition,onset,offset,split,age,site\n"
        "a/one.mp4,p1,calm,s1,talk,0,10,train,30,Bern\n"
        "a/one.mp4,p1,calm,s1,rest,10,,train,30,Bern\n"
        "b.parquet,p2,glad,s1,talk,,,dev,NA,\n"
        "c,p3,glad,s1,talk,,,Test,41,Basel"
    )
    examples = table(tmp_path, text).examples(tmp_path)
    assert examples.name == ("a/one 0-10", "a/one 10-", "b", "c")
    assert examples.recording == ("a/one", "a/one", "b", "c")
    assert examples.split.tolist() == ["train", "train", "validation", "test"]
    assert examples.onset_s.tolist() == [0, 10, -np.inf, -np.inf]
    assert examples.offset_s.tolist() == [10, np.inf, np.inf, np.inf]
    assert examples.condition.tolist() == ["talk", "rest", "talk", "talk"]
    np.testing.assert_array_equal(examples.covariates["age"], [30, 30, np.nan, 41])
    assert examples.covariates["site"].tolist() == ["Bern", "Bern", "", "Basel"]
    assert set(examples.covariates) == {"age", "site"}
    target = examples.target("label")
    assert (target.kind, target.classes, target.metric) == ("classes", ("calm", "glad"), "balanced_accuracy")


@pytest.mark.parametrize(
    ("labels", "kind", "found"),
    [
        (["0", "1", "1"], "auto", ("classes", ("0", "1"))),
        (["2", "10", "9"], "auto", ("classes", ("2", "9", "10"))),
        (["0.5", "1", "2"], "auto", ("number", ())),
        (["0", "1", "2"], "number", ("number", ())),
        (['"0,5"', "1", "2"], "auto", ("number", ())),
        (["low", "1", "2"], "classes", ("classes", ("1", "2", "low"))),
    ],
)
def test_labels_are_classes_or_numbers(tmp_path, labels, kind, found):
    text = "\n".join([HEAD, *(f"r{i},p{i},{label}" for i, label in enumerate(labels))])
    target = table(tmp_path, text, kind=kind).examples(tmp_path).target("label")
    assert (target.kind, target.classes) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na,1", "has no column subject; it has path, label"),
        (f"{HEAD}\na,p1,1\nb,p2,NaN", "line 3: no label; fill it in, or take the row out"),
        (f"{HEAD}\na,p1,1\nb,,0", "line 3: no subject"),
        (f"{HEAD}\na,p1,1\nb,p2", "line 3: has 2 cells, the header has 3"),
        (f"{HEAD}\na,p1,1\nb,p2,1", "all 2 labels are '1': nothing to predict"),
        (f"{HEAD}\na,p1,1\nb,p1,0", "line 3: its subject has label '0' here and '1' on line 2"),
        (f"{HEAD}\na.mp4,p1,1\nb,p2,0\na,p1,1", "line 4: a is also on line 2"),
        (f"{HEAD},onset,offset\na,p1,1,5,3\nb,p2,0,0,1", "line 2: the window ends at 3 s, before its onset 5 s"),
        (f"{HEAD},onset\na,p1,1,soon\nb,p2,0,0", "line 2: onset 'soon' is no time in seconds"),
        (f"{HEAD},split\na,p1,1,later\nb,p2,0,test", "line 2: split 'later' is none of train, validation, test"),
        (f"{HEAD},face\na,p1,1,-1\nb,p2,0,0", "line 2: face '-1' is no whole number"),
        (HEAD, "holds no row"),
        (f"{HEAD}\na,p1,1\nb,p2,2\nc,p3,low", "line 4: 'low' is a word in column label of 2 numbers"),
        (f"{HEAD},dose\na,p1,x,1\nb,p2,y,2\nc,p3,x,l", "line 4: 'l' is a word in column dose of 2 numbers"),
        (f"{HEAD},born\na,p1,x,1.5.80\nb,p2,y,2.6.91", "line 2: column born holds dates, as in '1.5.80'"),
    ],
)
def test_bad_tables_are_named_with_their_line(tmp_path, text, message):
    with pytest.raises(TableError) as caught:
        table(tmp_path, text).examples(tmp_path)
    assert message in str(caught.value)
    assert "labels.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert table(tmp_path, text).check(tmp_path) == (str(caught.value),)


def test_labels_may_change_within_a_person_where_the_user_says_so(tmp_path):
    target = table(tmp_path, f"{HEAD}\na,p1,1\nb,p1,0", level="task").examples(tmp_path).target("label")
    assert target.level == "task"


def test_numbers_that_are_none_are_refused(tmp_path):
    with pytest.raises(TableError, match="line 3: 'high' is a word in column label"):
        table(tmp_path, f"{HEAD}\na,p1,1\nb,p2,high", kind="number").examples(tmp_path)
    with pytest.raises(TableError, match="no such file"):
        Generic(tmp_path / "absent.csv").examples(tmp_path)


def test_media_are_the_files_that_are_there(tmp_path):
    (tmp_path / "a.mp4").touch()
    made = table(tmp_path, f"{HEAD}\na.mp4,p1,1\nb.mp4,p2,0")
    assert made.media(tmp_path) == (tmp_path / "a.mp4",)
    assert made.check(tmp_path) == ("1 of 2 files are not there, the first is b.mp4",)


def test_tasks_are_found_by_name():
    with pytest.raises(UsageError, match="no task 'mood'; use one of stressid"):
        find_task("mood")
    with pytest.raises(UsageError, match="name it with --table"):
        find_task("generic")
    assert {"stressid", "chalearn", "daic", "edaic", "affectnet", "fer2013", "engagement"} == set(TASKS)


def test_a_table_as_a_spreadsheet_in_german_saves_it(tmp_path):
    case = Path(__file__).parents[1] / "fixtures" / "cases" / "10_labels_semicolons.csv"
    examples = Generic(case).examples(tmp_path)
    assert examples.recording[:2] == ("grid_brbk7n", "grid_id2_vcd_swwp2s")
    assert examples.labels["label"].tolist() == ["A", "B"] * 3


def test_paths_and_numbers_of_other_systems(tmp_path):
    (tmp_path / "s1").mkdir()
    (tmp_path / "s1" / unicodedata.normalize("NFD", "ä.mp4")).touch()
    text = "Path;Subject;Label;dose;site\ns1\\ä.mp4;p1;x;1,5;1\nb;p2;y;NA;2\n"
    made = table(tmp_path, text, categories=("site",))
    examples = made.examples(tmp_path)
    assert examples.recording == ("s1/ä", "b")
    assert len(made.media(tmp_path)) == 1
    np.testing.assert_array_equal(examples.covariates["dose"], [1.5, np.nan])
    assert examples.covariates["site"].tolist() == ["1", "2"]
    assert [str(kind) for kind in made.column_kinds()] == [
        "label: words, 2 values (x, y)",
        "dose: numbers, 1 value (1.5 to 1.5), 1 empty",
        "site: words, 2 values (1, 2)",
    ]


LEVELS = f"{HEAD},age\na,1,0,30\nb,2,1,31\nc,3,99,-9\nd,4,1,40"


def test_codes_of_labels_and_covariates_are_asked_for_and_taken_out(tmp_path):
    with pytest.raises(TableError, match=r"line 4: '99' in column label may stand for .*; say --missing 99 if it does"):
        table(tmp_path, LEVELS).examples(tmp_path)
    examples = table(tmp_path, LEVELS, missing=("99", "-9")).examples(tmp_path)
    assert examples.labels["label"].tolist() == ["0", "1", "", "1"]
    assert examples.target("label").classes == ("0", "1")
    np.testing.assert_array_equal(examples.covariates["age"], [30, 31, np.nan, 40])
    numbers = table(tmp_path, LEVELS, missing=("99", "-9"), kind="number").examples(tmp_path)
    np.testing.assert_array_equal(numbers.labels["label"], [0, 1, np.nan, 1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,1,yes\nb,2,no\nc,3,Yes", r"line 4: column label has 'Yes' here and 'yes' on line 2"),
        ("a,1,1\nb,2,2\nc,3,1.0", r"line 4: column label has '1.0' here and '1' on line 2"),
        ("a,P1,x\nb,P2,y\nc,p01,x", r"line 4: column subject has 'p01' here and 'P1' on line 2"),
    ],
)
def test_words_that_differ_in_capitals_or_zeros_alone_are_refused(tmp_path, text, says):
    with pytest.raises(TableError, match=says):
        table(tmp_path, f"{HEAD}\n{text}").examples(tmp_path)
