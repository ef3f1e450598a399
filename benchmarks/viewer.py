"""The viewer and an hour-long recording: first paint, scrolling, memory of the server.

    python benchmarks/viewer.py [--minutes 60] [--recording out/clip.parquet]

Makes a recording of an hour (by repeating a real one, or made-up movements), serves it as `dfe view` does, opens it in
Chromium, and measures: the time to the first paint and to the first charts, pictures a second while an hour, ten
minutes and ten seconds scroll by, and the largest memory of the server. Chromium draws on the processor here.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from playwright.sync_api import Page, sync_playwright

from dfe.recording.recording import Recording

RATE = 25.0
SCROLL = """async (length) => {
    const { time } = viewer;
    time.show(time.start, length);
    const steps = [];
    let last = performance.now();
    for (let i = 0; i < 90; i++) {
        await new Promise((go) => requestAnimationFrame(go));
        const now = performance.now();
        steps.push(now - last);
        last = now;
        if (time.isWhole) time.changed();
        else time.scroll(0.01);
    }
    return steps.slice(5);
}"""
CPU = """(length) => {
    const { time } = viewer;
    time.show(time.start, length);
    const began = performance.now();
    for (let i = 0; i < 20; i++) {
        time.show(time.from + 0.01 * length, length);
        for (const plot of viewer.plots) if (plot.seen) plot.draw();
    }
    return (performance.now() - began) / 20;
}"""


def long_recording(source: Path, target: Path, minutes: float) -> int:
    """Write a recording that repeats another until it is so long; returns its rows."""
    one = Recording.read(source, landmarks=False)
    frames = int(minutes * 60 * RATE)
    table = one.table.filter(pa.array(one.face_ids <= 0)).combine_chunks()
    times = -(-frames // len(table))
    long = pa.concat_tables([table] * times).slice(0, frames)
    for name, values in (("frame", np.arange(frames, dtype=np.int32)), ("time_s", np.arange(frames) / RATE)):
        place = long.column_names.index(name)
        long = long.set_column(place, long.schema.field(place), pa.array(values))
    Recording(long, one.provenance).write(target, overwrite=True)
    return frames


def largest_mb(pid: int) -> float:
    """The most memory that a process has held (VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def serve(recording: Path) -> tuple[subprocess.Popen[str], str]:
    """`dfe view` and its address."""
    words = [sys.executable, "-m", "dfe", "view", str(recording), "--no-browser"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("http"):
            return process, line.strip()
    raise SystemExit("the viewer did not start")


def measure(page: Page, url: str) -> None:
    """Open the page and print what it takes."""
    began = time.perf_counter()
    page.goto(url)
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=120_000)
    page.wait_for_selector("[data-plot=group] .area[data-drawn]", timeout=120_000)
    print(f"first paint               {paint / 1000:6.2f} s")
    print(f"charts of the hour drawn  {time.perf_counter() - began:6.2f} s")
    page.wait_for_selector("html[data-film]", state="attached", timeout=120_000)
    for words, length in (("the whole hour", 1e9), ("ten minutes", 600_000), ("ten seconds", 10_000)):
        steps = page.evaluate(SCROLL, length)
        cost = page.evaluate(CPU, length)
        rate = 1000 / statistics.median(steps)
        print(f"scrolling {words:15} {rate:6.1f} pictures/s (median), drawing takes {cost:5.1f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--recording", type=Path, required=True, help="a recording with tokens, to be repeated")
    given = parser.parse_args()
    program = os.environ.get("DFE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        target = Path(folder) / "hour.parquet"
        rows = long_recording(given.recording, target, given.minutes)
        print(f"{rows:,} rows, {target.stat().st_size / 1e6:.0f} MB; load {os.getloadavg()[0]:.1f}")
        process, url = serve(target)
        try:
            arguments = ["--no-sandbox", "--enable-unsafe-swiftshader"]
            browser = playwright.chromium.launch(executable_path=program, args=arguments)
            context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
            measure(context.new_page(), url)
            print(f"memory of the server      {largest_mb(process.pid):6.0f} MB at most")
            browser.close()
        finally:
            process.terminate()
            process.wait(10)


if __name__ == "__main__":
    main()
