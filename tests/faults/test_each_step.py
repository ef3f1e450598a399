"""A failure at each open, sync and rename of a run: one line, nothing half-written, and the next run mends it."""

from __future__ import annotations

import errno
from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.encoding.manifest import Manifest
from dfe.recording.recording import Recording
from made_steps import Fault


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A picture without a face, which is quick to look at."""
    path = tmp_path / "grey.png"
    path.write_bytes(cv2.imencode(".png", np.full((48, 64, 3), 90, np.uint8))[1].tobytes())
    return path


def _is_whole(out: Path) -> None:
    """Every table reads and has its provenance, every page ends, and nothing else lies about."""
    for path in out.rglob("*") if out.exists() else ():
        assert not path.name.endswith(".tmp"), path
        if path.suffix in (".parquet", ".csv") and path.name != "manifest.csv":
            assert len(Recording.read(path)) == 1
        elif path.suffix == ".html":
            assert path.read_text("utf-8").rstrip().endswith("</html>")


@pytest.mark.parametrize("kind", ["open", "sync", "rename"])
@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_each_step_fails_in_turn(dfe, grey, tmp_path, monkeypatch, kind, format):
    words = ["encode", grey, "--report", "--format", format]
    with monkeypatch.context() as patch:
        all_well = Fault(patch, kind, tmp_path, None, 0)
        assert dfe(*words, "-o", tmp_path / "well").code == 0
    assert all_well.calls >= 4, "a table, a page, and the manifest twice"
    for step in range(1, all_well.calls + 1):
        out = tmp_path / f"{kind}{step}"
        with monkeypatch.context() as patch:
            fault = Fault(patch, kind, tmp_path, step, errno.ENOSPC if step % 2 else errno.EIO)
            ran = dfe(*words, "-o", out)
        if fault.calls < step:
            continue  # the list of results is written more or less often
        said = [line for line in ran.err.splitlines() if line.startswith("dfe: ")]
        assert len(said) == ran.code, (step, ran.err)
        assert ran.code == 1 or {row.status for row in Manifest(out)} == {"done"}, "only the list was tried again"
        assert "an error of dfe itself" not in ran.err
        assert "Traceback" not in ran.err
        _is_whole(out)
        again = dfe(*words, "-o", out)
        assert again.code == 0, (step, again.err)
        assert {path.name for path in out.iterdir()} == {path.name for path in (tmp_path / "well").iterdir()}
        _is_whole(out)


@pytest.mark.parametrize("kind", ["open", "sync", "rename"])
def test_old_results_stay_whole_when_new_ones_cannot_be_written(dfe, grey, tmp_path, monkeypatch, kind):
    words = ["encode", grey, "--format", "csv", "-o", tmp_path / "out"]
    assert dfe(*words).code == 0
    results = lambda: {path.name: path.read_bytes() for path in (tmp_path / "out").glob("grey.*")}  # noqa: E731
    before = results()
    for step in range(1, 6):
        with monkeypatch.context() as patch:
            Fault(patch, kind, tmp_path, step, errno.ENOSPC)
            dfe(*words, "--overwrite")
        assert results() == before, "the same content, whether old or new"
