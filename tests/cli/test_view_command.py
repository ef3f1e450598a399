"""`dfe view` and `dfe report`, as far as a terminal sees them."""

import socket

import pytest

from made_views import view_recording


def test_a_page_for_each_recording(dfe, tmp_path):
    view_recording(tmp_path / "out", film=False, frames=12)
    ran = dfe("report", tmp_path / "out", "-o", tmp_path / "pages")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"page: {tmp_path / 'pages' / 'clip.html'}\n"
    again = dfe("report", tmp_path / "out", "-o", tmp_path / "pages")
    assert again.code == 1
    assert "exists already" in again.err


def test_a_taken_port_and_a_film_that_is_not_there_are_told_in_the_terminal(dfe, tmp_path):
    pytest.importorskip("uvicorn", reason="needs the extra viewer")
    made = view_recording(tmp_path, film=False, frames=12)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = dfe("view", made, "--no-browser", "--port", port)
    assert ran.code == 1
    assert f"port {port} is taken" in ran.err
    assert "note: The video clip.mp4 is not in" in ran.out


def test_what_cannot_be_viewed_is_refused(dfe, tmp_path):
    pytest.importorskip("uvicorn", reason="needs the extra viewer")
    ran = dfe("view", tmp_path / "nowhere.parquet", "--no-browser")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no such recording" in ran.err
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    ran = dfe("view", tmp_path / "bad.parquet", "--no-browser")
    assert ran.code == 1
    assert "bad.parquet" in ran.err
