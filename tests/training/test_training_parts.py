"""k-means, starting points, replacement of dead codes, the encoder at birth."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.space.base import ExpressionSpace

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.latent import latent_map  # noqa: E402
from dfe.quantizers.rvq.config import EncoderConfig  # noqa: E402
from dfe.quantizers.rvq.train import kmeans as kmeans_module  # noqa: E402
from dfe.quantizers.rvq.train.encoder import RegionEncoder  # noqa: E402
from dfe.quantizers.rvq.train.initialise import first_codebook  # noqa: E402
from dfe.quantizers.rvq.train.kmeans import kmeans, nearest  # noqa: E402
from dfe.quantizers.rvq.train.quantizer import ResidualQuantizer  # noqa: E402
from dfe.quantizers.rvq.train.reseed import reseed_dead_codes  # noqa: E402
from dfe.training.neutral import common_face  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402


def test_nearest_is_the_brute_force_nearest() -> None:
    rng = np.random.default_rng(0)
    rows, centres = rng.normal(size=(500, 5)), rng.normal(size=(17, 5))
    distances = np.square(rows[:, None] - centres).sum(axis=2)
    index, distance = nearest(rows, centres)
    np.testing.assert_array_equal(index, distances.argmin(axis=1))
    np.testing.assert_allclose(distance, distances.min(axis=1))


def test_kmeans_is_scikit_learns_from_the_same_start(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = pytest.importorskip("sklearn.cluster", reason="needs the extra dev")
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(800, 4)) + 3 * rng.integers(0, 3, (800, 1))
    start = rows[:12].copy()
    monkeypatch.setattr(kmeans_module, "_spread", lambda rows, size, rng: start)
    oracle = cluster.KMeans(12, init=start, n_init=1, max_iter=300, tol=0, algorithm="lloyd").fit(rows)
    found = kmeans(rows, 12, rng, iterations=300)
    np.testing.assert_allclose(found, oracle.cluster_centers_, atol=1e-8)


def test_kmeans_leaves_no_centre_without_rows_and_repeats_itself() -> None:
    rng = np.random.default_rng(2)
    rows = np.concatenate([np.repeat(rng.normal(size=(1, 3)), 300, axis=0), rng.normal(size=(60, 3)) * 9])
    centres = kmeans(rows, 20, np.random.default_rng(3))
    assert len(np.unique(nearest(rows, centres)[0])) == 20
    np.testing.assert_array_equal(centres, kmeans(rows, 20, np.random.default_rng(3)))


def test_the_latent_map_is_a_square_root_of_the_gram_matrix(space: ExpressionSpace) -> None:
    maps = latent_map(space)
    np.testing.assert_allclose(maps.to_latent @ maps.to_latent.T, space.gram, atol=1e-9 * space.gram.max())
    np.testing.assert_allclose(maps.to_latent @ maps.from_latent, np.eye(space.dimension), atol=1e-8)


def test_the_common_face_is_the_densest_and_not_the_mean(space: ExpressionSpace) -> None:
    rng = np.random.default_rng(4)
    rest, smile = rng.uniform(0, 0.2, space.dimension), rng.uniform(0.4, 1, space.dimension)
    rows = np.concatenate([rest + rng.normal(0, 0.01, (700, 41)), smile + rng.normal(0, 0.2, (500, 41))]).astype("f4")
    found = common_face(rows, np.ones(1200), latent_map(space).to_latent)
    away = space.error_mm(found[None], rest[None])[0]
    assert away < 0.2
    assert space.error_mm(rows.mean(axis=0)[None], rest[None])[0] > 2
    few = np.concatenate([np.ones(700) * 1e-3, np.ones(500)])
    assert space.error_mm(common_face(rows, few, latent_map(space).to_latent)[None], rest[None])[0] > away


def test_the_first_book_speaks_at_every_level(space: ExpressionSpace, table: TrainingTable) -> None:
    z = table.x.astype(np.float64) @ latent_map(space).to_latent
    start = first_codebook(z, levels=5, size=32, rng=np.random.default_rng(0))
    assert start.codebook.shape == (32, 41)
    assert not start.codebook[0].any()
    assert start.gains[0] == 1
    assert (np.diff(start.gains) < 0).all()
    quantizer = ResidualQuantizer(41, 32, 5, threshold=0.0)
    with torch.no_grad():
        quantizer.codes.copy_(torch.tensor(start.codebook[1:]))
        quantizer.log_gains.copy_(torch.tensor(start.gains[1:]).log())
        quantized = quantizer(torch.tensor(z, dtype=torch.float32))
        left = (quantized.residuals - quantized.spoken).square().sum(dim=2).mean(dim=0).numpy()
    assert (np.diff(left) < 0).all()
    assert left[0] < np.square(z).sum(axis=1).mean() / 2
    again = first_codebook(z, levels=5, size=32, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(start.codebook, again.codebook)


def test_the_encoder_begins_by_changing_nothing() -> None:
    torch.manual_seed(0)
    encoder = RegionEncoder(EncoderConfig(width=16, heads=2), ((0, 2), (1, 3, 4)))
    assert not encoder(torch.randn(7, 5)).any()
    with torch.no_grad():
        encoder.head.weight.normal_()
    assert encoder(torch.randn(7, 5)).any()


def test_dead_codes_move_to_what_is_left_to_say_and_the_living_stay() -> None:
    torch.manual_seed(0)
    quantizer = ResidualQuantizer(3, 6, 2, threshold=0.0)
    optimiser = torch.optim.Adam(quantizer.parameters())
    quantizer(torch.randn(9, 3)).latent.square().sum().backward()
    optimiser.step()
    batch = quantizer(torch.randn(9, 3))
    before = quantizer.codes.detach().clone()
    uses = torch.tensor([50, 100, 0, 100, 0, 100])
    replaced = reseed_dead_codes(quantizer, optimiser, uses, batch, torch.Generator().manual_seed(0))
    assert replaced == 2
    np.testing.assert_array_equal(quantizer.codes[[0, 2, 4]].detach(), before[[0, 2, 4]])
    lacked = (batch.residuals[:, 1] / quantizer.gains()[1]).detach().numpy()
    for code in quantizer.codes[[1, 3]].detach().numpy():
        assert np.abs(lacked - code).sum(axis=1).min() < 1e-6
    assert not optimiser.state[quantizer.codes]["exp_avg"][[1, 3]].any()
    assert optimiser.state[quantizer.codes]["exp_avg"][[0, 2, 4]].any()


def test_the_gradient_passes_the_quantiser_unchanged_and_reaches_the_codes_in_use() -> None:
    torch.manual_seed(1)
    quantizer = ResidualQuantizer(3, 8, 3, threshold=0.0)
    z = torch.randn(5, 3, requires_grad=True)
    quantized = quantizer(z)
    direction = torch.randn(5, 3)
    (quantized.latent * direction).sum().backward()
    np.testing.assert_allclose(z.grad, direction)
    used = np.unique(quantized.codes[quantized.codes > 0]) - 1
    assert quantizer.codes.grad[used].abs().sum(dim=1).min() > 0
    unused = np.setdiff1d(np.arange(7), used)
    assert not quantizer.codes.grad[unused].any()
    assert not quantizer.codebook()[0].any()
