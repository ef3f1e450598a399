"""Learned spaces on real movement: Kinect points of two signers, and a face model moved by real ARKit tracks.

    python benchmarks/meshes.py [--data ../shared] [--part kinect|labels|tracks]

Prints the tables of docs/meshes.md. Kinect points (UCI Grammatical Facial Expressions): a space is learned from signer
a and tested on signer b, who is another person. Tracks: the ICT face moved by four takes of one phone; learned from
three, tested on the fourth, each in turn. Needs scikit-learn, and torch for the tokenizer.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dfe.frontends.meshes.learn_space import LearnOptions, learn_from, pose_all
from dfe.frontends.meshes.reading import read_sequence
from dfe.frontends.meshes.sequence import MeshSequence, regular_fans
from dfe.space.learned import LearnedSpace, fit_fields, learn
from dfe.space.posing import Posed, own_neutral, pose_frames
from dfe.space.recipe import Recipe

COUNTS = (2, 4, 8, 16, 32, 64)
LABEL_COUNT = 32
WINDOW = 8
"""Frames on either side that a window takes in: about half a second at 16 to 19 frames per second."""
STEPS = 600
STRIDE = 2
"""Of the tracks every second frame is used."""
POINTS = np.zeros((0, 3), np.int32)
"""No triangles."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--part", choices=("kinect", "tracks"))
    chosen = parser.parse_args()
    if chosen.part in (None, "kinect"):
        kinect(chosen.data / "data" / "gfe")
    if chosen.part in (None, "tracks"):
        tracks(chosen.data)


def posed_in(space: LearnedSpace, sequence: MeshSequence) -> Posed:
    neutral = own_neutral(sequence.points, space.recipe, sequence.frame).placed(space.mesh.vertices_mm, space.recipe)
    return pose_frames(sequence.points, space.recipe, neutral)


def faces_of(posed: Posed) -> np.ndarray:
    return np.flatnonzero([reason is None for reason in posed.reason])


def flattened(posed: Posed, axes: str) -> Posed:
    kept = np.array([axis in axes for axis in "xyz"], np.float32)
    return posed._replace(displacement=posed.displacement * kept)


def errors(space: LearnedSpace, posed: Sequence[Posed], count: int) -> tuple[float, float]:
    """Root mean square in mm, over all points seen, of what the first components leave, and of the movement itself."""
    left = moved = points = 0.0
    for recording in posed:
        faces = faces_of(recording)
        fields, seen = recording.displacement[faces], recording.seen[faces]
        fitted = fit_fields(fields, space.basis[:count], space.recipe.ridge, seen)
        left += float((fitted.residual_mm**2 * seen.sum(axis=1)).sum())
        moved += float(np.square(fields[seen]).sum())
        points += float(seen.sum())
    return np.sqrt(left / points), np.sqrt(moved / points)


def noise(posed: Sequence[Posed]) -> np.ndarray:
    """Standard deviation of white noise on each axis, from second differences of successive frames, in mm."""
    second = [np.square(np.diff(x.displacement, n=2, axis=0)).reshape(-1, 3) for x in posed]
    return np.sqrt(np.nanmean(np.concatenate(second), axis=0) / 6)


def kinect(folder: Path) -> None:
    end = "_datapoints.txt.gz"
    read = {
        who: {p.name[2 : -len(end)]: read_sequence(p) for p in sorted(folder.glob(f"{who}_*{end}"))} for who in "ab"
    }
    a = dict(zip(read["a"], pose_all(list(read["a"].values()), Recipe()), strict=True))
    base = learn(list(a.values()), POINTS, Recipe(), name="a", components=1)
    b = {kind: posed_in(base, sequence) for kind, sequence in read["b"].items()}
    print(f"Kinect points: learned from signer a ({len(a)} sequences), tested on signer b ({len(b)})")
    for who, posed in (("a", a), ("b", b)):
        frames = sum(len(x.reason) for x in posed.values())
        lost = frames - sum(len(faces_of(x)) for x in posed.values())
        print(
            f"signer {who}: {frames} frames, {lost} without a face; noise from frame to frame in x, y, z "
            + ", ".join(f"{n:.1f}" for n in noise(list(posed.values())))
            + " mm"
        )
    spaces: dict[tuple[str, str], LearnedSpace] = {}
    for axes in ("xyz", "xy"):
        own, test = ([flattened(x, axes) for x in posed.values()] for posed in (a, b))
        for method in ("pca", "sparse"):
            recipe = Recipe(axes=axes, method=method)
            for count in COUNTS:
                at = count if method == "sparse" else max(COUNTS)
                if method == "sparse" or count == COUNTS[0]:
                    space = learn(own, POINTS, recipe, name="a", components=at)
                if count == LABEL_COUNT:
                    spaces[axes, method] = learn(own, POINTS, recipe, name="a", components=count)
                left, moved = errors(space, own, count)
                left_b, moved_b = errors(space, test, count)
                if method == "pca" and count == COUNTS[0]:
                    print(f"axes {axes}: movement from the own neutral a {moved:.2f} mm, b {moved_b:.2f} mm")
                print(
                    f"  {axes:3s} {method:6s} D={count:2d}   a {left:5.2f} mm ({left / moved:4.0%})"
                    f"   b {left_b:5.2f} mm ({left_b / moved_b:4.0%})"
                )
    labels(folder, a, b, spaces)


