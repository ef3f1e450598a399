"""A real action-unit detector against codings of the same faces: py-feat 2 on 20 news clips.

    python benchmarks/detectors.py [--data ../shared/data]

The clips' tables hold py-feat's action units and its 52 coefficients of the same frames (MediaPipe's
sigmoids as they come). Each coding gives the faces back: the detector's units through a decoder fitted on the other
clips, the AU proxy likewise. Errors in mm; intervals draw clips. Five folds of whole clips.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from dfe.facs.coder import fit_au_proxy
from dfe.facs.detectors import detector_codes, fit_detector_decoder
from dfe.facs.tables import read_au_table
from dfe.space.arkit import FACE_NAMES
from dfe.space.registry import load_space
from dfe.stats.bootstrap import SubjectBootstrap

ROOT = Path(__file__).resolve().parents[1]
FOLDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    tables = sorted((parser.parse_args().data / "news").glob("[0-9]*.csv"))
    space = load_space("arkit51/face41")
    codes, faces, clips = [], [], []
    for clip, path in enumerate(tables):
        table = read_au_table(path)
        x = coefficients(path)
        found = np.isfinite(table.values).all(axis=1) & np.isfinite(x).all(axis=1)
        codes.append(detector_codes(table)[found])
        faces.append(x[found])
        clips.append(np.full(found.sum(), clip))
    said, x, clip = np.concatenate(codes), np.concatenate(faces), np.concatenate(clips)
    errors = {name: np.full(len(x), np.nan) for name in ("mean face", "py-feat's action units", "AU proxy")}
    for fold in range(FOLDS):
        test = clip % FOLDS == fold
        decoder = fit_detector_decoder(said[~test], x[~test], space, groups=clip[~test])
        proxy = fit_au_proxy(x[~test], space, groups=clip[~test])
        mean = np.broadcast_to(x[~test].mean(axis=0), x[test].shape)
        errors["mean face"][test] = space.error_mm(x[test], mean)
        errors["py-feat's action units"][test] = space.error_mm(x[test], decoder.decode_codes(said[test]))
        errors["AU proxy"][test] = space.error_mm(x[test], proxy.decode_codes(proxy.encode_codes(x[test])))
    people = SubjectBootstrap(clip)
    print(f"{len(x)} faces of {len(tables)} clips")
    for name, error in errors.items():
        found = people.mean(error)
        print(f"{name:32} {found.value:6.3f} mm ({found.low:.3f} to {found.high:.3f})")


def coefficients(path: Path) -> np.ndarray:
    """The 41 coefficients of each row, ``(n, 41)``; NaN where a cell is empty."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {name.lower(): name for name in rows[0]}
    return np.array([[float(row[names[name.lower()]] or "nan") for name in FACE_NAMES] for row in rows], np.float32)


if __name__ == "__main__":
    main()
