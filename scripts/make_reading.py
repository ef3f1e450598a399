"""Fits the landmark front end's linear map for version 2 of the expression space, and packs it with the networks.

    make reading          (needs ../shared/data; docs/expression-input.md says what it does and how long it takes)

Tables of the training faces, seen in one look and both ways, are kept under .cache/tokenizer and made where missing.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np

from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import FILE
from learning.reading import ReadingConfig, fit_reading
from looks import Seen, fer_labels, one_of_both, people_and_labels
from make_tables import extract_all

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "src" / "dfe" / "assets" / "networks"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ASSETS, help="folder of the networks to pack the map with")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the training faces are not part of the project")
    extract_all(options.data, options.work, options.workers)

    both = [Seen(options.work / "tables" / f"{name}.parquet") for name in ("lfw_train", "fer2013_train")]
    one = [Seen(options.work / "tables_one" / f"{name}.parquet") for name in ("lfw_train", "fer2013_train")]
    label = people_and_labels(options.data, both[0].names)[1]
    neutral = np.concatenate([label, fer_labels(options.data, both[1].names)]) == "neutral"
    seen_once, rows = one_of_both(one, both)
    fit = fit_reading(
        people=both[0].looks,
        expressive=both[1].looks,
        neutral=neutral,
        one=seen_once,
        one_is=rows,
        reach=reach_of_sigmoids(one),
    )
    arrays = {f"both_{part}": value for part, value in fit.both._asdict().items()}
    arrays |= {f"one_{part}": value for part, value in fit.one._asdict().items()}
    pack(arrays, options.out)


def reach_of_sigmoids(one: list[Seen]) -> np.ndarray:
    """How far the network's sigmoids go, ``(41,)``."""
    values = np.concatenate([seen.expressions for seen in one])
    return np.asarray(np.quantile(values, ReadingConfig().high, axis=0))


def pack(arrays: dict[str, np.ndarray], folder: Path) -> None:
    """Write the map among the networks, and its hash into their list."""
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array.astype(np.float32) for name, array in arrays.items()})
    (folder / FILE).write_bytes(buffer.getvalue())
    about = json.loads((folder / "networks.json").read_text(encoding="utf-8"))
    about["files"][FILE] = hashlib.sha256(buffer.getvalue()).hexdigest()
    (folder / "networks.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    print(f"{FILE}: {len(buffer.getvalue()) / 1000:.0f} kB, {Networks(folder).hashes[FILE][:12]}")


if __name__ == "__main__":
    main()