def labels(folder: Path, a: dict[str, Posed], b: dict[str, Posed], spaces: dict[tuple[str, str], LearnedSpace]) -> None:
    """Is a grammatical expression going on? From signer a's frames to signer b's, one kind of sentence at a time."""
    kinds = [kind for kind in a if kind in b]
    truth = {
        (who, kind): np.array(gzip.decompress((folder / f"{who}_{kind}_targets.txt.gz").read_bytes()).split(), int)
        for who in "ab"
        for kind in kinds
    }
    inputs: dict[str, dict[tuple[str, str], np.ndarray]] = {}
    for axes in ("xyz", "xy"):
        inputs[f"points, {axes}"] = {
            (who, kind): np.nan_to_num(flattened(posed[kind], axes).displacement).reshape(len(truth[who, kind]), -1)
            for who, posed in (("a", a), ("b", b))
            for kind in kinds
        }
        for method in ("pca", "sparse"):
            space = spaces[axes, method]
            x = {
                (who, kind): space.fit(flattened(posed[kind], axes).displacement).x
                for who, posed in (("a", a), ("b", b))
                for kind in posed
            }
            rows = {at: np.nan_to_num(x[at]) for at in truth}
            inputs[f"{space.dimension} {method} components, {axes}"] = rows
            if method == "pca":
                inputs[f"tokens of them (64, at most 8 a face), {axes}"] = tokens(space, x, list(truth))
    print(f"\nlabels per frame: trained on signer a, tested on signer b; mean over {len(kinds)} kinds of sentence")
    print("  input: AUC and balanced accuracy of one frame; of a window of half a second on either side; chance 0.5")
    for name, x in inputs.items():
        alone, window = (judged(x, truth, kinds, half) for half in (0, WINDOW))
        print(
            f"  {name:42s} {alone[0].mean():.2f} {alone[1].mean():.2f}   {window[0].mean():.2f} {window[1].mean():.2f}"
            "   by kind (AUC, window): " + " ".join(f"{k} {v:.2f}" for k, v in zip(kinds, window[0], strict=True))
        )


def tokens(space: LearnedSpace, x: dict, wanted: list) -> dict:
    """``(n, K - 1)``: which displays each frame has, of a tokenizer that is trained on signer a's frames."""
    from dfe.training.config import preset
    from dfe.training.loop import train
    from dfe.training.tables import TrainingTable

    tables = [
        TrainingTable(kind, rows, np.full(len(rows), kind, object), np.ones(len(rows), bool), space.id, space.hash)
        for (who, kind), rows in x.items()
        if who == "a"
    ]
    with tempfile.TemporaryDirectory() as folder:
        config = replace(preset("rvq"), name="gfe", steps=STEPS, device="cpu")
        made = train(tables, folder, config, space=space)
    measured, test = made.measured, np.concatenate([rows for (who, _), rows in x.items() if who == "b"])
    test = test[np.isfinite(test).all(axis=1)]
    tokens = made.tokenizer.encode(test)
    left, still = made.tokenizer.error_mm(test, tokens).mean(), space.error_mm(test, np.zeros_like(test)).mean()
    print(
        f"tokenizer on {space.dimension} components, axes {space.recipe.axes}: {tokens.says.sum(axis=1).mean():.1f} "
        f"tokens a face; left of the components' movement: a (a sequence kept apart) {measured['error_mm']:.2f} of "
        f"{measured['neutral_mm']:.2f} mm, b {left:.2f} of {still:.2f} mm"
    )
    rows = {}
    for at in wanted:
        said = made.tokenizer.encode(x[at]).display
        present = np.zeros((len(said), made.tokenizer.size))
        np.put_along_axis(present, np.maximum(said, 0), 1, axis=1)
        rows[at] = present[:, 1:]
    return rows


