"""What a worker saw in a piece of a film, in a file: a hash, then arrays and a text in JSON (safetensors)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from dfe.base.defects import Defect
from dfe.base.files import replacing
from dfe.base.stamps import Stamps
from dfe.encoding.tasks import Observed, Task
from dfe.encoding.watch import Watch
from dfe.facemodel.fit import Frames
from dfe.facemodel.posterior import Products
from dfe.facemodel.track import Seen
from dfe.recording.provenance import SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.recording.schema import Layout

_SAID = "said"
"""Name of the array that holds the text."""
_HASH_BYTES = 32

Arrays = dict[str, NDArray[Any]]


def write_piece(path: Path, seen: Observed) -> None:
    """Write what was seen in a piece, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    faces = seen.faces
    rows, texts = seen.rows.as_arrays()
    watch = seen.watch.as_arrays()
    arrays: Arrays = {f"rows.{name}": array for name, array in rows.items()}
    arrays |= {f"watch.{name}": array for name, array in watch.items()}
    if faces is not None:
        frames = faces.frames
        arrays |= {f"products.{name}": array for name, array in frames.products._asdict().items()}
        arrays |= {f"faces.{name}": array for name, array in frames._asdict().items() if name != "products"}
        arrays["gaze_deg"] = faces.gaze_deg
    said = {
        "texts": texts,
        "expression": seen.rows.layout.expression,
        "frames": seen.frames,
        "info": None if seen.info is None else asdict(seen.info),
        "space": asdict(seen.space),
        "front_end": seen.front_end,
        "defects": [asdict(defect) for defect in seen.defects],
    }
    arrays[_SAID] = np.frombuffer(json.dumps(said).encode(), np.uint8)
    content = save_arrays({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    with replacing(path, overwrite=True) as (file,):
        file.write(hashlib.sha256(content).digest())
        file.write(content)


def read_piece(path: Path, task: Task, files: Stamps) -> Observed | None:
    """What was seen in a piece; None where there is no such file, or it is not as it was written.

    Args:
        path: of the file.
        task: the piece.
        files: those of the source, as they are and as they were.
    """
    try:
        whole = memoryview(path.read_bytes())
        content = bytes(whole[_HASH_BYTES:])
        if hashlib.sha256(content).digest() != whole[:_HASH_BYTES]:
            return None
        arrays: Arrays = load_arrays(content)
        said = json.loads(arrays.pop(_SAID).tobytes())
        return _observed(arrays, said, task, files)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def _observed(arrays: Arrays, said: Mapping[str, Any], task: Task, files: Stamps) -> Observed:
    def group(of: str) -> Arrays:
        return {name.removeprefix(of): array for name, array in arrays.items() if name.startswith(of)}

    faces = None
    if "gaze_deg" in arrays:
        frames = Frames(products=Products(**group("products.")), **group("faces."))
        faces = Seen(frames, arrays["gaze_deg"])
    return Observed(
        rows=RowBuffer.of_arrays(group("rows."), said["texts"], Layout(expression=tuple(said["expression"]))),
        frames=said["frames"],
        info=None if said["info"] is None else SourceInfo(**said["info"]),
        space=SpaceRef(**said["space"]),
        front_end=said["front_end"],
        watch=Watch.of_arrays(group("watch.")),
        faces=faces,
        defects=tuple(Defect(**defect) for defect in said["defects"]),
        files=files,
        called=task.source.called,
    )
