"""JSON objects that describe something on disk: a tokenizer, a space, names, a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dfe.base.errors import ModelError

MOST_BYTES = 16 * 2**20
"""Of such a file; a larger one is something else."""


def read_object(
    path: Path, what: str, *, absent: str, advice: str | None = None, most: int = MOST_BYTES
) -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: the file.
        what: it holds, in words that go with "is no", such as "learned space".
        absent: what is wrong where there is no such file.
        advice: what to do about a damaged one.
        most: bytes.

    Raises:
        ModelError: it is missing, too large, damaged, or another kind of file.
    """
    try:
        if path.stat().st_size > most:
            raise ModelError(f"is no {what}: too large", where=path)
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(absent, where=path) from None
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})", where=path) from None
    except (ValueError, RecursionError):
        raise ModelError(f"is not JSON: damaged, or no {what}", where=path, advice=advice) from None
    if not isinstance(values, dict):
        raise ModelError(f"is no {what}", where=path, advice=advice)
    return values
