"""Which rows of roles.csv and windows.csv the viewer shows beside a recording."""

import pytest

from dfe.base.errors import TableError
from dfe.base.recording_names import RecordingNames
from dfe.viewer.label_rows import WINDOWS, rows_of_recording


def test_rows_are_those_of_the_recordings_own_folder(tmp_path):
    path, both = tmp_path / "windows.csv", RecordingNames(["s1/film", "s2/film", "one"])
    assert rows_of_recording(path, WINDOWS, "one", both) == []
    path.write_text("recording,start_s,end_s,condition\ns1/film.mp4,0,1,a\ns2/film,1,2,b\nx/one,2,3,c\n", "utf-8")
    shown = {name: rows_of_recording(path, WINDOWS, name, both) for name in both.known}
    assert {name: [row["condition"] for row in rows] for name, rows in shown.items()} == {
        "s1/film": ["a"], "s2/film": ["b"], "one": ["c"],
    }  # fmt: skip
    assert shown["one"] == [dict(zip(WINDOWS, ("x/one", "", "2", "3", "c"), strict=True))]
    with pytest.raises(TableError, match=r"windows\.csv, line 3: film may be s1/film\.mp4 and s2/film; name the"):
        rows_of_recording(path, WINDOWS, "film", RecordingNames(["film"]))
