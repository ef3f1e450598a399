"""Reading tables, splitting them by person, and refusing those that cannot be trained on."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import TableError, UsageError
from dfe.space.base import ExpressionSpace

pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.settings import LossWeights
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.training.config import TrainConfig
from dfe.training.data import load_data
from dfe.training.tables import TrainingTable

PEOPLE = TrainConfig(group_pattern=r"^(.+)_\d{4}\.jpg$")


def test_rows_without_a_face_or_not_usable_are_left_out_and_counted(
    space: ExpressionSpace, table: TrainingTable
) -> None:
    x, usable = table.x.copy(), table.usable.copy()
    x[:100] = np.nan
    usable[50:300] = False
    worn = replace(table, x=x, usable=usable)
    data = load_data([worn], space, PEOPLE)
    (count,) = data.tables
    assert (count.rows, count.no_face, count.not_usable) == (1500, 100, 200)
    assert count.training + count.validation == 1200 == len(data.training) + len(data.validation)
    assert np.isfinite(data.training.whole()).all()
    everything = load_data([worn], space, replace(PEOPLE, usable_only=False))
    assert len(everything.training) + len(everything.validation) == 1400


def test_people_are_kept_together_and_one_in_ten_is_kept_apart(space: ExpressionSpace, table: TrainingTable) -> None:
    data = load_data([table], space, PEOPLE)
    held = {tuple(row) for row in data.validation.whole().tolist()}
    apart = {f"Person_{i}" for i in range(500) if int(hashlib.sha256(f"Person_{i}".encode()).hexdigest(), 16) % 10 == 0}
    for row, source in zip(table.x.tolist(), table.sources, strict=True):
        assert (tuple(row) in held) == (source.rsplit("_", 1)[0] in apart)
    seen = sorted(
        hashlib.sha256(f"Person_{i}".encode()).hexdigest()[:16] for i in range(500) if f"Person_{i}" not in apart
    )
    assert list(data.people) == seen


def test_names_without_a_person_are_groups_of_their_own_and_not_listed(
    space: ExpressionSpace, table: TrainingTable
) -> None:
    data = load_data([table], space, TrainConfig())
    assert data.people == ()
    assert 0.05 < len(data.validation) / 1500 < 0.15


def test_a_single_source_gives_its_last_tenth(space: ExpressionSpace, table: TrainingTable) -> None:
    one = replace(table, sources=np.array(["clip.mp4"] * 1500, dtype=object))
    data = load_data([one], space, TrainConfig())
    np.testing.assert_array_equal(data.validation.whole(), table.x[-150:])
    assert "no unseen person" in data.note


def test_two_sources_give_one_each(space: ExpressionSpace, table: TrainingTable) -> None:
    names = np.array(["a.mp4"] * 700 + ["b.mp4"] * 800, dtype=object)
    data = load_data([replace(table, sources=names)], space, TrainConfig())
    assert {len(data.training), len(data.validation)} == {700, 800}


def test_tables_for_validation_are_used_for_nothing_else(space: ExpressionSpace, table: TrainingTable) -> None:
    other = replace(
        table, name="other", x=table.x[:40] * np.float32(0.5), sources=table.sources[:40], usable=table.usable[:40]
    )
    data = load_data([table], space, TrainConfig(), validation=[other])
    np.testing.assert_array_equal(data.training.whole(), table.x)
    np.testing.assert_array_equal(data.validation.whole(), other.x)
    assert data.validation_tables.tolist() == [1] * 40


def test_tables_weigh_what_they_are_told(space: ExpressionSpace, table: TrainingTable) -> None:
    data = load_data([table, replace(table, name="b")], space, TrainConfig(), table_weights=[1, 3])
    half = len(data.training) // 2
    assert set(data.weights[:half]) == {1.0}
    assert set(data.weights[half:]) == {3.0}
    for bad in ([1], [1, 0], [1, float("nan")]):
        with pytest.raises(UsageError, match="positive weights"):
            load_data([table, table], space, TrainConfig(), table_weights=bad)


def test_the_fingerprint_tells_tables_apart(space: ExpressionSpace, table: TrainingTable) -> None:
    changed = table.x.copy()
    changed[3, 5] += 1e-6
    first, same, other = (load_data([t], space, PEOPLE).fingerprint for t in (table, table, replace(table, x=changed)))
    assert first == same != other


def test_tables_that_cannot_be_trained_on(space: ExpressionSpace, table: TrainingTable) -> None:
    few = replace(table, x=table.x[:40], sources=table.sources[:40], usable=table.usable[:40])
    with pytest.raises(TableError, match="fewer than the 64 codes"):
        load_data([few], space, TrainConfig())
    with pytest.raises(TableError, match="0 usable faces"):
        load_data([], space, TrainConfig())
    still = table.x.copy()
    still[:] = still[0]
    with pytest.raises(TableError, match="no face ever moves"):
        load_data([replace(table, x=still)], space, TrainConfig())
    with pytest.raises(TableError, match="made up: holds 41 coefficients of space flame"):
        load_data([replace(table, space_id="flame2020/exp50")], space, TrainConfig())
    with pytest.raises(TableError):
        load_data(["no such table.parquet"], space, TrainConfig())


def test_recordings_are_read_from_their_files(space: ExpressionSpace, table: TrainingTable, tmp_path: Path) -> None:
    rows = RowBuffer()
    for i in range(300):
        if i % 10 == 0:
            rows.add_failure(i, math.nan, f"{i}.png", "no face found")
            continue
        side = 40.0 if i % 10 == 1 else 120.0
        rest = np.zeros(10, dtype=np.float32)
        rows.add_face(
            i, math.nan, f"{i}.png", 0.9, (0.0, 0.0, side, side), (0.0, 0.0, 0.0), table.x[i], rest[:8], rest[8:], 0
        )
    source = SourceInfo("faces", "stills", "ab" * 32, 640, 480, 300, None, None)

    def written(name: str, hash: str) -> Path:
        reference = SpaceRef(space.id, space.version, hash)
        recording = build_recording(rows, Provenance(source=source, space=reference, package_version="0", frontend={}))
        recording.write(tmp_path / name)
        return tmp_path / name

    data = load_data([written("faces.parquet", space.hash)], space, TrainConfig())
    (count,) = data.tables
    assert count[:4] == ("faces.parquet", 300, 30, 30)
    found = sorted([*data.training.whole().tolist(), *data.validation.whole().tolist()])
    assert found == sorted(row for i, row in enumerate(table.x[:300].tolist()) if i % 10 > 1)
    with pytest.raises(TableError, match="another version of space"):
        load_data([written("old.parquet", "00" * 32)], space, TrainConfig())


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 0},
        {"size": 1},
        {"learning_rate": 0.0},
        {"group_pattern": "("},
        {"group_pattern": "no group"},
        {"threads": 0},
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        TrainConfig(**settings)
    with pytest.raises(UsageError):
        LossWeights(usage=-1.0)
