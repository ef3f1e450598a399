"""The fast reader of columns against the careful one."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base import columns as module
from dfe.base.cells import Cells
from dfe.base.columns import Columns, read_columns
from dfe.base.errors import TableError

TEXT = """frame, time, AU 1, note
1, 0.5, 2.25, "a, b"
2, nan, , x

3, 1.5, -nan(ind), y
"""


def check(table: Columns) -> None:
    assert table.header == ("frame", "time", "AU 1", "note")
    np.testing.assert_array_equal(table.numbers, np.array([[2.25], [np.nan], [np.nan]], np.float32))
    np.testing.assert_array_equal(table.exact["time"], [0.5, np.nan, 1.5])
    assert table.words["note"] == ["a, b", "x", "y"]
    assert table.numbers.dtype == np.float32


def written(folder, text, encoding="utf-8"):
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


@pytest.mark.parametrize("change", [str, lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")])
def test_columns(tmp_path, change):
    text = change(TEXT).replace('"a, b"', '"a, b"').replace(', "a', ',"a')
    check(read_columns(written(tmp_path, text), numbers=["AU 1"], exact=["frame", "time"], words=["note"]))


def test_gzip(tmp_path):
    text = gzip.compress(TEXT.replace(', "a', ',"a').encode())
    check(read_columns(written(tmp_path, text), numbers=["AU 1"], exact=["frame", "time"], words=["note"]))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_decimal_commas(tmp_path, delimiter):
    lines = ["a", "b"], ["1,5", "2"], ["", "3,25"], ["1,0", "4.5"]
    table = read_columns(written(tmp_path, "\n".join(map(delimiter.join, lines))), numbers=["a", "b"])
    np.testing.assert_array_equal(table.numbers, [[1.5, 2], [np.nan, 3.25], [1, 4.5]])


def test_short_rows_keep_their_place(tmp_path):
    path = written(tmp_path, "code,count,a,b\nx,2,1,2\ny,0\n\nz,2,3,4\nw,0\n")
    for reader in (module._fast, module._careful):
        table = reader(Cells(path, short_rows=True), module._Wanted(("a", "b"), ("count",), ("code",)))
        assert table is not None
        np.testing.assert_array_equal(table.numbers, [[1, 2], [np.nan] * 2, [3, 4], [np.nan] * 2])
        assert table.exact["count"].tolist() == [2, 0, 2, 0]
        assert table.words["code"] == ["x", "y", "z", "w"]
        assert table.short.tolist() == [1, 3]
        assert table.where(2) == f"{path}, row 5"


def test_short_rows_keep_their_place_over_blocks(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    short = rng.random(4_000) < 0.2
    lines = [f"{i},0" if gap else f"{i},2,{i}.5" for i, gap in enumerate(short)]
    path = written(tmp_path, "\n".join(["code,count,a", *lines]))
    monkeypatch.setattr(module, "_BLOCK", 5_000)
    table = module._fast(Cells(path, short_rows=True), module._Wanted(("a",), ("count",), ("code",)))
    assert table is not None
    assert table.words["code"] == [str(i) for i in range(4_000)]
    np.testing.assert_array_equal(table.short, np.flatnonzero(short))
    np.testing.assert_array_equal(np.isnan(table.numbers[:, 0]), short)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a,b\n", "", "has no rows"),
        ("a,b\n1,2\n1\n", ", row 3", "has 1 cells"),
        ("a,b\n1,2,3\n", ", row 2", "has 3 cells"),
        ("a,b\n\n1,much\n", ", row 3", "'much' is no number"),
        ("a,b\n1,inf\n", ", row 2", "'inf' is no number"),
        ("a,b\n1,2\n1e39,2\n", ", row 3", "too large"),
        ("a,b\n1,0x10\n", ", row 2", "'0x10' is no number"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "", "cannot be read: damaged"),
        (b"a,b\n1,\xff\n", ", row 2", "'ÿ' is no number"),
        (b"a,b\n1,\0\n", ", row 2", "is no text"),
    ],
)
def test_errors_name_file_and_row(tmp_path, text, where, what):
    path = written(tmp_path, text)
    with pytest.raises(TableError) as caught:
        read_columns(path, numbers=["a", "b"])
    assert str(caught.value).startswith(f"{path}{where}: ")
    assert what in str(caught.value)


cell = st.one_of(
    st.floats(-1e6, 1e6, width=32).map(repr),
    st.sampled_from(["", " ", "nan", " NaN", "-nan(ind)", "null", "x", "1e400", '"2"', "3 ", "1,5", "+1", "inf"]),
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(cell, min_size=1, max_size=4), min_size=1, max_size=8), short=st.booleans())
def test_fast_and_careful_agree(tmp_path_factory, rows, short):
    path = tmp_path_factory.mktemp("agree") / "table.csv"
    path.write_text("\n".join(["a,b,c", *(",".join(row) for row in rows)]) + "\n")
    wanted = module._Wanted(("a", "b"), (), ("c",))
    fast = module._fast(Cells(path, short_rows=short), wanted)
    if fast is None:
        return
    careful = module._careful(Cells(path, short_rows=short), wanted)
    np.testing.assert_array_equal(fast.numbers, careful.numbers)
    assert fast.words == careful.words
    np.testing.assert_array_equal(fast.short, careful.short)
