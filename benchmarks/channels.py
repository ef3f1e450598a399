"""What each coefficient of version 2 is worth: does it come back from a changed picture, and did it ever speak?

    python benchmarks/channels.py [--work .cache/tokenizer] [--write docs/expression-input.md]

On LFW's validating people. Agreement: 1 - mean squared difference / (2 variance) between a picture and itself cropped,
as JPEG, blurred, shifted (concordance; 1 is the same). Mirror: the same between a picture and its mirror image, seen in
one look each. Own: share of the variance that the other coefficients do not predict linearly, left and right partner
left out of the others. Reach: the 99th percentile of its sigmoid on FER2013's training faces. Where that never
went far, the network never claimed to see the movement, so the name rests on the logit alone: weak. Absent: it does not
come back from a changed picture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from dfe.recording.recording import Recording
from dfe.space.arkit import FACE_NAMES
from dfe.space.registry import load_space

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from looks import Seen  # noqa: E402
from marked import between_marks  # noqa: E402

CHANGES = ("crop", "jpeg", "blur", "shift")
AGREED, BARELY, SPOKE = 0.8, 0.5, 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--write", type=Path, help="document with a place for the table")
    options = parser.parse_args()
    tables = options.work / "tables_perturbed"
    kinds = {kind: faces(tables / f"lfw_validate_{kind}.parquet") for kind in ("same", "mirror", *CHANGES)}
    partner = load_space("arkit51/face41").partner
    agreed = np.mean([agreement(kinds["same"], kinds[kind]) for kind in CHANGES], axis=0)
    flipped = {name: row[partner] for name, row in kinds["mirror"].items()}
    mirrored = agreement(kinds["same"], flipped)
    said = own(np.stack(list(kinds["same"].values())), partner)
    spread = np.stack(list(kinds["same"].values())).std(axis=0)
    reach = np.quantile(Seen(options.work / "tables_one" / "fer2013_train.parquet").expressions, 0.99, axis=0)
    heads = ("coefficient", "spread", "agreement", "mirror", "own", "reach of the sigmoid", "")
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for i, name in enumerate(FACE_NAMES):
        if name.endswith("Right") and int(partner[i]) != i:
            continue
        both = [i, int(partner[i])]
        figures = [float(column[both].mean()) for column in (spread, agreed, mirrored, said, reach)]
        words = name.removesuffix("Left") + " (left, right)" if both[0] != both[1] else name
        lines.append(
            f"| {words} | "
            + " | ".join(f"{f:.2f}" for f in figures)
            + f" | {status(figures[1], figures[2], figures[4])} |"
        )
    text = "\n".join(lines)
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        options.write.write_text(between_marks(page, "channels", text), encoding="utf-8")


def status(agreed: float, mirrored: float, reach: float) -> str:
    """In one word."""
    if min(agreed, mirrored) < BARELY:
        return "absent"
    return "measured" if min(agreed, mirrored) >= AGREED and reach >= SPOKE else "weak"


def faces(table: Path) -> dict[str, np.ndarray]:
    """Expressions by name of the picture."""
    recording = Recording.read(table, landmarks=False)
    found = recording.success
    names = recording.column("source")[found]
    return dict(zip(names.tolist(), recording.expressions()[found].astype(np.float64), strict=True))


def agreement(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> np.ndarray:
    """Concordance by coefficient, ``(41,)``."""
    names = sorted(set(before) & set(after))
    a, b = (np.stack([rows[name] for name in names]) for rows in (before, after))
    return np.asarray(1 - np.square(a - b).mean(axis=0) / (a.var(axis=0) + b.var(axis=0)))


def own(x: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Share of each coefficient's variance that the others, its partner left out, do not predict, ``(41,)``."""
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    left = np.empty(x.shape[1])
    for i in range(x.shape[1]):
        others = [j for j in range(x.shape[1]) if j not in (i, int(partner[i]))]
        guess = z[:, others] @ np.linalg.lstsq(z[:, others], z[:, i], rcond=None)[0]
        left[i] = np.square(z[:, i] - guess).mean()
    return left


if __name__ == "__main__":
    main()
