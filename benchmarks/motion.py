"""How much of the measured movement each coding tells, on people that nothing was fitted on.

    python scripts/facemodel_media.py --work .cache/facemodel
    python benchmarks/motion.py --work .cache/facemodel [--tokenizers default NAME ...] [--out motion.json]

Films: frames within 3 degrees of a film's usual pose. Codings that draw another face than the 468 points get the best
linear map from their numbers, fitted on LFW's training people and training films. Landmarks, in head coordinates, are
the truth.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np
from facemodel import AHEAD, FILMS, ROOT, Judge, people

from dfe.displays.displays import Coder
from dfe.encoding.face_model import ibug_fitter
from dfe.facemodel.fit import Frames
from dfe.facemodel.neutral import expressions, resting_face
from dfe.facemodel.posterior import Fitter
from dfe.facs.proxy import au_intensities
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points import load_points68
from dfe.frontends.points.mapping import weights as weights68
from dfe.frontends.points.regressor import PointRegressor
from dfe.judge.motion import MotionMap, motion_told_over_people
from dfe.judge.probe import bag
from dfe.judge.steadiness import changed_share, turn_share
from dfe.recording.recording import Recording
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.stats.bootstrap import Estimate
from dfe.tokenizer.file import load_tokenizer

STRAIGHT = 0.15
FIT_FILMS = ("grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p", "franck_full")
EVERY = 5
LEAST = 4
"""Pictures of a person, below which there is hardly a movement around the mean."""
CHANGES = ("crop", "small", "crf33")
FIELDS = ("motion", "person", "arkit", "model", "name", "ibug", "in_space", "in_picture")
Numbers = Callable[["Faces"], np.ndarray]


@dataclass(frozen=True)
class Faces:
    """Some people's faces: what was measured, and the two inputs that codings take.

    Args:
        motion: ``(n, 468, 3)`` mm.
        person: ``(n,)``.
        arkit: ``(n, 41)``.
        model: ``(n, 60)`` against each person's own resting face.
        name: ``(n,)`` of the picture, or frame.
        ibug: ``(n, 68, 3)`` pixels: iBUG's points, as places on the mesh.
        in_space, in_picture: ``(n, 60)``: what the face model says of these 68 points alone.
    """

    motion: np.ndarray
    person: np.ndarray
    arkit: np.ndarray
    model: np.ndarray
    name: np.ndarray
    ibug: np.ndarray
    in_space: np.ndarray
    in_picture: np.ndarray

    def take(self, rows: np.ndarray) -> Faces:
        return Faces(*(getattr(self, name)[rows] for name in FIELDS))


def joined(parts: list[Faces]) -> Faces:
    """Several sets of different people as one."""
    start = np.cumsum([0, *(part.person.max() + 1 for part in parts)])
    person = np.concatenate([part.person + first for part, first in zip(parts, start, strict=False)])
    others = [np.concatenate([getattr(part, field) for part in parts]) for field in FIELDS]
    others[FIELDS.index("person")] = person
    return Faces(*others)


class Bench:
    """The sets of faces."""

    def __init__(self, judge: Judge) -> None:
        self.judge, self.weights = judge, weights68(Networks())
        stills = self.of_people("lfw_train/lfw_train", 2)
        talking = [self.read(f"clips/{film}") for film in FIT_FILMS]
        self.fit = joined([stills, *(one.take(np.arange(0, len(one.name), EVERY)) for one in talking)])
        self.lfw = self.of_people("lfw_test/lfw_test", LEAST)
        self.films = [self.read(f"clips/{film}", near=AHEAD) for film in FILMS]
        self.changed = {
            kind: [(self.read(f"films/{film}__same"), self.read(f"films/{film}__{kind}")) for film in FILMS]
            for kind in CHANGES
        }
        self.turned = self.read("london_turned/london_turned", who=lambda names: np.array([n[:3] for n in names]))

    def read(
        self, table: str, near: float | None = None, who: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> Faces:
        recording = Recording.read(self.judge.tables / f"{table}.parquet")
        points = recording.landmarks()
        assert points is not None
        found = np.flatnonzero(recording.success & (recording.face_ids <= 0))
        points, names = points[found].astype(np.float64), recording.column("source")[found].astype(str)
        person = np.zeros(len(found), int) if who is None else np.unique(who(names), return_inverse=True)[1]
        fitter = self.judge.fitter
        frames = fitter.frames(points)
        model = against_own(fitter, frames, person)
        label = recording.column("frame")[found].astype(str) if who is None else names
        shape = self.judge.shapes(points).astype(np.float32)
        ibug = np.einsum("mp,npk->nmk", self.weights, points).astype(np.float32)
        few = [against_own(one, one.frames(ibug), person) for one in map(ibug_fitter, (True, False))]
        faces = Faces(shape, person, recording.expressions()[found].astype(np.float32), model, label, ibug, *few)
        if near is None:
            return faces
        return faces.take(np.abs(frames.pose - np.median(frames.pose, axis=0)).max(axis=1) < near)

    def of_people(self, table: str, least: int) -> Faces:
        """Pictures of people who look ahead in so many of them."""
        recording = Recording.read(self.judge.tables / f"{table}.parquet", landmarks=False)
        faces = self.read(table, who=lambda names: people(self.judge.data, names))
        pose = recording.poses[recording.success & (recording.face_ids <= 0)]
        ahead = np.abs(pose[:, :2]).max(axis=1) < STRAIGHT
        often = np.bincount(faces.person[ahead], minlength=faces.person.max() + 1) >= least
        return faces.take(np.flatnonzero(ahead & often[faces.person]))


def against_own(fitter: Fitter, frames: Frames, person: np.ndarray) -> np.ndarray:
    """``(n, 60)``: each person against the person's own resting face."""
    found = np.zeros((len(person), fitter.model.dimension), np.float32)
    for one in np.unique(person):
        rows = np.flatnonzero(person == one)
        mine = frames.take(rows)
        found[rows] = expressions(fitter, mine, resting_face(fitter, mine))
    return found


