"""Words that every command understands: --limit, and - with --null."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from dfe.base.budget import VARIABLE
from dfe.base.errors import UsageError
from dfe.cli.everywhere import lifted, sorted_out, with_list
from dfe.cli.verbs import verbs


def given(monkeypatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogateescape"))))


def test_they_are_taken_out_wherever_they_stand():
    words = sorted_out(["encode", "--limit", "4", "a", "--debug", "-", "--null", "-o", "x"])
    assert words == (["encode", "a", "-", "-o", "x"], True, True, "4")
    assert sorted_out(["qc", "--limit=0.5", "out"]).limit == "0.5"
    assert sorted_out(["qc", "--limit"]).limit == ""


def test_no_command_has_an_option_of_their_names():
    for verb in verbs():
        assert not {"limit", "null", "debug"} & set(verb.options().__dataclass_fields__), verb


def test_the_limit_lasts_as_long_as_the_command(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with lifted("3"):
        assert os.environ[VARIABLE] == "3"
    assert VARIABLE not in os.environ
    monkeypatch.setenv(VARIABLE, "2")
    for wrong in ("", "much", "-1", "nan"):
        with pytest.raises(UsageError), lifted(wrong):
            pass
        assert os.environ[VARIABLE] == "2"


def test_an_error_that_names_a_limit_says_how_to_lift_it(dfe, carphone, monkeypatch):
    import dfe.media.container as container

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(container, "MAX_FRAME_PIXELS", 176 * 144 - 1)
    said = dfe("info", carphone)
    assert said.code == 1
    assert "--limit 4" in said.err
    assert dfe("info", carphone, "--limit", "4").code == 0


@pytest.mark.parametrize("null", [False, True])
def test_paths_come_from_a_list(monkeypatch, null):
    paths = ["a b.mp4", "-dash.mp4", "caf\udce9.mp4", "é.mp4"]
    given(monkeypatch, "".join(path + ("\0" if null else "\n") for path in paths))
    words = with_list(["x", "-", "-o", "out"], null=null)
    assert words == ["x", "a b.mp4", f".{os.sep}-dash.mp4", "caf\udce9.mp4", "é.mp4", "-o", "out"]


def test_a_list_with_line_ends_in_names_needs_null(monkeypatch):
    given(monkeypatch, "a\nb.mp4\0c.mp4\0")
    assert with_list(["-"], null=True) == ["a\nb.mp4", "c.mp4"]
    given(monkeypatch, "a\nb.mp4\0c.mp4\0")
    with pytest.raises(UsageError, match="add --null"):
        with_list(["-"], null=False)
    with pytest.raises(UsageError, match="does nothing without -"):
        with_list(["a"], null=True)


@pytest.mark.skipif(sys.platform == "win32", reason="names with line ends are POSIX")
def test_find_print0_into_every_verb_that_takes_recordings(dfe, carphone, tmp_path):
    folder = tmp_path / "in\nput"
    assert dfe("encode", carphone, "--end", "0.5", "-o", folder).code == 0
    listed = subprocess.run(["find", str(folder), "-name", "*.parquet", "-print0"], capture_output=True, check=True)
    for verb, *more in (("events",), ("export", "--to", "csv"), ("faces",)):
        out = ["-o", str(tmp_path / verb)] if verb != "faces" else []
        words = [sys.executable, "-m", "dfe", verb, "-", "--null", *out, *more]
        ran = subprocess.run(words, input=listed.stdout, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
