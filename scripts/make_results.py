"""Measures everything that docs/results.md reports, and writes it: `make results`.

Needs ../shared/data. Tables with landmarks are made where they are missing (scripts/facemodel_media.py), brought to the
face model's space and coded by the shipped tokenizers (scripts/study_faces.py); then `dfe evaluate` runs on LFW's test
people and on the London set, and benchmarks/motion.py says how much movement each coding tells. Names of people stay
under .cache; what is written holds none.
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
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np

from dfe.recording.recording import Recording
from dfe.recording.usability import UsabilityRule
from dfe.tokenizer.file import load_tokenizer
from facemodel_media import extract, lay_out_films, lay_out_pictures, lay_out_turned_london
from motion_page import write_motion
from results_page import write_results
from study_faces import recordings_of
from study_sets import AGREED, NOT_EXPRESSIONS
from training_media import hashed, lfw_people, part_of_person, perturbed, write_picture

ROOT = Path(__file__).resolve().parents[1]
TOKENIZERS = ("dfe-displays@1", "dfe-rvq@1")
SETS = ("lfw_train", "lfw_test", "london", "fer_train", "fer_test")
TURNED = "london_turned"
CHANGES = ("crop", "jpeg", "blur", "shift")
EVERY = 10
"""Every so manyth picture of LFW's test people is changed, by hash."""
BASELINES = (
    "residual-kmeans",
    "residual-kmeans-shared",
    "flat-kmeans",
    "pca",
    "flame-pca",
    "sparse",
    "nmf",
    "au-proxy",
)
"""Product quantisation and regional dictionaries behave as residual k-means and sparse coding, and are left out."""
AGE_BANDS = (0, 18, 25, 30, 40)
FOUND_S = 15.0
"""A part that took less was found in the cache."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "results")
    parser.add_argument("--faces", type=Path, default=ROOT / ".cache" / "facemodel", help="tables with landmarks")
    parser.add_argument("--motion-only", action="store_true", help="measure and write the section 'Motion told' alone")
    parser.add_argument("--page", action="store_true", help="write the page again, and measure nothing")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the faces are not part of the project")
    if options.motion_only:
        tell_motion(options)
        write_motion(options.work, ROOT / "docs")
        return
    clock = Clock(options.work / "times.json")
    if not options.page:
        faces(options)
        clock.says("faces found, points measured")
        code(options)
        clock.says("face model and tokens")
        found = options.work / "found.json"
        lists_of_faces(options.data, options.work, found)
        shutil.copy(found, ROOT / "benchmarks" / "faces_found.json")
        know(options)
        for name, arguments in evaluations(options.work).items():
            folder = options.work / "evaluations" / name
            command = [sys.executable, "-m", "dfe", "evaluate", *TOKENIZERS, "-o", str(folder), "--overwrite"]
            subprocess.run([*command, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
            clock.says(f"evaluated on {name}")
        detectors = [sys.executable, str(ROOT / "benchmarks" / "detectors.py"), "--data", str(options.data)]
        told = subprocess.run(detectors, check=True, stdout=subprocess.PIPE, text=True).stdout
        (options.work / "detectors.txt").write_text(told)
        clock.says("py-feat's action units")
        tell_motion(options)
        clock.says("motion told")
    write_results(options.work, ROOT / "docs", clock.said)


def faces(options: argparse.Namespace) -> None:
    """Tables with landmarks of every set that is not there yet."""
    tables = options.faces / "tables"
    lay_out_pictures(options.data, options.faces, tuple(name for name in SETS if not (tables / name).is_dir()))
    lay_out_turned_london(options.data, options.faces)
    lay_out_films(options.data, options.faces)
    if not (options.work / "changed").is_dir():
        lay_out_changed(options.data, options.work / "changed_media")
        extract(sorted((options.work / "changed_media").iterdir()), options.work / "changed")


def lay_out_changed(data: Path, folder: Path) -> None:
    """Some pictures of LFW's test people cropped, as JPEG, blurred, shifted: a folder each, the same names."""
    import cv2

    for picture, person in lfw_people(data):
        if part_of_person(person) != "test" or hashed(picture.name) % EVERY:
            continue
        image = cv2.imread(str(picture))
        for kind in CHANGES:
            write_picture(perturbed(image, kind), folder / kind / picture.name)


