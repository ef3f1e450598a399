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
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from input_candidates import filtered, from_landmarks, shape_fit  # noqa: E402

from dfe.frontends.landmarks.reading import pose_terms  # noqa: E402
from dfe.judge.invariance import drift, person_probe, pose_r2  # noqa: E402
from dfe.judge.probe import probe  # noqa: E402
from dfe.space.registry import load_space  # noqa: E402
from learning.reading import FACE, PARTNER, Fit, Looks, ReadingConfig, erase, fit_reading  # noqa: E402
from looks import Seen, fer_labels, one_of_both, people_and_labels  # noqa: E402
from make_reading import reach_of_sigmoids  # noqa: E402

SPACE = load_space("arkit51/face41")


class Part(NamedTuple):
    """One set of faces, seen both ways and in one look."""

    both: Seen
    one: Seen


Parts = dict[str, Part]
Input = Callable[[Part], np.ndarray]
CHOSEN = "beyond 0.8"
"""The input that coefficients are read with."""


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

    ``beyond 0.8``: pose erased, zero at that quantile of the neutral faces, cut to 0..1. ``filter 40 / 2``: identity
    held down on 51 logits and 40 components of the landmarks, with a weight of 2.
    """
    yield "sigmoids", True, lambda part: part.one.expressions
    yield "logits, one look", True, lambda part: part.one.looks.logits[:, FACE]
    yield "sigmoids, both ways", False, lambda part: part.both.expressions
    yield "sigmoids, cubic of pose out", False, without_pose(parts, judge)
    yield "logits, both ways", False, lambda part: part.both.looks.logits[:, FACE]
    people, expressive = parts["lfw_train"].both, parts["fer2013_train"].both
    rows = judge.fitted(False)
    person = np.unique(judge.person["lfw_train", 0][rows], return_inverse=True)[1]
    logits = people.looks.logits[rows]
    matrix, shift = erase(logits, logits[:, PARTNER], people.looks.pose[rows])
    yield "logits, pose erased", False, lambda part: (part.both.looks.logits @ matrix + shift)[:, FACE]
    for zero in (0.5, 0.7, 0.8, 0.9):
        fit = fitted(parts, judge, ReadingConfig(zero=zero))
        yield (
            f"beyond {zero}",
            False,
            lambda part, fit=fit: fit.both(_with_first(part.both.looks), part.both.looks.pose),
        )
        if zero == ReadingConfig().zero:
            one = lambda part, fit=fit: fit.one(_with_first(part.one.looks), part.one.looks.pose)  # noqa: E731
            yield f"beyond {zero}, one look", True, one
    landmarks = from_landmarks(people, rows, expressive)
    yield "from landmarks alone", False, lambda part: landmarks(part.both)
    for components, weight in ((0, 2), (40, 0.5), (40, 2), (40, 4)):
        guess = filtered(people, rows, person, expressive, components, weight)
        yield f"filter {components} / {weight:g}", False, lambda part, guess=guess: guess(part.both)
    shapes = shape_fit(people, rows, person, expressive)
    yield "shapes fitted to landmarks", False, lambda part: shapes(part.both)


def fitted(parts: Parts, judge: Judge, config: ReadingConfig) -> Fit:
    """The two maps of version 2, fitted on half the people."""
    both = [parts["lfw_train"].both, parts["fer2013_train"].both]
    one = [parts["lfw_train"].one, parts["fer2013_train"].one]
    rows = judge.fitted(False)
    label = people_and_labels(judge.data, both[0].names)[1][rows]
    neutral = np.concatenate([label, fer_labels(judge.data, both[1].names)]) == "neutral"
    once, place = one_of_both(one, both)
    kept = np.concatenate([rows, np.ones(len(both[1].names), bool)])
    new = np.cumsum(kept) - 1
    use = kept[place]
    people, reach = both[0].looks.take(rows), reach_of_sigmoids(one[1:])
    return fit_reading(people, both[1].looks, neutral, once.take(use), new[place[use]], reach, config)


def _with_first(looks: Looks) -> np.ndarray:
    """Logits of all 52 outputs; the first, which nobody reads, is 0."""
    return np.pad(looks.logits, ((0, 0), (1, 0)))


def without_pose(parts: Parts, judge: Judge) -> Input:
    """A cubic of the head pose regressed out of the network's sigmoids, on faces and mirror images."""
    part, rows = parts["lfw_train"].both, judge.fitted(False)
    x, pose = part.expressions[rows], part.looks.pose[rows]
    terms = _cubic(np.concatenate([pose, pose * [1, -1, -1]]))
    weights = np.linalg.lstsq(terms, np.concatenate([x, x[:, SPACE.partner]]), rcond=None)[0]
    return lambda part: part.both.expressions - _cubic(part.both.looks.pose)[:, 1:] @ weights[1:]


def _cubic(pose: np.ndarray) -> np.ndarray:
    square = pose_terms(pose)
    cubes = (square[:, :3, None] * square[:, None, 3:]).reshape(len(pose), -1)
    return np.concatenate([np.ones((len(pose), 1)), square, cubes], axis=1)


def _half(person: str) -> bool:
    return int(hashlib.sha256(f"half {person}".encode()).hexdigest(), 16) % 2 == 0


if __name__ == "__main__":
    main()
