"""Front ends and spaces that another package registers are used without a change to ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

import cv2
import numpy as np
import pytest

import dfe
from example_package import install

_COMMANDS = """
import contextlib, io, json, sys
from dfe.cli import main
for line in sys.stdin:
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(json.loads(line))
        except SystemExit as stop:
            code = int(stop.code or 0)
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


class Ran(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """The environment of a process that has the example package on its path."""
    folder = install(tmp_path_factory.mktemp("site"))
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture(scope="module")
def run(env):
    """The command line in such a process, which takes one command after the other."""
    words = [sys.executable, "-c", _COMMANDS]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=env) as process:

        def call(*arguments):
            process.stdin.write(json.dumps([*map(str, arguments)]) + "\n")
            process.stdin.flush()
            return Ran(*json.loads(process.stdout.readline()))

        yield call
        process.stdin.close()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "clip.csv"
    path.write_text("person,smile,frown\n7,0.5,0.25\n7,,\n4,0.75,0\n7,1,0\n", "utf-8")
    return path


def test_a_table_is_read_by_whoever_knows_it(env, table, tmp_path):
    words = [sys.executable, "-m", "dfe", "encode", "--tokenizer", "none", str(table), "-o", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    recording = dfe.read(tmp_path / "out" / "clip.parquet")
    assert recording.space_id == "example/two"
    np.testing.assert_array_equal(recording.expressions()[[0, 2, 3]], [[0.5, 0.25], [0.75, 0], [1, 0]])
    assert recording.success.tolist() == [True, False, True, True]
    assert recording.column("reason")[1] == "the example saw nothing"
    assert recording.face_ids.tolist() == [0, -1, 1, 0]
    made = recording.provenance
    assert made.frontend == {"name": "example-table", "version": "1", "face numbers": "7, 4"}
    assert made.warnings == ("an example",)
    assert made.source.kind == "table"
    assert made.source.frame_rate == pytest.approx(10)
    assert made.options["usability_not_judged"] == [
        "yaw over 25 degrees",
        "pitch over 20 degrees",
        "roll over 30 degrees",
        "face under 60 px",
        "its picture stands still for over 2 s",
        "the face is blurred or made of squares",
        "something over the upper face",
        "something over the lower face",
    ]
    assert recording.usable.tolist() == [True, False, True, True]


def test_options_reach_it(run, table, tmp_path):
    done = run(
        "encode",
        "--tokenizer",
        "none",
        table,
        "-o",
        tmp_path,
        "--rate",
        "50",
        "--start",
        "0.02",
        "--every",
        "2",
        "--largest-only",
    )
    assert done.returncode == 0, done.stderr
    recording = dfe.read(tmp_path / "clip.parquet")
    assert recording.times.tolist() == [0.04]
    assert recording.face_ids.tolist() == [0]
    assert dfe.read(tmp_path / "clip.parquet").provenance.options["every"] == 2


def test_pictures_go_through_its_networks(run, tmp_path):
    picture = tmp_path / "grey.png"
    cv2.imwrite(str(picture), np.full((100, 160, 3), 51, np.uint8))
    done = run("encode", "--tokenizer", "none", picture, "-o", tmp_path, "--frontend", "example-pictures")
    assert done.returncode == 0, done.stderr
    recording = dfe.read(tmp_path / "grey.parquet")
    np.testing.assert_allclose(recording.expressions(), [[0.2, 0.8]], atol=1e-6)
    assert np.isnan(recording.gaze()).all()
    assert np.isnan(recording.blinks()).all()


def test_a_tokenizer_of_another_space_is_refused_in_one_line(run, table, tmp_path):
    done = run("encode", table, "-o", tmp_path)
    assert done.returncode == 1
    assert "the faces are in space example/two, which no tokenizer of the package codes" in done.stderr
    named = run("encode", table, "-o", tmp_path, "--tokenizer", "dfe-face41@3")
    assert "codes space arkit51/face41 version 2, and the faces are in example/two version 1" in named.stderr
    assert "Traceback" not in done.stderr + named.stderr


def test_it_is_listed_with_what_it_needs(run):
    facts = json.loads(run("info", "front-ends", "--json").stdout)
    assert facts["example-needy"]["needs"] == "--weights"
    assert facts["example-table"]["verified"] == "in a test"
    assert "package dfe-example" in facts["example-broken"]["broken"]
    assert "no FrontEndSpec" in facts["example-odd"]["broken"]
    states = {check["name"]: check["state"] for check in json.loads(run("doctor", "--json").stdout)}
    assert states["front end example-table"] == "ok"
    assert states["front end example-broken"] == "incomplete"
    assert json.loads(run("info", "example/two", "--json").stdout)["coefficients"] == ["smile", "frown"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("example-needy", "needs --weights"),
        ("example-broken", "cannot be loaded"),
        ("nobody", "no front end is called 'nobody'; use one of landmarks"),
    ],
)
def test_what_is_missing_is_said_in_one_line(run, table, tmp_path, name, words):
    done = run("encode", "--tokenizer", "none", table, "-o", tmp_path, "--frontend", name)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_broken_space_names_its_package(run):
    done = run("info", "example/odd")
    assert done.returncode == 1
    assert "dfe-example" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_table_that_nobody_knows(run, tmp_path):
    path = tmp_path / "shopping.csv"
    path.write_text("milk,eggs\n1,2\n", "utf-8")
    done = run("encode", "--tokenizer", "none", path, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "no table of faces that a front end knows: its columns are milk, eggs" in done.stderr


def test_tables_of_a_folder_count_only_where_it_holds_no_media(run, table, tmp_path):
    assert run("encode", "--tokenizer", "none", table.parent, "-o", tmp_path / "one").returncode == 0
    assert [path.name for path in (tmp_path / "one").glob("*.parquet")] == ["clip.parquet"]
    cv2.imwrite(str(table.parent / "grey.png"), np.full((100, 160, 3), 51, np.uint8))
    assert run("encode", "--tokenizer", "none", table.parent, "-o", tmp_path / "two").returncode == 0
    assert [path.name for path in (tmp_path / "two").glob("*.parquet")] == ["grey.parquet"]
