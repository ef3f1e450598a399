"""What the face model is worth, on people that nothing was learned from.

    python scripts/facemodel_media.py --work .cache/facemodel
    python benchmarks/facemodel.py --work .cache/facemodel [--write docs/face-model.md]

London and the test films were in sight while settings were chosen; LFW's test people, Yale and FER2013's public test
were not.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dfe.facemodel.alignment import align
from dfe.facemodel.eyes import lids_mm
from dfe.facemodel.file import load_model
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.measures import FACE_PARTS, motion_told, rms_mm
from dfe.facemodel.neutral import expressions, resting_face
from dfe.facemodel.observations import PointFitter
from dfe.facemodel.posterior import Fitter
from dfe.facemodel.space import face_space, head_space
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import RIGID as RIGID68
from dfe.frontends.points.mapping import weights as weights68
from dfe.judge.motion import motion_told_over_people
from dfe.judge.steadiness import changed_share, turn_share
from dfe.recording.recording import Recording

ROOT = Path(__file__).resolve().parents[1]
FILMS = ("WolfgangLanger_Pexels", "cap12_edit", "grid_sbia1a", "grid_id2_vcd_swwp2s")
AHEAD = 0.05
"""Radians from the usual pose of a film: within 3 degrees a turning head moves the measured face by little."""


class Table:
    """Faces of a table: landmarks, names of their pictures, frames."""

    def __init__(self, path: Path) -> None:
        recording = Recording.read(path)
        points = recording.landmarks()
        assert points is not None
        found = np.flatnonzero(recording.success & (recording.face_ids <= 0))
        self.points = points[found].astype(np.float64)
        self.names = recording.column("source")[found].astype(str)
        self.frame = recording.column("frame")[found]


class Judge:
    """The model and the tables."""

    def __init__(self, work: Path, data: Path, model: Path | None) -> None:
        self.tables, self.data = work / "tables", data
        self.model = load_model(model)
        self.fitter = FaceFitter(self.model)

    def table(self, name: str) -> Table:
        return Table(self.tables / f"{name}.parquet")

    def shapes(self, points: np.ndarray) -> np.ndarray:
        """Landmarks in head coordinates, mm: the measured movement itself."""
        model = self.model
        return align(points[:, :468], model.mean_mm, model.size_weights, model.rigid).shape_mm

    def said(self, points: np.ndarray, fitter: Fitter | None = None) -> np.ndarray:
        """Displacements that the model tells of one person's frames, against their own resting face."""
        frames = (fitter or self.fitter).frames(points)  # type: ignore[attr-defined]
        face = resting_face(fitter or self.fitter, frames)
        return self.model.displace(expressions(fitter or self.fitter, frames, face))


def told(judge: Judge) -> list[str]:
    lines = table("film", "frames", "whole", *FACE_PARTS)
    for film in FILMS:
        seen = judge.table(f"clips/{film}")
        shape, said = judge.shapes(seen.points), judge.said(seen.points)
        pose = judge.fitter.frames(seen.points).pose
        off = np.abs(pose - np.median(pose, axis=0)).max(axis=1)
        for words, near in (("", off < AHEAD), (", head free", off < 10)):
            parts = motion_told(shape[near], said[near])
            lines.append(cells(film + words, near.sum(), *(f"{v:.3f}" for v in parts.values())))
    seen = judge.table("lfw_test/lfw_test")
    who = people(judge.data, seen.names)
    ahead = np.abs(judge.fitter.frames(seen.points).pose).max(axis=1) < 0.15
    shape, said, kept = [], [], []
    for person in sorted(set(who[ahead])):
        rows = np.flatnonzero(ahead & (who == person))
        if len(rows) < 4:
            continue
        shape.append(centred(judge.shapes(seen.points[rows])))
        said.append(centred(judge.said(seen.points[rows])))
        kept.append(person)
    parts = motion_told_over_people(
        np.concatenate(shape), np.concatenate(said), np.repeat(np.arange(len(kept)), list(map(len, shape)))
    )
    lines.append(
        cells(f"LFW, {len(kept)} test people", sum(map(len, shape)), *(f"{part.value:.3f}" for part in parts.values()))
    )
    whole = parts["whole"]
    return [*lines, "", f"LFW, whole face: 95% interval over people {whole.low:.3f} to {whole.high:.3f}."]


