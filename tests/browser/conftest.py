"""A real Chromium, and pages opened from a file with everything they ask for and complain of written down."""

import os
import shutil
from dataclasses import dataclass, field

import pytest

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "html[data-ready=yes]"
WAIT_MS = 90_000
WHOLE = ("chromium", "chromium-browser", "google-chrome")
WITHOUT_WINDOWS = "chromium-headless-shell"
"""The same browser without windows of its own, which take more processor time than the pages in them."""


@pytest.fixture(scope="session")
def launch():
    """Function that starts a Chromium, with more arguments if need be; a ``whole`` one knows who may use a camera."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra dev")

    def program(whole: bool) -> str:
        names = WHOLE if whole else (WITHOUT_WINDOWS, *WHOLE)
        found = os.environ.get("DFE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
        if found is None:
            pytest.skip("no Chromium: install Debian's chromium, or name one in DFE_CHROMIUM")
        return found

    program(whole=False)
    with sync_api.sync_playwright() as playwright:
        # How fast a machine is decides nothing: what is waited for may take long to come.
        sync_api.expect.set_options(timeout=WAIT_MS)
        started = []

        def launched(*more, whole=False):
            found = program(whole)
            started.append(playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, *more]))
            return started[-1]

        yield launched
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def chromium(launch):
    return launch()


@dataclass
class Opened:
    """A page in the browser, with what it said and what it asked for besides itself."""

    page: object
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def _hear(opened: Opened, words: str) -> None:
    # Software WebGL copies pictures through the processor, and says so; no page can help it.
    if "GPU stall due to ReadPixels" not in words:
        opened.said.append(words)


@pytest.fixture
def open_page(chromium, tmp_path):
    """Function that opens a page's HTML; at the end it checks that the page was quiet and asked for nothing."""
    opened = []

    def open_html(html: str, before: str = "", ready: str = READY, **context) -> Opened:
        """Open a page; ``before``: a script that runs before its own; ``ready``: what there is once it can be used."""
        file = tmp_path / f"seite {len(opened)} é.html"
        file.write_text(html, encoding="utf-8")
        page = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
        page.set_default_timeout(WAIT_MS)
        one = Opened(page)
        page.on("console", lambda message: _hear(one, f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: one.said.append(str(error)))
        page.on("request", lambda request: one.asked.append(request.url))
        if before:
            page.add_init_script(before)
        page.goto(file.as_uri())
        page.wait_for_selector(ready, state="attached")
        opened.append(one)
        return one

    yield open_html
    for one in opened:
        outside = [url for url in one.asked[1:] if not url.startswith(("data:", "blob:"))]
        one.page.context.close()
        assert one.said == []
        assert outside == []
