from __future__ import annotations

import math
import unicodedata
from pathlib import Path

import pytest

from dfe.base.errors import TableError, UsageError
from dfe.comparison.table import Columns, read_group_table


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "deep/c", "deep/d"):
        path = tmp_path / "in" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def read(folder, text, columns=None, **more):
    file = folder / "t.csv"
    file.write_text(text, encoding="utf-8")
    return read_group_table(file, folder / "in", columns or Columns("id", "g"), **more)


FOUR = "recording,id,g\na,1,x\nb,2,y\nc,3,x\ndeep/d.parquet,4,y\n"


def test_rows_find_their_recordings_by_name_and_by_path(folder):
    done = read(folder, FOUR)
    assert [row.path.name for row in done.rows] == ["a.parquet", "b.parquet", "c.parquet", "d.parquet"]
    assert done.groups == ("x", "y")
    assert done.rows[0].onset_s == -math.inf
    video = read(folder, "path;id;g\nvideos/a.mp4;1;x\nb.mp4;2;y\nc;3;x\nd;4;y\n")
    assert [row.path.name for row in video.rows] == [row.path.name for row in done.rows]


def test_folders_of_names_count_in_tables_and_windows(folder):
    with pytest.raises(
        TableError, match=r"line 5: there is no recording 'other/d' in .*, but deep/d, a, b, \.\.\. at hand"
    ):
        read(folder, FOUR.replace("deep/d.parquet", "other/d"))
    (folder / "in" / "c.parquet").touch()
    with pytest.raises(TableError, match=r"has no row for deep.c\.parquet"):
        read(folder, FOUR.replace("c,3", "x/c,3"))
    windows = folder / "w.csv"
    windows.write_text("recording,start_s,end_s,condition\na,0,1,r\na,1,2,t\nq/a,0,2,t\nz/a,0,2,t\n", "utf-8")
    with pytest.raises(TableError, match=r"w\.csv, line 5: a may be q/a and z/a; name the folder above both"):
        read(folder, FOUR, others=True, windows=windows)


