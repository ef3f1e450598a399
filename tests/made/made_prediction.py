"""Studies whose features are made up, so that nothing has to be encoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dfe.datasets.examples import Examples, Target
from dfe.predict.representation import Features, Measuring
from dfe.stats.scaling import Scaled

STRESS = Target("stress", "classes", "balanced_accuracy", ("no", "yes"), "subject")
SCORE = Target("score", "number", "ccc", (), "subject")


@dataclass(frozen=True, eq=False)
class Made:
    """Features as given, by the key of the example."""

    id: str
    x: dict[str, np.ndarray]
    covered: dict[str, float] = field(default_factory=dict)

    def measuring(self, examples: Examples) -> Measuring:
        x = np.array([self.x[name] for name in examples.name])
        coverage = np.array([self.covered.get(name, 1.0) for name in examples.name])
        made = Features(x, tuple(str(i + 1) for i in range(x.shape[1])), coverage, coverage * 10)
        return Measuring(None, lambda: made)

    def pipelines(self, features: Features) -> list[list[tuple[str, Any]]]:
        return [[("scale", Scaled())]]


def study(folder: Path, people: int = 40, each: int = 2, effect: float = 1.5, seed: int = 0, **more: Any):
    """Examples, and three representations of them: one that holds the effect, one that half does, one of noise."""
    rng = np.random.default_rng(seed)
    count = people * each
    subject = np.repeat(np.arange(people), each)
    label = np.arange(people) % 2
    names = tuple(f"k{i}" for i in range(count))
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.parquet").touch()
    examples = Examples(
        names,
        names,
        np.array([f"Ada Lovelace {s}" for s in subject]),
        {
            "stress": np.array(["no", "yes"])[label[subject]],
            "score": (label + rng.normal(0, 0.3, people))[subject],
        },
        (STRESS, SCORE),
        **more,
    )

    def made(size: float) -> dict[str, np.ndarray]:
        x = rng.normal(size=(count, 6))
        x[:, 0] += size * label[subject]
        return dict(zip(names, x, strict=True))

    return examples, [
        Made("bag of tokens", made(effect)),
        Made("AU proxy", made(effect / 2)),
        Made("nuisance", made(0)),
    ]
