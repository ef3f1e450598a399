"""Which input is worth coding: sigmoids, logits, and what can be made of them, judged by four things at once.

    python benchmarks/inputs.py [--work .cache/tokenizer] [--picture docs/pictures/inputs.svg]

Everything is fitted on FER2013's training part and one half of LFW's training people, and judged on FER2013's
validation part (emotion probe) and on the other half of the people with the validating ones (person probe, pose R2),
and on heads that turn (London's, warped; drift as a share of what faces differ by). Nothing here opens a test part.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from looks import Seen, fer_labels, one_of_both, people_and_labels  # noqa: E402
from make_reading import reach_of_version_1  # noqa: E402

from dfe.evaluation.invariance import drift, person_probe, pose_r2  # noqa: E402
from dfe.evaluation.probe import probe  # noqa: E402
from dfe.frontends.landmarks.reading import pose_terms  # noqa: E402
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, load_space  # noqa: E402
from dfe.training.reading import (  # noqa: E402
    Affine,
    Features,
    Looks,
    ReadingConfig,
    covariance,
    erase,
    expression_filter,
    fit_reading,
    within_people,
)

FACE = np.array([ARKIT_NAMES.index(name) for name in FACE_NAMES])
SPACE = load_space("arkit51/face41", 2)


class Part(NamedTuple):
    """One set of faces, seen both ways and in one look."""

    both: Seen
    one: Seen


Parts = dict[str, Part]
Input = Callable[[Part], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    parts = read(options.work)
    judge = Judge(parts, options.data)
    rows = []
    for name, one_look, values in inputs(parts, judge):
        rows.append({"input": name, "one_look": one_look} | judge(values, one_look))
        print(json.dumps(rows[-1]), flush=True)
    (options.work / "inputs.json").write_text(json.dumps(rows, indent=1))
    if options.picture:
        from inputs_picture import draw
        from results_page import CHOSEN

        options.picture.write_text(draw(rows, CHOSEN), encoding="utf-8")


def read(work: Path) -> Parts:
    """The sets by name."""
    names = ("lfw_train", "lfw_validate", "fer2013_train", "fer2013_validate")
    both, one = work / "tables", work / "tables_one"
    parts = {name: Part(Seen(both / f"{name}.parquet"), Seen(one / f"{name}.parquet")) for name in names}
    turned = [Seen(work / folder / "london_turned.parquet") for folder in ("tables_turned", "tables_turned_one")]
    return parts | {"turned": Part(*turned)}


class Judge:
    """The four things, for one input after the other."""

    def __init__(self, parts: Parts, data: Path) -> None:
        self.parts = parts
        self.labels = {
            (name, one): fer_labels(data, part[one].names)
            for name, part in parts.items()
            if name.startswith("fer")
            for one in (0, 1)
        }
        self.person = {
            (name, one): people_and_labels(data, part[one].names)[0]
            for name, part in parts.items()
            if name.startswith("lfw")
            for one in (0, 1)
        }
        self.data = data

    def fitted(self, one: bool) -> np.ndarray:
        """Which faces of LFW's training part the inputs may be fitted on: those of one half of its people."""
        return np.array([_half(person) for person in self.person["lfw_train", int(one)]])

    def __call__(self, values: Input, one: bool) -> dict[str, float]:
        x = {name: values(part) for name, part in self.parts.items()}
        k = int(one)
        train, test = "fer2013_train", "fer2013_validate"
        told = probe(x[train], self.labels[train, k], x[test], self.labels[test, k])
        judged = ~self.fitted(one)
        faces = np.concatenate([x["lfw_train"][judged], x["lfw_validate"]])
        names = np.concatenate([self.person["lfw_train", k][judged], self.person["lfw_validate", k]])
        person = np.unique(names, return_inverse=True)[1]
        looks = [self.parts["lfw_train"][k].looks.pose[judged], self.parts["lfw_validate"][k].looks.pose]
        leak = person_probe(faces, person)
        pose = pose_r2(faces, person, np.concatenate(looks))
        turned = self.parts["turned"][k]
        heads = np.array([Path(name).stem.rsplit("_", 2)[0] for name in turned.names])
        head = np.unique(heads, return_inverse=True)[1]
        moved = drift(x["turned"], head, turned.looks.pose, SPACE, faces)
        return {
            "probe": round(told.accuracy.value, 4),
            "probe_low": round(told.accuracy.low, 4),
            "probe_high": round(told.accuracy.high, 4),
            "macro_f1": round(told.macro_f1.value, 4),
            "person": round(leak.accuracy.value, 4),
            "person_chance": round(leak.chance, 4),
            "yaw": round(pose.yaw.value, 3),
            "pitch": round(pose.pitch.value, 3),
            "yaw_quadratic": round(pose.yaw_quadratic.value, 3),
            "pitch_quadratic": round(pose.pitch_quadratic.value, 3),
            "drift": round(moved.ratio_mean.value, 3),
        }


