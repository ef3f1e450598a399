"""Real media from packages and the shared folder, the command line as a function, and no skips in CI."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

ROOT = Path(__file__).resolve().parents[1]

FUZZ = int(os.environ.get("DFE_FUZZ", "1"))
"""Times as many examples of every property; ``make fuzz`` sets it (scripts/fuzz.py)."""

# How fast a machine is decides nothing: examples may take as long as they take. The same code meets the same examples,
# so that a change is blamed for what it does; `make fuzz` looks for new ones.
settings.register_profile(
    "dfe", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="DFE_FUZZ" not in os.environ
)
settings.load_profile("dfe")

FACE_CLIP, CARPHONE, ASTRONAUT = "WolfgangLanger_Pexels.mp4", "carphone_pristine.mp4", "astronaut.png"


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_disks() -> Generator[None, None, None]:
    """What tests write need not outlive a power failure; programs that they start do wait for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # which fails, too, where the file is no open one
        yield


def _first_existing(*candidates: Path) -> Path | None:
    return next((c for c in candidates if c.exists()), None)


@pytest.fixture(scope="session")
def demo_media() -> Path:
    """Folder with the clips and the photograph that `make demo` and `make test` take from packages at set-up."""
    folder = Path(os.environ.get("DFE_DEMO_MEDIA", ROOT / ".demo" / "media"))
    if not all((folder / name).exists() for name in (FACE_CLIP, CARPHONE, ASTRONAUT)):
        pytest.fail(f"{folder} has no media: run `make media` first")
    return folder


@pytest.fixture(scope="session")
def carphone(demo_media: Path) -> Path:
    """A talking man, 176 x 144 pixels, 120 frames, whose face is too small to be usable."""
    return demo_media / CARPHONE


@pytest.fixture(scope="session")
def face_clip(demo_media: Path) -> Path:
    """The demo's clip: 472 frames of a woman's face, with a hand over its lower part in 168 of them."""
    return demo_media / FACE_CLIP


@pytest.fixture(scope="session")
def astronaut(demo_media: Path) -> Path:
    """A frontal face, 512 x 512 pixels."""
    return demo_media / ASTRONAUT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real faces beside the checkout; its absence skips the tests that need it."""
    folder = _first_existing(Path(os.environ.get("DFE_SHARED", ROOT.parent / "shared")) / "data")
    if folder is None:
        pytest.skip("no ../shared/data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def face41() -> ExpressionSpace:
    """The default front end's 41 coefficients."""
    return load_space("arkit51/face41")


@pytest.fixture(scope="session")
def arkit51() -> ExpressionSpace:
    """All 51 ARKit coefficients."""
    return load_space("arkit51")


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def dfe(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``dfe("encode", path, "-o", out)`` as a user would type it; gives exit code and what was printed."""

    from dfe.cli import main

    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(int(stop.value.code or 0), out, err)

    return run


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is imported and collected lives as long as the run, so the search for garbage need never look at it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for test in {getattr(item, "obj", None) for item in items} if FUZZ > 1 else ():
        function = getattr(test, "__func__", test)
        own = getattr(function, "_hypothesis_internal_use_settings", None)
        if own is not None:
            function._hypothesis_internal_use_settings = settings(own, max_examples=FUZZ * own.max_examples)


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
