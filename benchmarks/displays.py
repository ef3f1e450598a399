"""What the displays of the face model's space are worth, on people that nothing was learned from.

    python scripts/facemodel_media.py --work .cache/facemodel     (tables of landmarks, made once)
    python benchmarks/displays.py --work .cache/facemodel [--tokenizer dfe-displays@1] [--seeds FOLDER ...]

Prints, as tables: motion told of films and of LFW's test people; error against residual k-means with a book for each
level at the same bits; what tokens are like (faithful, mirrored, used, local, unlike each other); whether the ladder is
high enough; the same tokens in films that were cropped, made smaller, compressed; emotion told from tokens; speed.
The films, LFW's test people and FER2013's public test were in sight while settings were chosen.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import f1_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

import dfe  # noqa: E402
from dfe.base.types import FloatArray  # noqa: E402
from dfe.baselines.residual import residual_kmeans  # noqa: E402
from dfe.displays.describe import local_share  # noqa: E402
from dfe.displays.tokens import Tokens  # noqa: E402
from dfe.facemodel.alignment import align  # noqa: E402
from dfe.facemodel.measures import FACE_PARTS, motion_told  # noqa: E402
from dfe.judge.motion import motion_told_over_people  # noqa: E402
from dfe.judge.reliability import Perturbed, reliability  # noqa: E402
from dfe.judge.stability import stability  # noqa: E402
from dfe.tokenizer.tokenizer import Tokenizer  # noqa: E402
from dfe.training.card import effective_displays, faithful_shares, template_cosines  # noqa: E402
from face_rows import TEST_FILMS, Faces, Stills  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
AHEAD_FILM, AHEAD_STILL, PICTURES = 0.05, 0.15, 4
"""Radians from a film's usual pose, and from straight ahead; pictures of a person at least."""
OFTEN, ALIKE = 0.02, 0.8
SPEED_ROWS = 8192


class Judge:
    """The tokenizer and the faces."""

    def __init__(self, faces: Faces, tokenizer: Tokenizer) -> None:
        self.faces, self.tokenizer = faces, tokenizer
        self.test = faces.stills("lfw_test")
        self.films = {name: faces.film(f"clips/{name}") for name in TEST_FILMS}
        self.seen = np.concatenate([self.test.x[self.test.usable], *(film.x for film in self.films.values())])

    def shapes(self, points: np.ndarray) -> np.ndarray:
        """Landmarks in head coordinates, mm: the measured movement itself."""
        model = self.faces.model
        return align(points[:, :468], model.mean_mm, model.size_weights, model.rigid).shape_mm

    def said(self, x: FloatArray) -> np.ndarray:
        """Displacements ``(n, 468, 3)`` that the tokens of expressions tell."""
        return self.faces.model.displace(self.tokenizer.decode(self.tokenizer.encode(x)))


def told(judge: Judge) -> list[str]:
    lines = table("people", "faces", "whole", *FACE_PARTS)
    every: list[tuple[np.ndarray, np.ndarray]] = []
    for name, film in judge.films.items():
        near = np.abs(film.pose - np.median(film.pose, axis=0)).max(axis=1) < AHEAD_FILM
        shape, said = judge.shapes(film.points[near]), judge.said(film.x[near])
        every.append((shape - shape.mean(axis=0), said - said.mean(axis=0)))
        lines.append(cells(name, near.sum(), *(f"{v:.3f}" for v in motion_told(shape, said).values())))
    shape, said = (np.concatenate(part) for part in zip(*every, strict=True))
    lines.append(cells("all four films", len(shape), *(f"{v:.3f}" for v in motion_told(shape, said).values())))
    test = judge.test
    person = judge.faces.person(test.names)
    own = judge.faces.against_own(test.points, person)
    fine = np.flatnonzero((np.abs(test.pose).max(axis=1) < AHEAD_STILL) & np.isfinite(own).all(axis=1))
    names, count = np.unique(person[fine], return_counts=True)
    fine = fine[np.isin(person[fine], names[count >= PICTURES])]
    who = np.unique(person[fine], return_inverse=True)[1]
    for words, shape in (
        ("LFW's test people", judge.shapes(test.points[fine])),
        ("the same, of what the face model says", judge.faces.model.displace(own[fine])),
    ):
        parts = motion_told_over_people(shape, judge.said(own[fine]), who)
        lines.append(cells(words, len(fine), *(f"{part.value:.3f}" for part in parts.values())))
    return lines