def judged(x: dict, truth: dict, kinds: list[str], half: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    auc, balanced = [], []
    for kind in kinds:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-2, max_iter=1000, class_weight="balanced"))
        model.fit(windowed(x["a", kind], half), truth["a", kind])
        test = windowed(x["b", kind], half)
        auc.append(roc_auc_score(truth["b", kind], model.decision_function(test)))
        balanced.append(balanced_accuracy_score(truth["b", kind], model.predict(test)))
    return np.array(auc), np.array(balanced)


def windowed(x: np.ndarray, half: int) -> np.ndarray:
    """Means over a window around each frame, cut at the ends."""
    sums = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0, dtype=np.float64)])
    first = np.maximum(np.arange(len(x)) - half, 0)
    last = np.minimum(np.arange(len(x)) + half + 1, len(x))
    return (sums[last] - sums[first]) / (last - first)[:, None]


def tracks(shared: Path) -> None:
    """The ICT face moved by Live Link Face takes, with the head turned as a head turns."""
    face = np.load(shared / "assets" / "ict_face.npz")
    neutral, deltas = face["neutral_cm"], face["expression_deltas_cm"].astype(np.float32)
    triangles = regular_fans(face["quads"].astype(np.int64))
    takes = {p.name[4:-7]: p for p in sorted((shared / "data" / "arkit").glob("llf_*.csv.gz"))}
    sequences = {
        name: moved(p, neutral, deltas, list(face["expression_names"]), triangles) for name, p in takes.items()
    }
    print(f"\nICT face ({len(neutral)} vertices, cm), {len(sequences)} takes, every {STRIDE}nd frame, heads turned")
    for apart in sequences:
        rest = [sequence for name, sequence in sequences.items() if name != apart]
        for method in ("pca", "sparse"):
            options = LearnOptions(name="ict", unit="cm", method=method, components=max(COUNTS))
            learned = learn_from(rest, options)
            test = posed_in(learned.space, sequences[apart])
            if method == "pca":
                print(f"  {apart}: movement {errors(learned.space, [test], 1)[1]:.2f} mm")
            counts = [c for c in COUNTS if c < learned.space.dimension] + [learned.space.dimension]
            figures = "  ".join(f"{c}: {errors(learned.space, [test], c)[0]:.3f}" for c in counts)
            still = np.mean(np.abs(learned.space.basis).max(axis=2) < 0.01)
            print(
                f"    {method:6s} mm left by number of components   {figures}   vertices that stay still: {still:.0%}"
            )


def moved(path: Path, neutral: np.ndarray, deltas: np.ndarray, names: list[str], triangles: np.ndarray) -> MeshSequence:
    """A take's coefficients on the face; heads turn smoothly, since the recorded angles are zero in some takes."""
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))[::STRIDE]
    weights = np.zeros((len(rows), len(names)), np.float32)
    for column, name in enumerate(names):
        plain = name.replace("_L", "Left").replace("_R", "Right")
        plain = plain[0].upper() + plain[1:]
        for key in (plain, plain.removesuffix("Left").removesuffix("Right")):
            if key in rows[0]:
                weights[:, column] = [float(row[key] or 0) for row in rows]
                break
    points = (neutral + np.tensordot(weights, deltas, axes=1)).astype(np.float32)
    rng = np.random.default_rng(len(rows))
    angle = np.cumsum(rng.normal(size=(len(rows), 3)), axis=0)
    angle = np.radians(15) * np.sin(angle / 10)
    shift = np.cumsum(rng.normal(size=(len(rows), 3)), axis=0) / 10
    for row, ((pitch, yaw, roll), step) in enumerate(zip(angle, shift, strict=True)):
        points[row] = points[row] @ turn(pitch, yaw, roll) + step
    return MeshSequence(path.name, points, triangles, np.arange(len(rows), dtype=np.int64), np.arange(len(rows)) / 30)


def turn(pitch: float, yaw: float, roll: float) -> np.ndarray:
    (a, b, c), (s, t, u) = np.cos([pitch, yaw, roll]), np.sin([pitch, yaw, roll])
    x = np.array([[1, 0, 0], [0, a, -s], [0, s, a]])
    y = np.array([[b, 0, t], [0, 1, 0], [-t, 0, b]])
    z = np.array([[c, -u, 0], [u, c, 0], [0, 0, 1]])
    return (x @ y @ z).astype(np.float32)


if __name__ == "__main__":
    main()
