"""Properties with many more examples and new seeds each time: what a sample in the tests may miss.

    python scripts/fuzz.py [--times 10] [--rounds 3] [PATH ...]      (`make fuzz`)

Each round draws a seed and prints it; ``pytest --hypothesis-seed=SEED`` with ``DFE_FUZZ`` as printed makes it again.
What hypothesis finds, it prints shrunk; keep it as an ``@example`` beside the property.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("paths", nargs="*", default=["tests"], help="files or folders of tests")
    told.add_argument("--times", type=int, default=10, help="so many times the examples of an ordinary run")
    told.add_argument("--rounds", type=int, default=1, help="each with a seed of its own")
    asked = told.parse_args()
    worst = 0
    for _ in range(asked.rounds):
        seed = secrets.randbelow(2**32)
        print(f"DFE_FUZZ={asked.times} pytest -m hypothesis --hypothesis-seed={seed}", *asked.paths, flush=True)
        words = [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", f"--hypothesis-seed={seed}", *asked.paths]
        ran = subprocess.run(words, cwd=ROOT, env={**os.environ, "DFE_FUZZ": str(asked.times)}, check=False)
        worst = max(worst, ran.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
