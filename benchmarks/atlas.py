"""How long an atlas takes: of the default and of a made-up book of 256 displays, and an hour of 60 Hz as its corpus.

    python benchmarks/atlas.py            the times; one core
    python benchmarks/atlas.py --browser  and how soon the pages are ready in Chromium (software WebGL)

Prints one line a figure. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from dfe.atlas import Atlas, build_atlas, write_atlas
from dfe.quantizers.sparse.config import SparseConfig
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

HOUR, RATE = 3600, 60
BLOCK = 3000


def book_of_256(default: Tokenizer) -> Tokenizer:
    """The default's displays and mixtures of them: 256 displays, silence among them."""
    rng = np.random.default_rng(0)
    config = SparseConfig(dimension=41, size=256, closed=False)
    displays = default.weights["codebook"]
    more = rng.dirichlet(np.ones(3), 192).astype(np.float32)
    parts = displays[rng.integers(1, 64, (192, 3))]
    mixed = np.einsum("nk,nkd->nd", more, parts)
    mixed /= default.space.error_mm(mixed, np.zeros_like(mixed))[:, None]
    books = np.vstack([displays, mixed]).astype(np.float32)
    images = np.vstack([default.weights["images"], np.zeros_like(mixed)])
    weights = {**default.weights, "codebook": books, "images": images.astype(np.float32)}
    return Tokenizer(name="bench-256", version="1", space=default.space, config=config, weights=weights)


def hour(tokenizer: Tokenizer, folder: Path) -> None:
    """An hour of one face at 60 Hz whose expression wanders."""
    rng = np.random.default_rng(1)
    speeds, phases = rng.uniform(0.05, 0.9, 41), rng.random(41)
    rows, space = RowBuffer(), tokenizer.space
    times = np.arange(HOUR * RATE) / RATE
    shown = np.clip(0.5 * np.sin(2 * np.pi * (times[:, None] * speeds + phases)), 0, 1).astype(np.float32)
    nothing = (np.zeros(8, np.float32), np.zeros(2, np.float32))
    for i, x in enumerate(shown):
        box = (100.0, 90.0, 160.0, 170.0)
        rows.add_face(i, float(times[i]), "hour.mp4", 0.9, box, (0.0, 0.0, 0.0), x, *nothing, face_id=0)
    provenance = Provenance(
        source=SourceInfo("hour.mp4", "video", "ab" * 32, 640, 480, len(times), float(HOUR), float(RATE)),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version="0",
        frontend={},
        options={},
        warnings=(),
    )
    recording = build_recording(rows, provenance)
    tokens = tokenizer.encode(shown[:BLOCK]).at(np.arange(len(shown)) % BLOCK)
    recording.with_tokens(tokens, tokenizer.provenance()).write(folder / "hour.parquet")


def timed(what: str, began: float, used: float) -> None:
    print(f"{what}: {time.perf_counter() - began:.1f} s, {time.process_time() - used:.1f} s of CPU")


def page(atlas: Atlas, path: Path) -> Path:
    began, used = time.perf_counter(), time.process_time()
    write_atlas(atlas, path)
    timed(f"page of {len(atlas)} displays", began, used)
    print(f"page of {len(atlas)} displays: {path.stat().st_size / 1e6:.2f} MB")
    return path


def ready(path: Path) -> None:
    """Milliseconds from the navigation to the page's own word that it is ready, and to the first drawn head."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("DFE_CHROMIUM") or shutil.which("chromium")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        for attempt in range(3):
            tab = browser.new_page()
            tab.goto(path.as_uri())
            tab.wait_for_selector("html[data-ready=yes]", state="attached")
            done = tab.evaluate("performance.getEntriesByName('ready')[0].startTime")
            tab.wait_for_selector("#heads canvas[data-drawn=yes]")
            first = tab.evaluate("performance.now()")
            print(f"{path.stem}, opened {attempt + 1}: ready after {done:.0f} ms, a head turns after {first:.0f} ms")
            tab.close()
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", action="store_true")
    arguments = parser.parse_args()
    default = load_tokenizer()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = []
        for tokenizer in (default, book_of_256(default)):
            corpus = folder / tokenizer.name
            hour(tokenizer, corpus)
            began, used = time.perf_counter(), time.process_time()
            atlas = build_atlas(tokenizer, corpus)
            timed(f"{len(atlas)} displays described, an hour at 60 Hz counted", began, used)
            pages.append(page(atlas, folder / f"atlas-{len(atlas)}.html"))
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        if arguments.browser:
            for path in pages:
                ready(path)


if __name__ == "__main__":
    main()
