"""Draws the pictures of docs/viewer.md and docs/live.md: the pages of the demo clip, dark and light.

python scripts/make_viewer_pictures.py out/WolfgangLanger_Pexels.parquet FOLDER-OF-THE-CLIP     (needs Chromium)

For the live page, the clip is played by Chromium's fake camera.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import cv2
from playwright.sync_api import Browser, Playwright, sync_playwright

from dfe.encoding.options import EncodeOptions
from dfe.media.film import open_film
from dfe.viewer.library import Library
from dfe.viewer.live.app import live_app
from dfe.viewer.live.session import LiveOptions
from dfe.viewer.recordings_app import recordings_app
from dfe.viewer.serve import Server
from dfe.viewer.viewing import Viewing, ViewOptions

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SMILE_MS, STRETCH_MS = 18_640, (11_980, 19_690)


SMILE_FRAMES = (240, 460)
"""What the camera shows, over and over: a first smile, laughing, a broad smile."""
LIVE_MS = 27_500


def main() -> None:
    """Both pages."""
    recording, films = Path(sys.argv[1]), Path(sys.argv[2])
    with sync_playwright() as playwright:
        watched(playwright, recording, films)
        live(playwright, films / f"{recording.stem}.mp4")


def watched(playwright: Playwright, recording: Path, films: Path) -> None:
    """Open the viewer, go to a smile, choose a stretch; light and dark."""
    viewing = Viewing(Library.of([recording]), ViewOptions(video=films))
    with Server(recordings_app(viewing)).in_background() as url:
        page = chromium(playwright).new_page(viewport={"width": 1280, "height": 860})
        page.goto(url)
        page.wait_for_selector("html[data-film=yes]", state="attached")
        page.locator("[data-plot=group] button.name").first.click()
        page.evaluate(f"viewer.go({SMILE_MS})")
        page.wait_for_timeout(1500)
        page.screenshot(path=str(PICTURES / "viewer.jpg"), type="jpeg", quality=82)
        page.evaluate(f"viewer.time.choose({STRETCH_MS[0]}, {STRETCH_MS[1]})")
        page.click("#tab-stretch")
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(1500)
        page.screenshot(path=str(PICTURES / "viewer-stretch.jpg"), type="jpeg", quality=82)
    viewing.close()


def live(playwright: Playwright, clip: Path) -> None:
    """Play the clip as a camera for as long as the page looks back."""
    with tempfile.TemporaryDirectory() as scratch:
        camera = Path(scratch) / "camera.mjpeg"
        first, last = SMILE_FRAMES
        with camera.open("wb") as file:
            for frame in open_film([clip]).frames(first=first, last=last):
                if frame.image is not None:
                    file.write(cv2.imencode(".jpg", cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))[1].tobytes())
        played = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        browser = chromium(playwright, *played, f"--use-file-for-fake-video-capture={camera}")
        options = LiveOptions(Path("pilot"), EncodeOptions(max_faces=1))
        with Server(live_app(options, print)).in_background() as url:
            page = browser.new_page(viewport={"width": 1280, "height": 960})
            page.goto(url)
            page.click("button:has-text('Start')")
            page.wait_for_timeout(LIVE_MS)
            page.screenshot(path=str(PICTURES / "live.jpg"), type="jpeg", quality=82)
            browser.close()


def chromium(playwright: Playwright, *more: str) -> Browser:
    """A browser without a window, which draws heads in software."""
    program = os.environ.get("DFE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox", "--enable-unsafe-swiftshader", *more]
    return playwright.chromium.launch(executable_path=program, args=arguments)


if __name__ == "__main__":
    main()
