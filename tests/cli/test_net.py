"""Whatever happens, a user sees one line and an exit code: errors of ours, of the system, and streams that are gone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dfe.base.errors import MediaError, UsageError
from dfe.cli.net import caught

DFE = f"{sys.executable} -m dfe"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True)


def raising(error: BaseException):
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UsageError("two of them", advice="name one"), 2, "dfe: two of them; name one\n"),
        (MediaError("is no video", where="a.mp4"), 1, "dfe: a.mp4: is no video\n"),
        (KeyboardInterrupt(), 130, "dfe: interrupted; what was finished before stays\n"),
        (MemoryError(), 1, "dfe: not enough memory; use fewer --workers or fewer inputs at once\n"),
    ],
)
def test_errors_are_a_line_and_a_code(capsys, error, code, says):
    assert caught(raising(error)) == code
    assert capsys.readouterr().err == says


@pytest.mark.parametrize("error", [ZeroDivisionError("by\nzero"), RecursionError("deep"), BrokenPipeError(32, "gone")])
def test_an_error_of_ours_is_a_line_that_says_where_its_details_are(capsys, error, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert caught(raising(error)) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    (kept,) = re.findall(r"details are in (\S+),", said)
    assert Path(kept).parent == tmp_path
    assert type(error).__name__ in Path(kept).read_text("utf-8")


def test_a_file_that_cannot_be_opened_is_named(capsys):
    assert caught(raising(PermissionError(13, "Permission denied", "/data/a.csv"))) == 1
    assert capsys.readouterr().err.startswith("dfe: /data/a.csv: Permission denied; details")


def test_debug_shows_the_details(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert caught(raising(ZeroDivisionError("by zero")), debug=True) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert list(tmp_path.iterdir()) == []


def test_debug_may_stand_anywhere(dfe):
    for words in (["--debug", "info", "nothing.mp4"], ["info", "nothing.mp4", "--debug"]):
        ran = dfe(*words)
        assert ran.code == 1
        assert "Traceback" in ran.err
    assert "Traceback" not in dfe("info", "nothing.mp4").err


def test_a_reader_that_goes_away_is_no_fault():
    for command in ("info default --json", "encode --help", "--help"):
        ran = shell(f"{DFE} {command} | true; echo ${{PIPESTATUS[0]}}")
        assert ran.stdout.strip() in ("141", "0")
        assert ran.stderr == ""
    assert shell(f"{DFE} info default --json | head -1; echo ${{PIPESTATUS[0]}}").stdout == "{\n141\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", ["info default", "info default --json", "encode --help", "--help", "--version"])
def test_a_full_disk_is_a_line(command):
    ran = shell(f"{DFE} {command} > /dev/full")
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "No space left on device" in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_nobody_has_to_hear_what_goes_wrong():
    assert shell(f"{DFE} info nothing.mp4 2> /dev/full").returncode == 1
    assert shell(f"{DFE} encode 2> /dev/full").returncode == 2
    assert shell(f"{DFE} info nothing.mp4 > /dev/full 2> /dev/full").returncode == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(dfe, astronaut, tmp_path, closed):
    ran = shell(f"{DFE} encode {astronaut} -o {tmp_path} --report {closed}")
    assert ran.returncode == 0, ran.stderr
    assert all(line.startswith("encoding: ") for line in ran.stderr.splitlines())  # progress, where it takes long
    whole = dfe("info", tmp_path / "astronaut.parquet")
    assert whole.code == 0, whole.err
    assert (tmp_path / "astronaut.html").read_bytes().startswith(b"<!")


def test_paths_from_a_closed_standard_input_are_none(tmp_path):
    ran = shell(f"{DFE} encode - -o {tmp_path} <&-")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)


def test_what_a_terminal_cannot_show_is_escaped(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "dfe", "sensitivity", "--subjects", "20", "20", "--simulations", "200"]
    for words in (command, [sys.executable, "-m", "dfe", "encode", "--help"]):
        ran = subprocess.run(words, capture_output=True, text=True, env=environment)
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr == ""
