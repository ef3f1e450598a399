"""Is our small masked autoencoder a fair opponent? Its reconstruction, and linear probes of what it says of faces.

    python benchmarks/mae.py [--work .cache/tokenizer] [--mae .cache/mae] [--write docs/mae.md]

Probes learn from FER2013's training pictures and LFW's training people and are judged on the validating ones; the test
parts are not looked at. Against it stand the same network before training, principal components of the same crops (as
many numbers), their pixels, and what the package says of the same faces. All see the same faces.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from dfe.judge.probe import bag, probe  # noqa: E402
from dfe.predict.vit.encoder import Pooling, VitEncoder, load_vit, pooled  # noqa: E402
from dfe.stats.bootstrap import Estimate, SubjectBootstrap  # noqa: E402
from dfe.tokenizer.file import load_tokenizer  # noqa: E402
from learning.masked import DecoderConfig, MaskedAutoencoder, normalised, patches_of, shuffled  # noqa: E402
from learning.vit_pretraining import load_autoencoder, reconstruction_errors, scaled  # noqa: E402
from mae_crops import HELD_OUT, LEARNED, crops_of, middle  # noqa: E402
from make_mae import config_for  # noqa: E402
from marked import between_marks  # noqa: E402

SMILES = ("happiness", "neutral")
SHRINKAGE = tuple(10.0**power for power in range(-4, 3))
"""Ridge penalties, as shares of the columns' mean variance times the number of faces."""
COMPLETED, COMPONENTS = 500, 512
"""Held-out faces that principal components fill in, and how many of these."""


class Part(NamedTuple):
    """Labelled faces of one part."""

    pixels: np.ndarray
    """``(n, 64, 64, 1)``."""
    x: np.ndarray
    label: np.ndarray
    subject: np.ndarray


class Task(NamedTuple):
    """What is told of which faces."""

    name: str
    train: Part
    test: Part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--mae", type=Path, default=ROOT / ".cache" / "mae")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--write", type=Path, help="document with places for the tables")
    options = parser.parse_args()
    torch.set_num_threads(1)
    learned = np.concatenate([crops_of(part, options.work, options.mae / "crops").pixels for part in LEARNED])
    tasks = tasks_of(options.work, options.mae, options.data)
    parts = {"errors": errors(options, learned), "probes": probes(tasks, learned, options.mae)}
    page = options.write.read_text(encoding="utf-8") if options.write else ""
    for name, lines in parts.items():
        text = "\n".join(lines)
        print(f"\n{name}\n{text}")
        if page:
            page = between_marks(page, name, text)
    if options.write:
        options.write.write_text(page, encoding="utf-8")