def test_which_two_groups_and_in_which_order(folder):
    three = FOUR.replace("4,y", "4,z")
    with pytest.raises(UsageError, match=r"g has 3 groups \(x, y, z\), not two; say which two with --groups"):
        read(folder, three)
    done = read(folder, three, groups=("z", "x"))
    assert done.groups == ("z", "x")
    assert [row.subject for row in done.rows] == ["1", "3", "4"]
    assert done.left_out == {"y": 1}
    with pytest.raises(UsageError, match="no two groups z, q"):
        read(folder, three, groups=("z", "q"))
    with pytest.raises(UsageError, match=r"1 groups \(x\)"):
        read(folder, FOUR.replace(",y", ",x"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("recording,id,h\n", r"has no column g; it has recording, id, h"),
        ("recording,id,g\n", "has no rows"),
        ("recording,id,g,g\n", "column g is there twice"),
        (FOUR.replace("2,y", "2,NaN"), r"line 3: g is empty"),
        (FOUR.replace("b,2", "b,"), r"line 3: id is empty"),
        (FOUR.replace("4,y", "1,y"), r"line 5: subject 1 is in two groups of g: 'x' \(line 2\) and 'y'"),
        (FOUR.replace("b,2", "q,2"), r"line 3: there is no recording 'q'"),
        (FOUR.replace("c,3,x\n", ""), r"has no row for deep.c.parquet in"),
        (FOUR.replace("c,3,x", "c,3,X"), r"line 4: column g has 'X' here and 'x' on line 2"),
        (FOUR.replace("c,3", "c,01"), r"line 4: column id has '01' here and '1' on line 2"),
        ("recording,id,g\na,1,0\nb,2,1\nc,3,0\nd,4,99\n", r"'99' in column g may stand for a missing number"),
        (FOUR + "a,1,x\n", r"lines 2 and 6 are about the same time of a"),
        (FOUR + "a,1,x,9\n", r"line 6: has 4 cells, the header has 3"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(folder, text, says):
    with pytest.raises(TableError, match=says) as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)


def test_others_may_be_left_out_if_asked(folder):
    assert len(read(folder, FOUR.replace("c,3,x\n", ""), others=True).rows) == 3


def test_parts_of_a_recording(folder):
    text = (
        "recording,id,g,onset,offset,face_id\na,1,x,0,10,\na,1,x,10,20,\na,5,y,0,20,1\nb,2,y,,,\nc,3,x,,,\nd,4,y,,,\n"
    )
    done = read(folder, text)
    assert [(row.onset_s, row.offset_s, row.face) for row in done.rows][:3] == [
        (0, 10, None),
        (10, 20, None),
        (0, 20, 1),
    ]
    for old, new, says in (
        ("10,20", "9,20", "same time"),
        ("10,20", "20,20", "before it starts"),
        ("10,20", "ten,20", "no time"),
        ("0,20,1", "0,20,one", "no number of a face"),
    ):
        with pytest.raises(TableError, match=says):
            read(folder, text.replace(old, new, 1))


def test_conditions_covariates_and_strata(folder):
    text = "recording,id,g,when,age,site\na,1,x,pre,30,A\nb,1,x,post,30,A\nc,2,y,pre,n/a,B\nd,2,y,post,,B\n"
    columns = Columns("id", None, ("age",), "when", "site")
    done = read(folder, text, columns, conditions=("pre", "post"))
    assert (done.groups, done.conditions) == (None, ("pre", "post"))
    assert [row.covariates["age"] for row in done.rows] == ["30", "30", "", ""]
    with pytest.raises(TableError, match="two groups of site"):
        read(folder, text.replace("post,30,A", "post,30,B"), columns)
    with pytest.raises(TableError, match="no such file"):
        read_group_table(folder / "none.csv", folder / "in", columns)


CASES = Path(__file__).parents[1] / "fixtures" / "cases"


def test_decimal_commas_are_decimal_points(tmp_path):
    names = ["grid_brbk7n", "grid_id2_vcd_swwp2s", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p", "grid_sbia1a"]
    for name in names:
        (tmp_path / f"{name}.parquet").touch()
    columns = Columns("id", "group", ("dose",))
    commas, points = (read_group_table(CASES / f"10_{one}.csv", tmp_path, columns) for one in ("commas", "points"))
    assert commas.rows == points.rows
    assert commas.kinds == points.kinds
    assert [str(kind) for kind in commas.kinds] == ["dose: numbers, 6 values (1.5 to 2.5)"]


DOSES = "recording,id,g,dose\na,1,x,1\nb,2,y,2\nc,3,x,{}\nd,4,y,3\n"


def test_a_stray_word_in_a_column_of_numbers_is_named_with_its_line(folder):
    columns = Columns("id", "g", ("dose",))
    with pytest.raises(TableError, match=r"line 4: 'two' is a word in column dose of 3 numbers.*--categories dose"):
        read(folder, DOSES.format("two"), columns)
    assert read(folder, DOSES.format("two"), columns, categories=("dose",)).words == ("dose",)
    assert read(folder, DOSES.format("n/a"), columns).kinds[0].empty == 1
    assert read(folder, DOSES.format("4"), columns, categories=("dose",)).words == ("dose",)
    with pytest.raises(UsageError, match="'site' of --categories is no covariate; those are: dose"):
        read(folder, DOSES.format("4"), columns, categories=("site",))


def test_codes_for_missing_numbers_are_asked_for_and_taken_out(folder):
    columns = Columns("id", "g", scores=("dose",))
    with pytest.raises(TableError, match=r"line 4: '-99' in column dose may .*; say --missing -99 if it does"):
        read(folder, DOSES.format("-99"), columns)
    done = read(folder, DOSES.format("-99"), columns, missing=("-99",))
    assert [row.covariates["dose"] for row in done.rows] == ["1", "2", "", "3"]
    assert read(folder, DOSES.format("-99"), columns, missing=("none",)).rows[2].covariates["dose"] == "-99"
    with pytest.raises(TableError, match=r"'-99' in column dose may .*; say --missing 999 -99 if it does"):
        read(folder, DOSES.format("-99"), columns, missing=("999",))


def test_a_code_among_groups_is_no_group(folder):
    text = "recording;id;g\na;1;1\nb;2;2\nc;3;1\nd;4;99\n"
    columns = Columns("id", "g")
    with pytest.raises(TableError, match=r"line 5: '99' in column g may stand for a missing number"):
        read(folder, text, columns)
    with pytest.raises(TableError, match=r"line 5: g is empty"):
        read(folder, text, columns, missing=("99",))


def test_paths_of_windows_and_names_taken_apart(folder):
    (folder / "in" / f"{unicodedata.normalize('NFD', 'ä')}.parquet").touch()
    text = "recording;id;g\nC:\\Daten\\a.mp4;1;x\nin\\b.mp4;2;y\ndeep\\c;3;x\nd;4;y\nä;5;x\n"
    assert [row.path.stem[0] for row in read(folder, text).rows] == ["a", "b", "c", "d", "a"]


def test_none_is_a_group(folder):
    assert read(folder, FOUR.replace(",x", ",none")).groups == ("none", "y")
