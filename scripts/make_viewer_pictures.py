"""Draws the pictures of docs/viewer.md: the page of the demo clip, dark and light.

python scripts/make_viewer_pictures.py out/WolfgangLanger_Pexels.parquet FOLDER-OF-THE-CLIP     (needs Chromium)
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from dfe.viewer.library import Library
from dfe.viewer.recordings_app import recordings_app
from dfe.viewer.serve import Server
from dfe.viewer.viewing import Viewing, ViewOptions

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SMILE_MS, STRETCH_MS = 18_640, (11_980, 19_690)


def main() -> None:
    """Open the viewer, go to a smile, choose a stretch; light and dark."""
    recording, films = Path(sys.argv[1]), Path(sys.argv[2])
    program = os.environ.get("DFE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    viewing = Viewing(Library.of([recording]), ViewOptions(video=films))
    with Server(recordings_app(viewing)).in_background() as url, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        page = playwright.chromium.launch(executable_path=program, args=arguments).new_page(
            viewport={"width": 1280, "height": 860}
        )
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


if __name__ == "__main__":
    main()
