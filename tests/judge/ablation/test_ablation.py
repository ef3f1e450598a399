"""An ablation does each run once, goes on where it was stopped, and gives the same whatever the workers."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from dfe.base.errors import DfeError, OutputError, TableError, UsageError

pytest.importorskip("torch", reason="needs the extra train")
stats = pytest.importorskip("scipy.stats", reason="needs the extra study")

from dfe.judge.ablation import run as run_module  # noqa: E402
from dfe.judge.ablation.ablation import Ablation, AblationConfig, ablate  # noqa: E402
from dfe.judge.ablation.figures import FIGURES, SECONDS  # noqa: E402
from dfe.judge.ablation.inputs import AblationTables  # noqa: E402
from dfe.judge.ablation.output import page, write_ablation  # noqa: E402
from dfe.judge.ablation.summary import mean_over_seeds  # noqa: E402
from dfe.training import run  # noqa: E402

NAMES = ("displays", "no-mirror", "kmeans-shared")
QUICK = AblationConfig(seeds=2, steps=6, size=12, levels=3, only=NAMES)


@pytest.fixture(scope="module")
def tables(made: Path) -> AblationTables:
    return AblationTables((made / "train.parquet",), (made / "validate.parquet",), (("blur", made / "blur.parquet"),))


@pytest.fixture(scope="module")
def done(tables: AblationTables, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ablation]:
    folder = tmp_path_factory.mktemp("ablation")
    return folder, ablate(tables, folder, QUICK)


def timeless(result: dict[str, Any]) -> str:
    rows = [json.loads(json.dumps(row)) for row in result["variants"]]
    for row in rows:
        for part in ("figures", "runs"):
            del row[part][SECONDS]
    return json.dumps({**result, "variants": rows})


def row_of(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in result["variants"] if row["name"] == name)


def test_every_figure_of_every_variant(done: tuple[Path, Ablation]) -> None:
    folder, (result, failed) = done
    assert not failed
    assert [row["name"] for row in result["variants"]] == list(NAMES)
    assert sorted(path.name for path in (folder / "runs").glob("*.json")) == sorted(
        f"{name}-{seed}.json" for name in NAMES for seed in (0, 1)
    )
    for row in result["variants"]:
        assert [name for name in FIGURES if row["figures"][name] is None] == ["emotion"]
        assert row["figures"]["error_mm"]["low"] <= row["figures"]["error_mm"]["mean"]
        assert row["figures"]["error_mm"]["mean"] == pytest.approx(np.mean(row["runs"]["error_mm"]), rel=1e-4)
        assert row["stability"]["pairs"] == 1
        assert 0 < row["figures"]["error_mm"]["mean"] < result["about"]["mean_face_mm"]
    displays, free = row_of(result, "displays"), row_of(result, "no-mirror")
    assert displays["runs"]["mirror_same"] == displays["runs"]["faithful"] == [1.0, 1.0]
    assert max(free["runs"]["mirror_same"]) < 1
    assert [table["name"] for table in result["about"]["tables"]["perturbed blur"]] == ["blur.parquet"]


@pytest.mark.slow
def test_workers_make_no_difference(tables: AblationTables, done: tuple[Path, Ablation], tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    again = ablate(tables, tmp_path, QUICK, workers=2, progress=lambda now, total: steps.append((now, total)))
    assert steps == [(now, 6) for now in range(1, 7)]
    assert timeless(again.result) == timeless(done[1].result)


def test_only_what_is_missing_is_done(tables: AblationTables, done: tuple[Path, Ablation]) -> None:
    folder, first = done
    (folder / "runs" / "no-mirror-1.json").unlink()
    kept = {path: path.stat().st_mtime_ns for path in (folder / "runs").glob("*.json")}
    steps: list[tuple[int, int | None]] = []
    again = ablate(tables, folder, QUICK, progress=lambda now, total: steps.append((now, total)))
    assert steps == [(1, 1)]
    assert timeless(again.result) == timeless(first.result)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert ablate(tables, folder, QUICK, progress=pytest.fail).result == again.result


def test_an_interrupted_training_goes_on(
    tables: AblationTables, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = AblationConfig(seeds=1, steps=510, size=4, levels=1, only=("greedy",))
    whole = ablate(tables, tmp_path / "whole", config)
    step = run.Run._step

    def stopping(self: Any, at: int) -> Any:
        if at == 505:
            raise KeyboardInterrupt
        return step(self, at)

    with monkeypatch.context() as patch:
        patch.setattr(run.Run, "_step", stopping)
        with pytest.raises(KeyboardInterrupt):
            ablate(tables, tmp_path / "cut", config)
    steps: list[int] = []
    monkeypatch.setattr(run.Run, "_step", lambda self, at: steps.append(at) or step(self, at))
    cut = ablate(tables, tmp_path / "cut", config)
    assert steps == list(range(500, 510))
    assert timeless(cut.result) == timeless(whole.result)
    (row,) = cut.result["variants"]
    assert row["figures"][SECONDS] is None
    assert row["stability"] is None
    assert SECONDS not in page(cut.result)


def test_runs_of_other_settings_or_tables_are_not_mixed(
    tables: AblationTables, done: tuple[Path, Ablation], made: Path
) -> None:
    folder, _ = done
    with pytest.raises(OutputError, match=r"displays-0.json: comes from other settings or tables; choose another"):
        ablate(tables, folder, AblationConfig(seeds=2, steps=7, size=12, levels=3, only=NAMES))
    with pytest.raises(OutputError, match="other settings or tables"):
        ablate(AblationTables(tables.training, tables.validation), folder, QUICK)
    assert ablate(tables, folder, AblationConfig(seeds=1, steps=6, size=12, levels=3)).result["variants"]
    path = folder / "runs" / "displays-0.json"
    whole = path.read_text("utf-8")
    path.write_text("{", "utf-8")
    with pytest.raises(OutputError, match="no run that can be read"):
        ablate(tables, folder, QUICK)
    path.write_text(whole, "utf-8")


def test_displays_begin_as_the_movements_that_are_given(tables: AblationTables, tmp_path: Path) -> None:
    given = tmp_path / "movements.npy"
    np.save(given, np.random.default_rng(1).gamma(0.3, 1.0, (11, 41)))
    names = ("displays", "own-beginning")
    config = AblationConfig(seeds=1, steps=1, size=12, levels=3, only=names)
    own = ablate(tables, tmp_path / "own", replace(config, only=("displays",))).result
    result = ablate(replace(tables, displays=given), tmp_path / "given", config).result
    assert [row["name"] for row in result["variants"]] == list(names)
    for only in (names, ("own-beginning",)):
        with pytest.raises(UsageError, match="'own-beginning' changes nothing on these tables"):
            ablate(tables, tmp_path / "own", replace(config, only=only))
    begun, alone = (row["runs"]["error_mm"] for row in result["variants"])
    assert begun != alone == own["variants"][0]["runs"]["error_mm"]
    given.write_bytes(b"none")
    with pytest.raises(TableError, match=r"movements.npy: holds no movements"):
        ablate(replace(tables, displays=given), tmp_path / "broken", config)


def test_a_run_that_fails_takes_no_other_with_it(
    tables: AblationTables, done: tuple[Path, Ablation], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise DfeError("no centre was found")

    monkeypatch.setattr(run_module, "fit_baseline", broken)
    result, failed = ablate(tables, tmp_path, AblationConfig(1, 2, 12, 3, only=("displays", "kmeans-shared")))
    assert [row["name"] for row in result["variants"]] == ["displays"]
    assert {name: error.what for name, error in failed.items()} == {"kmeans-shared-0": "no centre was found"}
    result["about"]["seeds"] = 2
    assert "**preset displays** (1 of 2 seeds)" in page(result)


def test_a_baseline_needs_as_many_faces_as_its_own_codes(tables: AblationTables, made: Path, tmp_path: Path) -> None:
    few = AblationTables(tables.validation, tables.training)
    result, failed = ablate(few, tmp_path, AblationConfig(1, 1, 110, 2, only=("kmeans-shared",)))
    assert not result["variants"]
    assert failed["kmeans-shared-0"].what == "the tables hold 100 usable faces to train on, fewer than the 110 codes"


def test_a_figure_that_some_seeds_lack_says_so(done: tuple[Path, Ablation]) -> None:
    result = json.loads(json.dumps(done[1].result))
    row_of(result, "displays")["figures"][SECONDS] = {"mean": 3.0, "low": None, "high": None, "seeds": 1}
    assert "| 3 (1 seed) |" in page(result)
    assert page(result).count(" seed)") == 1


def test_tables_that_share_pictures_are_refused(tables: AblationTables, made: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="100 faces of the validation tables are in pictures of the training"):
        ablate(AblationTables(tables.training + tables.validation, tables.validation), tmp_path, QUICK)
    with pytest.raises(UsageError, match="0 seeds"):
        AblationConfig(seeds=0)


def test_files_hold_what_was_found(done: tuple[Path, Ablation], tmp_path: Path) -> None:
    _, (result, _) = done
    write_ablation(result, tmp_path)
    assert json.loads((tmp_path / "ablation.json").read_text("utf-8")) == result
    with (tmp_path / "ablation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(NAMES)
    assert float(rows[0]["error_mm_low"]) == result["variants"][0]["figures"]["error_mm"]["low"]
    assert float(rows[2]["stability_cosine"]) == result["variants"][2]["stability"]["cosine"]
    text = (tmp_path / "ablation.md").read_text("utf-8")
    for row in result["variants"]:
        assert row["label"] in text
        assert f"{row['figures']['error_mm']['mean']:.3f} ± " in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Displays found all at once (preset displays)",
        "## Codes chosen level after level (preset rvq)",
    ]
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in tables}) == 1
    for name in ("ablation.svg", "ablation-dark.svg"):
        root = ElementTree.fromstring((tmp_path / name).read_text("utf-8"))
        assert len([e for e in root.iter() if e.get("class") == "dot"]) == 3 * 5
        assert "var(" not in (tmp_path / name).read_text("utf-8")


def test_means_have_the_interval_of_students_t() -> None:
    values = [0.31, 0.35, 0.30, 0.36]
    found = mean_over_seeds([*values, None])
    assert found is not None
    oracle = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert found[:3] == pytest.approx((np.mean(values), *oracle))
    assert found.seeds == 4
    assert mean_over_seeds([None, None]) is None
    one = mean_over_seeds([0.2, None])
    assert one is not None
    assert one.mean == 0.2
    assert np.isnan(one.low)
