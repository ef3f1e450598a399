"""What expressions read off other tools' landmarks are worth, on people whom no regressor was trained on.

    python benchmarks/points.py [--work .cache/tokenizer] [--tracked tracked68.npz] [--write docs/points.md]

Truth is what the default front end says of the same pictures. 68 points come from three places: the mesh itself, the
mesh disturbed as in training, and a real tracker (scripts/track68.py). Then the mesh of 478 points; the tables of other
tools under ../shared/data/news; speed.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from dfe.frontends.landmarks.coefficients import find_logits  # noqa: E402
from dfe.frontends.landmarks.networks import Networks  # noqa: E402
from dfe.frontends.points import aspect_ratio, load_points68, read_points68, read_points478  # noqa: E402
from dfe.frontends.points.regressor import OUTPUTS  # noqa: E402
from dfe.recording.recording import Recording  # noqa: E402
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, NETWORK_NAMES  # noqa: E402
from dfe.space.registry import load_space  # noqa: E402
from dfe.tokenizer.file import load_tokenizer  # noqa: E402
from learning.points import PointsConfig, disturbed, reference_face  # noqa: E402
from make_points import correlations, faces_of, on_tracked  # noqa: E402
from marked import between_marks  # noqa: E402
from training_media import lfw_people  # noqa: E402

SPACE = load_space("arkit51/face41")
FACES = len(FACE_NAMES)
LOOKS_OF_ONE = 8
"""People with fewer pictures have no median to speak of."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--tracked", type=Path, help="default: tracked68.npz in --work")
    parser.add_argument("--write", type=Path, help="document with places for the tables")
    options = parser.parse_args()
    judge = Judge(options.data, options.work, options.tracked or options.work / "tracked68.npz")
    parts = {
        "faces": judge.faces(),
        "coefficients": judge.coefficients(),
        "people": judge.people(),
        "pose": judge.pose(),
        "mesh": mesh(options.work),
        "tables": other_tools(options.data / "news"),
        "speed": speed(judge),
    }
    page = options.write.read_text(encoding="utf-8") if options.write else ""
    for name, lines in parts.items():
        text = "\n".join(lines)
        print(f"\n{name}\n{text}")
        if page:
            page = between_marks(page, name, text)
    if options.write:
        options.write.write_text(page, encoding="utf-8")


