"""Time the user-supplied encoders in torch and, exported, in onnxruntime, on one thread of the CPU:

    PYTHONPATH=tests/made python benchmarks/encoders.py

The weights are made up (tests/made/made_encoders.py); time does not depend on them. The two take turns, so that
what else the machine does hits both. Prints a Markdown table: median milliseconds a face in torch with one face at a
time and with eight together, in onnxruntime with one; the gain; and the largest difference of any coefficient.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import made_encoders
from dfe.frontends.encoders.networks.export import export_onnx
from dfe.frontends.encoders.networks.run import TorchRunner
from dfe.frontends.encoders.runners import open_runner
from dfe.frontends.encoders.tools import TOOLS

ROUNDS = 15
TOGETHER = 8


def main() -> None:
    print("| encoder | torch, 1 face | torch, 8 faces | onnxruntime | gain | largest difference |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for label, tool, path in checkpoints(Path(folder)):
            print(row(label, tool, path), flush=True)


def checkpoints(folder: Path) -> list[tuple[str, str, Path]]:
    return [
        ("DECA", "deca", made_encoders.write_deca(folder / "deca_model.tar")),
        ("EMOCA, jaw from DECA's encoder", "emoca", made_encoders.write_emoca(folder / "emoca50", 50)),
        ("EMOCA, jaw of its own", "emoca", made_encoders.write_emoca(folder / "emoca53", 53)),
        ("SMIRK", "smirk", made_encoders.write_smirk(folder / "SMIRK_em1.pt")),
    ]


def row(label: str, name: str, path: Path) -> str:
    tool = TOOLS[name]
    exported = path.with_suffix(".onnx")
    export_onnx(name, path, exported)
    single, exact = open_runner(tool, path, "cpu", 1), open_runner(tool, exported, "cpu", 1)
    together = TorchRunner(tool, path, "cpu", 1)
    together.batch = TOGETHER
    crops = np.random.default_rng(0).uniform(size=(TOGETHER, 3, 224, 224)).astype(np.float32)
    looks: list[Callable[[], object]] = [lambda: single(crops[:1]), lambda: together(crops), lambda: exact(crops[:1])]
    times: list[list[float]] = [[], [], []]
    for turn in range(ROUNDS + 2):
        for look, taken, faces in zip(looks, times, (1, TOGETHER, 1), strict=True):
            began = time.perf_counter()
            look()
            if turn >= 2:
                taken.append((time.perf_counter() - began) * 1000 / faces)
    one, eight, onnx = (statistics.median(taken) for taken in times)
    apart = float(np.abs(single(crops) - exact(crops)).max())
    return f"| {label} | {one:.1f} ms | {eight:.1f} ms | {onnx:.1f} ms | {one / onnx:.2f} | {apart:.1e} |"


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