def points68(space: ExpressionSpace) -> dict[str, tuple[Numbers, ExpressionSpace | None]]:
    """68 points of the mesh, read by the face model and by the packaged regressors."""
    found: dict[str, tuple[Numbers, ExpressionSpace | None]] = {}
    for depth, words in ((True, "in space"), (False, "in a picture")):
        regressor, field = load_points68(depth), "in_space" if depth else "in_picture"

        def regressed(faces: Faces, regressor: PointRegressor = regressor) -> np.ndarray:
            return np.asarray(regressor.predict(regressor.align(faces.ibug).shape))

        found[f"68 points {words}, face model"] = attrgetter(field), space
        found[f"68 points {words}, regressors"] = regressed, None
    return found


def codings(names: list[str]) -> dict[str, tuple[Numbers, ExpressionSpace | None]]:
    """Numbers of each coding, and the space whose millimetres they are; None: they need a map."""
    arkit, model = load_space("arkit51/face41"), load_space("dfe-face")
    found: dict[str, tuple[Numbers, ExpressionSpace | None]] = {
        "face model, 60 numbers": (lambda faces: faces.model, model),
        "41 coefficients": (lambda faces: faces.arkit, None),
        "AU proxy of them": (lambda faces: np.nan_to_num(au_intensities(faces.arkit, arkit)), None),
        **points68(model),
    }
    for name in names:
        tokenizer = load_tokenizer(name)
        own = tokenizer.space.id == model.id

        def decoded(faces: Faces, coder: Coder = tokenizer, own: bool = own) -> np.ndarray:
            return coder.decode_codes(coder.encode_codes(faces.model if own else faces.arkit))

        found[f"{tokenizer.id}, decoded"] = decoded, model if own else None
        for kind in ("intensity", "count"):

            def bagged(faces: Faces, coder: Coder = tokenizer, own: bool = own, kind: str = kind) -> np.ndarray:
                codes = coder.encode_codes(faces.model if own else faces.arkit)
                return np.asarray(bag(coder.displays(), codes, kind).toarray())  # type: ignore[arg-type]

            found[f"{tokenizer.id}, {'intensities' if kind == 'intensity' else 'counts'}"] = bagged, None
    return found