def turned(judge: Judge) -> list[str]:
    seen = judge.table("london_turned/london_turned")
    parts = [name.rsplit(".", 1)[0].split("_") for name in seen.names]
    who, smile = np.array([p[0] for p in parts]), np.array([p[1] == "08" for p in parts])
    yaw, pitch = (np.array([int(p[i]) for p in parts]) for i in (2, 3))
    shape = judge.shapes(seen.points)
    still = judge.model.displace(judge.fitter.frames(seen.points).still)
    tracked = np.zeros_like(shape)
    for person in sorted(set(who)):
        tracked[who == person] = judge.said(seen.points[who == person])
    lines = table("", "smile mm", "yaw ±17", "pitch ±15", "95% interval, yaw")
    ahead = (yaw == 0) & (pitch == 0)
    sets = {"yaw": pitch == 0, "pitch": yaw == 0}
    for words, coded in (("landmarks", shape), ("one picture alone", still), ("face model, own neutral", tracked)):
        found = {}
        for axis, there in sets.items():
            whole = [p for p in sorted(set(who)) if (there & ~smile & (who == p)).sum() == 5]
            rows = there & np.isin(who, whole)
            found[axis] = turn_share(coded[rows], who[rows], smile[rows], ahead[rows])
        far = [
            rms_mm(coded[ahead & smile & (who == p)] - coded[ahead & ~smile & (who == p)])[0]
            for p in sorted(set(who))
            if (ahead & (who == p)).sum() == 2
        ]
        of_yaw, of_pitch = found["yaw"], found["pitch"]
        interval = f"{of_yaw.low:.3f} to {of_yaw.high:.3f}"
        lines.append(cells(words, f"{np.mean(far):.2f}", f"{of_yaw.value:.3f}", f"{of_pitch.value:.3f}", interval))
    return lines


def films(judge: Judge) -> list[str]:
    lines = table("film", "cropped", "0.7 of its size", "CRF 33", "landmarks: cropped", "0.7", "CRF 33")
    for film in (*FILMS, "franck_140-160s"):
        found: dict[str, tuple[dict[int, np.ndarray], dict[int, np.ndarray]]] = {}
        for kind in ("same", "crop", "small", "crf33"):
            seen = judge.table(f"films/{film}__{kind}")
            coded = judge.said(seen.points), centred(judge.shapes(seen.points))
            found[kind] = tuple(dict(zip(seen.frame.tolist(), one, strict=True)) for one in coded)  # type: ignore[assignment]
        row = []
        for way in (0, 1):
            for kind in ("crop", "small", "crf33"):
                both = sorted(set(found["same"][way]) & set(found[kind][way]))
                a, b = (np.stack([found[k][way][f] for f in both]) for k in ("same", kind))
                row.append(changed_share(a, b, np.zeros(len(both), int)).value)
        lines.append(cells(film, *(f"{v:.2f}" for v in row)))
    return lines


def fer(judge: Judge) -> list[str]:
    lines = table("input", "numbers", "accuracy", "macro-F1")
    sets = {}
    for name, source in (("fer_train", "training"), ("fer_test", "publictest")):
        seen = judge.table(f"{name}/{name}")
        with np.load(judge.data / "fer2013" / f"{source}.npz", allow_pickle=False) as archive:
            votes, words = archive["votes"], archive["vote_names"].astype(str)
        number = np.array([int(Path(one).stem) for one in seen.names])
        label = votes[number].argmax(axis=1)
        frames = judge.fitter.frames(seen.points)
        usable = ~np.isin(words[label], ("unknown", "NF", "contempt")) & np.isfinite(frames.still).all(axis=1)
        sets[name] = (frames.still[usable], judge.shapes(seen.points).reshape(len(number), -1)[usable], label[usable])
    for words, column, least in (
        ("expression of one picture", 0, 0),
        ("landmarks, person still in them (PCA 150)", 1, 150),
    ):
        train, test = sets["fer_train"], sets["fer_test"]
        x, y = train[column], test[column]
        if least:
            vectors = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:least]
            x, y = x @ vectors.T, y @ vectors.T
        guess = probe().fit(x, train[2]).predict(y)
        accuracy, f1 = (guess == test[2]).mean(), f1_score(test[2], guess, average="macro")
        lines.append(cells(words, x.shape[1], f"{accuracy:.3f}", f"{f1:.3f}"))
    return [*lines, "", f"{len(sets['fer_train'][2])} training faces, {len(sets['fer_test'][2])} test faces."]


