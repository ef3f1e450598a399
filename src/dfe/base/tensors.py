"""Arrays in a safetensors file beside the JSON that describes them, held to its checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from dfe.base.errors import ModelError


def read_tensors(path: Path, sha256: str, *, most_bytes: int, what: str, advice: str) -> dict[str, NDArray[Any]]:
    """All arrays of a file, by name.

    Args:
        path: the file.
        sha256: of its bytes, in hex.
        most_bytes: a larger file is refused unread.
        what: whose arrays they are, for errors: ``a tokenizer``.
        advice: what to do about a damaged file.

    Raises:
        ModelError: the file is missing, too large, cannot be read, has another checksum, or is no safetensors file.
    """
    try:
        if path.stat().st_size > most_bytes:
            raise ModelError(f"is too large to be {what}'s arrays", where=path)
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelError("is missing", where=path, advice=advice) from None
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})", where=path) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError("does not match its checksum: damaged, truncated or foreign", where=path, advice=advice)
    try:
        return {key: np.asarray(array) for key, array in load(data).items()}
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelError(f"is no safetensors file ({error})", where=path, advice=advice) from None
