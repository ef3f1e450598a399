"""Whole studies of larger designs, from the command line to the page."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dfe.comparison.designs.beside import Beside
from dfe.comparison.designs.beside_json import VARIANT_COLUMNS
from dfe.comparison.designs.design import compare_design, is_design
from dfe.comparison.designs.files import FILES, MEAN_COLUMNS
from dfe.comparison.designs.named import CONTRAST_COLUMNS
from dfe.comparison.designs.page import design_page
from dfe.comparison.designs.rows import COLUMNS
from dfe.comparison.options import CompareOptions
from made_designs import made_design
from made_reports import NASTY
from page_checker import checked

SMILE = "22"
PLANNED = """
[[contrast]]
name = "depressed people smile more"
display = "smile"
groups = { depressed = 1, control = -0.5, anxious = -0.5 }
direction = "more"

[[contrast]]
name = "smiles in the task"
display = "22"
conditions = { task = 1, rest = -1 }

[[contrast]]
name = "the score"
display = "mouth"
measure = "share"
score = "bdi"

[[contrast]]
name = "the task in depressed people"
display = "smile"
groups = { depressed = 2, control = -2 }
conditions = { task = 1, rest = -1 }
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("design")
    made_design(folder)
    (folder / "planned.toml").write_text(PLANNED, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def compared(study: Path) -> Path:
    """All that a design may hold, as a user would ask for it."""
    from dfe.cli import main

    more = ("--group", "diagnosis", "--scores", "bdi", "--covariates", "age", "--windows", study / "windows.csv",
            "--period", "period", "--contrasts", study / "planned.toml", "--permutations", 199)  # fmt: skip
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words(study, study / "out", *more)])
    assert stop.value.code == 0
    return study / "out"


def words(study: Path, out: Path, *more: object) -> tuple[object, ...]:
    return ("compare", study / "people.csv", "--recordings", study / "recordings", "--subject", "id", "-o", out, *more)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def rows_of(out: Path, **chosen: str) -> list[dict[str, str]]:
    wanted = {"measure": "per_min", "kind": "display", "token": SMILE} | chosen
    return [row for row in table(out / "tests.csv") if all(row[key] == value for key, value in wanted.items())]


def test_planted_differences_are_found_with_their_direction(compared):
    (any_group,) = rows_of(compared, question="diagnosis", form="any")
    assert float(any_group["q"]) <= 0.05
    assert (any_group["df_term"], any_group["units"], any_group["units_are"]) == ("2", "12", "subjects")
    pairs = {(row["first"], row["second"]): row for row in rows_of(compared, question="diagnosis", form="pair")}
    assert set(pairs) == {("anxious", "control"), ("anxious", "depressed"), ("control", "depressed")}
    more = pairs["control", "depressed"]
    assert float(more["effect_low"]) > 0
    assert 2 < float(more["ratio"]) < 8
    assert float(more["ratio_low"]) < float(more["ratio"]) < float(more["ratio_high"])
    assert float(more["p"]) <= float(more["p_holm"])
    assert float(pairs["anxious", "control"]["p"]) > 0.05
    task = {(row["first"], row["second"]): row for row in rows_of(compared, question="condition", form="pair")}
    assert float(task["rest", "task"]["effect_low"]) > 0
    assert float(task["rest", "talk"]["p"]) > 0.05
    assert task["rest", "task"]["size"] == "d_z"
    (slope,) = rows_of(compared, question="bdi")
    assert slope["size"] == "r"
    per_unit = float(slope["difference"])
    score = [float(row["bdi"]) for row in table(compared.parent / "people.csv")]
    assert float(slope["per_sd"]) == pytest.approx(per_unit * np.std(score, ddof=1), rel=1e-4)
    names = {row["question"] for row in table(compared / "tests.csv")}
    assert names == {
        "diagnosis", "bdi", "diagnosis x bdi", "condition", "diagnosis x condition", "bdi x condition", "period"
    }  # fmt: skip


def test_groups_of_displays_and_eyes_have_rows_beside_displays(compared):
    kinds = {row["kind"] for row in table(compared / "tests.csv")}
    assert kinds == {"display", "region", "eyes", "group"}
    (smile,) = rows_of(compared, question="diagnosis", form="any", kind="group", token="smile")
    assert float(smile["q"]) <= 0.05


def test_contrasts_of_the_file_are_confirmatory_and_their_hash_is_everywhere(compared):
    content = (compared.parent / "planned.toml").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    result = json.loads((compared / "compare.json").read_text())
    assert result["contrasts"]["sha256"] == digest
    for name in ("compare.html", "methods.txt"):
        assert digest in (compared / name).read_text()
    rows = {row["name"]: row for row in table(compared / "contrasts.csv")}
    assert list(rows) == [
        "depressed people smile more", "smiles in the task", "the score", "the task in depressed people"
    ]  # fmt: skip
    first = rows["depressed people smile more"]
    assert (first["kind"], first["size"], first["direction"]) == ("group", "g", "more")
    assert float(first["p_holm"]) <= 0.05
    assert first["groups"] == "1 depressed, -0.5 control, -0.5 anxious"
    both = rows["the task in depressed people"]
    assert both["groups"] == "1 depressed, -1 control"
    means = {(row["group"], row["condition"]): float(row["mean"]) for row in table(compared / "means.csv")
             if row["token"] == "smile" and row["measure"] == "per_min"}  # fmt: skip
    change = {g: means[g, "task"] - means[g, "rest"] for g in ("depressed", "control")}
    # Age is held constant, and moves it a little.
    assert float(both["difference"]) == pytest.approx(change["depressed"] - change["control"], rel=0.2)
    ordered = sorted(rows.values(), key=lambda row: float(row["p"]))
    assert float(ordered[0]["p_holm"]) == pytest.approx(min(1, 4 * float(ordered[0]["p"])), rel=1e-4)


