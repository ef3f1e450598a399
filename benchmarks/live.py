"""Frames a second and delay of `dfe live`, from the camera's frame to its displays on the page, in a real browser.

    python benchmarks/live.py CLIP [--seconds 30] [--packing raw jpeg] [--browser chromium]

The clip is brought to 640 x 480 pixels and 25 frames a second and played by Chromium's fake camera, over and over. The
program runs in a process of its own, as a user's would. Reported are frames a second that were measured, the median and
the 95th percentile of the time from the moment the browser has a frame to its displays on the page, frames left out,
and how busy program and browser kept the processors. Chromium draws in software here; with a graphics card the page
costs next to nothing. What else the machine was doing is told by its load.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

WIDTH, HEIGHT, RATE = 640, 480, 25
WARM_UP_S = 5.0


class Figures(NamedTuple):
    """Of one way of packing."""

    packing: str
    rate: float
    median_ms: float
    late_ms: float
    """95th percentile."""
    left_out: int
    look_ms: float
    """Median time in the program from a frame to its displays."""
    program: float
    """Processors that the program kept busy."""
    browser: float
    """And all of the browser's processes."""


def camera_file(clip: Path, path: Path, most: int = 500) -> Path:
    """The clip as a camera of 640 x 480 pixels and 25 frames a second gives it: uncompressed (Y4M)."""
    from dfe.media.film import open_film

    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420\n".encode())
        for frame in open_film([clip]).frames(first=0, last=most):
            if frame.image is None:
                continue
            own = frame.image
            scale = max(WIDTH / own.shape[1], HEIGHT / own.shape[0])
            size = round(own.shape[1] * scale), round(own.shape[0] * scale)
            whole = cv2.resize(own, size, interpolation=cv2.INTER_CUBIC)
            left, top = (whole.shape[1] - WIDTH) // 2, (whole.shape[0] - HEIGHT) // 2
            cut = np.ascontiguousarray(whole[top : top + HEIGHT, left : left + WIDTH])
            file.write(b"FRAME\n" + cv2.cvtColor(cut, cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


def cpu_s(pids: list[int]) -> float:
    """Seconds of processor that these processes have used."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def below(root: int) -> list[int]:
    """A process and all that it started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, due = [], [root]
    while due:
        one = due.pop()
        found.append(one)
        due += children.get(one, [])
    return found


# Every answer's delay, kept by the page for the benchmark alone.
LISTEN = """
(() => {
  const own = Line.prototype.hear;
  window.delays = [];
  window.looks = [];
  Line.prototype.hear = function (told) {
    const at = this.sent.get(told.number);
    own.call(this, told);
    if (at !== undefined) {
      window.delays.push(performance.now() - at);
      window.looks.push(told.ms[0] + told.ms[1]);
    }
  };
})()
"""


def measure(url: str, program: int, camera: Path, packing: str, browser: str, seconds: float) -> Figures:
    """Let the page run and read its figures."""
    from playwright.sync_api import sync_playwright

    arguments = [
        "--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}",
    ]  # fmt: skip
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=arguments)
        page = started.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.wait_for_selector("html[data-ready=yes]", state="attached")
        page.evaluate(LISTEN)
        page.select_option("#packing", packing)
        page.click("#start")
        page.wait_for_selector("#said tbody tr")
        page.wait_for_timeout(1000 * WARM_UP_S)
        theirs = [pid for pid in below(os.getpid()) if pid not in (os.getpid(), *below(program))]
        left, count = (int(page.get_attribute("#speed", "data-left-out") or 0), page.evaluate("delays.length"))
        began, ours_s, theirs_s = time.perf_counter(), cpu_s([program]), cpu_s(theirs)
        page.wait_for_timeout(1000 * seconds)
        took = time.perf_counter() - began
        ours_s, theirs_s = cpu_s([program]) - ours_s, cpu_s(theirs) - theirs_s
        delays, looks = (np.array(page.evaluate(f"{name}.slice({count})")) for name in ("delays", "looks"))
        left = int(page.get_attribute("#speed", "data-left-out") or 0) - left
        started.close()
    return Figures(
        packing, len(delays) / took, float(np.median(delays)), float(np.percentile(delays, 95)), left,
        float(np.median(looks)), ours_s / took, theirs_s / took,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--packing", nargs="+", choices=["raw", "jpeg"], default=["raw", "jpeg"])
    parser.add_argument("--browser", default=shutil.which("chromium") or "chromium")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}; {WIDTH} x {HEIGHT}, {RATE} frames/s")
    print("packing  frames/s  median  95%     left out  in program  program  browser")
    with tempfile.TemporaryDirectory() as folder:
        camera = camera_file(options.clip, Path(folder) / "camera.y4m")
        for packing in options.packing:
            command = [sys.executable, "-m", "dfe", "live", "--no-browser", "-o", folder]
            program = subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
            )
            try:
                assert program.stdout is not None
                url = program.stdout.readline().strip()
                found = measure(url, program.pid, camera, packing, options.browser, options.seconds)
            finally:
                program.terminate()
                program.wait()
            print(
                f"{packing:7}  {found.rate:8.1f}  {found.median_ms:3.0f} ms  {found.late_ms:3.0f} ms  "
                f"{found.left_out:8}  {found.look_ms:7.1f} ms  {found.program:7.2f}  {found.browser:7.2f}"
            )
    print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