class Judge:
    """The test people's faces, and what is read off their 68 points."""

    def __init__(self, data: Path, work: Path, tracked: Path) -> None:
        networks, tables = Networks(), work / "tables"
        self.work, self.tokenizer = work, load_tokenizer("dfe-face41@3")
        self.table = Recording.read(tables / "lfw_test.parquet", landmarks=False)
        usable = self.table.usable & self.table.success
        self.all = faces_of([tables / "lfw_test.parquet"], networks)
        training = faces_of([tables / "lfw_train.parquet"], networks)
        self.mean = training.values.mean(axis=0)
        with np.load(tracked, allow_pickle=False) as file:
            points = {part: file[part] for part in ("lfw_validate", "lfw_test")}
        seen, real = on_tracked(tables / "lfw_validate.parquet", points["lfw_validate"], networks)
        flat = self.flat = load_points68(False)
        self.offset = (flat.align(real).shape - flat.align(seen.points).shape).mean(axis=0)
        self.seen, self.real = on_tracked(tables / "lfw_test.parquet", points["lfw_test"], networks)
        self.poses = self.table.poses[usable]
        tracked_too = usable & np.isfinite(points["lfw_test"]).all(axis=(1, 2))
        self.tracked_poses = self.table.poses[tracked_too]
        named = {picture.name: person for picture, person in lfw_people(data)}
        self.person = np.array([named[str(source)] for source in self.table.column("source")[tracked_too]])
        reference = reference_face(networks)
        self.values: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for depth, words in ((True, "in space"), (False, "in the picture")):
            regressor = load_points68(depth)
            moved = disturbed(self.all.points, reference, PointsConfig(), depth=depth)
            for name, given in (("of the mesh", self.all.points), ("disturbed", moved)):
                self.values[f"{name}, {words}"] = regressor.predict(regressor.align(given).shape), self.all.values
        shape = flat.align(self.real).shape
        self.values["of a tracker"] = flat.predict(shape), self.seen.values
        self.values["of a tracker, its placing known"] = flat.predict(shape - self.offset), self.seen.values

    def faces(self) -> list[str]:
        lines = table("68 points", "faces", "error mm", "of the mean face's", "median r", "displays in common")
        for name, (said, true) in self.values.items():
            lines.append(self.row(name, said, true))
        for change in ("jpeg", "crop"):
            before, after = perturbed(self.work / "tables_perturbed", change)
            lines.append(self.row(f"(no points: the picture again, {change})", after, before))
        return lines

    def row(self, name: str, said: np.ndarray, true: np.ndarray) -> str:
        error = SPACE.error_mm(said[:, :FACES], true[:, :FACES]).mean()
        floor = SPACE.error_mm(true[:, :FACES], np.broadcast_to(self.mean[:FACES], true[:, :FACES].shape)).mean()
        r = correlations(said[:, :FACES].astype(np.float64), true[:, :FACES].astype(np.float64))
        common = self.jaccard(said[:, :FACES], true[:, :FACES]).mean()
        return cells(name, len(true), f"{error:.2f}", f"{error / floor:.0%}", f"{np.median(r):.2f}", f"{common:.2f}")

    def jaccard(self, said: np.ndarray, true: np.ndarray) -> np.ndarray:
        """Displays said of both, over displays said of either, for each face; 1 where neither says any."""
        found = [[set(row[row > 0]) for row in self.tokenizer.encode(x).display] for x in (said, true)]
        return np.array([len(a & b) / len(a | b) if a | b else 1.0 for a, b in zip(*found, strict=True)])

    def coefficients(self) -> list[str]:
        shown = ("of the mesh, in space", "disturbed, in space", "disturbed, in the picture")
        real = "of a tracker, its placing known"
        lines = table("coefficient", *(f"r {name}" for name in shown), f"r {real}", "error mm", "mean face mm", "")
        gram = np.append(np.sqrt(np.diag(SPACE.gram)), [np.nan, np.nan])
        said, true = self.values[real]
        error = np.abs(said - true).mean(axis=0) * gram
        floor = np.abs(true - self.mean).mean(axis=0) * gram
        r = {n: correlations(a.astype(np.float64), b.astype(np.float64)) for n, (a, b) in self.values.items()}
        for i, name in enumerate(OUTPUTS):
            if name.endswith("Right"):
                continue
            pair = [i, OUTPUTS.index(name.removesuffix("Left") + "Right")] if name.endswith("Left") else [i]
            words = name.removesuffix("Left") + " (left, right)" if len(pair) == 2 else name
            absent, weak = name in self.flat.absent, name in self.flat.weak
            figures = [f"{r[n][pair].mean():.2f}" if not absent else "-" for n in (*shown, real)]
            mm = [f"{column[pair].mean():.2f}" if i < FACES else "" for column in (error, floor)]
            lines.append(cells(words, *figures, *mm, "not told, always 0" if absent else "hardly told" if weak else ""))
        return lines

    def people(self) -> list[str]:
        names, counts = np.unique(self.person, return_counts=True)
        rows = np.isin(self.person, names[counts >= LOOKS_OF_ONE])
        real, true, person = self.real[rows], self.seen.values[rows], self.person[rows]
        ways = {
            "as they come": self.flat.read(real),
            "`person`: the same for all": self.flat.read(real, person=np.zeros(len(real))),
            "`person`: each their own": self.flat.read(real, person=person),
        }
        lines = table("a tracker's points", "error mm", "median r", "median r within a person", "displays in common")
        for name, read in ways.items():
            said = read.expression.astype(np.float64)
            error = SPACE.error_mm(read.expression, true[:, :FACES]).mean()
            r = correlations(said, true[:, :FACES].astype(np.float64))
            within = correlations(centred(said, person), centred(true[:, :FACES].astype(np.float64), person))
            heard = [i for i, n in enumerate(FACE_NAMES) if n not in self.flat.absent]
            common = self.jaccard(read.expression, true[:, :FACES]).mean()
            lines.append(
                cells(
                    name,
                    f"{error:.2f}",
                    f"{np.median(r[heard]):.2f}",
                    f"{np.median(within[heard]):.2f}",
                    f"{common:.2f}",
                )
            )
        lines.append("")
        lines.append(f"{rows.sum()} pictures of {len(np.unique(person))} test people.")
        return lines

    def pose(self) -> list[str]:
        lines = table("68 points", "pitch: off by, degrees", "r", "yaw", "r", "roll", "r")
        for name, depth, points, poses in (
            ("of the mesh, in space", True, self.all.points, self.poses),
            ("of the mesh, in the picture", False, self.all.points, self.poses),
            ("of a tracker, in the picture", False, self.real, self.tracked_poses),
        ):
            found = load_points68(depth).align(points).pose
            off = np.degrees(np.abs(found - poses)).mean(axis=0)
            r = [np.corrcoef(found[:, k], poses[:, k])[0, 1] for k in range(3)]
            lines.append(
                cells(
                    name,
                    *(
                        f"{value:.{d}f}"
                        for pair in zip(off, r, strict=True)
                        for value, d in zip(pair, (1, 2), strict=True)
                    ),
                )
            )
        return lines


