from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.base.text_stream import LONGEST_LINE
from dfe.facs.tables import read_au_table

OPENFACE = """frame, face_id, timestamp, confidence, success, AU01_r, AU12_r, AU12_c, AU28_c
1, 0, 0, 0.98, 1, 0.5, 3.25, 1, 0
1, 1, 0, 0.91, 1, 0, 5, 1, 1
2, 0, 0.04, 0.12, 0, 0, 0, 0, 0
"""
LIBREFACE = """,frame_idx,frame_time_in_ms,path_to_frame,facial_expression,au_1,au_7,au_1_intensity,au_12_intensity
0,0,0.0,a.png,Neutral,0,1,0.31,2.5
1,1,40.0,a.png,Neutral,1,0,1.25,
"""
PYFEAT = """FaceScore,AU01,AU07,AU12,jawOpen,input,frame,approx_time
0.99,0.25,1.0,0.5,0.1,clip.mp4,0,00:00
0.98,0.75,0.0,0.5,0.1,clip.mp4,0,00:00
,,,,,clip.mp4,30,01:05
"""


def written(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_openface(tmp_path):
    table = read_au_table(written(tmp_path, OPENFACE))
    assert (table.tool, table.kind, table.names) == ("OpenFace", "intensity 0-5", ("AU1", "AU12"))
    np.testing.assert_array_equal(table.values, np.array([[0.5, 3.25], [0, 5], [np.nan, np.nan]], np.float32))
    assert table.values.dtype == np.float32
    assert table.success.tolist() == [True, True, False]
    assert table.frame.tolist() == [1, 1, 2]
    assert table.face.tolist() == [0, 1, 0]
    assert table.time_s.tolist() == [0, 0, 0.04]


def test_openface_presence(tmp_path):
    table = read_au_table(written(tmp_path, OPENFACE), presence=True)
    assert (table.kind, table.names) == ("binary", ("AU12", "AU28"))
    assert table.values[:2].tolist() == [[1, 0], [1, 1]]


def test_openface_of_a_still_picture_has_faces_and_no_frames(tmp_path):
    table = read_au_table(written(tmp_path, "face, confidence, AU01_r\n0, 0.9, 1\n1, 0.8, 2\n"))
    assert table.face.tolist() == [0, 1]
    assert table.frame.tolist() == [0, 1]
    assert np.isnan(table.time_s).all()


def test_libreface(tmp_path):
    path = written(tmp_path, LIBREFACE)
    table = read_au_table(path)
    assert (table.tool, table.kind, table.names) == ("LibreFace", "intensity 0-5", ("AU1", "AU12"))
    np.testing.assert_array_equal(table.values, np.array([[0.31, 2.5], [np.nan, np.nan]], np.float32))
    assert table.time_s.tolist() == [0, 0.04]
    assert table.success.tolist() == [True, False]
    present = read_au_table(path, presence=True)
    assert (present.kind, present.names, present.values.tolist()) == ("binary", ("AU1", "AU7"), [[0, 1], [1, 0]])


def test_libreface_holds_seconds_whatever_the_column_is_called(tmp_path):
    seconds = LIBREFACE.replace(",40.0,", ",0.04,")
    assert read_au_table(written(tmp_path, seconds)).time_s.tolist() == [0, 0.04]


def test_pyfeat(tmp_path):
    table = read_au_table(written(tmp_path, PYFEAT))
    assert (table.tool, table.kind, table.names) == ("py-feat", "0-1", ("AU1", "AU7", "AU12"))
    np.testing.assert_array_equal(table.values[:2], [[0.25, 1, 0.5], [0.75, 0, 0.5]])
    assert np.isnan(table.values[2]).all()
    assert table.success.tolist() == [True, True, False]
    assert table.frame.tolist() == [0, 0, 30]
    assert table.face.tolist() == [0, 1, 0]
    assert table.time_s.tolist() == [0, 0, 65]


def test_a_unit_without_any_value_is_left_out(tmp_path):
    table = read_au_table(written(tmp_path, "AU01,AU07,frame\n0.5,,0\n0.25,NaN,1\n"))
    assert table.names == ("AU1",)
    assert table.success.all()
    none = read_au_table(written(tmp_path, "AU01,AU07,frame\n,,0\n"))
    assert none.names == ("AU1", "AU7")
    assert not none.success.any()


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda text: text, "utf-8-sig"),
        (lambda text: text.replace(",", "\t"), "utf-8"),
        (lambda text: text.replace(",", ";").replace(".", ","), "utf-8"),
        (lambda text: text.replace("\n", "\r\n"), "utf-8"),
        (lambda text: "\n".join(f"{line}\n" for line in text.splitlines()), "utf-8"),
        (lambda text: text.replace("frame,", '"frame",'), "utf-8"),
    ],
)
def test_how_a_file_was_saved_does_not_matter(tmp_path, change, encoding):
    plain = read_au_table(written(tmp_path, OPENFACE))
    path = written(tmp_path, change(OPENFACE), "other.csv", encoding)
    zipped = tmp_path / "other.csv.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    for table in (read_au_table(path), read_au_table(zipped)):
        np.testing.assert_array_equal(table.values, plain.values)
        assert table.names == plain.names
        assert table.time_s.tolist() == plain.time_s.tolist()


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "", "is empty"),
        ("\n", "", "holds no line that is not empty"),
        ("frame, AU01_r\n", "", "has no rows"),
        ("frame, smile\n1, 2\n", "", "no column of action units"),
        ("frame, AU01_r\n1, 2\n2\n", ", row 3", "has 1 cells, the header has 2"),
        ("frame, AU01_r\n1, 2\n\n3, much\n", ", row 4", "'much' is no number"),
        ("frame, AU01_r\n1, 5.5\n", ", row 2", "AU1 is 5.5, outside 0 to 5"),
        ("frame, AU01_r\n1, -1\n", ", row 2", "outside 0 to 5"),
        ("frame, AU01_r\n1, inf\n", ", row 2", "'inf' is no number"),
        ("frame, AU01_r\n1, 1_0\n", ", row 2", "'1_0' is no number"),
        ("frame, AU01_r\n1.5, 1\n", ", row 2", "1.5 is no number of a frame"),
        ("frame, AU01_r\n1e300, 1\n", ", row 2", "1e+300 is no number of a frame"),
        ("frame, AU01_r\n, 1\n", ", row 2", "an empty cell is no number of a frame"),
        ("AU01,frame\n1.5,0\n", ", row 2", "AU1 is 1.5, outside 0 to 1, the range of py-feat"),
        ("AU01,AU01,frame\n0,0,0\n", "", "column AU01 is there twice"),
        ("frame, AU01_r\n1, \0\n", ", row 2", "is no text"),
        ("frame, AU12_c\n1, 1\n", "", "OpenFace without a column of AU intensity"),
    ],
)
def test_errors_name_file_and_row(tmp_path, text, where, what):
    path = written(tmp_path, text)
    with pytest.raises(TableError) as caught:
        read_au_table(path)
    assert str(caught.value).startswith(f"{path}{where}: ")
    assert what in str(caught.value)


