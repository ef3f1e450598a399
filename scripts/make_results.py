"""Measures everything that docs/results.md reports, and writes it: `make results`.

Needs ../shared/data. Tables of the faces are made where they are missing (from an empty cache about 20 minutes on two
cores), then `dfe evaluate` runs on LFW's test people, on FER2013's public test and on the London set, and the inputs
are compared by benchmarks/inputs.py. Names of people stay under .cache; what is written holds none.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from dfe.recording.recording import Recording
from looks import FER_WORDS
from make_tables import extract_all
from make_tokenizer import SHIPPED_TERMS, TABLE_WEIGHTS
from motion_page import write_motion
from results_page import write_results
from training_media import PERTURBATIONS, lfw_people, part_of_person

ROOT = Path(__file__).resolve().parents[1]
AGE_BANDS = (0, 18, 25, 30, 40)
FOUND_S = 15.0
"""A part that took less was found in the cache."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--faces", type=Path, default=ROOT / ".cache" / "facemodel", help="tables of the face model")
    parser.add_argument("--motion-only", action="store_true", help="measure and write the section 'Motion told' alone")
    parser.add_argument("--skip-inputs", action="store_true", help="keep the comparison of inputs that is there")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the faces are not part of the project")
    if options.motion_only:
        tell_motion(options)
        write_motion(options.work, ROOT / "docs")
        return
    clock = Clock(options.work / "times.json")
    extract_all(options.data, options.work, options.workers)
    clock.says("tables of all faces")
    found = options.work / "found.json"
    lists_of_faces(options.data, options.work, found)
    shutil.copy(found, ROOT / "benchmarks" / "faces_found.json")
    know(options.data, options.work)
    if not options.skip_inputs:
        picture = ROOT / "docs" / "pictures" / "inputs.svg"
        command = [sys.executable, str(ROOT / "benchmarks" / "inputs.py"), "--data", str(options.data)]
        subprocess.run([*command, "--work", str(options.work), "--picture", str(picture)], check=True)
        clock.says("inputs compared")
    for name, arguments in OTHERS.items():
        other = options.work / name
        if not (other / "tokenizer.json").exists():
            train = [sys.executable, str(ROOT / "scripts" / "make_tokenizer.py"), "--data", str(options.data)]
            train += ["--work", str(options.work), "--out", str(other), *arguments]
            subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
            clock.says(f"trained: {name}")
    for name, (tokenizers, arguments) in evaluations(options.work).items():
        folder = options.work / "evaluations" / name
        command = [sys.executable, "-m", "dfe", "evaluate", *tokenizers, "-o", str(folder), "--overwrite"]
        subprocess.run([*command, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
        clock.says(f"evaluated on {name}")
    for name in ("detectors", "evaluate"):
        command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py")]
        command += ["--data", str(options.data)] if name == "detectors" else ["--work", str(options.work)]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        (options.work / f"{name}.txt").write_text(told)
    clock.says("detectors, and the time of an evaluation")
    if (options.faces / "tables").is_dir():
        tell_motion(options)
        clock.says("motion told")
    write_results(options.work, ROOT / "docs", clock.said)


def tell_motion(options: argparse.Namespace) -> None:
    """Motion told by all codings, from the tables that scripts/facemodel_media.py laid out."""
    options.work.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(ROOT / "benchmarks" / "motion.py"), "--work", str(options.faces)]
    command += ["--data", str(options.data), "--out", str(options.work / "motion.json")]
    subprocess.run(command, check=True)


SHIPPED = "dfe-face41@3"
OTHERS = {
    "displays-seed1": ("--preset", "coefficients", "--seed", "1"),
    "displays-256": ("--preset", "coefficients", "--size", "256"),
    "rvq": ("--preset", "rvq"),
    "rvq-256": ("--preset", "rvq", "--size", "256"),
}
"""Trainings that are judged and not shipped, and the arguments of make_tokenizer.py that make them."""


class Clock:
    """How long each part took when it was really done; parts found in the cache keep the time of their making."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.said: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
        self.last = time.perf_counter()

    def says(self, part: str) -> None:
        now = time.perf_counter()
        took, self.last = now - self.last, now
        self.said[part] = max(took, self.said.get(part, 0.0)) if took < FOUND_S else took
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        self.kept.write_text(json.dumps(self.said, indent=1))
        print(f"{part}: {took:.0f} s", flush=True)


def evaluations(work: Path) -> dict[str, tuple[tuple[str, ...], list[Path | str]]]:
    """Tokenizers and arguments of `dfe evaluate` by the name of the set that is judged on."""
    tables = work / "tables"
    fit = ["--fit", *(tables / f"{name}.parquet" for name in TABLE_WEIGHTS[SHIPPED_TERMS] if name != "video")]
    changes = [kind for kind in PERTURBATIONS if kind not in ("same", "mirror")]
    changed = work / "tables_perturbed"
    lfw: list[Path | str] = ["--faces", tables / "lfw_test.parquet", "--about", work / "people.csv", *fit]
    lfw += ["--probe-train", tables / "fer2013_train.parquet", "--probe-test", tables / "fer2013_test.parquet"]
    lfw += ["--probe-about", work / "emotions.csv"]
    lfw += ["--perturbed", *(f"{kind}={changed / f'lfw_test_{kind}.parquet'}" for kind in changes)]
    lfw += ["--turned", work / "tables_turned" / "london_turned.parquet"]
    lfw += sorted((tables / "video").glob("intel_headpose*.parquet"))
    lfw += ["--refit"]
    lfw += ["--retrained", work / "displays-seed1"]
    fer: list[Path | str] = ["--faces", tables / "fer2013_test.parquet", "--about", work / "emotions.csv", *fit]
    london: list[Path | str] = ["--faces", tables / "london.parquet", "--about", work / "people.csv"]
    london += [*fit, "--baselines", "au-proxy", "residual-kmeans"]
    large: list[Path | str] = ["--faces", tables / "lfw_test.parquet", "--about", work / "people.csv", *fit]
    large += [
        "--baseline-size",
        "256",
        "--baselines",
        "residual-kmeans",
        "residual-kmeans-shared",
        "flat-kmeans",
        "product",
    ]
    both = SHIPPED, str(work / "rvq")
    wide = str(work / "displays-256"), str(work / "rvq-256")
    return {"lfw": (both, lfw), "fer2013": (both, fer), "london": ((SHIPPED,), london), "lfw-256": (wide, large)}


def know(data: Path, work: Path) -> None:
    """What is known of the pictures, as `dfe evaluate` reads it: people.csv and emotions.csv."""
    rows = [["picture", "subject", "label", "gender", "age", "ethnicity"]]
    with (data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows += [[row["image"], row["person"], row["label"], "", "", ""] for row in csv.DictReader(file)]
    with (data / "london" / "london_info.csv").open(newline="", encoding="utf-8") as file:
        known = {row["face_id"]: row for row in csv.DictReader(file)}
    for picture in sorted((data / "london").glob("*.jpg")):
        face, shown = picture.stem.split("_")
        label = "neutral" if shown == "03" else "happiness"
        gender, age, ethnicity = (known[face][f"face_{name}"] for name in ("gender", "age", "eth"))
        rows.append([picture.name, f"london {face}", label, gender, age_band(age), ethnicity])
    # One head a person: a smiling picture of the same person would count as drift.
    turned = sorted((work / "media_turned" / "london_turned").glob("*_03_*.jpg"))
    rows += [[picture.name, f"london {picture.stem.split('_')[0]}", "neutral", "", "", ""] for picture in turned]
    _write(work / "people.csv", rows)
    labels = [["picture", "label"]]
    for file, prefix in (("training", ""), ("publictest", "public_")):
        with np.load(data / "fer2013" / f"{file}.npz", allow_pickle=False) as archive:
            words = [FER_WORDS[str(word)] for word in archive["label_names"]]
            labels += [[f"{prefix}{n:05d}.png", words[label]] for n, label in enumerate(archive["label"])]
    _write(work / "emotions.csv", labels)


def age_band(age: str) -> str:
    """Years of age as a band: single years would be groups of one person."""
    if not age.isdigit():
        return ""
    low = max((start for start in AGE_BANDS if start <= int(age)), default=0)
    return f"{low} and over" if low == AGE_BANDS[-1] else f"{low} to {AGE_BANDS[AGE_BANDS.index(low) + 1] - 1}"


def lists_of_faces(data: Path, work: Path, target: Path) -> None:
    """Which pictures of each part hold a face that is found, by hashed name; pictures without one are listed."""
    found = {}
    for table in sorted((work / "tables").glob("*.parquet")):
        recording = Recording.read(table, landmarks=False)
        names, success = recording.column("source").astype(str), recording.success
        hit = sorted({_hashed(name) for name in names[success]})
        missed = sorted({_hashed(name) for name in names[~success]})
        pictures = len(set(names))
        found[table.stem] = {
            "pictures": pictures,
            "found": len(hit),
            "sha256_of_found": hashlib.sha256("\n".join(hit).encode()).hexdigest(),
            "not_found": missed,
        }
    people = [part_of_person(person) for person in {person for _, person in lfw_people(data)}]
    found["people"] = {part: people.count(part) for part in ("train", "validate", "test")}
    target.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()
