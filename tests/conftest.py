"""Real media for the tests: a clip and a photograph from packages, and the shared folder if there is one."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _first_existing(*candidates: Path) -> Path | None:
    return next((c for c in candidates if c.exists()), None)


@pytest.fixture(scope="session")
def demo_media() -> Path:
    """Folder with the clip and the photograph that `make demo` and `make test` take from packages at set-up."""
    folder = Path(os.environ.get("DFE_DEMO_MEDIA", ROOT / ".demo" / "media"))
    if not (folder / "carphone_pristine.mp4").exists():
        pytest.fail(f"{folder} has no media: run `make media` first")
    return folder


@pytest.fixture(scope="session")
def carphone(demo_media: Path) -> Path:
    """A talking man, 176 x 144 pixels, 120 frames."""
    return demo_media / "carphone_pristine.mp4"


@pytest.fixture(scope="session")
def astronaut(demo_media: Path) -> Path:
    """A frontal face, 512 x 512 pixels."""
    return demo_media / "astronaut.png"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real faces beside the checkout; its absence skips the tests that need it."""
    folder = _first_existing(Path(os.environ.get("DFE_SHARED", ROOT.parent / "shared")) / "data")
    if folder is None:
        pytest.skip("no ../shared/data beside the checkout")
    return folder


NO_SKIPS = bool(os.environ.get("DFE_NO_SKIPS"))
"""Set in CI, where everything that a test may need is there: a skipped test then is a failed one, GPU tests apart."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("gpu"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    report = yield
    if NO_SKIPS and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report