def centred(values: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Values less the person's mean."""
    number = np.unique(person, return_inverse=True)[1]
    sums = np.zeros((number.max() + 1, values.shape[1]))
    np.add.at(sums, number, values)
    return np.asarray(values - (sums / np.bincount(number)[:, None])[number])


def perturbed(folder: Path, change: str) -> tuple[np.ndarray, np.ndarray]:
    """Expressions of test people's pictures as they are and changed."""
    both = [Recording.read(folder / f"lfw_test_{kind}.parquet", landmarks=False) for kind in ("same", change)]
    rows = [{s: i for i, s in enumerate(r.column("source")) if r.success[i] and r.usable[i]} for r in both]
    names = sorted(set(rows[0]) & set(rows[1]))
    first, second = (r.expressions()[[at[n] for n in names]] for r, at in zip(both, rows, strict=True))
    return first, second


def mesh(work: Path) -> list[str]:
    """Our own landmarks read again, and the shape of the picture guessed from them."""
    lines = table("recording", "faces", "largest difference", "picture", "shape guessed")
    for name, width, height in (
        ("video/grid_sbia1a", 360, 288),
        ("video/grid_lbbc2a", 360, 288),
        ("lfw_test", 160, 160),
    ):
        recording = Recording.read(work / "tables" / f"{name}.parquet")
        found = np.flatnonzero(recording.success)[:300]
        points = recording.landmarks()
        assert points is not None
        points = points[found].astype(np.float64)
        both = bool(recording.provenance.frontend.get("both_ways", False))
        read = read_points478(points, width, height, both_ways=both)
        apart = np.abs(read.expression - recording.expressions()[found]).max()
        guess = aspect_ratio(points / [width, height, width])
        lines.append(cells(name.split("/")[-1], len(found), f"{apart:.0e}", f"{width / height:.2f}", f"{guess:.2f}"))
    return lines


def other_tools(folder: Path) -> list[str]:
    """Tables that py-feat 2 and OpenFace wrote."""
    files = sorted(folder.glob("0*.csv"))
    rows = [row for file in files for row in read_csv(file)]
    mesh = stacked(rows, "mesh_{axis}_{i}", "xyz", 478)
    # z comes in widths of the crop around the face.
    mesh[:, :, 2] *= column(rows, "FaceRectWidth")[:, None]
    size = int(rows[0]["FrameWidth"].split(".")[0]), int(rows[0]["FrameHeight"].split(".")[0])
    true = read_points478(mesh, *size)
    own = np.stack([column(rows, name) for name in ARKIT_NAMES], axis=1)
    lines = [f"py-feat 2, {len(rows)} frames of {len(files)} clips. Truth: its own mesh read by `read_points478`.", ""]
    lines += table("read", "error mm", "median r")
    points = stacked(rows, "{axis}_{i}", "xy", 68)
    ways = {
        "mean face of the clips": np.broadcast_to(true.expression.mean(axis=0), true.expression.shape),
        "its 68 points as they come": read_points68(points, depth=False).expression,
        "its 68 points, one `person`": read_points68(points, depth=False, person=np.zeros(len(points))).expression,
    }
    heard = [i for i, name in enumerate(FACE_NAMES) if name not in load_points68(False).absent]
    for name, said in ways.items():
        r = correlations(said.astype(np.float64), true.expression.astype(np.float64))[heard]
        error = SPACE.error_mm(np.asarray(said, np.float32), true.expression).mean()
        lines.append(cells(name, f"{error:.2f}", f"{np.median(r):.2f}"))
    ours = 1 / (1 + np.exp(-logits_of(mesh)))
    r = correlations(ours[:, 1:], own)
    lines += ["", f"Its own 52 coefficients and ours from its mesh (sigmoids): median r {np.median(r):.2f}."]
    rows = read_csv(folder / "OpenFace_Test.csv")
    blink = column(rows, "AU45_r")
    lines += ["", f"OpenFace, {len(rows)} frames of one face that shows nothing but blinks.", ""]
    lines += table("read", "from rest, mm", "r of blink and AU45")
    given = {True: stacked(rows, "{axis}_{i}", "XYZ", 68), False: stacked(rows, "{axis}_{i}", "xy", 68)}
    for depth, words in ((True, "in space"), (False, "in the picture")):
        for person, how in ((None, "as they come"), (np.zeros(len(rows)), "one `person`")):
            read = read_points68(given[depth], depth=depth, person=person)
            rest = SPACE.error_mm(read.expression, np.zeros_like(read.expression)).mean()
            r = np.corrcoef(read.blink.mean(axis=1), blink)[0, 1]
            lines.append(cells(f"{words}, {how}", f"{rest:.2f}", f"{r:.2f}"))
    return lines


def logits_of(points: np.ndarray) -> np.ndarray:
    networks = Networks()
    return np.array([find_logits(networks, face) for face in points], np.float64).reshape(
        len(points), len(NETWORK_NAMES)
    )


def speed(judge: Judge) -> list[str]:
    """Rows a second on one core."""
    lines = table("read", "rows/s", "300,000 rows")
    many = np.concatenate([judge.all.points] * 20)
    recording = Recording.read(judge.work / "tables" / "lfw_test.parquet")
    points = recording.landmarks()
    assert points is not None
    mesh = points[recording.success][:500].astype(np.float64)
    for name, run, count in (
        ("68 points in space", lambda: read_points68(many, depth=True), len(many)),
        ("68 points in the picture", lambda: read_points68(many, depth=False), len(many)),
        ("478 points", lambda: read_points478(mesh, 160, 160), len(mesh)),
    ):
        took = min(timed(run) for _ in range(3))
        lines.append(cells(name, f"{count / took:,.0f}", f"{300_000 * took / count:,.0f} s"))
    return lines


def timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name] or "nan") for row in rows])


def stacked(rows: list[dict[str, str]], pattern: str, axes: str, count: int) -> np.ndarray:
    """``(n, count, len(axes))`` of columns named after a pattern."""
    parts = [[column(rows, pattern.format(axis=axis, i=i)) for axis in axes] for i in range(count)]
    return np.asarray(np.moveaxis(np.array(parts), 2, 0))


def table(*heads: str) -> list[str]:
    return [cells(*heads), "| --- " * len(heads) + "|"]


def cells(*values: object) -> str:
    return "| " + " | ".join(str(value) for value in values) + " |"


if __name__ == "__main__":
    main()
