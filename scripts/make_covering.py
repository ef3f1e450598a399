"""Teaches the small network that says how much of a face is covered, and packs it with the front end's networks.

    make covering          (needs ../shared/data; docs/decisions/0013-something-over-the-face.md says what was tried)

Things are drawn over LFW's training people (``learning/covers.py``). Takes about ten minutes on two cores. The tables
of their faces are those of `make reading`, made where missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import torch

from dfe.frontends.landmarks.covering import FILE
from learning.covered_faces import CoveredFaces, cover_faces, faces_of
from learning.covering import CoveringConfig, teach, to_onnx
from learning.covers import TAUGHT
from make_tables import extract_all

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "src" / "dfe" / "assets" / "networks"
PART, PARTS = 6000, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument(
        "--table", type=Path, help="table with landmarks of LFW's training people; made where not given"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ASSETS, help="folder of the networks to pack it with")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the training faces are not part of the project")
    table = options.table
    if table is None:
        extract_all(options.data, options.work, options.workers)
        table = options.work / "tables" / "lfw_train.parquet"
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = [pool.submit(drawn, table, options.data, seed) for seed in range(1, PARTS + 1)]
        faces = CoveredFaces.joined([job.result() for job in jobs])
    print(f"{len(faces.crops)} faces", flush=True)
    torch.set_num_threads(options.workers)
    pack(to_onnx(teach(faces.crops, faces.shares, CoveringConfig())), options.out)


def drawn(table: Path, data: Path, seed: int) -> CoveredFaces:
    cv2.setNumThreads(1)
    names, landmarks = faces_of(table)
    return cover_faces([data / "lfw" / "images" / name for name in names], landmarks, TAUGHT, PART, seed)


def pack(content: bytes, folder: Path) -> None:
    """Write the network among the others, and its hash into their list."""
    (folder / FILE).write_bytes(content)
    about = json.loads((folder / "networks.json").read_text(encoding="utf-8"))
    about["files"][FILE] = hashlib.sha256(content).hexdigest()
    (folder / "networks.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    print(f"{FILE}: {len(content) / 1000:.0f} kB, {about['files'][FILE][:12]}")


if __name__ == "__main__":
    main()
