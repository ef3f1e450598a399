"""How fast tables of other tools are read and tokenised, on one core.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/tables.py [--rows 300000] [--data ../shared/data]

Each table repeats rows of a real file (Live Link Face, py-feat, OpenFace); those of LibreFace and of AUs are made up.
Seconds are of the processor, of one thread; "read" is from the file to coefficients, "tokens" from coefficients to
codes of the default tokenizer.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import dfe
from dfe.base.cells import Cells
from dfe.facs.tables import read_au_table
from dfe.frontends.registry import find_front_end
from dfe.frontends.spec import FrontEndOptions

SMALLER = {"pyfeat, whole": 20, "openface, whole": 5, "libreface": 100}
"""Tables of thousands of columns are made of so many times fewer rows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--only", nargs="*", default=None)
    options = parser.parse_args()
    tokenizer = dfe.load_tokenizer("dfe-face41@3")
    tokenizer.encode(np.zeros((1, tokenizer.space.dimension), np.float32))
    print("| table | columns | MB | rows | read, s | rows/s | tokens, s | together, s |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (header, body) in tables(options.data).items():
            if options.only and name.split(",")[0] not in options.only:
                continue
            rows = options.rows // SMALLER.get(name, 1)
            path = Path(folder) / "table.csv"
            write(path, header, body, rows)
            columns, size = len(Cells(path, short_rows=True).header), path.stat().st_size / 1e6
            if name == "AUs":
                _, read = timed(lambda path=path: read_au_table(path))
                print(f"| {name} | {columns} | {size:.0f} | {rows} | {read:.1f} | {rows / read:,.0f} | | |", flush=True)
                continue
            spec = find_front_end(name.split(",")[0])
            reader = spec.make(FrontEndOptions(calibrate=name.startswith("arkit"), rate=30))
            measured, read = timed(lambda reader=reader, path=path: reader.read(path))
            tokens, coded = timed(lambda measured=measured: tokenizer.encode(measured.expression))
            assert len(tokens.display) == rows
            print(
                f"| {name} | {columns} | {size:.0f} | {rows} | {read:.1f} | {rows / read:,.0f} "
                f"| {coded:.1f} | {read + coded:.1f} |",
                flush=True,
            )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds of the processor."""
    start = time.process_time()
    return work(), time.process_time() - start


def write(path: Path, header: str, body: Callable[[int], str], rows: int) -> None:
    with path.open("w") as file:
        file.write(header + "\n")
        file.writelines(body(row) + "\n" for row in range(rows))


def tables(data: Path) -> dict[str, tuple[str, Callable[[int], str]]]:
    """Header and row by number, by kind of table."""
    rng = np.random.default_rng(0)
    take = gzip.decompress((data / "arkit" / "llf_alex_rom_3.csv.gz").read_bytes()).decode().splitlines()
    phone = [line.partition(",")[2] for line in take[1:]]
    feat = (data / "news" / "016.csv").read_text().splitlines()
    names = feat[0].split(",")
    few = [i for i, name in enumerate(names) if not name.startswith(("Identity", "mesh", "x_", "y_"))]
    frame = names.index("frame")
    cells = [line.split(",") for line in feat[1:]]
    face = (data / "news" / "OpenFace_Test.csv").read_text().splitlines()
    points = list(csv.DictReader([face[0].replace(" ", ""), *face[1:]]))
    mesh = [",".join(f"{x:.6f}" for x in rng.uniform(0.3, 0.6, 478 * 3)) for _ in range(20)]
    units = [",".join(f"{x:.2f}" for x in rng.uniform(0, 5, 17)) for _ in range(500)]

    def timecode(row: int) -> str:
        second, frame = divmod(2 * row, 60)
        return f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}:{frame:02d}.169"

    def fex(columns: list[int]) -> tuple[str, Callable[[int], str]]:
        def row(number: int) -> str:
            line = cells[number % len(cells)]
            return ",".join(str(number) if i == frame else line[i] for i in columns)

        return ",".join(names[i] for i in columns), row

    def of_points(axes: str, joint: str, first: str) -> tuple[str, Callable[[int], str]]:
        wanted = [f"{axis}_{i}" for axis in axes for i in range(68)]
        lines = [", ".join(point[name] for name in wanted) for point in points]
        header = ", ".join([first, *(name.replace("_", joint) for name in wanted)])
        start = "{0}, 0, {1:.3f}, 0.98, 1, " if "face_id" in first else "{0}, {1:.3f}, 0.98, 1, "
        return header, lambda row: start.format(row + 1, row / 30) + lines[row % len(lines)]

    video, daic = "frame, face_id, timestamp, confidence, success", "frame, timestamp, confidence, success"
    return {
        "arkit": (take[0], lambda row: f"{timecode(row)},{phone[row % len(phone)]}"),
        "pyfeat, coefficients": fex(few),
        "pyfeat, whole": fex(list(range(len(names)))),
        "openface, in space": of_points("XYZ", "_", video),
        "openface, picture": of_points("xy", "_", video),
        "openface, whole": (
            face[0],
            lambda row: f"{row + 1},{row / 30:.3f}," + face[1 + row % 100].split(",", 2)[2],
        ),
        "clnf": of_points("XYZ", "", daic),
        "libreface": (
            ",".join(["frame_idx,frame_time_in_ms", *(f"lm_mp_{i}_{axis}" for i in range(478) for axis in "xyz")]),
            lambda row: f"{row},{row / 30:.3f},{mesh[row % 20]}",
        ),
        "AUs": (
            ", ".join([video, *(f"AU{number:02d}_r" for number in range(1, 18))]),
            lambda row: f"{row + 1}, 0, {row / 30:.3f}, 0.98, 1, {units[row % 500]}",
        ),
    }


if __name__ == "__main__":
    main()
