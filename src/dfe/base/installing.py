"""What to type where a library is not installed: true for the copy of the package that is running."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

PACKAGE = "discrete-facial-encoding"
ON_INDEX = False
"""Whether the package is on the public package index; the release checklist sets it (docs/releasing.md)."""


def how_to_install(extra: str) -> str:
    """The command that adds an extra of the package.

    From the folder it was installed from, as long as that is there and the package is on no index.
    """
    if ON_INDEX:
        return f"pip install '{PACKAGE}[{extra}]'"
    source = _installed_from()
    if source is None:
        return f"in the folder of its source, pip install '.[{extra}]'"
    path, editable = source
    return f"pip install {'-e ' if editable else ''}'{path}[{extra}]'"


def _installed_from() -> tuple[Path, bool] | None:
    """Folder or wheel that pip installed the package from, and whether as it stands there (PEP 610)."""
    try:
        text = importlib.metadata.distribution(PACKAGE).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    try:
        record = json.loads(text or "{}")
        url = urlsplit(record["url"])
        editable = bool(record.get("dir_info", {}).get("editable", False))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    path = Path(url2pathname(unquote(url.path)))
    return (path, editable) if url.scheme == "file" and path.exists() else None
