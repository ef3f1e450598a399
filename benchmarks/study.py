"""How long a study of 10,000 recordings takes: bag of 256 tokens and nested cross-validation; and reading the tables.

    python benchmarks/study.py [--examples 10000] [--tokens 256] [--workers 2] [--read 1000]

Target: bag and nested, repeated cross-validation of a linear model under 2 minutes on 2 cores. Reading is timed apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EACH = 4
"""Recordings of one person."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--read", type=int, default=1000, help="recordings to write and read; 0 for none")
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    fit(options.examples, options.tokens, options.workers)
    if options.read:
        read(options.read)


def fit(count: int, tokens: int, workers: int) -> None:
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    from dfe.datasets.examples import Examples, Target
    from dfe.predict.config import StudyConfig
    from dfe.predict.figures import figures
    from dfe.predict.predict import Described, predict_target
    from dfe.predict.store import FORMAT, Predictions
    from dfe.predict.tabulate import joined
    from dfe.predict.usable import split_of, usable_examples
    from dfe.stats.bag import BagOfTokens

    rng = np.random.default_rng(0)
    seconds = rng.uniform(20, 60, count)
    rate = rng.gamma(0.5, 0.1, (count, tokens))
    labels = {
        "binary": np.where(rate[:, :8].sum(axis=1) + rng.normal(0, 0.3, count) > 0.4, "yes", "no"),
        "number": rate[:, :8].sum(axis=1) + rng.normal(0, 0.3, count),
    }
    targets = (Target("binary", "classes", "weighted_f1", ("no", "yes"), "task"), Target("number", "number", "ccc"))
    names = tuple(f"r{i}" for i in range(count))
    people = np.array([f"p{i // EACH}" for i in range(count)])
    examples = Examples(names, names, people, labels, targets)
    x = np.column_stack([seconds, rate.clip(0, 1) * seconds[:, None]])
    columns = ("valid_s", *(str(i + 1) for i in range(tokens)))
    config = StudyConfig(permutations=0, workers=workers)
    for target in targets:
        began = time.perf_counter()
        usable = usable_examples(examples, target, np.ones(count), config)
        splits = split_of(usable, config)
        dealt = time.perf_counter()
        steps = [("bag", BagOfTokens()), ("scale", StandardScaler())]
        outcome = predict_target(usable, splits, [Described("bag of tokens", x, [steps], columns)], config)
        done = time.perf_counter()
        about = {
            "format": FORMAT,
            "task": "benchmark",
            "config": config.to_json(),
            "warnings": [],
            "representations": [
                {"id": "bag of tokens", "role": "representation", "features": tokens + 1, "features_s": 0.0}
            ],
            "targets": [outcome.about],
        }
        cpu = outcome.about["of_representations"]["bag of tokens"]["fit_s"]
        figures(Predictions(about, joined(outcome.tables), {}))
        scored = time.perf_counter()
        print(
            f"{target.name}: {count} recordings of {tokens} tokens, {len(splits)} folds, {workers} workers: "
            f"dealt {dealt - began:.0f} s, fitted {done - dealt:.0f} s, scored with intervals {scored - done:.0f} s, "
            f"in all {scored - began:.0f} s (fits took {cpu:.0f} CPU s)"
        )


def read(count: int) -> None:
    sys.path.insert(0, str(ROOT / "tests" / "made"))
    import numpy as np

    from dfe.datasets.examples import Examples
    from dfe.predict.choose import USUAL, choose
    from dfe.predict.representation import describe
    from dfe.tokenizer.file import load_tokenizer
    from made_study import faces, recording, write

    with tempfile.TemporaryDirectory() as folder:
        made = recording(faces(375, 1), np.arange(375) / 25)
        for i in range(count):
            write(Path(folder), f"r{i}", made)
        names = tuple(f"r{i}" for i in range(count))
        examples = Examples(names, names, np.array(names), {}, ())
        shown = choose([*USUAL, "nuisance"], load_tokenizer("dfe-face41@3"))
        began = time.perf_counter()
        made = describe(shown, examples, Path(folder))
        spent = time.perf_counter() - began
        print(f"{count} tables of 375 rows read and described in {spent:.1f} s, {1000 * spent / count:.1f} ms each")
        for one, features in zip(shown, made, strict=True):
            print(f"  of which {one.id}: {features.seconds:.1f} CPU s")


if __name__ == "__main__":
    main()
