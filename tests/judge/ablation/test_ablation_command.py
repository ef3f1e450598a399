"""`dfe ablate` from tables on disk to tables, picture and exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("sklearn", reason="needs the extra study")


def words(made: Path, out: Path) -> list[object]:
    return [
        "ablate", made / "train.parquet", "--validation", made / "validate.parquet", "-o", out,
        "--perturbed", f"blur={made / 'blur.parquet'}",
        "--seeds", 2, "--steps", 4, "--size", 12, "--levels", 3,
    ]  # fmt: skip


def test_from_tables_to_a_picture(dfe, made: Path, tmp_path: Path) -> None:
    probe = [
        "--probe-train", made / "train.parquet", "--probe-test", made / "validate.parquet",
        "--probe-about", made / "labels.csv",
    ]  # fmt: skip
    given = [*words(made, tmp_path), *probe, "--only", "displays", "level-by-level", "--workers", 1]
    ran = dfe(*given)
    assert ran.code == 0, ran.err
    assert {"ablation.json", "ablation.csv", "ablation.md", "ablation.svg"} < {p.name for p in tmp_path.iterdir()}
    result = json.loads((tmp_path / "ablation.json").read_text("utf-8"))
    assert [row["name"] for row in result["variants"]] == ["displays", "level-by-level"]
    for row in result["variants"]:
        assert row["label"] in ran.out
        assert f"{row['figures']['error_mm']['mean']:.3f}" in ran.out
        assert 0 < row["figures"]["emotion"]["mean"] <= 1
    again = dfe(*given, "--json")
    assert again.code == 0, again.err
    assert again.json == result


@pytest.mark.parametrize(
    ("more", "code", "wrong"),
    [
        (["--only", "no-brain"], 2, "there is no variant 'no-brain'; choose among displays"),
        (["--preset", "speed"], 2, "there is no preset 'speed'; choose one of displays, rvq"),
        (["--perturbed", "{}/blur.parquet"], 2, "is no NAME=TABLE"),
        (
            ["--validation", "{}/train.parquet", "{}/validate.parquet"],
            2,
            "300 faces of the validation tables",
        ),
        (["--validation", "{}/none.parquet"], 1, "none.parquet: cannot be read"),
        (["--probe-train", "{}/train.parquet"], 2, "faces to train on and faces to test on"),
        (["--size", "1", "--only", "rvq"], 2, "size is 1"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(
    dfe, made: Path, tmp_path: Path, more: list[str], code: int, wrong: str
) -> None:
    base = words(made, tmp_path / "out")
    if more[0] in base and more[0] in ("--perturbed", "--validation"):  # a list is given once
        at = base.index(more[0])
        del base[at : at + 2]
    ran = dfe(*base, *(word.format(made) for word in more))
    assert (ran.code, ran.err.count("\n")) == (code, 1), ran.err
    assert wrong in ran.err
    assert not (tmp_path / "out").exists()


def test_faces_too_few_for_the_book_are_told_once(dfe, made: Path, tmp_path: Path) -> None:
    ran = dfe(*words(made, tmp_path), "--size", 310, "--only", "displays", "greedy", "--workers", 1)
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "displays-0, displays-1, greedy-0, greedy-1: the tables hold 300 usable faces" in ran.err
