"""What was seen in one source: the parts of a video or set of pictures, or a table."""

from __future__ import annotations

from dfe.base.stamps import Stamps
from dfe.encoding.tables import ReadTable
from dfe.encoding.tasks import Observed

Seen = list[Observed] | ReadTable


def files_of(seen: Seen) -> Stamps:
    """The files of a source as they were before they were read."""
    parts = [seen] if isinstance(seen, ReadTable) else reversed(seen)
    return {path: state for part in parts for path, state in part.files.items()}