def inputs(parts: Parts, judge: Judge) -> Iterator[tuple[str, bool, Input]]:
    """Name, whether it is seen in one look, and how to get it.

    ``filter 40 / 2``: identity held down by :func:`expression_filter` on 51 logits and 40 components of the landmarks,
    with an identity weight of 2.
    """
    yield "version 1: sigmoids", True, lambda part: part.one.expressions
    yield "logits, one look", True, lambda part: part.one.looks.logits[:, FACE]
    yield "sigmoids, both ways", False, lambda part: part.both.expressions
    yield "sigmoids, cubic of pose out", False, without_pose(parts, judge)
    yield "logits, both ways", False, lambda part: part.both.looks.logits[:, FACE]
    people, expressive = parts["lfw_train"].both.looks.take(judge.fitted(False)), parts["fer2013_train"].both.looks
    person = np.unique(judge.person["lfw_train", 0][judge.fitted(False)], return_inverse=True)[1]
    plain = erased(people, expressive, 0)
    yield "logits, pose erased", False, lambda part: plain(part.both.looks)
    for low in (0.0, -0.5):
        yield f"pose erased, cut at {low:g}", False, cut(plain, people, expressive, low)
    landmarks = from_landmarks(people, expressive)
    yield "from landmarks alone", False, lambda part: landmarks(part.both.looks)
    for components, weight in ((0, 2), (20, 2), (40, 0.5), (40, 1), (40, 2), (40, 4), (60, 2)):
        config = ReadingConfig(components=components, identity_weight=weight)
        fit = fitted(parts, judge, people, person, config)
        name = f"filter {components} / {weight:g}"
        yield name, False, lambda part, fit=fit: fit.both(part.both.looks)
        if config == ReadingConfig():
            yield f"{name}, one look", True, lambda part, fit=fit: fit.one(part.one.looks)
            bounded = lambda part, fit=fit: fit.both(part.both.looks).clip(SPACE.lower, SPACE.upper)  # noqa: E731
            yield f"{name}, in bounds", False, bounded
    shapes = shape_fit(people, person, expressive)
    yield "shapes fitted to landmarks", False, lambda part: shapes(part.both.looks)


def fitted(parts: Parts, judge: Judge, people: Looks, person: np.ndarray, config: ReadingConfig):  # noqa: ANN201
    """The two maps, fitted on half the people."""
    both = [parts["lfw_train"].both, parts["fer2013_train"].both]
    one = [parts["lfw_train"].one, parts["fer2013_train"].one]
    label = people_and_labels(judge.data, both[0].names)[1][judge.fitted(False)]
    neutral = np.concatenate([label, fer_labels(judge.data, both[1].names)]) == "neutral"
    once, rows = one_of_both(one, both)
    place = np.full(len(judge.fitted(False)) + len(both[1].names), -1)
    kept = np.concatenate([judge.fitted(False), np.ones(len(both[1].names), bool)])
    place[kept] = np.arange(kept.sum())
    use = place[rows] >= 0
    reach = reach_of_version_1(one, judge.data)
    return fit_reading(people, person, both[1].looks, neutral, once.take(use), place[rows][use], reach, config)


def without_pose(parts: Parts, judge: Judge) -> Input:
    """A cubic of the head pose regressed out of version 1's coefficients, on faces and mirror images."""
    part, rows = parts["lfw_train"].both, judge.fitted(False)
    x, pose = part.expressions[rows], part.looks.pose[rows]
    terms = _cubic(np.concatenate([pose, pose * [1, -1, -1]]))
    weights = np.linalg.lstsq(terms, np.concatenate([x, x[:, SPACE.partner]]), rcond=None)[0]
    return lambda part: part.both.expressions - _cubic(part.both.looks.pose)[:, 1:] @ weights[1:]