def test_files_that_are_no_text_are_refused(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        read_au_table(tmp_path / "absent.csv")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(OPENFACE.encode() * 50)[:60])
    with pytest.raises(TableError, match="damaged"):
        read_au_table(broken)
    western = written(tmp_path, "frame, AU01_r, comment\n1, 1, müde\n", encoding="latin-1")
    assert read_au_table(western).values.tolist() == [[1]]
    with pytest.raises(TableError, match="too long"):
        read_au_table(written(tmp_path, "AU01_r," * (LONGEST_LINE // 7 + 1)))
    with pytest.raises(TableError, match="py-feat writes no presence"):
        read_au_table(written(tmp_path, PYFEAT), presence=True)


@pytest.mark.shared_data
def test_real_tables_of_pyfeat(news):
    import pandas as pd

    for path in news.files[:3]:
        table = read_au_table(path)
        frame = pd.read_csv(path)
        columns = [name for name in frame.columns if name[:2] == "AU" and name[2:].isdigit()]
        assert table.names == tuple(f"AU{int(name[2:])}" for name in columns)
        assert len(columns) == 20
        np.testing.assert_allclose(table.values, frame[columns], rtol=1e-6)
        assert table.frame.tolist() == frame["frame"].tolist()
        assert table.success.all()


@pytest.mark.shared_data
def test_a_real_table_of_openface(shared_data):
    import pandas as pd

    path = shared_data / "news" / "OpenFace_Test.csv"
    table = read_au_table(path)
    frame = pd.read_csv(path, skipinitialspace=True)
    columns = [name for name in frame.columns if name.endswith("_r") and name.startswith("AU")]
    assert len(columns) == 17
    np.testing.assert_allclose(table.values, frame[columns], rtol=1e-6)
    np.testing.assert_allclose(table.time_s, frame["timestamp"])
    assert len(read_au_table(path, presence=True).names) == 18
