"""What an installation has and whether it works, checked by doing rather than by asking for versions alone."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dfe.base.errors import DfeError, UsageError
from dfe.encoding.extras import FOR, Extra, extras

BASE_PACKAGES = (
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "av",
    "pyarrow",
    "safetensors",
    "tyro",
    "rich",
    "jinja2",
)


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    ``ok``; ``optional``: not installed, and only needed for what its words say; ``incomplete``: somebody wanted it, and
    part of it is missing, too old or broken; ``failed``: the package itself does not work.
    """

    name: str
    state: Literal["ok", "optional", "incomplete", "failed"]
    detail: str


def check_installation() -> list[Check]:
    """Look at versions, assets, the networks' speed, CUDA, video decoding and optional parts; never raises."""
    checks = [
        Check("python", "ok", f"{platform.python_version()} on {platform.platform()}, {os.cpu_count()} processors"),
        _attempt("packages", _base_packages),
        _attempt("head", _head),
        _attempt("networks", _networks),
        _cuda(),
        _attempt("tokenizer", _tokenizer),
        _attempt("video", _video),
        _attempt("whole way", _drawn_face),
        _attempt("disk", _disk),
    ]
    found = extras()
    checks += [_extra(extra) for extra in found]
    return checks + _front_ends({extra.name for extra in found if extra.lacking})


def _extra(extra: Extra) -> Check:
    name, use = f"extra {extra.name}", FOR[extra.name]
    if not extra.lacking:
        return Check(name, "ok", f"{', '.join(extra.there)}; for {use}")
    if extra.begun:
        lacking = ", ".join(extra.lacking)
        return Check(name, "incomplete", f"{lacking} is missing or too old; for {use}: {extra.install}")
    return Check(name, "optional", f"not installed, and only needed for {use}: {extra.install}")


def _front_ends(lacking: set[str]) -> list[Check]:
    """Every front end with what it reads, what it needs and what was verified; a broken one of another package."""
    from dfe.encoding.describe import front_end_needs
    from dfe.frontends.registry import find_front_end, front_end_names

    checks: list[Check] = []
    for name in front_end_names():
        try:
            spec = find_front_end(name)
        except DfeError as error:
            checks.append(Check(f"front end {name}", "incomplete", str(error)))
            continue
        detail = f"{spec.title}; gives {spec.space}; needs {front_end_needs(spec)}; verified: {spec.verified}"
        checks.append(Check(f"front end {name}", "optional" if spec.extra in lacking else "ok", detail))
    return checks


def _attempt(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except DfeError as error:
        return Check(name, "failed", str(error))
    except Exception as error:  # a broken install fails in ways that nobody lists; the doctor must still report
        return Check(name, "failed", f"{type(error).__name__}: {error}")


def _base_packages() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in BASE_PACKAGES)


def _head() -> str:
    from dfe.space.registry import load_space

    spaces = [load_space(), load_space("arkit51/face41")]
    return "; ".join(
        f"{one.id} version {one.version}: {one.dimension} numbers on {len(one.mesh.vertices_mm)} points"
        for one in spaces
    )


def _networks() -> str:
    import numpy as np

    from dfe.base.types import Frame
    from dfe.frontends.landmarks.config import LandmarkConfig
    from dfe.frontends.landmarks.graph import LandmarkFrontEnd

    front_end = LandmarkFrontEnd(LandmarkConfig())
    empty = Frame(0, 0.0, np.zeros((144, 176, 3), np.uint8))
    list(front_end.observe([empty], still=True))
    began = time.perf_counter()
    list(front_end.observe([empty], still=True))
    milliseconds = (time.perf_counter() - began) * 1000
    return f"hashes match; both detectors took {milliseconds:.1f} ms on an empty picture (CPU, one thread)"


def _cuda() -> Check:
    """Whether ``--device cuda`` would work, by a batch of nothing."""
    import numpy as np

    from dfe.frontends.landmarks.networks import BATCH_ON_CUDA, Networks
    from dfe.frontends.landmarks.sessions import Session

    try:
        session = Session(Networks().read("landmarks.onnx"), "cuda", BATCH_ON_CUDA)
        nothing = np.zeros(session.shape, session.dtype)
        session.run(nothing)
        began = time.perf_counter()
        session.run(nothing)
    except UsageError as error:
        return Check("cuda", "optional", f"{error.what}; only needed for a GPU: install onnxruntime-gpu in its place")
    except Exception as error:  # onnxruntime's have no base class of their own
        return Check("cuda", "incomplete", f"{type(error).__name__}: {error}".splitlines()[0])
    milliseconds = (time.perf_counter() - began) * 1000
    return Check("cuda", "ok", f"landmarks of {BATCH_ON_CUDA} faces at a time took {milliseconds:.1f} ms")


def _tokenizer() -> str:
    import numpy as np

    from dfe.tokenizer.file import load_tokenizer

    tokenizer = load_tokenizer("default")
    tokenizer.encode(np.zeros((1, tokenizer.space.dimension), np.float32))
    return f"default is {tokenizer.id}: {tokenizer.size - 1} displays, up to {tokenizer.levels} tokens a face"


def _video() -> str:
    import av

    wanted = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg")
    have = [name for name in wanted if name in av.codecs_available]
    return "decodes " + ", ".join(have)


def _drawn_face() -> str:
    import numpy as np

    from dfe.base.types import Frame
    from dfe.encoding.demo import draw_frame
    from dfe.frontends.landmarks.config import LandmarkConfig
    from dfe.frontends.landmarks.graph import LandmarkFrontEnd
    from dfe.space.registry import load_space

    space = load_space("arkit51/face41")
    picture = draw_frame(space, np.zeros(space.dimension, np.float32))
    (seen,) = LandmarkFrontEnd(LandmarkConfig()).observe([Frame(0, 0.0, picture)], still=True)
    if not seen.faces:
        raise DfeError("the drawn face was not found", advice="reinstall the package; if that does not help, report it")
    return f"a drawn face is found with confidence {seen.faces[0].confidence:.2f}"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free
    return f"{free / 1e9:.1f} GB free here; file names in {sys.getfilesystemencoding()}"
