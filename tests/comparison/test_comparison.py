"""Whole comparisons of made studies, from the command line to the page."""

from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dfe.base.defects import Defect
from dfe.base.errors import UsageError
from dfe.comparison.comparison import CompareOptions, compare
from dfe.comparison.files import CLUSTERS, FILES, write_comparison
from dfe.comparison.page import compare_page
from dfe.comparison.rows import COLUMNS
from dfe.recording.recording import Recording
from made_groups import made_study
from made_reports import NASTY
from page_checker import checked

FEW = ("--permutations", 399)
SMILE = "22"


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    made_study(folder)
    return folder


def words(study: Path, out: Path, *more: object) -> tuple[object, ...]:
    return ("compare", study / "study.csv", "--recordings", study / "recordings", "--subject", "id", "-o", out, *more)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def rows_of(path: Path, **chosen: str) -> dict[str, dict[str, str]]:
    return {
        row["token"]: row
        for row in table(path / "results.csv")
        if all(row[key] == value for key, value in ({"measure": "per_min", "kind": "display"} | chosen).items())
    }


@pytest.fixture(scope="module")
def compared(study: Path) -> Path:
    """Groups with covariates and time courses, as a user would ask for them."""
    from dfe.cli import main

    out = study / "groups"
    more = ("--group", "diagnosis", "--covariates", "age", "sex", "--align", "cue", *FEW)
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words(study, out, *more)])
    assert stop.value.code == 0
    return out


def test_a_planted_difference_is_found_with_its_size_and_no_other(compared):
    rows = rows_of(compared)
    smile = rows[SMILE]
    assert "lip corner pull" in smile["label"]
    assert (smile["first"], smile["second"], smile["n_first"], smile["n_second"]) == ("control", "patient", "8", "8")
    assert float(smile["q"]) <= 0.05
    assert 0 < float(smile["effect_low"]) < float(smile["effect"]) < float(smile["effect_high"])
    assert smile["effect_is"] == "g"
    ratios = [rows_of(compared, measure=measure)[SMILE] for measure in ("rate_ratio", "pooled_ratio")]
    assert [row["role"] for row in (*ratios, smile)] == ["confirmatory", "exploratory", "exploratory"]
    for row in ratios:
        assert 1 < float(row["effect_low"]) < float(row["effect"]) < float(row["effect_high"])
        assert 2 < float(row["effect"]) < 5
        assert float(row["q"]) <= 0.05
        assert (row["effect_is"], row["d_av"]) == ("ratio", "")
    assert float(ratios[0]["df"]) > 12
    assert ratios[0]["dispersion_first"]
    never = [row for row in rows.values() if row["flags"] == "nobody shows it"]
    assert len(never) > 40
    assert {row["p"] + row["q"] for row in never} == {""}
    brow = rows["8"]
    assert "brow" in brow["label"]
    assert float(brow["p"]) > float(smile["p"])
    regions = rows_of(compared, kind="region")
    assert float(regions["mouth"]["q"]) <= 0.05


def test_shares_intensity_and_log_ratios_are_there_too(compared):
    share, main = rows_of(compared, measure="share"), rows_of(compared, measure="main_ratio")
    assert float(share[SMILE]["q"]) <= 0.05
    assert float(main[SMILE]["effect_low"]) > 1
    assert 1 < float(main["any"]["effect"]) < float(main[SMILE]["effect"])
    assert 0 < float(main[SMILE]["mean_first"]) < float(main[SMILE]["mean_second"]) < 1
    intensity = rows_of(compared, measure="intensity")
    assert float(intensity[SMILE]["p"]) > 0.02
    assert float(intensity[SMILE]["mean_first"]) == pytest.approx(float(intensity[SMILE]["mean_second"]), rel=0.3)


def test_the_turned_recording_is_left_out_and_counted(compared):
    flow = table(compared / "flow.csv")
    assert [row["recordings patient"] for row in flow] == ["16", "16", "15", "15"]
    assert {row["subjects patient"] for row in flow} == {"8"}
    coverage = table(compared / "coverage.csv")[0]
    noise = table(compared / "coverage.csv")[2]
    assert noise["measure"] == "noise of faces, mm"
    assert min(float(noise["mean control"]), float(noise["mean patient"])) >= 0
    assert float(coverage["mean control"]) == 1
    assert float(coverage["mean patient"]) == pytest.approx(1 - 0.6 / 16, abs=0.003)
    methods = (compared / "methods.txt").read_text()
    assert "16 recordings of 8 subjects, patient: 15 recordings of 8 subjects" in methods
    assert "B = 399" in methods
    rows = [row for row in table(compared / "results.csv") if row["role"] == "confirmatory"]
    nobody = sum("nobody shows it" in row["flags"] for row in rows)
    assert nobody > 0
    assert f"were {nobody} that nobody showed and " in methods
    assert "Freedman and Lane" in methods
    assert "none" not in re.sub("or none", "", methods.lower())
    assert "nan" not in re.findall(r"\w+", methods.lower())


