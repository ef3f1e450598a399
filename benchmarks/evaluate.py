"""How long `dfe evaluate` takes for one tokenizer on 10,000 faces, with every input that a measure can ask for.

    python benchmarks/evaluate.py [--work .cache/tokenizer] [--threads 2]     (tables of scripts/make_tables.py)

Target: under 3 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(options.threads)
    from dfe.judge.inputs import Inputs, load_bench
    from dfe.judge.run import judge
    from dfe.tokenizer.file import load_tokenizer

    tables, changed = options.work / "tables", options.work / "tables_perturbed"
    inputs = Inputs(
        faces=[tables / f"{name}.parquet" for name in ("lfw_train", "lfw_validate", "lfw_test", "london")],
        about=options.work / "people.csv",
        probe_train=[tables / "fer2013_train.parquet"],
        probe_test=[tables / "fer2013_validate.parquet"],
        probe_about=options.work / "emotions.csv",
        perturbed={kind: [changed / f"lfw_test_{kind}.parquet"] for kind in ("crop", "jpeg", "blur", "shift")},
        turned=[options.work / "tables_turned" / "london_turned.parquet"],
    )
    tokenizer = load_tokenizer("dfe-face41@3")
    began = time.perf_counter()
    bench = load_bench(inputs, tokenizer.space, allow_seen=True)
    read = time.perf_counter()
    judge([tokenizer], bench)
    done = time.perf_counter()
    print(f"{len(bench.faces)} faces, {options.threads} threads: read {read - began:.0f} s, judged {done - read:.0f} s")


if __name__ == "__main__":
    main()