def tasks_of(work: Path, mae: Path, data: Path) -> list[Task]:
    """FER2013's seven emotions; smiling or neutral in LFW."""
    with (work / "emotions.csv").open(newline="", encoding="utf-8") as file:
        known = {row["picture"]: (row["label"], row["picture"]) for row in csv.DictReader(file)}
    with (data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        known |= {row["image"]: (row["label"], row["person"]) for row in csv.DictReader(file)}
    made = []
    for name, source in (("FER2013, 7 emotions", "fer2013"), ("LFW, smiling or neutral", "lfw")):
        train, test = (_part(f"{source}_{half}", work, mae, known) for half in ("train", "validate"))
        made.append(Task(name, train, test))
    return made


def _part(name: str, work: Path, mae: Path, known: dict[str, tuple[str, str]]) -> Part:
    crops = crops_of(name, work, mae / "crops")
    label = np.array([known[file][0] for file in crops.names.tolist()])
    person = np.array([known[file][1] for file in crops.names.tolist()])
    keep = np.isin(label, SMILES) if name.startswith("lfw") else np.ones(len(label), bool)
    subject = np.unique(person, return_inverse=True)[1]
    return Part(middle(crops.pixels)[keep], crops.x[keep], label[keep], subject[keep])


def probes(tasks: list[Task], learned: np.ndarray, mae: Path) -> list[str]:
    """A row a representation, for each task accuracy and macro-F1 with intervals, and the time a face takes."""
    trained = load_vit(mae / "folder", name="MAE")
    config = config_for(learned)
    untrained = VitEncoder(MaskedAutoencoder(config, DecoderConfig()).vit, config, name="random ViT")
    components = principal(middle(learned), 4 * trained.width)
    tokenizer = load_tokenizer("dfe-face41@3")
    displays = tokenizer.displays()

    def tokens(part: Part) -> object:
        return bag(displays, tokenizer.encode(part.x), "intensity")

    rows: list[tuple[str, int, Callable[[Part], object]]] = [
        ("small MAE, quarters", 4 * trained.width, lambda p: frozen(trained, p, mae, "quarters")),
        ("small MAE, mean of patches", trained.width, lambda p: frozen(trained, p, mae)),
        ("small MAE, cls token", trained.width, lambda p: frozen(trained, p, mae, "cls")),
        ("same ViT, untrained, quarters", 4 * trained.width, lambda p: frozen(untrained, p, mae, "quarters")),
        ("same ViT, untrained, mean of patches", trained.width, lambda p: frozen(untrained, p, mae)),
        (f"PCA of the same crops, {4 * trained.width}", 4 * trained.width, components),
        (f"PCA of the same crops, {trained.width}", trained.width, lambda p: components(p)[:, -trained.width :]),
        ("(front end: 41 coefficients)", 41, lambda p: p.x),
        ("(default tokenizer: bag of tokens)", len(displays.directions), tokens),
    ]
    head = " | ".join(f"{task.name}: accuracy | macro-F1" for task in tasks)
    lines = [f"| faces described by | numbers | {head} |", "| --- | --- |" + " --- | --- |" * len(tasks)]
    right: dict[tuple[str, str], np.ndarray] = {}
    for name, width, features in rows:
        cells = []
        for task in tasks:
            people = SubjectBootstrap(task.test.subject)
            found = probe(features(task.train), task.train.label, features(task.test), task.test.label, people)
            right[name, task.name] = found.right
            cells += [said(found.accuracy), said(found.macro_f1)]
        lines.append(f"| {name} | {width} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    by_ridge: list[tuple[str, int, Callable[[Part], np.ndarray]]] = [
        ("small MAE, quarters, ridge", 4 * trained.width, lambda p: frozen(trained, p, mae, "quarters")),
        (f"PCA of the same crops, {4 * trained.width}, ridge", 4 * trained.width, components),
        ("pixels, ridge", 4096, lambda p: flat(p.pixels)),
    ]
    for name, width, described in by_ridge:
        line, hits = ridge_row(name, width, described, tasks)
        lines.append(line)
        print(line, flush=True)
        right |= {(name, task.name): hit for task, hit in zip(tasks, hits, strict=True)}
    cells = []
    for task in tasks:
        classes, counts = np.unique(task.train.label, return_counts=True)
        cells += [f"{(task.test.label == classes[counts.argmax()]).mean():.3f}", "-"]
    lines.append("| always the most frequent | 0 | " + " | ".join(cells) + " |")
    faces = ", ".join(
        f"{t.name}: {len(t.train.label):,} faces to learn from, {len(t.test.label):,} judged" for t in tasks
    )
    lines += ["", f"{faces}. 95% intervals over people (FER2013: pictures)."]
    first = rows[0][0]
    lines += ["", f"{first} minus another, share of faces told rightly:", ""]
    lines += ["| than | " + " | ".join(task.name for task in tasks) + " |", "| --- |" + " --- |" * len(tasks)]
    for other in [name for name, _, _ in rows[1:]] + ["pixels, ridge"]:
        cells = []
        for task in tasks:
            more = right[first, task.name].astype(float) - right[other, task.name]
            cells.append(said(SubjectBootstrap(task.test.subject).mean(more), "+.3f"))
        lines.append(f"| {other} | " + " | ".join(cells) + " |")
    return lines


def ridge_row(
    name: str, width: int, features: Callable[[Part], np.ndarray], tasks: list[Task]
) -> tuple[str, list[np.ndarray]]:
    """The row of a representation read by :func:`ridge`, and which faces were told rightly."""
    cells, hits = [], []
    for task in tasks:
        people = SubjectBootstrap(task.test.subject)
        predicted = ridge(features(task.train), task.train.label, features(task.test))
        hits.append(predicted == task.test.label)
        cells += [said(people.mean(hits[-1])), said(people.statistic(macro_f1(task.test.label, predicted)))]
    return f"| {name} | {width} | " + " | ".join(cells) + " |", hits


def said(estimate: Estimate, form: str = ".3f") -> str:
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"


def flat(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(len(pixels), -1).astype(np.float32) / 255


def frozen(encoder: VitEncoder, part: Part, mae: Path, pooling: Pooling = "mean") -> np.ndarray:
    """Features, kept between runs by the network's and the pictures' content."""
    key = hashlib.sha256(encoder.content() + part.pixels.tobytes()).hexdigest()[:16]
    kept = mae / "features" / f"{key}.npz"
    if not kept.is_file():
        began = time.process_time()
        made: dict[Pooling, list[np.ndarray]] = {"mean": [], "cls": [], "quarters": []}
        for at in range(0, len(part.pixels), 512):
            for tokens in encoder.tokens(np.repeat(part.pixels[at : at + 512], 3, axis=3)):
                for name, parts in made.items():
                    parts.append(pooled(tokens, name))
        spent = 1000 * (time.process_time() - began) / len(part.pixels)
        print(f"  {encoder.id}: {spent:.2f} ms of one processor a face", flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, **{name: np.concatenate(values) for name, values in made.items()})
    with np.load(kept, allow_pickle=False) as archive:
        return archive[pooling]


def principal(pixels: np.ndarray, count: int) -> Callable[[Part], np.ndarray]:
    """Principal components of the crops that the autoencoder learned from."""
    x = flat(pixels)
    mean = x.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov(x - mean, rowvar=False, dtype=np.float32))
    basis = vectors[:, -count:].astype(np.float32)
    return lambda part: (flat(part.pixels) - mean) @ basis


def ridge(train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Least squares to one column a class with a penalty, chosen on every fifth training face."""
    classes, index = np.unique(labels, return_inverse=True)
    wanted = np.eye(len(classes), dtype=np.float32)[index]
    inner = np.arange(len(train)) % 5 > 0
    hits = []
    for share, weights in zip(SHRINKAGE, _solutions(train[inner], wanted[inner], SHRINKAGE), strict=True):
        hits.append((_told(train[~inner], *weights) == index[~inner]).mean())
        print(f"  ridge {share:g}: {hits[-1]:.3f}", flush=True)
    (best,) = _solutions(train, wanted, (SHRINKAGE[int(np.argmax(hits))],))
    return classes[_told(test, *best)]


def _solutions(x: np.ndarray, y: np.ndarray, shares: tuple[float, ...]) -> list[tuple[np.ndarray, ...]]:
    mean, level = x.mean(axis=0), y.mean(axis=0)
    gram, cross = (x - mean).T @ (x - mean), (x - mean).T @ (y - level)
    unit = float(np.trace(gram)) / len(gram)
    own = np.eye(len(gram), dtype=np.float32)
    return [(np.linalg.solve(gram + np.float32(s * unit) * own, cross), mean, level) for s in shares]


def _told(x: np.ndarray, weights: np.ndarray, mean: np.ndarray, level: np.ndarray) -> np.ndarray:
    return ((x - mean) @ weights + level).argmax(axis=1)


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> Callable[[np.ndarray], float]:
    classes = np.unique(truth)

    def of(weights: np.ndarray) -> float:
        f1 = []
        for name in classes:
            hit = float(weights[(truth == name) & (predicted == name)].sum())
            both = float(weights[truth == name].sum() + weights[predicted == name].sum())
            f1.append(2 * hit / both if both else 0.0)
        return float(np.mean(f1))

    return of


def errors(options: argparse.Namespace, learned: np.ndarray) -> list[str]:
    """Mean square over hidden patches, each at mean 0 and spread 1."""
    model = load_autoencoder(options.mae / "folder")

    def own(crops: np.ndarray) -> np.ndarray:
        pixels = scaled(torch.from_numpy(crops.transpose(0, 3, 1, 2).copy()), model.config)
        return normalised(patches_of(pixels, model.config.patch_size)).flatten(1).numpy()

    x = own(middle(learned))
    mean = x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(x - mean, rowvar=False, dtype=np.float32))
    rest = float(values[:-COMPONENTS].mean())
    lines = ["| three quarters of the patches hidden | " + " | ".join(HELD_OUT) + " |", "| --- | --- | --- |"]
    gaussian = f"PCA, {COMPONENTS} components ({COMPLETED} faces)"
    table: dict[str, list[str]] = {"small MAE": [], gaussian: [], "each place's mean patch": []}
    for part in HELD_OUT:
        shown = middle(crops_of(part, options.work, options.mae / "crops").pixels)
        table["small MAE"].append(said(SubjectBootstrap(None).mean(reconstruction_errors(model, shown))))
        truth = own(shown)
        order = shuffled(len(shown), model.config.patches, torch.Generator().manual_seed(0)).numpy()
        hidden = order[:, int(order.shape[1] * (1 - model.mask)) :]
        filled = completed(truth[:COMPLETED], hidden, mean, values[-COMPONENTS:], vectors[:, -COMPONENTS:], rest)
        for name, guessed in ((gaussian, filled), ("each place's mean patch", np.tile(mean, (len(truth), 1)))):
            square = (guessed - truth[: len(guessed)]) ** 2
            by_patch = square.reshape(len(guessed), model.config.patches, -1).mean(-1)
            rows = np.take_along_axis(by_patch, hidden[: len(guessed)], axis=1).mean(axis=1)
            table[name].append(said(SubjectBootstrap(None).mean(rows)))
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in table.items()]
    lines.append("| each patch's own mean | " + " | ".join(["1 at most"] * len(HELD_OUT)) + " |")
    made = json.loads((options.mae / "made.json").read_text())
    spent = f"{made['crops']:,} crops, {made['epochs']} epochs, {made['cpu_s'] / 60:.0f} minutes of one processor"
    lines += ["", f"{spent}, {made['parameters']:,} weights."]
    return lines


def completed(
    x: np.ndarray, hidden: np.ndarray, mean: np.ndarray, values: np.ndarray, vectors: np.ndarray, noise: float
) -> np.ndarray:
    """Patches ``(n, patches * pixels)``, those hidden filled in as a normal distribution expects, given the others."""
    size = x.shape[1] // 64
    out = x.copy()
    for row, patches in enumerate(hidden[: len(x)]):
        away = (patches[:, None] * size + np.arange(size)).ravel()
        kept = np.setdiff1d(np.arange(len(mean)), away)
        basis = vectors[kept]
        code = np.linalg.solve(basis.T @ basis + np.diag(noise / values), basis.T @ (x[row, kept] - mean[kept]))
        out[row, away] = mean[away] + vectors[away] @ code
    return out


if __name__ == "__main__":
    main()