def test_recordings_with_known_defects_are_counted_among_those_who_are_left(study, tmp_path, dfe):
    """Two of the first group's have cuts: they stay, and the flow says so."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    paths = sorted((study / "recordings").glob("*.parquet"))
    for place, path in enumerate(paths):
        recording = Recording.read(path)
        found = (Defect("cuts", "a cut (1.20 s)"),) if place < 2 else ()
        Recording(recording.table, replace(recording.provenance, defects=found)).write(recordings / path.name)
    out = tmp_path / "out"
    asked = ("compare", study / "study.csv", "--recordings", recordings, "--subject", "id", "-o", out)
    assert dfe(*asked, "--group", "diagnosis", *FEW).code == 0
    last = table(out / "flow.csv")[-1]
    assert last["step"] == "of these: cuts"
    assert sorted(int(last[name]) for name in last if name.startswith("recordings")) == [0, 2]
    assert "of these: cuts" in next(out.glob("*.html")).read_text(encoding="utf-8")
    assert "16 recordings of 8 subjects" in (out / "methods.txt").read_text()


def test_all_is_written_and_nobody_is_in_it(compared):
    assert {path.name for path in compared.iterdir()} == {*FILES, CLUSTERS}
    for path in compared.iterdir():
        # Pictures are letters by chance.
        content = re.sub(r"base64,[A-Za-z0-9+/=]+", "", path.read_text(encoding="utf-8"))
        assert "person 3" not in content
        if path.name != "analysis.csv":
            assert "P03" not in content
    page = (compared / "compare.html").read_text()
    checked(page)
    assert "For research only" in page
    assert "data:image/png" in page
    result = json.loads((compared / "compare.json").read_text())
    assert result["groups"] == ["control", "patient"]
    assert result["detectable"]["g"] == pytest.approx(1.5, abs=0.05)
    best = table(compared / CLUSTERS)[0]
    assert "lip corner" in best["label"] or float(best["p"]) > 0.05
    for name in ("forest.svg", "volcano.svg"):
        assert (compared / name).read_text().startswith("<svg xmlns")


def test_names_of_groups_and_displays_stay_text(compared):
    result = json.loads((compared / "compare.json").read_text())
    result["groups"] = [f"{NASTY} one", f"{NASTY} two"]
    result["flow"]["groups"] = result["coverage"]["names"] = result["groups"]
    result["coverage"]["cautions"] = [NASTY]
    result["methods"] = result["statement"] = result["columns"]["align"] = NASTY
    for row in result["rows"]:
        row |= {"label": NASTY, "side": NASTY, "flags": [NASTY], "q": row["p"] and 0.01}
    for course in result["courses"]:
        for one in course["clusters"]:
            one |= {"label": NASTY, "p": 0.01}
    for step in result["flow"]["steps"]:
        step["step"] = NASTY
    page = compare_page(result, {})
    checked(page)
    assert "<img src=x" not in page
    assert "<script>document" not in page


def in_r(folder: Path, copy: Path) -> tuple[dict[str, float], list[dict[str, str]]]:
    """What a copy of the folder's script says in R: how far its numbers are from ours, and its table."""
    import shutil
    import subprocess

    if shutil.which("Rscript") is None:
        pytest.skip("needs R: apt-get install --no-install-recommends r-base-core r-cran-mass")
    shutil.copytree(folder, copy)
    done = subprocess.run(["Rscript", "--vanilla", "analysis.R"], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = re.search(r"results.csv: (.*)$", done.stdout, re.M).group(1)
    apart = {name: float(value) for name, value in re.findall(r"([a-z ]+?) (\d\S*?)(?:,|$)", said)}
    return apart, table(copy / "analysis_results.csv")


def test_r_gives_the_numbers_of_the_page(compared, tmp_path):
    apart, rows = in_r(compared, tmp_path / "r")
    assert len(apart) == 4
    assert max(apart.values()) < 1e-3
    smile = next(row for row in rows if row["token"] == SMILE)
    page = rows_of(compared, measure="rate_ratio")[SMILE]
    assert float(smile["ratio"]) == pytest.approx(float(page["effect"]), rel=1e-4)
    assert float(smile["ratio_p"]) == pytest.approx(float(page["p"]), rel=1e-2)
    assert float(smile["effect"]) == pytest.approx(float(rows_of(compared)[SMILE]["effect"]), rel=1e-4)
    # A dispersion of the display's own, by MASS: another model, much the same ratio.
    assert float(smile["nb_ratio"]) == pytest.approx(float(page["effect"]), rel=0.1)
    assert len(table(compared / "analysis.csv")) == 31
    assert {row["subject"] for row in table(compared / "analysis.csv")} == {f"s{i:03d}" for i in range(1, 17)}


def test_the_same_seed_gives_the_same_files(study, compared, tmp_path, dfe):
    more = ("--group", "diagnosis", "--covariates", "age", "sex", "--align", "cue", *FEW)
    assert dfe(*words(study, tmp_path / "again", *more)).code == 0
    for path in compared.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_conditions_within_subjects_and_their_interaction(study, tmp_path, dfe):
    more = ("--group", "diagnosis", "--within", "condition", "--stratum", "site", *FEW, "--json")
    ran = dfe(*words(study, tmp_path / "out", *more))
    assert ran.code == 0, ran.err
    assert ran.json["flow"]["steps"][-1]["subjects"] == [8, 7]
    within = rows_of(tmp_path / "out", analysis="conditions")
    both = rows_of(tmp_path / "out", analysis="groups x conditions")
    assert (within[SMILE]["first"], within[SMILE]["second"], within[SMILE]["n_first"]) == ("rest", "task", "15")
    assert float(within[SMILE]["p"]) > 0.01
    assert float(both[SMILE]["p"]) > 0.01
    models = [rows_of(tmp_path / "out", analysis=name, measure="rate_ratio")[SMILE] for name in
              ("conditions", "groups x conditions")]  # fmt: skip
    assert [row["role"] for row in models] == ["exploratory", "confirmatory"]
    assert [row["effect_is"] for row in models] == ["ratio", "ratio of ratios"]
    assert all(float(row["effect_low"]) < float(row["effect"]) < float(row["effect_high"]) for row in models)
    assert rows_of(tmp_path / "out", analysis="conditions", measure="pooled_ratio")[SMILE]["effect"]
    assert not rows_of(tmp_path / "out", analysis="groups x conditions", measure="pooled_ratio")
    apart, in_both = in_r(tmp_path / "out", tmp_path / "r")
    assert max(apart.values()) < 1e-3
    assert {row["analysis"] for row in in_both if row["ratio"] != "NA"} == {
        "groups", "conditions", "groups x conditions"
    }  # fmt: skip
    main = rows_of(tmp_path / "out", analysis="groups", measure="rate_ratio")[SMILE]
    assert (main["first"], main["second"], main["role"]) == ("control", "patient", "exploratory")
    assert float(main["effect_low"]) > 1
    alone = dfe(*words(study, tmp_path / "alone", "--within", "condition", *FEW))
    assert alone.code == 0, alone.err
    assert "conditions (confirmatory): " in alone.out
    assert "15 subjects, 30 of 32 recordings" in alone.out


def test_nothing_is_found_where_nothing_is(tmp_path):
    path = made_study(tmp_path, ratio=1.0, each=6, seconds=30, conditions=("rest",), seed=5)
    options = CompareOptions("diagnosis", "id", permutations=499, min_coverage=0.3)
    done = compare(path, tmp_path / "recordings", options)
    tested = [row for row in done.rows if not math.isnan(row.p)]
    assert len(tested) > 8
    assert all(row.q > 0.05 for row in tested if row.measure == "per_min")
    assert all(family.p_any > 0.05 for family in done.families if family.measure == "per_min" and family.tested)
    assert {f.unit for f in done.families if f.measure == "per_min" and f.tested} == {"display", "region", "group"}
    frame = done.to_pandas()
    assert len(frame) == len(done.rows)
    assert tuple(frame.columns) == COLUMNS
    np.testing.assert_array_equal(frame["effect"], [row.effect for row in done.rows])
    write_comparison(done, tmp_path / "out")
    written = pd.read_csv(tmp_path / "out" / "results.csv", keep_default_na=False, na_values=[""])
    np.testing.assert_allclose(frame["p"].astype(float), written["p"], rtol=1e-5)


def test_what_cannot_be_compared_is_said_in_one_line(study, tmp_path, dfe):
    out = tmp_path / "out"
    for more, says in (
        ((), "nothing to compare"),
        (("--group", "nothing"), "has no column nothing"),
        (("--group", "diagnosis", "--categories", "site"), "--categories does nothing without --covariates"),
        (("--group", "diagnosis", "--conditions", "a", "b"), "--conditions does nothing without --within"),
        (("--group", "diagnosis", "--min-coverage", 1.5), "coverage must be between"),
        (("--group", "condition"), "is in two groups"),
        (("--group", "diagnosis", "--covariates", "id"), "too many"),
        (("--group", "diagnosis", "--confirmatory", "smiles"), "no measure 'smiles'"),
        (("--group", "diagnosis", "--confirmatory-unit", "nose"), "no unit 'nose'"),
        (("--group", "diagnosis", "--align", "cue", "--window", 3, 1), "holds -10 bins"),
    ):
        ran = dfe(*words(study, out, *more, "--permutations", 19))
        assert ran.code in (1, 2)
        assert says in ran.err.splitlines()[-1]
        assert "Traceback" not in ran.err
        assert not out.exists()


def test_results_are_not_replaced_unasked(study, compared, dfe):
    ran = dfe(*words(study, compared, "--group", "diagnosis"))
    assert ran.code == 1
    assert "exists already" in ran.err


def test_one_subject_a_group_is_too_few(tmp_path):
    path = made_study(tmp_path, each=1, seconds=10)
    with pytest.raises(UsageError, match="two"):
        compare(path, tmp_path / "recordings", CompareOptions("diagnosis", "id"))


def test_reliability_from_a_table_and_from_names(study, tmp_path, dfe):
    more = ("--block", 10)
    owners = ("--table", study / "study.csv", "--subject", "id")
    ran = dfe("reliability", study / "recordings", *owners, *more, "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["subjects"] >= 14
    assert ran.json["sessions"] == ["1", "2"]
    smile = next(one for one in ran.json["units"] if one["token"] == SMILE)
    assert smile["half"]["value"] > 0.4
    rows = {row["token"]: row for row in table(tmp_path / "out" / "reliability.csv")}
    assert float(rows[SMILE]["icc_a1"]) == pytest.approx(smile["half"]["value"], rel=1e-4)
    assert {row["kind"] for row in rows.values()} == {"display", "group"}
    group, alone = (rows["smile"], rows[SMILE])
    assert float(group["per_min"]) == pytest.approx(float(alone["per_min"]), rel=0.2)
    assert 0 < float(group["icc_a1"]) < 1
    assert "Groups of displays" in (tmp_path / "out" / "reliability.html").read_text()
    curve = [row for row in table(tmp_path / "out" / "curve.csv") if row["token"] == SMILE]
    assert {row["kind"] for row in curve} == {"halves", "sessions"}
    page = (tmp_path / "out" / "reliability.html").read_text()
    assert "How well do rates hold?" in page
    assert not re.search(r"person \d|P\d\d", page)
    ran = dfe("reliability", study / "recordings", *more, "-o", tmp_path / "names")
    assert ran.code == 2
    assert "holds no subject" in ran.err


@pytest.mark.shared_data
def test_halves_of_sentences_of_real_speakers(shared_data, tmp_path, dfe):
    clips = sorted((shared_data / "video").glob("grid_*.mpg"))[:4]
    assert dfe("encode", *clips, "-o", tmp_path / "in").code == 0
    lines = ["recording,subject,half,onset,offset"]
    for clip in clips:
        lines += [f"{clip.name},{clip.stem},first,0,1.5", f"{clip.name},{clip.stem},second,1.5,"]
    (tmp_path / "halves.csv").write_text("\n".join(lines) + "\n")
    more = ("--within", "half", *FEW, "--recordings", tmp_path / "in", "-o", tmp_path / "out")
    ran = dfe("compare", tmp_path / "halves.csv", *more, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["flow"]["steps"][-1] == {"step": "in both conditions", "recordings": [8], "subjects": [4]}
    # Four subjects have 16 ways of changing signs: no p can be below 2 / 16.
    exchanged = [row for row in ran.json["rows"] if not row["effect_is"].startswith("ratio")]
    tested = [row["p"] for row in exchanged if row["p"] is not None]
    assert tested
    assert min(tested) > 0.08
