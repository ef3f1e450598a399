"""The front of the two presets: error against locality, faithfulness and reliability, on validating people.

    python benchmarks/front.py [--work .cache/tokenizer] [--steps 1500]

Trains sparse codebooks with more and less weight on locality, books with gains by level, greedy and with a
beam, and puts residual k-means beside them. Prints a table and draws docs/pictures/front.svg. The test people are not
touched. Finished rows are kept in WORK/front.json, so that it can be interrupted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from dfe.base.types import FloatArray
from dfe.baselines.suite import BaselineConfig, fit_baseline
from dfe.displays.displays import Coder
from dfe.judge.bits import code_lengths
from dfe.judge.faithfulness import faithfulness
from dfe.judge.locality import locality
from dfe.judge.redundancy import redundancy
from dfe.judge.reliability import ALL, Perturbed, align, reliability
from dfe.judge.units import Units
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.stats.bootstrap import SubjectBootstrap
from dfe.training.config import TrainConfig, preset
from dfe.training.loop import train

ROOT = Path(__file__).resolve().parents[1]
CHANGES = ("crop", "jpeg", "blur", "shift")
COLUMNS = ("error_mm", "bits", "tokens", "locality", "locality_p90", "cosine", "alike", "faithful", "reliable")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    faces = Faces(options.work)
    kept = options.work / "front.json"
    rows: dict[str, dict[str, float]] = json.loads(kept.read_text()) if kept.exists() else {}
    for name, make in candidates(faces, options.steps, options.work / "front"):
        if name not in rows:
            rows[name] = faces.judge(make())
            kept.write_text(json.dumps(rows, indent=1))
        print(f"{name:34}", "  ".join(f"{column} {rows[name][column]:.3f}" for column in COLUMNS), flush=True)
    picture = ROOT / "docs" / "pictures" / "front.svg"
    picture.write_text(drawn(rows), encoding="utf-8")


class Faces:
    """Training and validating faces, and the validating ones in changed pictures."""

    def __init__(self, work: Path) -> None:
        tables = work / "tables"
        self.space = load_space("arkit51/face41")
        self.training = [tables / f"{name}.parquet" for name in ("lfw_train", "fer2013_train")]
        self.validation = [tables / f"{name}.parquet" for name in ("lfw_validate", "fer2013_validate")]
        self.names, self.x = expressions(self.validation[0])
        self.changed = {}
        for change in CHANGES:
            names, x = expressions(work / "tables_perturbed" / f"lfw_validate_{change}.parquet")
            before, after = align(self.names, names)
            self.changed[change] = (before, x[after])

    def rows(self) -> FloatArray:
        return np.concatenate([expressions(table, usable=True)[1] for table in self.training])

    def judge(self, coder: Coder) -> dict[str, float]:
        people = SubjectBootstrap(None, 10, 0)
        codes, displays = coder.encode_codes(self.x), coder.displays()
        units = Units(displays)
        extent, alike = locality(units, codes, people), redundancy(units)
        after = {name: Perturbed(rows, coder.encode_codes(x)) for name, (rows, x) in self.changed.items()}
        base = coder.decode_codes(codes[:1, :0])[0]
        half = np.arange(len(codes)) % 2 == 0
        return {
            "error_mm": float(self.space.error_mm(self.x, coder.decode_codes(codes)).mean()),
            "bits": float(code_lengths(coder.encode_codes(self.rows()), codes[half], displays).sum(axis=1).mean()),
            "tokens": float((units.said(codes) >= 0).sum(axis=1).mean()),
            "locality": extent.share.value,
            "locality_p90": extent.share_p90.value,
            "cosine": alike.mean,
            "alike": alike.share_alike,
            "faithful": faithfulness(units, self.x, codes, base, people).own_region.value,
            "reliable": reliability(displays, codes, after, draws=5)[ALL].counts.agreement.value,
        }


def candidates(faces: Faces, steps: int, scratch: Path) -> Iterator[tuple[str, Callable[[], Coder]]]:
    displays, rvq = preset("coefficients"), preset("rvq")

    def trained(name: str, config: TrainConfig) -> Callable[[], Coder]:
        config = replace(config, steps=steps)
        folder = scratch / name.replace(" ", "-")
        return lambda: train(faces.training, folder, config, validation=faces.validation, overwrite=True).tokenizer

    for sparsity in (0.0, 1.0, 2.5, 4.0, 6.0):
        name = f"displays, sparsity {sparsity:g}"
        yield name, trained(name, replace(displays, losses=replace(displays.losses, sparsity=sparsity)))
    for penalty in (0.02, 0.15):
        name = f"displays, penalty {penalty:g} mm"
        yield name, trained(name, replace(displays, quantizer=SparseSettings(penalty_mm=penalty)))
    for beam in (1, 8):
        found = replace(rvq, quantizer=replace(rvq.quantizer, beam=beam))
        yield f"rvq, beam {beam}", trained(f"rvq, beam {beam}", found)
    for name in ("residual-kmeans", "residual-kmeans-shared", "sparse"):
        yield name, lambda name=name: fit_baseline(name, faces.rows(), faces.space, BaselineConfig())


def expressions(table: Path, *, usable: bool = False) -> tuple[np.ndarray, FloatArray]:
    recording = Recording.read(table, landmarks=False)
    kept = recording.success & (recording.usable | (not usable))
    return recording.column("source")[kept].astype(str), recording.expressions()[kept]


def drawn(rows: dict[str, dict[str, float]]) -> str:
    """Three charts side by side: error against locality, faithful share and reliability."""
    wide, high, gap = 300, 260, 46
    parts = []
    for place, (column, says) in enumerate(
        (("locality", "locality (less is better)"), ("faithful", "faithful share"), ("reliable", "reliability"))
    ):
        left, values = place * (wide + gap) + 50, [row[column] for row in rows.values()]
        low, top = min(values) * 0.95, max(values) * 1.03
        best = min(row["error_mm"] for row in rows.values()) * 0.85
        worst = max(row["error_mm"] for row in rows.values()) * 1.05

        def at(value: float, low: float = low, top: float = top, left: int = left) -> float:
            return left + (value - low) / (top - low) * wide

        parts.append(f'<path d="M{left} 20V{high}H{left + wide}" fill="none" stroke="#888"/>')
        parts.append(f'<text x="{left + wide / 2}" y="{high + 36}" text-anchor="middle">{says}</text>')
        for tick in np.linspace(low, top, 4):
            parts.append(f'<text x="{at(tick):.0f}" y="{high + 18}" text-anchor="middle">{tick:.2f}</text>')
        for tick in np.linspace(best, worst, 5):
            height = high - (tick - best) / (worst - best) * (high - 20)
            parts.append(f'<text x="{left - 6}" y="{height + 4:.0f}" text-anchor="end">{tick:.2f}</text>')
        for number, (_, row) in enumerate(rows.items(), start=1):
            x, y = at(row[column]), high - (row["error_mm"] - best) / (worst - best) * (high - 20)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour(number, rows)}"/>')
            parts.append(f'<text x="{x + 6:.1f}" y="{y - 5:.1f}" font-size="11">{number}</text>')
    for number, name in enumerate(rows, start=1):
        x, y = 50 + (number - 1) % 3 * (wide + gap), high + 64 + (number - 1) // 3 * 18
        parts.append(f'<text x="{x}" y="{y}" fill="{colour(number, rows)}">{number}  {name}</text>')
    width, height = 3 * (wide + gap) + 40, high + 76 + (len(rows) + 2) // 3 * 18
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="system-ui" font-size="13" fill="#222">'
    ground = '<rect width="100%" height="100%" fill="#fff"/><text x="58" y="14">error, mm</text>'
    return head + ground + "".join(parts) + "</svg>\n"


def colour(number: int, rows: dict[str, dict[str, float]]) -> str:
    name = list(rows)[number - 1]
    return "#c2571a" if name.startswith("displays") else "#2563a8" if name.startswith("rvq") else "#6b7280"


if __name__ == "__main__":
    main()
