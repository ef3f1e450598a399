"""What starting costs, and what large tables cost: CPU seconds, each the median of several fresh processes.

    python benchmarks/start.py

Python itself, doing nothing, is the floor.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys

ROUNDS = 7
HELP = "from dfe.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
IDS = """
import numpy as np
from dfe.frontends.tracks import identify
rng = np.random.default_rng(0)
rows = np.arange(108_000)
centres = np.array([[200, 200], [600, 220]])[rows % 2] + rng.normal(0, 2, (len(rows), 2))
boxes = np.column_stack([centres, np.full((len(rows), 2), 150.0)])
boxes[rng.random(len(rows)) < 0.05] = np.nan
"""
TABLE = """
import sys, tempfile, pathlib, numpy as np
from dfe.recording.build import build_recording
from dfe.recording.rows import RowBuffer
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
rng = np.random.default_rng(0)
rows = RowBuffer()
for i in range(300_000):
    measured = np.split(rng.random(51, np.float32), [41, 49])
    rows.add_face(i, i / 30, "x", 1.0, (0, 0, 99, 99), (0, 0, 0), *measured)
path = pathlib.Path(tempfile.mkdtemp()) / "t.parquet"
made = Provenance(SourceInfo("x"), SpaceRef("s", 1, "h"), "0")
build_recording(rows, made, face_ids=np.zeros(300_000, int)).write(path)
"""
PARTS = (
    ("python, doing nothing", "", "pass"),
    ("import dfe (target: under 0.3)", "", "import dfe"),
    ("dfe --help (target: under 0.5)", "", HELP),
    ("load the default tokenizer and its head", "", "import dfe; dfe.load_tokenizer()"),
    ("ids of 54,000 frames with two faces", IDS, "identify(rows // 2, rows // 2 / 30, boxes)"),
    ("read 300,000 rows and their expressions", TABLE, "Recording.read(path).expressions()"),
)


def cpu_seconds(before: str, work: str) -> float:
    """CPU time of ``work`` after ``before``; where there is nothing before, of the whole process."""
    if before:
        timed = (
            f"{before}\nimport time\nt = time.process_time()\n{work}\nprint(time.process_time() - t, file=sys.stderr)"
        )
        ran = subprocess.run([sys.executable, "-c", f"import sys\n{timed}"], capture_output=True, text=True, check=True)
        return float(ran.stderr.split()[-1])
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", work], stdout=subprocess.DEVNULL, check=True, env={**os.environ})
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


if __name__ == "__main__":
    for name, before, work in PARTS:
        rounds = ROUNDS if not before else 3
        print(f"{name:<42} {statistics.median(cpu_seconds(before, work) for _ in range(rounds)):6.2f} s CPU")