def test_all_is_written_and_nobody_is_in_it(compared):
    assert {path.name for path in compared.iterdir()} == {*FILES, "contrasts.csv"}
    for path in compared.iterdir():
        # Pictures are letters by chance.
        content = re.sub(r"base64,[A-Za-z0-9+/=]+", "", path.read_text(encoding="utf-8"))
        assert "person 3" not in content
        assert "P03" not in content
    page = (compared / "compare.html").read_text()
    checked(page)
    for said in ("For research only", "Named beforehand", "diagnosis x condition", "data:image/png", "d_z"):
        assert said in page
    methods = (compared / "methods.txt").read_text()
    assert "anxious (4), control (4), depressed (4)" in methods
    assert "Freedman and Lane" in methods
    assert "nan" not in methods.lower().split()
    heads = {"tests.csv": COLUMNS, "means.csv": MEAN_COLUMNS, "contrasts.csv": CONTRAST_COLUMNS}
    for name, columns in heads.items():
        assert tuple(table(compared / name)[0]) == columns


def test_names_stay_text(compared):
    result = json.loads((compared / "compare.json").read_text())
    for row in result["rows"]:
        row |= {"label": NASTY, "question": f"{NASTY} {row['question']}", "flags": [NASTY], "q": row["p"] and 0.01}
    for family in result["families"]:
        family["name"] = f"{NASTY} {family['name']}"
    result["contrasts"]["rows"][0] |= {"name": NASTY, "label": NASTY, "groups": NASTY}
    result["contrasts"]["file"] = result["methods"] = result["statement"] = NASTY
    page = design_page(result, {})
    checked(page)
    assert "<img src=x" not in page


def test_the_same_in_python_and_the_same_again(study, compared):
    options = CompareOptions(
        group="diagnosis", subject="id", scores=("bdi",), covariates=("age",), windows=study / "windows.csv",
        period="period", contrasts=study / "planned.toml", permutations=199,
    )  # fmt: skip
    assert is_design(study / "people.csv", options)
    assert not is_design(study / "people.csv", CompareOptions(group="diagnosis", groups=("control", "anxious")))
    done = compare_design(study / "people.csv", study / "recordings", options)
    frame = done.to_pandas()
    written = pd.read_csv(compared / "tests.csv", keep_default_na=False, na_values=[""])
    assert tuple(frame.columns) == COLUMNS
    np.testing.assert_allclose(frame["p"].astype(float), written["p"], rtol=1e-5)
    np.testing.assert_allclose(frame["ratio"].astype(float), written["ratio"], rtol=1e-5)
    assert done.beside.variants == ()
    assert Beside().file is None
    assert VARIANT_COLUMNS[0] == "counted"


def test_dyads_are_said_and_counted(study, tmp_path, dfe):
    ran = dfe(*words(study, tmp_path / "out", "--group", "diagnosis", "--cluster", "dyad", "--permutations", 99,
                     "--json"))  # fmt: skip
    assert ran.code == 0, ran.err
    (any_group,) = (r for r in ran.json["rows"] if (r["question"], r["form"], r["measure"], r["token"]) ==
                    ("diagnosis", "any", "per_min", SMILE))  # fmt: skip
    assert any_group["units_are"] == "subjects within clusters"
    assert any("12 subjects share 6 values of dyad" in note for note in ran.json["notes"])


def test_what_cannot_be_asked_is_said_in_one_line(study, tmp_path, dfe):
    windows, planned = tmp_path / "windows.csv", tmp_path / "planned.toml"
    whole = (study / "windows.csv").read_text()
    group = ("--group", "diagnosis")
    cases = (
        (("--scores", "diagnosis"), None, None, "diagnosis of --scores holds words"),
        (("--scores", "bdi", "--align", "bdi"), None, None, "leave --align out"),
        ((*group, "--period", "period"), None, None, "--period does nothing without --within"),
        ((*group, "--part", "silent"), None, None, "--part does nothing without --speech"),
        ((*group, "--windows", windows), whole + "P00,1,2,rest,1\n", None, "are about the same time of P00"),
        ((*group, "--windows", windows), whole.replace("P00,", "P77,"), None, "there is no recording 'P77'"),
        ((*group, "--windows", windows), whole + "P00,90,99,rest,1\n", None, "asks for 90 to 99 s, but"),
        ((*group, "--windows", windows), whole.replace("condition", "phase"), None, "has no column condition"),
        ((*group, "--contrasts", planned), None, PLANNED, "is about a condition 'task'"),
        (group + ("--contrasts", planned), None, PLANNED.replace("= -0.5", "= -0.4"), "do not add up to 0"),
        (group + ("--contrasts", planned), None, "[[contrast]]\nname='x'\ndisplay='smile'\n", "asks about nothing"),
        (group + ("--contrasts", planned), None, "[[contrast]]\nname='x'\ndisplay='y'\ngroups={control=1,anxious=-1}",
         "is about 'y', which is not counted"),
    )  # fmt: skip
    for more, parts, named, says in cases:
        if parts is not None:
            windows.write_text(parts)
        if named is not None:
            planned.write_text(named)
        ran = dfe(*words(study, tmp_path / "out", *more, "--permutations", 9))
        assert ran.code in (1, 2), more
        assert says in ran.err.splitlines()[-1]
        assert not (tmp_path / "out").exists()
