"""Trains the residual tokenizer of the face model's space from several seeds, and ships the median one by error.

    python scripts/facemodel_media.py --work .cache/facemodel     (tables of landmarks, made once)
    python scripts/make_rvq.py --work .cache/facemodel

Learns from LFW's training people and the training films alone: pictures against their person's own resting face and
Live Link takes, which the displays learn from too, cost it 6% of its error on people never seen. docs/tokenizer.md says
how good it is; benchmarks/rvq.py measures it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # sums of several threads differ in their last bits, and training carries that on

import numpy as np  # noqa: E402

from dfe.cli.progress import show_progress  # noqa: E402
from dfe.tokenizer.file import save_tokenizer  # noqa: E402
from dfe.tokenizer.tokenizer import Tokenizer  # noqa: E402
from dfe.training.card import measure  # noqa: E402
from dfe.training.config import preset  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402
from face_rows import TEST_FILMS, TRAINING_FILMS, Faces  # noqa: E402
from make_displays import ASSETS, ROOT, SEEDS, SIZE, TERMS, median, people_seen, steady  # noqa: E402
from training_media import part_of_person  # noqa: E402

NAME, VERSION = "dfe-rvq", "1"
LIMITS = (
    "Trained on news photographs and a few films: posed and spoken expressions of mostly adult, often famous people.",
    "Faces in pictures are measured against the population's resting face, those in films against their own.",
    "Later tokens of a face correct earlier ones: a token by itself is no display that people can see.",
    "Tokens name visible movements. They do not say what a person feels, and nothing here supports a diagnosis.",
)
FILM_WEIGHT = 0.5
"""Of a frame; that of a picture is 1. Frames of a film are much alike, and most are one man's."""


def rows(faces: Faces) -> tuple[list[TrainingTable], list[float], TrainingTable]:
    """Tables to train on, their weights, and the table of validating people."""
    stills = faces.stills("lfw_train")
    part = np.array([part_of_person(one) for one in faces.person(stills.names)])
    pictures = {which: stills.x[stills.usable & (part == which)] for which in ("train", "validate")}
    tables = [faces.table("lfw_train", pictures["train"])]
    for name in TRAINING_FILMS:
        film = faces.film(f"clips/{name}")
        tables.append(faces.table(name, film.x[film.usable]))
    weights = [1.0] + [FILM_WEIGHT] * len(TRAINING_FILMS)
    return tables, weights, faces.table("lfw_validate", pictures["validate"])


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
    tables, weights, validating = rows(faces)
    name = NAME if options.size == SIZE else f"{NAME}-{options.size}"
    config = replace(preset("rvq"), name=name, version=VERSION, space=faces.space.id, size=options.size)
    card = {
        "terms": {name: TERMS[name] for name in ("lfw", "films")},
        "limits": list(LIMITS),
        "people": people_seen(options.data),
    }
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
    tokenizer = median(made)
    tokenizer.card |= figures(tokenizer, tables, faces)
    save_tokenizer(tokenizer, options.out or ASSETS / f"{name}-{VERSION}", overwrite=True)
    print(json.dumps({"tokenizer": tokenizer.id, "hash": tokenizer.hash, "seeds": tokenizer.card["seeds"]}, indent=1))


def figures(tokenizer: Tokenizer, tables: list[TrainingTable], faces: Faces) -> dict[str, object]:
    """What the card says beside the training: use, steadiness, and figures on testing people."""
    learned = np.concatenate([table.x for table in tables])
    uses = np.bincount(tokenizer.encode(learned).display.ravel(), minlength=tokenizer.size)
    most_used = [int(display) for display in np.argsort(-uses[1:], kind="stable")[:16] + 1]
    test = faces.stills("lfw_test")
    measured = measure(tokenizer, test.x[test.usable], learned.mean(axis=0))
    return {"most_used": most_used, **steady(tokenizer, faces, paired=False), "test": {"lfw_test": measured}}


if __name__ == "__main__":
    main()