def code(options: argparse.Namespace) -> None:
    """Recordings in the face model's space, with tokens; those that are judged on keep their landmarks."""
    tokenizer, out = load_tokenizer(TOKENIZERS[0]), options.work / "recordings"
    for name in (*SETS, TURNED):
        kept, prefix = not name.startswith("fer"), "public_" if name == "fer_test" else ""
        recordings_of(options.faces / "tables", name, out, tokenizer, landmarks=kept, prefix=prefix)
    recordings_of(options.work, "changed", out, tokenizer, landmarks=True)


def tell_motion(options: argparse.Namespace) -> None:
    """Motion told by all codings, from the tables that scripts/facemodel_media.py laid out."""
    options.work.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(ROOT / "benchmarks" / "motion.py"), "--work", str(options.faces)]
    command += ["--data", str(options.data), "--out", str(options.work / "motion.json")]
    subprocess.run(command, check=True)


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


def evaluations(work: Path) -> dict[str, list[Path | str]]:
    """Arguments of `dfe evaluate` by the name of the set that is judged on."""
    tables = work / "recordings"
    fit = ["--fit", tables / "lfw_train.parquet", "--about", work / "people.csv"]
    lfw: list[Path | str] = ["--faces", tables / "lfw_test.parquet", *fit, "--refit", "--baselines", *BASELINES]
    lfw += ["--probe-train", tables / "fer_train.parquet", "--probe-test", tables / "fer_test.parquet"]
    lfw += ["--probe-about", work / "emotions.csv"]
    lfw += ["--perturbed", *(f"{kind}={tables / 'changed' / f'{kind}.parquet'}" for kind in CHANGES)]
    lfw += ["--turned", tables / f"{TURNED}.parquet"]
    london: list[Path | str] = [
        "--faces",
        tables / "london.parquet",
        *fit,
        "--baselines",
        "au-proxy",
        "residual-kmeans",
    ]
    return {"lfw": lfw, "london": london}


def know(options: argparse.Namespace) -> None:
    """What is known of the pictures, as `dfe evaluate` reads it: people.csv, emotions.csv (FER+)."""
    data, work = options.data, options.work
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
    turned = sorted(set(Recording.read(work / "recordings" / f"{TURNED}.parquet", landmarks=False).column("source")))
    rows += [[name, f"london {name.split('_')[0]}", "neutral", "", "", ""] for name in turned if "_03_" in name]
    _write(work / "people.csv", rows)
    label_emotions(data, work)


def label_emotions(data: Path, work: Path) -> None:
    """``emotions.csv``: what most raters of FER+ called each face of ``recordings/fer_train`` and ``fer_test``."""
    labels = [["picture", "subject", "label"]]
    for source, part in (("training", "fer_train"), ("publictest", "fer_test")):
        with np.load(data / "fer2013" / f"{source}.npz", allow_pickle=False) as archive:
            votes, words = archive["votes"], [str(word) for word in archive["vote_names"]]
        table = Recording.read(work / "recordings" / f"{part}.parquet", landmarks=False)
        for name in sorted(set(table.column("source"))):
            vote = votes[int(Path(name).stem.removeprefix("public_"))]
            label = words[int(vote.argmax())]
            if vote.max() >= AGREED and label not in NOT_EXPRESSIONS:
                labels.append([name, f"{part} {name}", label])
    _write(work / "emotions.csv", labels)


def age_band(age: str) -> str:
    """Years of age as a band: single years would be groups of one person."""
    if not age.isdigit():
        return ""
    low = max((start for start in AGE_BANDS if start <= int(age)), default=0)
    return f"{low} and over" if low == AGE_BANDS[-1] else f"{low} to {AGE_BANDS[AGE_BANDS.index(low) + 1] - 1}"


def lists_of_faces(data: Path, work: Path, target: Path) -> None:
    """Which pictures of each part hold a face that is found, by hashed name; pictures without one are listed.

    With it, of how many the face that is measured is usable, and the first reason why the others are not; None of a
    table that was made by another rule of usability than today's.
    """
    found = {}
    for name in SETS:
        table = work / "recordings" / f"{name}.parquet"
        recording = Recording.read(table, landmarks=False)
        names, success = recording.column("source").astype(str), recording.success
        hit = sorted({_hashed(name) for name in names[success]})
        missed = sorted({_hashed(name) for name in names[~success]})
        pictures = len(set(names))
        first = success & (recording.face_ids == 0)
        judged = recording.provenance.options.get("usability") == asdict(UsabilityRule())
        found[table.stem] = {
            "pictures": pictures,
            "found": len(hit),
            "usable": int((first & recording.usable).sum()) if judged else None,
            "not_usable": Counter(recording.column("why_not")[first & ~recording.usable].tolist()) if judged else {},
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
