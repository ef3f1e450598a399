"""Displays that a model goes by, in studies of pure noise and of planted effects: how many are named, and how rightly.

    python benchmarks/going_by.py [--studies 200]

A study: people with two classes, features like shares of displays (rare, skewed, correlated), planted or not. Before:
displays whose weight keeps its sign in nine of ten folds. After: stability selection, shown only where the score beats
its permutations. Aim: of noise about none is named; of planted displays nearly all.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np

from dfe.datasets.examples import Examples, Target
from dfe.predict.config import StudyConfig
from dfe.predict.fitting import ModelConfig, fit_fold
from dfe.predict.null import ridge_null
from dfe.predict.usable import Usable, split_of
from dfe.stats.scaling import Scaled
from dfe.stats.significance import LEVEL, permutation_p
from dfe.stats.stable import stability_selection

UNITS, PLANTED = 63, 4
SAME_SIGN = 0.9
TARGET = Target("group", "classes", "auc", ("a", "b"))


class Named(NamedTuple):
    """Numbers of displays that are named."""

    before: int
    before_right: int
    after: int
    after_right: int
    beats_chance: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--permutations", type=int, default=199)
    options = parser.parse_args()
    print("people, effect | named before (right) | named after (right) | beats chance | studies that name any of noise")
    for people, effect in ((40, 0.0), (100, 0.0), (40, 1.0), (100, 1.0)):
        found = [study(people, effect, seed, options.permutations) for seed in range(options.studies)]
        mean = np.mean([one[:4] for one in found], axis=0)
        beats = np.mean([one.beats_chance for one in found])
        any_false = np.mean([one.after > one.after_right for one in found])
        print(
            f"{people}, {effect:g} SD | {mean[0]:.2f} of {UNITS} ({mean[1]:.2f} of {PLANTED * (effect > 0)}) | "
            f"{mean[2]:.2f} ({mean[3]:.2f}) | {beats:.2f} | {any_false:.2f}",
            flush=True,
        )


def study(people: int, effect: float, seed: int, permutations: int) -> Named:
    """One study of so many people, half of each class; the first displays are planted."""
    rng = np.random.default_rng([seed, people, int(effect * 10)])
    label = np.arange(people) % 2
    common = rng.normal(size=(people, 5)) @ rng.normal(size=(5, UNITS)) * 0.5
    latent = common + rng.normal(size=(people, UNITS))
    latent[:, :PLANTED] += effect * (label[:, None] - 0.5)
    x = np.maximum(latent - rng.uniform(0, 1, UNITS), 0)
    names = tuple(f"p{number}" for number in range(people))
    examples = Examples(names, names, np.array(names), {TARGET.name: np.array(TARGET.classes)[label]}, (TARGET,))
    truth = label.astype(np.float64)
    subject = np.arange(people)
    usable = Usable(TARGET, examples, subject, truth, subject, subject, np.zeros(people, bool), (), ())
    config = StudyConfig(repeats=2, permutations=permutations, seed=seed)
    model, way = ModelConfig.of(TARGET), [("scale", Scaled())]
    weights = np.stack([fit_fold(x, truth, split, [way], model).weights[0] for split in split_of(usable, config)])
    steady = (np.sign(weights) == np.sign(weights.mean(axis=0))).mean(axis=0) >= SAME_SIGN
    before = np.flatnonzero(steady & (weights.mean(axis=0) != 0))
    null = ridge_null(x, way, usable, model, config)
    beats = permutation_p(null.observed, null.drawn) <= LEVEL
    chosen = stability_selection(x, truth[:, None], subject, seed=seed)
    after = np.flatnonzero((chosen.share[0] >= chosen.threshold) & beats)
    planted = PLANTED if effect else 0
    return Named(len(before), int((before < planted).sum()), len(after), int((after < planted).sum()), bool(beats))


if __name__ == "__main__":
    main()