def error(judge: Judge) -> list[str]:
    """Error beside residual k-means with a book for each level, fitted on the training rows."""
    tokenizer, space = judge.tokenizer, judge.faces.space
    tables, weights, _ = judge.faces.training()
    rng = np.random.default_rng(0)
    rows = np.concatenate([part.x[rng.random(len(part.x)) < w] for part, w in zip(tables, weights, strict=True)])
    x = judge.test.x[judge.test.usable]
    tokens = tokenizer.encode(x)
    mm = space.error_mm(x, tokenizer.decode(tokens)).mean()
    bits = entropy_bits(tokens)
    lines = table("coding of LFW's test people", "bits", "error mm", "displays' error by its")
    lines.append(cells(tokenizer.id, f"{bits:.1f}", f"{mm:.3f}", ""))
    for size, levels in ((64, 8), (256, 8)):
        coder = residual_kmeans(rows.astype(np.float32), space, size, levels)
        off = space.error_mm(x, coder.decode_codes(coder.encode_codes(x))).mean()
        lines.append(
            cells(
                f"residual k-means {size} x {levels}", f"{levels * np.log2(size):.0f}", f"{off:.3f}", f"{mm / off:.2f}"
            )
        )
    return lines


def entropy_bits(tokens: Tokens) -> float:
    """Bits of a face if every token costs what how often it is said allows, whatever the others are."""
    said = tokens.says
    _, counts = np.unique(
        np.stack([tokens.display[said], np.rint(tokens.mm[said] * 1000)], axis=1), axis=0, return_counts=True
    )
    share = counts / counts.sum()
    of_counts = np.bincount(said.sum(axis=1)) / len(said)
    ends = -(of_counts[of_counts > 0] * np.log2(of_counts[of_counts > 0])).sum()
    return float(-(share * np.log2(share)).sum() * said.sum(axis=1).mean() + ends)


def like(judge: Judge) -> list[str]:
    tokenizer, space, x = judge.tokenizer, judge.faces.space, judge.seen
    tokens = tokenizer.encode(x)
    uses = np.bincount(tokens.display[tokens.says], minlength=tokenizer.size)[1:]
    mirrored = tokenizer.encode(space.mirror(x))
    book = tokenizer.templates()[1:]
    partner = (np.abs(space.mirror(book)[:, None] - book).max(axis=2)).argmin(axis=1) + 1
    flipped = np.where(tokens.says, np.append(0, partner)[tokens.display], 0)
    same = (np.sort(flipped, axis=1) == np.sort(mirrored.display, axis=1)).all(axis=1).mean()
    energy = np.square(space.displace(book)).sum(axis=2)[:, space.moving]
    local = np.array([local_share(row) for row in energy])
    cosines = book @ space.gram @ book.T
    length = np.sqrt(np.diagonal(cosines))
    cosines = cosines / np.outer(length, length) - 2 * np.eye(len(book))
    often = uses / len(x) > OFTEN
    ladder = tokenizer.displays().steps_mm
    over = tokens.mm[tokens.says] >= ladder.max(axis=1)[tokens.display[tokens.says] - 1] - 1e-4
    faithful = faithful_shares(tokenizer, x, tokens)
    pairs = np.abs(template_cosines(tokenizer))
    opposite = (cosines + 2 * np.eye(len(book))).min(axis=1) < -ALIKE
    top = ladder.max(axis=1)
    used = f"{(uses > 0).sum()} of {len(uses)}, {effective_displays(tokens.display):.1f}"
    found = {
        "tokens a face": f"{tokens.says.sum(axis=1).mean():.2f}",
        "displays used, perplexity": used,
        "faithful, least of the levels": f"{np.nanmin(faithful):.4f}",
        "mirrored faces that get the mirrored tokens": f"{same:.4f}",
        "locality, by use": f"{uses @ local / uses.sum():.3f}",
        "locality, of all displays alike": f"{local.mean():.3f}",
        f"displays in over {OFTEN:.0%} of faces": f"{often.sum()}",
        f"of these, with a partner of cosine over {ALIKE}": f"{(often & (cosines.max(axis=1) > ALIKE)).sum()}",
        f"of these, with an opposite of cosine under -{ALIKE}": f"{(often & opposite).sum()}",
        "mean |cosine| of pairs, largest cosine": f"{pairs.mean():.3f}, {cosines.max():.2f}",
        "lowest step, highest step by display": f"{ladder.min():.2f} mm, {top.min():.1f} to {top.max():.1f} mm",
        "tokens at the last step": f"{over.mean():.3%}",
    }
    return [*table("measure", "found"), *(cells(*row) for row in found.items())]


