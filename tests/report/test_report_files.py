"""`dfe report`: pages of recordings, and what is refused."""

import numpy as np
import pytest

from dfe.base.errors import OutputError, UsageError
from dfe.recording.recording import Recording
from dfe.report.build import recording_view, write_reports
from dfe.report.people import whereabouts
from made_views import view_recording


def test_each_recording_gets_a_page_and_a_bad_one_stops_no_other(tmp_path):
    good = view_recording(tmp_path / "a", "clip", faces=2)
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    done = write_reports([bad, good], tmp_path / "pages")
    assert [page.name for page in done.pages] == ["clip.html"]
    assert "bad.parquet" in str(done.problems[0])
    page = done.pages[0].read_text(encoding="utf-8")
    assert page.count('class="charts" data-face="') == 2
    assert "data:image/jpeg" not in page
    with pytest.raises(OutputError, match="exists"):
        write_reports([good], tmp_path / "pages")
    write_reports([good], tmp_path / "pages", media=good.parent, overwrite=True)
    assert "data:image/jpeg" in done.pages[0].read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="two recordings"):
        write_reports([good, good], tmp_path / "twice")


def test_a_table_of_a_phone_says_what_it_is(tmp_path):
    from dataclasses import replace

    recording = Recording.read(view_recording(tmp_path, "phone", film=False, frames=10, tokens=False))
    made = recording.provenance
    table = Recording(
        recording.table, replace(made, source=replace(made.source, kind="table"), frontend={"name": "arkit"})
    )
    assert recording_view(recording, None).origin == "Video"
    assert recording_view(table, None).origin.startswith("Table of another tool: tracks of 52 ARKit coefficients")


def test_a_face_whose_box_is_not_known_is_nowhere():
    assert whereabouts(np.full((5, 4), np.nan, np.float32), 640) == ""
    assert whereabouts(np.array([[0, 0, 60, 60]], np.float32), 640) == "on the picture's left, 60 px wide"
