"""Rows that wait in a file are the rows that would be in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dfe.base import rows as rows_module
from dfe.base.errors import OutputError
from dfe.base.rows import RowKeeper, Rows, column_sums


@pytest.fixture
def numbers() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1000, 7)).astype(np.float32)


def _kept(numbers: np.ndarray, folder: Path | None, limit: int) -> Rows:
    keeper = RowKeeper(7, folder, limit)
    for part in np.array_split(numbers, 9):
        keeper.add(part)
    keeper.add(numbers[:0])
    return Rows(keeper.store(), np.arange(len(numbers))[::2], 7)


@pytest.mark.parametrize("limit", [0, 3000, 1 << 20])
def test_rows_are_the_same_wherever_they_wait(
    numbers: np.ndarray, tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "BLOCK_ROWS", 64)
    rows = _kept(numbers, tmp_path / "made", limit)
    assert rows.in_memory == (limit == 1 << 20)
    assert (len(rows), rows.shape) == (500, (500, 7))
    np.testing.assert_array_equal(rows.whole(), numbers[::2])
    wanted = np.random.default_rng(1).integers(0, 500, 200)
    np.testing.assert_array_equal(rows.take(wanted), numbers[::2][wanted])
    assert rows.take(wanted[:0]).shape == (0, 7)
    blocks = list(rows.blocks())
    assert [len(block) for block in blocks] == [64] * 7 + [52]
    np.testing.assert_array_equal(np.concatenate(blocks), numbers[::2])


def test_nothing_is_left_where_rows_waited(numbers: np.ndarray, tmp_path: Path) -> None:
    rows = _kept(numbers, tmp_path, 0)
    assert not rows.in_memory
    assert list(tmp_path.iterdir()) == []
    assert _kept(numbers, None, 0).in_memory


def test_a_folder_that_cannot_be_written_is_told(numbers: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="no room for rows that do not fit in memory"):
        _kept(numbers, tmp_path / "file" / "below", 0)


def test_sums_of_blocks_are_those_of_the_whole(numbers: np.ndarray) -> None:
    wide = numbers.astype(np.float64)
    np.testing.assert_array_equal(column_sums(np.array_split(wide, 13)), wide.sum(axis=0))
