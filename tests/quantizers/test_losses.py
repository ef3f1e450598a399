"""Each loss against its formula, written out with loops in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.space.base import ExpressionSpace

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.latent import latent_map  # noqa: E402
from dfe.quantizers.rvq.train import losses as rvq_losses  # noqa: E402
from dfe.quantizers.train import losses  # noqa: E402


def tensor(array: np.ndarray, grad: bool = False) -> torch.Tensor:
    return torch.tensor(array, dtype=torch.float64, requires_grad=grad)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(12)


def levels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    residuals, spoken = rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 3, 4))
    spoken[0, 2] = spoken[3, 1:] = 0
    return residuals, spoken


def test_reconstruction_is_the_mean_squared_error_on_the_mesh(space: ExpressionSpace, rng: np.random.Generator) -> None:
    x, y = rng.uniform(0, 1, (2, 6, space.dimension)).astype(np.float32)
    moved = (space.displace(x) - space.displace(y))[:, space.moving].astype(np.float64)
    expected = np.square(moved).sum(axis=2).mean()
    found = losses.reconstruction(tensor(x), tensor(y), tensor(latent_map(space).to_latent))
    assert found.item() == pytest.approx(expected, rel=1e-4)


def test_distance_is_the_error_that_is_reported(space: ExpressionSpace, rng: np.random.Generator) -> None:
    x, y = rng.uniform(0, 1, (2, 6, space.dimension)).astype(np.float32)
    found = losses.distance(tensor(x), tensor(y), tensor(latent_map(space).to_latent))
    assert found.item() == pytest.approx(space.error_mm(x, y).mean(), rel=1e-4)
    exact = tensor(x, grad=True)
    losses.distance(exact, tensor(x), tensor(latent_map(space).to_latent)).backward()
    assert exact.grad is not None
    assert torch.isfinite(exact.grad).all()


def test_coherence_counts_only_pairs_that_are_much_alike(rng: np.random.Generator) -> None:
    codes = rng.normal(size=(7, 3))
    unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    excess = [max(unit[i] @ unit[j] - 0.55, 0) ** 2 for i in range(7) for j in range(7) if i != j]
    assert losses.coherence(tensor(codes)).item() == pytest.approx(sum(excess) / 7)
    half = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert losses.coherence(tensor(half)).item() == pytest.approx(2 * (2**-0.5 - 0.55) ** 2 / 3)
    assert losses.coherence(tensor(np.eye(4))).item() == 0


def test_codebook_is_the_mean_over_levels_that_speak_and_moves_codes_only(rng: np.random.Generator) -> None:
    residuals, spoken = levels(rng)
    said = [(n, k) for n in range(5) for k in range(3) if spoken[n, k].any()]
    assert len(said) == 12
    expected = np.mean([np.square(residuals[i] - spoken[i]).sum() for i in said])
    r, s = tensor(residuals, grad=True), tensor(spoken, grad=True)
    loss = rvq_losses.codebook(r, s)
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    assert r.grad is None
    assert s.grad is not None


def test_commitment_pulls_alike_at_every_level_and_moves_the_residual_only(rng: np.random.Generator) -> None:
    residuals, spoken = levels(rng)
    residuals[:, 0] *= 100
    by_level = [
        [np.square(residuals[n, k] - spoken[n, k]).sum() for n in range(5) if spoken[n, k].any()] for k in range(3)
    ]
    smallest = min(np.mean(d) for d in by_level)
    expected = sum(sum(d) * smallest / np.mean(d) for d in by_level) / 12
    r, s = tensor(residuals, grad=True), tensor(spoken, grad=True)
    loss = rvq_losses.commitment(r, s)
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    assert s.grad is None
    pull = np.square(r.grad.numpy()).sum(axis=(0, 2))
    assert pull[0] < pull[1:].max(), "the coarse first level must not drown the others"


@pytest.mark.parametrize("name", ["codebook", "commitment"])
def test_when_nothing_was_said_there_is_nothing_to_lose(name: str, rng: np.random.Generator) -> None:
    r = tensor(rng.normal(size=(5, 3, 4)), grad=True)
    assert getattr(rvq_losses, name)(r, tensor(np.zeros((5, 3, 4)))).item() == 0


def test_sparsity_is_the_l21_norm_over_vertices_at_unit_energy(rng: np.random.Generator) -> None:
    codes, mesh_map = rng.normal(size=(6, 4)), rng.normal(size=(4, 9, 3))
    expected = []
    for code in codes:
        moved = sum(code[j] * mesh_map[j] for j in range(4))
        moved = moved / np.sqrt(np.mean([v @ v for v in moved]))
        expected.append(np.mean([np.linalg.norm(v) for v in moved]))
    found = losses.sparsity(tensor(codes), tensor(mesh_map))
    assert found.item() == pytest.approx(np.mean(expected), rel=1e-5)
    assert losses.sparsity(tensor(codes * 37.0), tensor(mesh_map)).item() == pytest.approx(found.item(), rel=1e-5)


def test_sparsity_is_one_where_all_move_alike_and_small_where_one_moves() -> None:
    alike, one = np.ones((1, 1, 3)).repeat(100, axis=1), np.zeros((1, 100, 3))
    one[0, 7] = 5
    code = tensor(np.ones((1, 1)), grad=True)
    assert losses.sparsity(code, tensor(alike)).item() == pytest.approx(1, rel=1e-5)
    local = losses.sparsity(code, tensor(one))
    assert local.item() == pytest.approx(0.1, rel=1e-2)
    local.backward()
    assert np.isfinite(code.grad.numpy()).all()


def test_orthogonality_is_the_mean_squared_cosine_on_the_mesh(space: ExpressionSpace, rng: np.random.Generator) -> None:
    x = rng.normal(size=(5, space.dimension)).astype(np.float32)
    moved = space.displace(x)[:, space.moving].reshape(5, -1).astype(np.float64)
    cosines = [
        (moved[i] @ moved[j]) ** 2 / (moved[i] @ moved[i]) / (moved[j] @ moved[j])
        for i in range(5)
        for j in range(5)
        if i != j
    ]
    found = losses.orthogonality(tensor(x.astype(np.float64) @ latent_map(space).to_latent))
    assert found.item() == pytest.approx(np.mean(cosines), rel=1e-4)
    assert losses.orthogonality(tensor(np.eye(4))).item() == 0
    assert losses.orthogonality(tensor(np.eye(4)[:1])).item() == 0


def test_usage_is_the_distance_of_the_mean_soft_choice_from_uniform(rng: np.random.Generator) -> None:
    residuals, codes, gains = rng.normal(size=(6, 2, 3)), rng.normal(size=(4, 3)), np.array([1.0, 0.5])
    choice = np.zeros(4)
    for level in range(2):
        width = 0.1 * np.mean([r @ r for r in residuals[:, level]])
        for r in residuals[:, level]:
            weights = np.array([np.exp(-np.square(r - gains[level] * c).sum() / width) for c in codes])
            choice += weights / weights.sum() / 12
    expected = np.log(4) + (choice * np.log(choice)).sum()
    r, c = tensor(residuals, grad=True), tensor(codes, grad=True)
    loss = rvq_losses.usage(r, c, tensor(gains))
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    assert r.grad is None


def test_usage_is_nothing_where_all_codes_are_wanted_alike() -> None:
    codes = np.eye(3)
    assert rvq_losses.usage(tensor(codes[:, None]), tensor(codes), tensor(np.ones(1))).item() == pytest.approx(
        0, abs=1e-9
    )
