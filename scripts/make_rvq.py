"""Trains the residual tokenizer of the face model's space from several seeds, and ships the median one by error.

    python scripts/facemodel_media.py --work .cache/facemodel     (tables of landmarks, made once)
    python scripts/make_rvq.py --work .cache/facemodel

Rows, people and terms are those of the displays (make_displays.py). docs/tokenizer.md says how good it is;
benchmarks/rvq.py measures it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from dfe.cli.progress import show_progress
from dfe.tokenizer.file import save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.card import measure
from dfe.training.config import preset
from dfe.training.loop import train
from face_rows import TEST_FILMS, Faces
from make_displays import ASSETS, ROOT, SEEDS, SIZE, TERMS, people_seen, steady

NAME, VERSION = "dfe-rvq", "1"
LIMITS = (
    "Trained on news photographs and a few films: posed and spoken expressions of mostly adult, often famous people.",
    "Faces in pictures are measured against the population's resting face, those in films against their own.",
    "Later tokens of a face correct earlier ones: a token by itself is no display that people can see.",
    "Tokens name visible movements. They do not say what a person feels, and nothing here supports a diagnosis.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--scratch", type=Path, default=ROOT / ".cache" / "rvq")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--out", type=Path, help="folder to leave the tokenizer in, in place of the package's assets")
    options = parser.parse_args()
    if not (options.work / "tables").is_dir():
        sys.exit(f"{options.work}/tables: no such folder; scripts/facemodel_media.py makes it")

    faces = Faces(options.work / "tables", options.data)
    tables, weights, validating = faces.training()
    name = NAME if options.size == SIZE else f"{NAME}-{options.size}"
    config = replace(preset("rvq"), name=name, version=VERSION, space=faces.space.id, size=options.size)
    card = {"terms": TERMS, "limits": list(LIMITS), "people": people_seen(options.data)}
    card |= {"never_learned_on": ["London", "Yale", "engagement", "FER2013", "NeuroSync", *TEST_FILMS]}
    made: dict[int, Tokenizer] = {}
    for seed in options.seeds:
        scratch = options.scratch / f"{options.size}-{seed}"
        shutil.rmtree(scratch, ignore_errors=True)
        with show_progress(f"seed {seed}", "steps") as progress:
            made[seed] = train(
                tables, scratch, replace(config, seed=seed), progress,
                validation=[validating], table_weights=weights, card=card,
            ).tokenizer  # fmt: skip
    errors = {seed: float(one.card["validation"]["error_mm"]) for seed, one in made.items()}
    ranked = sorted(errors, key=lambda seed: errors[seed])
    shipped = ranked[(len(ranked) - 1) // 2]
    tokenizer = made[shipped]
    tokenizer.card["seeds"] = {
        "error_mm_by_seed": {str(seed): round(errors[seed], 4) for seed in ranked},
        "shipped": shipped,
        "rank_by_error": f"{ranked.index(shipped) + 1} of {len(ranked)}",
    }
    rows = np.concatenate([table.x for table in tables])
    uses = np.bincount(tokenizer.encode(rows).display.ravel(), minlength=tokenizer.size)
    tokenizer.card["most_used"] = [int(display) for display in np.argsort(-uses[1:], kind="stable")[:16] + 1]
    tokenizer.card |= steady(tokenizer, faces)
    test = faces.stills("lfw_test")
    tokenizer.card["test"] = {"lfw_test": measure(tokenizer, test.x[test.usable], rows.mean(axis=0))}
    save_tokenizer(tokenizer, options.out or ASSETS / f"{name}-{VERSION}", overwrite=True)
    print(json.dumps({"tokenizer": tokenizer.id, "hash": tokenizer.hash, "seeds": tokenizer.card["seeds"]}, indent=1))


if __name__ == "__main__":
    main()
