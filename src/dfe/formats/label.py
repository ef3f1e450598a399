"""One annotation of one tier, as files of annotation tools hold it, and the bytes of such files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dfe.base.budget import MIB, allowed, in_words, too_large
from dfe.base.errors import TableError

MAX_BYTES = 64 * MIB
"""Of a file of annotations."""


class Label(NamedTuple):
    """One annotation of one tier; times are seconds from the start of the recording."""

    tier: str
    start_s: float
    end_s: float
    value: str


Tiers = dict[str, tuple[Label, ...]]
"""Labels by the name of their tier, in the file's order; tiers without labels too."""


def annotation_bytes(path: Path) -> bytes:
    """The content of a file of annotations.

    Raises:
        TableError: it cannot be read, or is larger than such files are.
    """
    try:
        if path.exists() and not path.is_file():
            raise TableError("cannot be read (no regular file)", where=path)
        most = allowed(MAX_BYTES)
        if path.stat().st_size > most:
            raise too_large(f"is larger than {in_words(most)}, the limit for annotations", path)
        return path.read_bytes()
    except FileNotFoundError:
        raise TableError("cannot be read (no such file)", where=path) from None
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from error
