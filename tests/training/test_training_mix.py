"""Faces made of two."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.space.base import ExpressionSpace

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.training.config import TrainConfig  # noqa: E402
from dfe.training.mix import STRETCH, UPPER, Mixer  # noqa: E402


def test_a_made_face_has_the_upper_part_of_one_and_the_lower_of_another(space: ExpressionSpace) -> None:
    x = torch.tensor(np.random.default_rng(0).uniform(0.01, 0.5, (40, space.dimension)).astype(np.float32))
    mixed = Mixer(space, 0.5)(x, torch.Generator().manual_seed(3))
    assert torch.equal(mixed[:20], x[:20])
    upper = np.isin(np.arange(space.dimension), [i for region in UPPER for i in space.regions[region]])
    assert 0 < upper.sum() < space.dimension
    for face in mixed[20:]:
        for part in (upper, ~upper):
            ratio = face[part] / x[:, part]
            alike = (ratio.max(dim=1).values - ratio.min(dim=1).values) < 1e-4
            assert alike.sum() == 1
            assert 1 <= ratio[alike][0, 0] <= STRETCH
    clipped = Mixer(space, 1.0)(2 * x, torch.Generator().manual_seed(3))
    assert clipped.max() <= 1


def test_without_a_share_nothing_is_drawn(space: ExpressionSpace) -> None:
    generator = torch.Generator().manual_seed(0)
    state = generator.get_state()
    x = torch.rand(5, space.dimension)
    assert Mixer(space, 0.0)(x, generator) is x
    assert torch.equal(generator.get_state(), state)
    with pytest.raises(UsageError, match=r"mixed is 1\.5"):
        TrainConfig(mixed=1.5)