def measure(bench: Bench, numbers: Numbers, space: ExpressionSpace | None) -> dict[str, object]:
    """All figures of one coding."""
    move = (
        space.displace if space is not None else MotionMap.fit(numbers(bench.fit), bench.fit.motion, bench.fit.person)
    )
    films = dict(zip(FILMS, bench.films, strict=True))
    pooled = np.concatenate([one.motion for one in bench.films])
    said = np.concatenate([move(numbers(one)) for one in bench.films])
    whose = np.repeat(np.arange(len(FILMS)), [len(one.motion) for one in bench.films])
    result: dict[str, object] = {
        "films": parts(motion_told_over_people(pooled, said, whose)),
        "lfw": parts(motion_told_over_people(bench.lfw.motion, move(numbers(bench.lfw)), bench.lfw.person)),
        "by_film": {
            film: parts(motion_told_over_people(one.motion, move(numbers(one)), one.person))
            for film, one in films.items()
        },
    }
    for kind, pairs in bench.changed.items():
        before, after, person = [], [], []
        for place, (same, other) in enumerate(pairs):
            _, a, b = np.intersect1d(same.name, other.name, return_indices=True)
            before.append(move(numbers(same.take(a))))
            after.append(move(numbers(other.take(b))))
            person.append(np.full(len(a), place))
        shares = [changed_share(x, y, np.zeros(len(x), int)).value for x, y in zip(before, after, strict=True)]
        result[kind] = float(np.mean(shares))
    split = [name.rsplit(".", 1)[0].split("_") for name in bench.turned.name]
    smile = np.array([one[1] == "08" for one in split])
    yaw, pitch = (np.array([int(one[i]) for one in split]) for i in (2, 3))
    level = pitch == 0
    turned = bench.turned.take(level)
    result["turned"] = turn_share(move(numbers(turned)), turned.person, smile[level], yaw[level] == 0)._asdict()
    return result


def packaged() -> list[str]:
    """Folders of the package's tokenizers."""
    found = (ROOT / "src" / "dfe" / "assets" / "tokenizers").glob("*/tokenizer.json")
    return sorted(str(path.parent) for path in found)


def parts(told: object) -> dict[str, dict[str, float]]:
    return {name: _plain(one) for name, one in dict(told).items()}  # type: ignore[call-overload]


def _plain(one: Estimate) -> dict[str, float]:
    return {key: float(value) for key, value in one._asdict().items() if np.isfinite(value)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--tokenizers", nargs="*", help="default: all that the package has")
    parser.add_argument("--out", type=Path, help="default: motion.json in --work")
    options = parser.parse_args()
    bench = Bench(Judge(options.work, options.data, None))
    found = {}
    for name, (numbers, space) in codings(options.tokenizers or packaged()).items():
        found[name] = measure(bench, numbers, space)
        whole = [found[name][one]["whole"]["value"] for one in ("films", "lfw")]  # type: ignore[index]
        print(name, *(f"{value:.3f}" for value in whole), flush=True)
    sizes = {
        "people": {"fit": len(set(bench.fit.person)), "lfw": len(set(bench.lfw.person)), "films": len(FILMS)},
        "faces": {"fit": len(bench.fit.person), "lfw": len(bench.lfw.person)},
        "frames": {film: len(one.motion) for film, one in zip(FILMS, bench.films, strict=True)},
    }
    text = json.dumps({"sizes": sizes, "codings": found}, indent=1, allow_nan=False) + "\n"
    (options.out or options.work / "motion.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
