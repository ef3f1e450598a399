"""What the residual tokenizer of the face model's space is worth, on people that it was not trained on.

    python scripts/facemodel_media.py --work .cache/facemodel
    python benchmarks/rvq.py --work .cache/facemodel [--tokenizer dfe-rvq@1 ...] [--only told ...]

Baselines are fitted on pictures of the people and on the films that the tokenizer learned from. Nothing was learned
from those that judge: LFW's test people and four films, which were in sight while settings were chosen; FER+ only
teaches and tests the probe.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from facemodel import AHEAD, FILMS, Judge, cells, centred, people, probe, table
from sklearn.metrics import f1_score

from dfe.baselines.suite import BaselineConfig, fit_baseline
from dfe.facemodel.measures import motion_told
from dfe.facemodel.neutral import expressions, resting_face
from dfe.facemodel.space import face_space
from dfe.facs.coder import fit_au_proxy
from dfe.judge.bits import code_lengths
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.card import measure

ROOT = Path(__file__).resolve().parents[1]
TRAINING_FILMS = (
    "franck_full", "grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p", "pyfeat_noface_face",
    "pyfeat_single_face",
)  # fmt: skip
STILL_FILMS = ("cap12_edit", "grid_sbia1a", "grid_id2_vcd_swwp2s")
BASELINES = ("residual-kmeans", "residual-kmeans-shared", "pca", "flame-pca", "sparse", "flat-kmeans", "product")
LEAST_PICTURES = 4
EVERY = 5
"""Of a film's frames every so manyth looks for its nearest."""


