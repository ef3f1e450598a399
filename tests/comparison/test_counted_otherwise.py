"""Comparisons against other resting faces, and in silent or speaking time."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.comparison.comparison import compare
from dfe.comparison.measures import measure_rows
from dfe.comparison.options import CompareOptions
from dfe.comparison.speaking import talking
from dfe.comparison.table import Columns, read_group_table
from made_designs import write_rows
from made_resting import resting
from page_checker import checked

PEOPLE = 8


def a_study(folder: Path, neutral=lambda person: "own") -> Path:
    """Two groups that smile alike; those of one smile a little at rest, which was taken off."""
    rows = []
    for person in range(PEOPLE):
        group = ("control", "patient")[person % 2]
        share = 0.12 if group == "patient" else 0.0
        made, _ = resting(share=share, seed=person, seconds=20, smiles=5, neutral=neutral(person))
        made.write(folder / "in" / f"P{person}.parquet")
        rows.append({"recording": f"P{person}", "id": person, "diagnosis": group})
    write_rows(folder / "people.csv", rows)
    return folder / "people.csv"


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_a_group_that_smiles_at_rest_differs_only_where_that_is_put_back(tmp_path, dfe):
    people = a_study(tmp_path)
    more = ("--group", "diagnosis", "--subject", "id", "--permutations", 199)
    ran = dfe("compare", people, "--recordings", tmp_path / "in", *more, "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    rows = {(row["counted"], row["measure"], row["token"]): row for row in table(tmp_path / "out" / "sensitivity.csv")}
    as_asked = rows["as asked", "share", "smile"]
    everybodys = rows["against everybody's resting face", "share", "smile"]
    assert abs(float(as_asked["effect"])) < abs(float(everybodys["effect"]))
    assert float(everybodys["effect_low"]) > 0
    page = (tmp_path / "out" / "compare.html").read_text()
    checked(page)
    assert "Counted otherwise" in page
    assert "Whose resting face the recordings were measured against" in page
    assert "resting face was put back" in (tmp_path / "out" / "methods.txt").read_text()


def test_sides_that_share_no_resting_face_are_refused_and_other_mixtures_said(tmp_path):
    people = a_study(tmp_path / "apart", lambda person: ("own", "population")[person % 2])
    options = CompareOptions("diagnosis", "id", permutations=19)
    with pytest.raises(UsageError, match="control was measured against the person's own resting face, patient against"):
        compare(people, tmp_path / "apart" / "in", options)
    people = a_study(tmp_path / "mixed", lambda person: "own" if person < 6 else "population")
    done = compare(people, tmp_path / "mixed" / "in", options)
    assert any("measured against different resting faces" in note for note in done.notes)


def test_silent_and_speaking_time_make_up_all_of_it(tmp_path, dfe):
    people = a_study(tmp_path)
    speech = tmp_path / "speech"
    speech.mkdir()
    for person in range(PEOPLE - 1):
        turns = [f"SPEAKER P{person} 1 {start} 4.0 <NA> <NA> A <NA> <NA>" for start in (2.0, 10.0)]
        (speech / f"P{person}.rttm").write_text("\n".join(turns) + "\n")
    read = read_group_table(people, tmp_path / "in", Columns("id", "diagnosis"))
    sums = {
        part: measure_rows(read.rows, talk=talking(speech, part, read.rows, tmp_path / "in"))[0]
        for part in ("all", "silent", "speaking")
    }
    known = np.arange(PEOPLE) < PEOPLE - 1
    both = sums["silent"].exposure_s + sums["speaking"].exposure_s
    np.testing.assert_allclose(both, sums["all"].exposure_s * known)
    np.testing.assert_allclose(sums["speaking"].exposure_s[:-1], 8, atol=0.3)
    np.testing.assert_allclose((sums["silent"].count + sums["speaking"].count)[:-1], sums["all"].count[:-1])
    np.testing.assert_allclose(sums["speaking"].main_s[:-1].sum(axis=1), 8, atol=0.3)
    more = ("--group", "diagnosis", "--subject", "id", "--permutations", 99, "--speech", speech)
    ran = dfe("compare", people, "--recordings", tmp_path / "in", *more, "--part", "silent", "-o", tmp_path / "out",
              "--json")  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.json["flow"]["steps"][-1]["subjects"] == [4, 3]
    assert any("silent time alone: when people speak is known of 7 rows" in note for note in ran.json["notes"])
    assert ran.json["sensitivity"]["counted"] == ["as asked", "against everybody's resting face", "in all of the time"]