def identity(judge: Judge) -> list[str]:
    seen = judge.table("lfw_test/lfw_test")
    who = people(judge.data, seen.names)
    frames = judge.fitter.frames(seen.points)
    names, count = np.unique(who, return_counts=True)
    # At most eight pictures of each: otherwise a few people's would decide.
    running = np.array([np.count_nonzero(who[:row] == who[row]) for row in range(len(who))])
    chosen = np.flatnonzero(np.isin(who, names[count >= 5]) & (running < 8))
    label = np.unique(who[chosen], return_inverse=True)[1]
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    lines = table("input", "people", "pictures", "person told")
    for words, x in (
        ("expression of one picture", frames.still),
        ("landmarks", judge.shapes(seen.points).reshape(len(who), -1)),
    ):
        x = x[chosen]
        if x.shape[1] > 150:
            x = (x - x.mean(axis=0)) @ np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:150].T
        right = (cross_val_predict(probe(), x, label, cv=folds) == label).mean()
        lines.append(cells(words, label.max() + 1, len(label), f"{right:.3f}"))
    most = np.bincount(label).max() / len(label)
    return [*lines, "", f"Always saying the most frequent person: {most:.3f}."]


def yale(judge: Judge) -> list[str]:
    seen = judge.table("yale/yale")
    parts = [Path(name).stem.split("_") for name in seen.names]
    who, what = np.array([p[0] for p in parts]), np.array([p[1] for p in parts])
    said = np.zeros((len(who), 468, 3))
    lids = np.zeros((len(who), 2))
    for person in sorted(set(who)):
        mine = who == person
        said[mine] = judge.said(seen.points[mine])
        lids[mine] = lids_mm(judge.shapes(seen.points[mine]))
    shares, winks = [], []
    for person in sorted(set(who)):
        mine = {w: np.flatnonzero((who == person) & (what == w)) for w in set(what)}
        lights = [mine[w][0] for w in ("centerlight", "leftlight", "rightlight") if len(mine[w])]
        if len(lights) > 1 and len(mine["happy"]) and len(mine["normal"]):
            smile = rms_mm(said[mine["happy"][0]] - said[mine["normal"][0]])
            moved = np.sqrt(np.square(centred(said[lights])).sum(axis=2).mean())
            shares.append(moved / smile)
        if len(mine["wink"]) and len(mine["normal"]):
            change = lids[mine["wink"][0]] - lids[mine["normal"][0]]
            picture = seen.points[mine["wink"][0]]
            winks.append((change[0], change[1], eyes_shut_in_picture(picture)))
    agree = sum((left < right) == shut for left, right, shut in winks)
    return [
        f"Three lights, as a share of the same person's smile: median {np.median(shares):.2f}, "
        f"mean {np.mean(shares):.2f} ({len(shares)} people).",
        "",
        f"Winks: the lid that closes more in mm is the lid that is narrower in the picture in {agree} of {len(winks)};"
        f" lids differ by {np.median([abs(a - b) for a, b, _ in winks]):.1f} mm (median).",
    ]


def eyes_shut_in_picture(points: np.ndarray) -> bool:
    """Whether the left eye is the narrower one, by height over width in pixels."""
    left = np.linalg.norm(points[386, :2] - points[374, :2]) / np.linalg.norm(points[362, :2] - points[263, :2])
    right = np.linalg.norm(points[159, :2] - points[145, :2]) / np.linalg.norm(points[133, :2] - points[33, :2])
    return bool(left < right)


def points68(judge: Judge) -> list[str]:
    lines = table("film", "points", "whole", *FACE_PARTS)
    fitters = [
        PointFitter(judge.model, weights68(Networks())[:, :468], RIGID68, depth=depth) for depth in (True, False)
    ]
    for film in FILMS:
        seen = judge.table(f"clips/{film}")
        shape = judge.shapes(seen.points)
        pose = judge.fitter.frames(seen.points).pose
        near = np.abs(pose - np.median(pose, axis=0)).max(axis=1) < AHEAD
        for words, fitter in zip(("in space", "in the picture"), fitters, strict=True):
            given = np.einsum("mp,npk->nmk", fitter.weights, seen.points[:, :468])
            parts = motion_told(shape[near], judge.said(given, fitter)[near])
            lines.append(cells(film, words, *(f"{v:.3f}" for v in parts.values())))
    space = face_space()
    seen = judge.table("lfw_test/lfw_test")
    whole = judge.fitter.frames(seen.points).still
    apart = space.error_mm(whole, np.broadcast_to(whole.mean(axis=0), whole.shape)).mean()
    lines.append("")
    for words, fitter in zip(("in space", "in the picture"), fitters, strict=True):
        given = np.einsum("mp,npk->nmk", fitter.weights, seen.points[:, :468])
        error = space.error_mm(fitter.frames(given).still, whole).mean()
        lines.append(
            f"One picture alone, {len(whole)} pictures of LFW's test people, 68 points {words}: off from "
            f"what the whole mesh says by {error:.2f} mm, {error / apart:.0%} of the mean face's error."
        )
    return lines


