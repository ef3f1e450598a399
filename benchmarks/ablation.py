"""What each part of the shipped tokenizers brings: `dfe ablate` on the face model's space, for docs/ablation.md.

    python scripts/facemodel_media.py --work .cache/facemodel     (tables of landmarks, made once)
    python benchmarks/ablation.py [--steps 300] [--seeds 3] [--workers 1]

Trains on LFW's training people and the training films, judges on LFW's test people, every tenth picture of them also
cropped, compressed, blurred and shifted; FER+ teaches and tests a probe. Displays begin and are trained as those of
scripts/make_displays.py. It may be interrupted and goes on. Writes docs/pictures/ablation.svg and the tables of
docs/ablation.md, and prints errors on the four films that nothing was trained on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402

from dfe.judge.ablation.ablation import AblationConfig, ablate  # noqa: E402
from dfe.judge.ablation.inputs import AblationTables  # noqa: E402
from dfe.judge.ablation.output import PICTURE, page, write_ablation  # noqa: E402
from dfe.judge.ablation.run import TRAINED  # noqa: E402
from dfe.judge.ablation.summary import mean_over_seeds  # noqa: E402
from dfe.recording.recording import Recording  # noqa: E402
from dfe.tokenizer.file import load_tokenizer  # noqa: E402
from dfe.training.config import preset  # noqa: E402
from face_rows import TEST_FILMS, TRAINING_FILMS, Faces  # noqa: E402
from facemodel_media import extract  # noqa: E402
from make_displays import LEARNING_RATE, first_displays  # noqa: E402
from make_results import CHANGES, label_emotions, lay_out_changed  # noqa: E402
from marked import between_marks  # noqa: E402
from study_faces import recordings_of  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
STEPS, SEEDS = 300, 3
MOVEMENTS = "movements.npy"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--faces", type=Path, default=ROOT / ".cache" / "facemodel", help="tables with landmarks")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "ablation")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="variants")
    parser.add_argument("--tables-only", action="store_true", help="make the tables, and train nothing")
    options = parser.parse_args()
    make_tables(options.data, options.faces / "tables", options.work)
    if options.tables_only:
        return
    displays = replace(preset("displays"), learning_rate=LEARNING_RATE, reseed_every=options.steps + 1)
    config = AblationConfig(options.seeds, options.steps, only=tuple(options.only), presets={"displays": displays})
    folder = options.work / f"{options.steps}"
    found = ablate(tables_of(options.work), folder, config, workers=options.workers, progress=tell)
    for run, error in found.failed.items():
        print(run, error, file=sys.stderr)
    write_ablation(found.result, folder)
    write_page(found.result, folder)
    print(*on_films(found.result, folder, options.work), sep="\n")


def on_films(result: dict[str, Any], folder: Path, work: Path) -> list[str]:
    """Error in mm of every variant on the four films that nothing was trained on, mean over seeds and half interval."""
    films = [Recording.read(work / "recordings" / "clips" / f"{name}.parquet") for name in TEST_FILMS]
    faces = [film.expressions()[film.success & (film.face_ids == 0)] for film in films]
    lines = []
    for row in result["variants"]:
        if "baseline" in row["settings"]:
            continue
        made = [load_tokenizer(folder / TRAINED / f"{row['name']}-{seed}") for seed in row["seeds"]]
        found = mean_over_seeds(
            [float(np.mean([one.space.error_mm(x, one.decode(one.encode(x))).mean() for x in faces])) for one in made]
        )
        assert found is not None
        lines.append(f"{row['name']:16} {found.mean:.3f} ± {found.high - found.mean:.3f}")
    return lines


def tell(done: int, runs: int | None) -> None:
    print(f"{time.strftime('%H:%M:%S')} {done} of {runs} runs", flush=True)


def tables_of(work: Path) -> AblationTables:
    """What :func:`make_tables` made."""
    tables = work / "recordings"
    films = tuple(tables / "clips" / f"{name}.parquet" for name in TRAINING_FILMS)
    return AblationTables(
        training=(tables / "lfw_train.parquet", *films),
        validation=(tables / "lfw_test.parquet",),
        perturbed=tuple((kind, tables / "changed" / f"{kind}.parquet") for kind in CHANGES),
        probe_train=(tables / "fer_train.parquet",),
        probe_test=(tables / "fer_test.parquet",),
        probe_about=work / "emotions.csv",
        displays=work / MOVEMENTS,
    )


def write_page(result: dict[str, Any], folder: Path) -> None:
    """The tables between the marks of docs/ablation.md, and its picture."""
    docs = ROOT / "docs"
    shutil.copyfile(folder / PICTURE, docs / "pictures" / PICTURE)
    target = docs / "ablation.md"
    tables = page(result).partition("\n")[2].replace("\n## ", "\n### ").strip()
    target.write_text(between_marks(target.read_text("utf-8"), "found", tables), "utf-8")


def make_tables(data: Path, landmarks: Path, work: Path) -> None:
    """Recordings in the face model's space, labels, and the movements that displays begin as; made once."""
    tokenizer = load_tokenizer("dfe-displays@1")
    if not (work / "changed").is_dir():
        lay_out_changed(data, work / "changed_media")
        extract(sorted((work / "changed_media").iterdir()), work / "changed")
    for name in ("lfw_train", "lfw_test", "fer_train", "fer_test", "clips"):
        prefix = "public_" if name == "fer_test" else ""
        recordings_of(landmarks, name, work / "recordings", tokenizer, prefix=prefix)
    recordings_of(work, "changed", work / "recordings", tokenizer)
    label_emotions(data, work)
    np.save(work / MOVEMENTS, first_displays(Faces(landmarks, data).shapes()))


if __name__ == "__main__":
    main()