def same_tokens(judge: Judge) -> list[str]:
    lines = table("film", "cropped", "0.7 of its size", "CRF 33")
    displays, found = judge.tokenizer.displays(), {}
    for film in TEST_FILMS:
        before = judge.faces.film(f"films/{film}__same")
        codes = judge.tokenizer.encode_codes(before.x)
        changed = {}
        for kind in ("crop", "small", "crf33"):
            after = judge.faces.film(f"films/{film}__{kind}")
            _, one, two = np.intersect1d(before.frame, after.frame, return_indices=True)
            changed[kind] = Perturbed(one, judge.tokenizer.encode_codes(after.x[two]))
        judged = reliability(displays, codes, changed, draws=2)
        found[film] = [judged[kind].counts.agreement.value for kind in changed]
        lines.append(cells(film, *(f"{value:.3f}" for value in found[film])))
    return [*lines, cells("mean", *(f"{value:.3f}" for value in np.mean(list(found.values()), axis=0)))]


def emotion(judge: Judge) -> list[str]:
    lines = table("input", "accuracy", "macro-F1")
    sets: dict[str, tuple[Stills, np.ndarray]] = {}
    for name, source in (("fer_train", "training"), ("fer_test", "publictest")):
        stills = judge.faces.stills(name)
        with np.load(judge.faces.data / "fer2013" / f"{source}.npz", allow_pickle=False) as archive:
            votes, words = archive["votes"], archive["vote_names"].astype(str)
        label = votes[np.array([int(Path(one).stem) for one in stills.names])].argmax(axis=1)
        usable = ~np.isin(words[label], ("unknown", "NF", "contempt"))
        sets[name] = (Stills(*(part[usable] for part in stills)), label[usable])
    (train, label), (test, truth) = sets["fer_train"], sets["fer_test"]
    kinds: dict[str, Callable[[FloatArray], np.ndarray]] = {
        "counts of tokens": lambda x: bag(judge.tokenizer, x) > 0,
        "intensities of tokens": lambda x: bag(judge.tokenizer, x),
        "the 60 numbers themselves": lambda x: x,
    }
    for words_, make in kinds.items():
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
        guess = probe.fit(make(train.x).astype(float), label).predict(make(test.x).astype(float))
        accuracy, f1 = (guess == truth).mean(), f1_score(truth, guess, average="macro")
        lines.append(cells(words_, f"{accuracy:.3f}", f"{f1:.3f}"))
    return [*lines, "", f"{len(label)} training faces, {len(truth)} test faces; C = 0.1, no other was tried."]


def bag(tokenizer: Tokenizer, x: FloatArray) -> np.ndarray:
    """``(n, K - 1)`` mm of each display."""
    tokens = tokenizer.encode(x)
    amount = np.zeros((len(x), tokenizer.size))
    np.put_along_axis(amount, tokens.display.astype(int), np.nan_to_num(tokens.mm), axis=1)
    return amount[:, 1:]


def speed(judge: Judge) -> list[str]:
    rows = judge.seen[np.resize(np.arange(len(judge.seen)), SPEED_ROWS)]
    took = []
    for _ in range(3):
        begin = time.process_time()
        judge.tokenizer.encode(rows)
        took.append(time.process_time() - begin)
    return [f"A million faces take {min(took) / SPEED_ROWS * 1e6:.1f} CPU seconds on one core."]


def seeds(folders: list[Path]) -> list[str]:
    books = [dfe.load_tokenizer(folder).displays() for folder in folders]
    found = stability(books)
    return [f"{len(books)} seeds: displays matched with a mean cosine of {found.cosine:.3f} (by chance "
            f"{found.chance_cosine:.3f}); {found.share_same:.0%} of them above 0.85."]  # fmt: skip


def table(*heads: str) -> list[str]:
    return [cells(*heads), "| --- " * len(heads) + "|"]


def cells(*values: object) -> str:
    return "| " + " | ".join(str(value) for value in values) + " |"


SECTIONS: dict[str, Callable[[Judge], list[str]]] = {
    "told": told, "error": error, "like": like, "same_tokens": same_tokens, "emotion": emotion, "speed": speed,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--tokenizer", default="dfe-displays@1")
    parser.add_argument("--seeds", type=Path, nargs="*", default=[], help="tokenizers from other seeds")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    options = parser.parse_args()
    judge = Judge(Faces(options.work / "tables", options.data), dfe.load_tokenizer(options.tokenizer))
    for name in options.only:
        print(f"\n## {name}", *SECTIONS[name](judge), sep="\n", flush=True)
    if options.seeds:
        print("\n## seeds", *seeds(options.seeds), sep="\n", flush=True)


if __name__ == "__main__":
    main()