def _cubic(pose: np.ndarray) -> np.ndarray:
    square = pose_terms(pose)
    cubes = (square[:, :3, None] * square[:, None, 3:]).reshape(len(pose), -1)
    return np.concatenate([np.ones((len(pose), 1)), square, cubes], axis=1)


def erased(people: Looks, expressive: Looks, components: int) -> Affine:
    """Logits without what a linear reader could tell of the pose."""
    features = Features(np.concatenate([people.landmarks, expressive.landmarks[::5]]), components)
    matrix, shift = erase(features(people), people.pose, features.mirror)
    return features.affine().then(matrix[:, FACE], shift[FACE])


def cut(plain: Affine, people: Looks, expressive: Looks, low: float) -> Input:
    """Calibrated channel by channel: 0 the median face, 1 the 99th percentile, and cut off below and above."""
    values = np.concatenate([plain(people), plain(expressive)])
    values = np.concatenate([values, values[:, SPACE.partner]])
    zero, high = np.median(values, axis=0), np.quantile(values, 0.99, axis=0)
    return lambda part: ((plain(part.both.looks) - zero) / (high - zero)).clip(low, 1.5)


def from_landmarks(people: Looks, expressive: Looks, components: int = 100) -> Affine:
    """Logits guessed from the pose-normalised landmarks alone by ridge regression, then the pose erased."""
    features = Features(np.concatenate([people.landmarks, expressive.landmarks[::5]]), components)
    alone = slice(len(ARKIT_NAMES), None)
    everything = Looks(*(np.concatenate(pair) for pair in zip(people, expressive, strict=True)))
    x = np.concatenate([features(everything), features(everything) @ features.mirror])
    a, b = x[:, alone], x[:, : len(ARKIT_NAMES)]
    middle = b.mean(axis=0)
    spread = np.diag(a.var(axis=0)) * len(a)
    weights = np.linalg.solve(a.T @ a + 1e-3 * spread, a.T @ (b - middle))
    guess = np.zeros((len(features.mirror), len(ARKIT_NAMES)))
    guess[alone] = weights
    p = features(people) @ guess + middle
    matrix, shift = erase(p, people.pose, features.mirror[: len(middle), : len(middle)])
    return features.affine().then(guess @ matrix[:, FACE], middle @ matrix[:, FACE] + shift[FACE])


def shape_fit(people: Looks, person: np.ndarray, expressive: Looks, components: int = 60, ridge: float = 0.3) -> Affine:
    """From the filtered logits on, the shapes that the landmarks' expression still asks for, by ridge regression.

    What each channel does to the landmarks is learnt from the faces themselves.
    """
    config = replace(ReadingConfig(), components=components)
    features = Features(np.concatenate([people.landmarks, expressive.landmarks[::5]]), components)
    mirror = features.mirror
    p, e = features(people), features(expressive)
    erasing, shift = erase(p, people.pose, mirror)
    p, e = p @ erasing + shift, e @ erasing + shift
    identity = covariance(p, mirror) - within_people(p, person, mirror)
    guess = expression_filter(covariance(e, mirror), identity, config.identity_weight, config.ridge)
    middle = (e.mean(axis=0) + e.mean(axis=0) @ mirror) / 2
    said = (e - middle) @ guess
    channels, points = said[:, : len(ARKIT_NAMES)], said[:, len(ARKIT_NAMES) :]
    unit = np.diag(1 / channels.std(axis=0))
    basis = np.linalg.lstsq(channels @ unit, points, rcond=None)[0]
    gram = basis @ basis.T
    back = np.linalg.solve(gram + ridge * np.trace(gram) / len(gram) * np.eye(len(gram)), basis).T
    first = np.concatenate([unit, np.zeros((components, len(unit)))])
    rest = np.concatenate([-unit @ basis, np.eye(components)])
    matrix = guess @ (first + rest @ back)
    return features.affine().then(erasing @ matrix[:, FACE], ((shift - middle) @ matrix)[FACE])


def _half(person: str) -> bool:
    return int(hashlib.sha256(f"half {person}".encode()).hexdigest(), 16) % 2 == 0


if __name__ == "__main__":
    main()
