"""`dfe study` from recordings on disk to a page, and what it says to bad input."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dfe.cli import main
from dfe.displays.names import Merge, Names
from dfe.tokenizer.file import load_tokenizer
from made_study import faces, recording, write

PEOPLE = 10


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two clips each of ten people; in the second one they smile."""
    root = tmp_path_factory.mktemp("study")
    lines = ["path,subject,label,age"]
    for person in range(PEOPLE):
        for clip in range(2):
            rng = np.random.default_rng([person, clip])
            x = faces(40, person * 2 + clip)
            if clip:
                x[:, 27:31] = np.clip(x[:, 27:31] + 0.4 * (rng.random((40, 1)) < 0.7), 0, 1)
            name = f"person{person}/clip{clip}"
            write(root / "recordings", name, recording(x, np.arange(40) / 25))
            lines.append(f"{name}.mp4,Grace Hopper {person},{'smile' if clip else 'none'},{20 + person}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return root


def dfe(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return int(left.value.code or 0)


def run(study: Path, out: Path, *more: object) -> int:
    usual = () if "--representations" in more else ("--representations", "tokens", "au-proxy")
    return dfe(
        *("study", "run", "generic", study, "--recordings", study / "recordings", "--table", study / "labels.csv"),
        *("-o", out, *usual, "--label-of", "task", "--repeats", "2"),
        *("--permutations", "19", "--null-model", "ridge", "--workers", "1", *more),
    )


@pytest.fixture(scope="module")
def done(study, tmp_path_factory):
    """The folder of a study that was run."""
    out = tmp_path_factory.mktemp("done") / "out"
    assert run(study, out) == 0
    return out


def test_from_recordings_to_a_page(done, capsys):
    assert dfe("study", "report", done) == 0
    shown = capsys.readouterr().out
    assert "20 examples of 10 people" in shown
    assert "nuisance" in shown
    assert "majority class" in shown
    scores = json.loads((done / "scores.json").read_text("utf-8"))
    (target,) = scores["targets"]
    by_id = {row["id"]: row for row in target["rows"]}
    assert by_id["bag of tokens"]["scores"]["balanced_accuracy"]["value"] > 0.9
    assert by_id["bag of tokens"]["permutation"]["p"] == 0.05
    assert by_id["bag of tokens"]["fit_s"] > 0
    assert target["permuted"] == "within people"
    assert target["displays"]["shown"]
    smiles = next(group for group in target["displays"]["groups"] if group["towards"] == "smile")
    assert any("lip" in display["words"] or "mouth" in display["words"] for display in smiles["displays"])
    for display in (one for one in smiles["displays"] if one["display"]):
        assert (done / "displays" / f"{display['display']}.png").is_file()
    page = (done / "study.html").read_text("utf-8")
    assert "Hopper" not in page + json.dumps(scores)
    assert "person3" not in page + json.dumps(scores)
    with (done / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len([row for row in rows if row["representation"] == "bag of tokens"]) == 2 * 20
    assert "Hopper" not in json.dumps(rows)


def test_a_file_of_names_is_obeyed_and_must_fit(study, tmp_path, capsys):
    tokenizer = load_tokenizer("dfe-face41@3")
    merged = Merge("broad smile", (15, 22), "anna")
    Names(tokenizer.id, tokenizer.hash, merges=(merged,)).write(tmp_path / "mine.json")
    once = ("--targets", "label", "--repeats", "1", "--permutations", "0")
    assert run(study, tmp_path / "out", "--names", tmp_path / "mine.json", *once) == 0
    about = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))["about"]
    assert about["merges"] == [merged.said]
    assert about["displays"]["15"] == "broad smile"
    assert "22" not in about["displays"]
    Names("other@7", "ab" * 32).write(tmp_path / "other.json")
    capsys.readouterr()
    assert run(study, tmp_path / "no", "--names", tmp_path / "other.json") == 1
    assert "holds names of other@7" in capsys.readouterr().err
    words = ("--representations", "coefficients", "au-proxy", "--primary", "coefficients", "au-proxy")
    assert run(study, tmp_path / "no", "--names", tmp_path / "mine.json", *words) == 2
    assert "--names is for tokens" in capsys.readouterr().err


def test_the_report_is_made_again_from_the_predictions(done, tmp_path, capsys):
    out = shutil.copytree(done, tmp_path / "out")
    files = [out / "scores.json", out / "study.html"]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    assert dfe("study", "report", out) == 0
    assert [path.read_bytes() for path in files] == before
    capsys.readouterr()
    assert dfe("study", "report", out, "--json") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(before[0])
    assert dfe("study", "report", tmp_path) == 1
    assert "name a folder that dfe study run wrote" in capsys.readouterr().err


def test_earlier_results_are_kept_unless_the_user_says_so(study, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "study.json").touch()
    assert run(study, out) == 1
    assert "exists already" in capsys.readouterr().err
    assert sorted(path.name for path in out.iterdir()) == ["study.json"]
    assert run(study, out, "--overwrite", "--repeats", "1", "--permutations", "0") == 0
    assert (out / "study.html").is_file()


def test_bad_input_is_one_line(study, tmp_path, capsys):
    def said(*more: object) -> str:
        assert run(study, tmp_path / "never", *more) in (1, 2)
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert not (tmp_path / "never").exists()
        return error

    assert "its subject has label 'smile' here and 'none' on line 2" in said("--label-of", "subject")
    assert "10 people are too few for 12 folds" in said("--folds", "12")
    assert "no representation 'pixels'" in said("--representations", "pixels")
    assert "no target 'mood'" in said("--targets", "mood")
    assert "no such folder" in said("--recordings", tmp_path / "absent")
    (tmp_path / "short.csv").write_text("path,subject,label\nperson0/clip0,a,1\nperson0/clip1,b,2\n", "utf-8")
    assert "18 recordings have no label" in said("--table", tmp_path / "short.csv")
    assert "au-tables needs a folder" in said("--representations", "au-tables")


def test_check_says_what_is_there_and_what_is_not(study, capsys):
    common = ("study", "check", "generic", study, "--table", study / "labels.csv")
    assert dfe(*common) == 1
    assert "its subject has label" in capsys.readouterr().out
    assert dfe(*common, "--label-of", "task") == 1
    assert "20 of 20 files are not there" in capsys.readouterr().out
    assert dfe("study", "check", "generic", study) == 2
    assert "--table" in capsys.readouterr().err


def test_help_is_light():
    heavy = "('sklearn', 'scipy', 'pandas', 'pyarrow', 'torch')"
    code = f"import sys; import dfe.cli.study.run; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
