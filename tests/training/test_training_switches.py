"""What ablations switch off: each switch does what it says, survives the file, and leaves all as it was when on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.quantizers.sparse.config import SparseConfig
from dfe.quantizers.sparse.search import partners
from dfe.space.base import ExpressionSpace
from dfe.space.regions import own_images
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.sparse.settings import SparseSettings  # noqa: E402
from dfe.training.config import TrainConfig, preset  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402

SMALL = {"levels": 4, "size": 16, "steps": 40, "batch": 128, "reseed_every": 10, "validate_every": 40}


def trained(table: TrainingTable, folder: Path, **settings: object) -> Tokenizer:
    config = replace(preset("displays"), **SMALL, quantizer=SparseSettings(**settings))
    train([table], folder, config)
    return load_tokenizer(folder)


def directions(tokenizer: Tokenizer) -> np.ndarray:
    return tokenizer.displays().directions.astype(np.float64)


@pytest.fixture(scope="module")
def whole(table: TrainingTable, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return trained(table, tmp_path_factory.mktemp("whole"))


def test_switches_are_part_of_the_identity(whole: Tokenizer) -> None:
    assert (whole.config.to_json()["faithful"], whole.config.to_json()["closed"]) == (True, True)
    off = SparseConfig(dimension=41, faithful=False, closed=False)
    assert (off.to_json()["faithful"], off.to_json()["closed"]) == (False, False)
    assert SparseConfig.from_json(off.to_json()) == off
    with pytest.raises(ModelError, match="neither true nor false"):
        SparseConfig.from_json(off.to_json() | {"closed": "no"})


def test_a_book_is_closed_unless_it_need_not_be(
    whole: Tokenizer, table: TrainingTable, space: ExpressionSpace, tmp_path: Path
) -> None:
    book = whole.weights["codebook"]
    assert (partners(book, space.mirror(book)) != np.arange(16)).any()
    free = trained(table, tmp_path, mirrored=False)
    book = free.weights["codebook"]
    with pytest.raises(ModelError, match="no mirror image"):
        partners(book, space.mirror(book))
    assert partners(book, space.mirror(book), closed=False).tolist() == list(range(16))
    assert free.hash != whole.hash
    np.testing.assert_allclose(free.weights["images"][1:], own_images(book[1:].astype(float), space), atol=1e-3)


def test_unfaithful_displays_are_only_said_where_the_mask_is_off(
    whole: Tokenizer, table: TrainingTable, space: ExpressionSpace, tmp_path: Path
) -> None:
    def against(tokenizer: Tokenizer) -> int:
        codes = tokenizer.encode_codes(table.x)
        agreement = (table.x.astype(np.float64) - tokenizer.neutral) @ own_images(directions(tokenizer), space).T
        said = tokenizer.displays().tokens(codes).display
        return sum(int((agreement[said[:, n] > 0, said[said[:, n] > 0, n] - 1] < -1e-6).sum()) for n in range(4))

    assert against(whole) == 0
    assert against(trained(table, tmp_path, faithful=False, penalty_mm=0.0, least_mm=0.0)) > 0


def test_displays_lower_coefficients_only_where_they_may(
    whole: Tokenizer, table: TrainingTable, tmp_path: Path
) -> None:
    assert directions(whole).min() == 0
    signed = trained(table, tmp_path, nonnegative=False)
    assert directions(signed).min() < 0
    assert not signed.weights["codebook"][0].any()


def test_levels_without_gains_speak_at_full_size(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    free = train([table], tmp_path / "free", quick).tokenizer
    fixed = train(
        [table], tmp_path / "fixed", replace(quick, quantizer=replace(quick.quantizer, gains=False))
    ).tokenizer
    assert fixed.weights["gains"].tolist() == [1.0] * 4
    assert len(set(free.weights["gains"].tolist())) == 4
