"""Fits the calibration of phones' ARKit coefficients to version 2 of ``arkit51/face41``: a zero and a scale each.

    python scripts/make_phone_calibration.py     (needs ../shared/data and the tables that `make reading` leaves)

No recording of one face by both instruments exists. What is matched is how far each coefficient goes:

- *zero*: the 0.8 quantile over the frames at rest of the Live Link Face takes, as version 2's zero is that of neutral
  faces. At rest is the fifth of each take's frames that moves the face least, beyond the take's median face.
- *scale*: the 0.99 quantile over all frames of the takes, less the zero, goes to the 0.99 quantile of the default front
  end's version 2 over its training faces (LFW and FER2013), each take counting alike. Left and right share both.

The takes are of two or three people who speak and grimace; the faces are of thousands, most of them in photographs.
A coefficient that hardly moved in the takes keeps a scale of 1 and is marked ``"matched": false``.
NeuroSync's takes take no part: their licence keeps them to tests.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from dfe.frontends.tables.arkit import ArkitReader
from dfe.recording.recording import Recording
from dfe.space.arkit import FACE_NAMES, PHONE_ID
from dfe.space.registry import load_space

ROOT = Path(__file__).resolve().parents[1]
REST, ZERO, HIGH = 0.2, 0.8, 0.99
LEAST = 0.05
"""A coefficient that goes less far beyond its zero was not shown in the takes."""
STEEPEST = 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--tables", type=Path, default=ROOT / ".cache" / "tokenizer" / "tables")
    parser.add_argument("--out", type=Path, default=ROOT / "src/dfe/assets/arkit_phone/calibration.json")
    options = parser.parse_args()

    takes = []
    for path in sorted((options.data / "arkit").glob("llf_*.csv.gz")):
        take = ArkitReader().read(path)
        takes.append(take.expression[take.success].astype(np.float64))
    space = load_space(PHONE_ID)
    faces = []
    for name in ("lfw_train", "fer2013_train"):
        recording = Recording.read(options.tables / f"{name}.parquet")
        faces.append(recording.expressions()[recording.success].astype(np.float64))
    reach = quantile([np.concatenate([face, face[:, space.partner]]) for face in faces], HIGH)

    resting = []
    for take in takes:
        moved = space.error_mm(take, np.broadcast_to(np.median(take, axis=0), take.shape))
        resting.append(take[moved <= np.quantile(moved, REST)])
    zero = quantile([np.concatenate([rest, rest[:, space.partner]]) for rest in resting], ZERO)
    high = quantile([np.concatenate([take, take[:, space.partner]]) for take in takes], HIGH) - zero
    matched = high >= LEAST
    scale = np.where(matched, np.minimum(reach / np.maximum(high, LEAST), STEEPEST), 1.0)
    about = {
        "from": PHONE_ID,
        "to": "arkit51/face41, version 2",
        "method": "unpaired quantiles, see scripts/make_phone_calibration.py and docs/tables.md",
        "takes": len(takes),
        "frames": sum(map(len, takes)),
        "faces": sum(map(len, faces)),
        "coefficients": {
            name: {
                "zero": round(float(zero[i]), 4),
                "scale": round(float(scale[i]), 4),
                "reach_phone": round(float(high[i]), 4),
                "reach_default": round(float(reach[i]), 4),
                "matched": bool(matched[i]),
            }
            for i, name in enumerate(FACE_NAMES)
        },
    }
    options.out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    for i, name in enumerate(FACE_NAMES):
        print(f"{name:20s} zero {zero[i]:.3f}  reach {high[i]:.3f} and {reach[i]:.3f}  {scale[i]:.2f} {matched[i]}")


def quantile(parts: list[np.ndarray], q: float) -> np.ndarray:
    """Quantile ``(41,)`` over several sets that count alike, however many rows each has."""
    rows = np.concatenate(parts)
    weight = np.concatenate([np.full(len(part), 1 / len(part)) for part in parts])
    result = np.empty(rows.shape[1])
    for column in range(rows.shape[1]):
        order = np.argsort(rows[:, column], kind="stable")
        passed = np.cumsum(weight[order])
        result[column] = rows[order[np.searchsorted(passed, q * passed[-1]).clip(max=len(order) - 1)], column]
    return result


if __name__ == "__main__":
    main()
