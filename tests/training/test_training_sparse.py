"""Training of the sparse quantiser: what is learned is what is used, on both sides alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.space.base import ExpressionSpace

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.latent import latent_map  # noqa: E402
from dfe.quantizers.settings import LossWeights  # noqa: E402
from dfe.quantizers.sparse.search import partners  # noqa: E402
from dfe.quantizers.sparse.settings import SparseSettings  # noqa: E402
from dfe.quantizers.sparse.train.model import SparseModel  # noqa: E402
from dfe.quantizers.sparse.train.reseed import reseed_dead_displays  # noqa: E402
from dfe.tokenizer.file import load_tokenizer  # noqa: E402
from dfe.training.config import TrainConfig, preset  # noqa: E402
from dfe.training.data import load_data  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.run import first_model  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402


@pytest.fixture(scope="module")
def small() -> TrainConfig:
    return replace(
        preset("displays"),
        levels=4,
        size=16,
        steps=80,
        batch=128,
        reseed_every=10,
        validate_every=40,
        checkpoint_every=40,
        quantizer=SparseSettings(steps=4),
    )


def model_of(table: TrainingTable, space: ExpressionSpace, config: TrainConfig) -> SparseModel:
    model = first_model(load_data([table], space, config), space, config)
    assert isinstance(model, SparseModel)
    return model


def test_training_makes_it_better_and_the_same_each_time(
    table: TrainingTable, small: TrainConfig, tmp_path: Path
) -> None:
    begun = train([table], tmp_path / "begun", replace(small, steps=1))
    done = train([table], tmp_path / "done", small)
    again = train([table], tmp_path / "again", small)
    assert done.measured["error_mm"] < begun.measured["error_mm"] < done.measured["mean_face_mm"]
    for name in ("tokenizer.safetensors", "tokenizer.json", "log.jsonl"):
        assert (done.folder / name).read_bytes() == (again.folder / name).read_bytes()
    tokenizer = load_tokenizer(done.folder)
    assert tokenizer.hash == done.tokenizer.hash
    assert tokenizer.config.kind == "sparse"
    assert done.measured["faithful_share_by_level"][0] > 0.9


def test_what_is_learned_is_mirror_closed_non_negative_and_of_one_millimetre(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig, tmp_path: Path
) -> None:
    book = train([table], tmp_path, small).tokenizer.weights["codebook"]
    twin = partners(book, space.mirror(book))
    assert (book >= 0).all()
    assert (twin == np.arange(16)).sum() == 16 - 2 * 4, "15 displays: 7 symmetric, 4 pairs"
    np.testing.assert_allclose(space.error_mm(book[1:], np.zeros_like(book[1:])), 1, rtol=1e-4)
    assert twin[8:].tolist() == [9, 8, 11, 10, 13, 12, 15, 14]


def test_codes_and_faces_in_training_are_those_in_use(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig, tmp_path: Path
) -> None:
    tokenizer = train([table], tmp_path, small).tokenizer
    model = model_of(table, space, small)
    book = torch.tensor(tokenizer.weights["codebook"])
    with torch.no_grad():
        model.symmetric.copy_(book[1:8])
        model.left.copy_(book[8::2])
        model.log_ladder.copy_(torch.tensor(tokenizer.weights["ladder"]).log())
        output = model(torch.tensor(table.x[:300]))
    codes = tokenizer.encode_codes(table.x[:300])
    # The copy is normalised once more, which moves strengths in their last places.
    same = (output.quantized.codes.numpy() == codes).all(axis=1)
    assert same.mean() > 0.99
    np.testing.assert_allclose(output.x.numpy()[same], tokenizer.decode_codes(codes)[same], atol=1e-5)
    np.testing.assert_allclose(
        output.quantized.latent.numpy(), (output.x.numpy()) @ latent_map(space).to_latent, atol=1e-3
    )


def test_the_gradient_reaches_displays_and_steps_in_use(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig
) -> None:
    model = model_of(table, space, small)
    x = torch.tensor(table.x[:64])
    output = model(x)
    (output.x - x).square().sum().backward()
    said = np.unique(model.said(output.quantized.codes[output.quantized.codes > 0]))
    symmetric = said[said <= len(model.symmetric)] - 1
    assert model.symmetric.grad[symmetric].abs().sum(dim=1).min() > 0
    assert model.log_ladder.grad.abs().max() > 0


def test_a_dead_display_becomes_what_a_face_lacked(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig
) -> None:
    model = model_of(table, space, small)
    optimiser = torch.optim.Adam(model.parameters())
    x = torch.tensor(table.x[:64])
    output = model(x)
    output.x.square().sum().backward()
    optimiser.step()
    model.settle()
    before = model.symmetric.detach().clone(), model.left.detach().clone()
    uses = torch.full((16,), 5)
    uses[3] = uses[8] = uses[9] = 0
    replaced = reseed_dead_displays(model, optimiser, uses, x, output.x.detach(), torch.Generator().manual_seed(0))
    assert replaced == 2
    moved = [
        ((now - old).abs() > 1e-4).any(dim=1) for now, old in zip((model.symmetric, model.left), before, strict=True)
    ]
    assert np.flatnonzero(moved[0]).tolist() == [2]
    assert np.flatnonzero(moved[1]).tolist() == [0]
    assert not optimiser.state[model.symmetric]["exp_avg"][2].any()
    lacked = (x - output.x.detach()).clamp(min=0) + 2e-3
    cosines = torch.nn.functional.cosine_similarity(lacked, model.left[0][None])
    assert cosines.max() > 1 - 1e-5


def test_a_copy_of_a_display_in_more_use_is_as_good_as_dead(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig
) -> None:
    model = model_of(table, space, small)
    with torch.no_grad():
        model.symmetric[4] = model.symmetric[1] + 0.01 * model.symmetric[0]
        model.left[2] = model.symmetric[3] + model.symmetric[3][model.partner]
        model.left[3] = model.left[1][model.partner]
    model.settle()
    x = torch.tensor(table.x[:64])
    output = model(x)
    before = model.symmetric.detach().clone(), model.left.detach().clone()
    uses = torch.full((16,), 5)
    uses[5] = 6
    optimiser = torch.optim.Adam(model.parameters())
    reseed_dead_displays(model, optimiser, uses, x, output.x.detach(), torch.Generator().manual_seed(0))
    after = (model.symmetric, model.left)
    moved = [((now - old).abs() > 1e-4).any(dim=1) for now, old in zip(after, before, strict=True)]
    assert np.flatnonzero(moved[0]).tolist() == [1, 3], "the one used less, and the one that a pair says already"
    assert np.flatnonzero(moved[1]).tolist() == [2, 3], "its own mirror image, and the mirror image of another"


def test_impossible_settings(small: TrainConfig) -> None:
    with pytest.raises(UsageError, match="not a share"):
        SparseSettings(symmetric=1.5)
    with pytest.raises(UsageError, match="does not rise"):
        SparseSettings(lowest_mm=3.0)
    with pytest.raises(UsageError, match="no preset 'best'"):
        preset("best")
    with pytest.raises(UsageError, match="more than the 3 of the codebook"):
        replace(small, size=4)
    with pytest.raises(UsageError, match="weight of distance"):
        LossWeights(distance=-1)


def test_the_rvq_preset_trains(table: TrainingTable, small: TrainConfig, tmp_path: Path) -> None:
    config = replace(preset("rvq"), levels=4, size=16, steps=60, batch=128, reseed_every=10)
    wide, narrow = (
        train([table], tmp_path / str(beam), replace(config, quantizer=replace(config.quantizer, beam=beam)))
        for beam in (4, 1)
    )
    assert wide.measured["error_mm"] < narrow.measured["error_mm"] < wide.measured["mean_face_mm"]
    assert load_tokenizer(wide.folder).hash == wide.tokenizer.hash


def test_displays_begin_as_the_movements_that_are_given(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig, tmp_path: Path
) -> None:
    first = np.stack([space.vector({"jawOpen": 1.0}), space.vector({"mouthSmileLeft": 1.0})])
    data = load_data([table], space, small)
    model = first_model(data, space, small, displays=first)
    assert isinstance(model, SparseModel)
    begun = model.displays().detach().numpy()[1:]
    found = [one for one in begun if space.error_mm(one[None], one[None] * 0)[0] > 0]
    names = {space.names[int(np.abs(one).argmax())] for one in (found[0], found[len(model.symmetric)])}
    assert names == {"jawOpen", "mouthSmileLeft"}
    with pytest.raises(UsageError, match="displays of shape"):
        train([table], tmp_path, small, displays=first[:, :-1])


def test_emphasis_weighs_regions_in_displays_and_in_what_they_are_judged_by(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig, tmp_path: Path
) -> None:
    brows = {"brow": 9.0}
    plain = train([table], tmp_path / "plain", small).tokenizer
    settings = SparseSettings(steps=4, emphasis=brows)
    weighed = train([table], tmp_path / "weighed", replace(small, quantizer=settings)).tokenizer
    book = weighed.weights["codebook"][1:].astype(np.float64)
    gram = space.weighted_gram(brows)
    np.testing.assert_allclose(np.einsum("kd,de,ke->k", book, gram, book), 1, rtol=1e-3)
    brow = [
        space.region_error_mm(table.x[:300], one.decode(one.encode(table.x[:300])))["brow"].mean()
        for one in (plain, weighed)
    ]
    assert brow[1] < brow[0]
    assert load_tokenizer(tmp_path / "weighed").hash == weighed.hash