def drawn(judge: Judge) -> list[str]:
    """Lip gap, mouth width and brow height of the drawn head against the landmarks, over faces of test people."""
    space = head_space()
    head = nearest_vertices(judge)
    seen = judge.table("lfw_test/lfw_test")
    frames = judge.fitter.frames(seen.points)
    fine = np.flatnonzero(np.isfinite(frames.still).all(axis=1) & (np.abs(frames.pose).max(axis=1) < 0.3))[::3]
    points = judge.model.mean_mm + judge.model.displace(frames.still[fine])
    vertices = space.mesh.vertices_mm + space.displace(frames.still[fine].astype(np.float32))
    lines = table("measure", "r", "slope")
    pairs = {
        "lip gap": (13, 14, 1),
        "mouth width": (61, 291, 0),
        "brow height": (105, 159, 1),
        "lid gap": (159, 145, 1),
    }
    for words, (one, two, axis) in pairs.items():
        a = points[:, one, axis] - points[:, two, axis]
        b = vertices[:, head[one], axis] - vertices[:, head[two], axis]
        slope = np.polyfit(a, b, 1)[0]
        lines.append(cells(words, f"{np.corrcoef(a, b)[0, 1]:.3f}", f"{slope:.2f}"))
    edges = space.mesh.triangles[:, [0, 1]]
    rest = np.linalg.norm(np.diff(space.mesh.vertices_mm[edges], axis=1)[:, 0], axis=1)
    inside = np.flatnonzero((space.mesh.vertex_region[edges] >= 0).all(axis=1) & (rest > 0.5))
    longest = np.linalg.norm(np.diff(vertices[:, edges[inside]], axis=2)[:, :, 0], axis=2).max(axis=0) / rest[inside]
    torn = f"{np.quantile(longest, 0.999):.1f} (99.9% of edges), {longest.max():.1f} at most"
    return [*lines, "", f"Edges of the drawn face stretch by a factor of {torn}, over {len(fine)} faces."]


def nearest_vertices(judge: Judge) -> dict[int, int]:
    """The head's vertex that moves as a point does: the one whose basis is most like the point's."""
    model = judge.model
    found = {}
    for point in (13, 14, 61, 291, 105, 159, 145):
        apart = np.square(model.head_basis - model.expression[:, point][:, None]).sum(axis=(0, 2))
        found[point] = int(apart.argmin())
    return found


def speed(judge: Judge) -> list[str]:
    points = np.concatenate([judge.table("clips/cap12_edit").points] * 2)[:2000]
    judge.fitter.frames(points[:200])
    took = min(timed(lambda: judge.fitter.frames(points)) for _ in range(3)) / len(points) * 1000
    frames = judge.fitter.frames(points)
    face = resting_face(judge.fitter, frames)
    more = min(timed(lambda: expressions(judge.fitter, frames, face)) for _ in range(3)) / len(points) * 1000
    numbers = frames.products.variables.shape[1] + judge.model.dimension + 3 + 3
    return [
        f"Fit {took:.2f} ms a frame, expressions against the resting face {more:.2f} ms; {numbers} numbers a frame are"
        f" kept beside {frames.products.identity.shape[1]} of the identity."
    ]


def timed(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def probe() -> object:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))


def people(data: Path, names: np.ndarray) -> np.ndarray:
    with (data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        person = {row["image"]: row["person"] for row in csv.DictReader(file)}
    return np.array([person[name] for name in names])


def centred(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows - rows.mean(axis=0))


def table(*heads: str) -> list[str]:
    return [cells(*heads), "| --- " * len(heads) + "|"]


def cells(*values: object) -> str:
    return "| " + " | ".join(str(value) for value in values) + " |"


SECTIONS: dict[str, Callable[[Judge], list[str]]] = {
    "told": told, "turned": turned, "films": films, "points68": points68, "yale": yale, "identity": identity,
    "fer": fer, "drawn": drawn, "speed": speed,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--model", type=Path, help="another model than the packaged one")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--write", type=Path, help="page whose tables are replaced")
    options = parser.parse_args()
    judge = Judge(options.work, options.data, options.model)
    for name in options.only:
        lines = SECTIONS[name](judge)
        print(f"\n## {name}", *lines, sep="\n", flush=True)
        if options.write:
            page = options.write.read_text(encoding="utf-8")
            start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
            before, rest = page.split(start)
            options.write.write_text(
                before + start + "\n".join(lines) + "\n" + end + rest.split(end)[1], encoding="utf-8"
            )


if __name__ == "__main__":
    main()