class Faces:
    """Expressions of people that codings are fitted on and of others that judge them."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    @cached_property
    def training(self) -> np.ndarray:
        films = [self.film(f"clips/{film}") for film in TRAINING_FILMS]
        return np.concatenate([self.stills("lfw_train/lfw_train"), *films])

    def film(self, name: str) -> np.ndarray:
        frames = self.judge.fitter.frames(self.judge.table(name).points)
        return expressions(self.judge.fitter, frames, resting_face(self.judge.fitter, frames)).astype(np.float32)

    def stills(self, name: str) -> np.ndarray:
        still = self.judge.fitter.frames(self.judge.table(name).points).still
        return still[np.isfinite(still).all(axis=1)].astype(np.float32)

    @cached_property
    def test(self) -> np.ndarray:
        return self.stills("lfw_test/lfw_test")

    @cached_property
    def films(self) -> dict[str, np.ndarray]:
        return {film: self.film(f"clips/{film}") for film in FILMS}


class Coding:
    """A tokenizer or a baseline: codes, and faces decoded from them."""

    def __init__(self, coder: object) -> None:
        self.coder, self.id = coder, coder.id  # type: ignore[attr-defined]

    def codes(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.coder.encode_codes(x))  # type: ignore[attr-defined]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.coder.decode_codes(self.codes(x)))  # type: ignore[attr-defined]

    def bits(self, fit: np.ndarray, x: np.ndarray) -> float:
        """What an ideal code that has seen the training faces needs for one of these."""
        return float(code_lengths(self.codes(fit), self.codes(x), self.coder.displays()).sum(axis=1).mean())  # type: ignore[attr-defined]


def told(faces: Faces, codings: list[Coding]) -> list[str]:
    judge = faces.judge
    lines = table("coding", "film", "whole", "brow", "eye", "lips", "jaw", "cheek")
    for coding in codings:
        motion, said = [], []
        for film in FILMS:
            seen = judge.table(f"clips/{film}")
            pose = judge.fitter.frames(seen.points).pose
            still = np.abs(pose - np.median(pose, axis=0)).max(axis=1) < AHEAD
            shape = judge.shapes(seen.points)[still]
            decoded = judge.model.displace(coding(faces.films[film])[still].astype(np.float64))
            lines.append(cells(coding.id, film, *(f"{v:.3f}" for v in motion_told(shape, decoded).values())))
            if film in STILL_FILMS:
                motion.append(centred(shape))
                said.append(centred(decoded))
        parts = motion_told(np.concatenate(motion), np.concatenate(said))
        lines.append(cells(coding.id, "three speakers together", *(f"{v:.3f}" for v in parts.values())))
    return lines


def errors(faces: Faces, codings: list[Coding]) -> list[str]:
    space, films = face_space(), np.concatenate(list(faces.films.values()))
    lines = table("coding", "LFW test people, mm", "bits", "films, mm", "brow", "eyes", "cheeks", "mouth", "jaw")
    for coding in codings:
        decoded = coding(faces.test)
        regions = space.region_error_mm(faces.test, decoded)
        lines.append(
            cells(
                coding.id,
                f"{space.error_mm(faces.test, decoded).mean():.3f}",
                f"{coding.bits(faces.training, faces.test):.1f}",
                f"{space.error_mm(films, coding(films)).mean():.3f}",
                *(f"{regions[name].mean():.3f}" for name in ("brow", "eyes", "cheeks", "mouth", "jaw")),
            )
        )
    return lines


def nearest(faces: Faces, codings: list[Coding]) -> list[str]:
    """Cosine of person-centred, measured motion between a face and the nearest decoded face of another person."""
    judge = faces.judge
    seen = judge.table("lfw_test/lfw_test")
    frames = judge.fitter.frames(seen.points)
    who = people(judge.data, seen.names)
    ahead = (np.abs(frames.pose).max(axis=1) < 0.3) & np.isfinite(frames.still).all(axis=1)
    counted = {person for person in set(who[ahead]) if (who[ahead] == person).sum() >= LEAST_PICTURES}
    rows = np.flatnonzero(ahead & np.isin(who, sorted(counted)))
    parts = [(frames.still[rows], judge.shapes(seen.points[rows]), who[rows], seen, rows)]
    for film in FILMS:
        clip = judge.table(f"clips/{film}")
        some = np.arange(0, len(clip.points), EVERY)
        parts.append((faces.films[film][some], judge.shapes(clip.points[some]), np.full(len(some), film), clip, some))
    x = np.concatenate([part[0] for part in parts]).astype(np.float32)
    person = np.unique(np.concatenate([part[2] for part in parts]), return_inverse=True)[1]
    motion = np.concatenate([part[1] for part in parts]).reshape(len(x), -1)
    for one in range(person.max() + 1):
        motion[person == one] -= motion[person == one].mean(axis=0)
    unit = motion / np.linalg.norm(motion, axis=1, keepdims=True)
    cosine = unit @ unit.T
    other = person[:, None] != person
    space = face_space()
    root = np.linalg.cholesky(space.gram)
    said = {"uncoded": x @ root} | {coding.id: coding(x) @ root for coding in codings}
    names = ("lfw_test/lfw_test", *(f"clips/{film}" for film in FILMS))
    units = np.concatenate([coefficients(judge, name)[part[4]] for name, part in zip(names, parts, strict=True)])
    proxy = fit_au_proxy(coefficients(judge, "lfw_train/lfw_train"), arkit_space(judge), 0)
    told_units = proxy.decode_codes(proxy.encode_codes(units)).astype(np.float64)
    said["AU proxy"] = told_units @ np.linalg.cholesky(arkit_space(judge).gram + 1e-9 * np.eye(units.shape[1]))
    lines = table("coding", "cosine, mean over people", f"{len(x)} faces of {person.max() + 1} people")
    chance = (cosine * other).sum() / other.sum()
    lines.append(cells("by chance", f"{chance:.3f}", ""))
    for name, z in said.items():
        apart = np.square(z).sum(axis=1)[:, None] + np.square(z).sum(axis=1) - 2 * z @ z.T
        apart = np.where(other, np.maximum(apart, 0), np.inf)
        ties = apart <= apart.min(axis=1, keepdims=True) + 1e-9
        found = (cosine * ties).sum(axis=1) / ties.sum(axis=1)
        lines.append(
            cells(
                name,
                f"{np.mean([found[person == p].mean() for p in range(person.max() + 1)]):.3f}",
                f"{found.mean():.3f} over faces",
            )
        )
    return lines


def arkit_space(judge: Judge) -> object:
    from dfe.space.registry import load_space

    return load_space(Recording.read(judge.tables / "lfw_train/lfw_train.parquet", landmarks=False).provenance.space.id)


def coefficients(judge: Judge, name: str) -> np.ndarray:
    """The default front end's coefficients of a table's faces."""
    recording = Recording.read(judge.tables / f"{name}.parquet", landmarks=False)
    return recording.expressions()[recording.success & (recording.face_ids <= 0)].astype(np.float32)


def films(faces: Faces, codings: list[Coding]) -> list[str]:
    """The same frames, cropped, smaller, compressed: overlap of displays, and how far decoded faces move."""
    judge, space = faces.judge, face_space()
    lines = table("coding", "change", "same displays, beyond chance", "decoded mm apart", "measured mm apart")
    for coding in codings:
        if not isinstance(coding.coder, Tokenizer):
            continue
        for kind in ("crop", "small", "crf33"):
            kept, moved, before = [], [], []
            for film in FILMS:
                pair = []
                for version in ("same", kind):
                    x = faces.film(f"films/{film}__{version}")
                    pair.append(dict(zip(judge.table(f"films/{film}__{version}").frame.tolist(), x, strict=True)))
                both = sorted(set(pair[0]) & set(pair[1]))
                a, b = (np.stack([one[frame] for frame in both]) for one in pair)
                kept.append(agreement(coding, a, b))
                moved.append(space.error_mm(coding(a), coding(b)).mean())
                before.append(space.error_mm(a, b).mean())
            lines.append(cells(coding.id, kind, *(f"{np.mean(v):.3f}" for v in (kept, moved, before))))
    return lines


def agreement(coding: Coding, a: np.ndarray, b: np.ndarray) -> float:
    """Overlap of the displays said of two views of each face, 1 all, 0 as of two faces of the film drawn at random."""
    size = coding.coder.size  # type: ignore[attr-defined]
    said = []
    for x in (a, b):
        display = coding.coder.encode(x).display  # type: ignore[attr-defined]
        bag = np.zeros((len(x), size))
        np.add.at(bag, (np.arange(len(x))[:, None], display), 1)
        said.append(bag[:, 1:])
    overlap = 2 * np.minimum(said[0], said[1]).sum(axis=1) / np.maximum(said[0].sum(axis=1) + said[1].sum(axis=1), 1)
    order = np.random.default_rng(0).permutation(len(a))
    chance = (
        2
        * np.minimum(said[0], said[1][order]).sum(axis=1)
        / np.maximum(said[0].sum(axis=1) + said[1][order].sum(axis=1), 1)
    )
    return float((overlap.mean() - chance.mean()) / (1 - chance.mean()))


def card(faces: Faces, codings: list[Coding]) -> list[str]:
    lines = table("tokenizer", "faithful by level", "mirrored", "used", "perplexity", "locality", "CPU s a million")
    for coding in codings:
        tokenizer = coding.coder
        if not isinstance(tokenizer, Tokenizer):
            continue
        figures = measure(tokenizer, faces.test, faces.training.mean(axis=0))
        one, other = tokenizer.decode(tokenizer.encode(faces.test)), tokenizer.space.mirror(faces.test)
        same = tokenizer.space.error_mm(tokenizer.space.mirror(one), tokenizer.decode(tokenizer.encode(other))) < 1e-4
        begin = time.process_time()
        tokenizer.encode(faces.test)
        took = (time.process_time() - begin) / len(faces.test) * 1e6
        by_level = " ".join(f"{share:.2f}" for share in figures["faithful_share_by_level"])
        used, perplexity, local = (figures[name] for name in ("displays_used", "perplexity", "locality"))
        lines.append(cells(coding.id, by_level, f"{same.mean():.0%}", used, perplexity, local, f"{took:.0f}"))
    return lines


def fer(faces: Faces, codings: list[Coding]) -> list[str]:
    """FER+ from counts of displays and from their intensities."""
    judge, sets = faces.judge, {}
    for name, source in (("fer_train", "training"), ("fer_test", "publictest")):
        seen = judge.table(f"{name}/{name}")
        with np.load(judge.data / "fer2013" / f"{source}.npz", allow_pickle=False) as archive:
            votes, words = archive["votes"], archive["vote_names"].astype(str)
        label = votes[[int(Path(one).stem) for one in seen.names]].argmax(axis=1)
        still = judge.fitter.frames(seen.points).still
        usable = ~np.isin(words[label], ("unknown", "NF", "contempt")) & np.isfinite(still).all(axis=1)
        sets[name] = still[usable].astype(np.float32), label[usable]
    lines = table("coding", "counts: accuracy, macro-F1", "intensities", "decoded faces")
    for coding in codings:
        if not isinstance(coding.coder, Tokenizer):
            continue
        row = []
        for bag in (counted, weighed, lambda tokenizer, x: tokenizer.decode(tokenizer.encode(x))):
            (x, y), (test, truth) = ((bag(coding.coder, part[0]), part[1]) for part in sets.values())
            guess = probe().fit(x, y).predict(test)
            row.append(f"{(guess == truth).mean():.3f}, {f1_score(truth, guess, average='macro'):.3f}")
        lines.append(cells(coding.id, *row))
    return lines


def counted(tokenizer: Tokenizer, x: np.ndarray) -> np.ndarray:
    bag = np.zeros((len(x), tokenizer.size))
    np.add.at(bag, (np.arange(len(x))[:, None], tokenizer.encode(x).display), 1)
    return bag[:, 1:]


def weighed(tokenizer: Tokenizer, x: np.ndarray) -> np.ndarray:
    bag, tokens = np.zeros((len(x), tokenizer.size)), tokenizer.encode(x)
    np.add.at(bag, (np.arange(len(x))[:, None], tokens.display), tokens.mm)
    return bag[:, 1:]


SECTIONS: dict[str, Callable[[Faces, list[Coding]], list[str]]] = {
    "told": told, "errors": errors, "nearest": nearest, "films": films, "card": card, "fer": fer,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--tokenizer", nargs="+", default=["dfe-rvq@1"])
    parser.add_argument("--baselines", nargs="*", choices=BASELINES, default=list(BASELINES))
    parser.add_argument("--size", type=int, default=64, help="of the baselines")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    options = parser.parse_args()
    faces = Faces(Judge(options.work, options.data, None))
    codings = [Coding(load_tokenizer(name)) for name in options.tokenizer]
    config = BaselineConfig(size=options.size)
    codings += [Coding(fit_baseline(name, faces.training, face_space(), config)) for name in options.baselines]
    for name in options.only:
        print(f"\n## {name}", *SECTIONS[name](faces, codings), sep="\n", flush=True)


if __name__ == "__main__":
    main()
