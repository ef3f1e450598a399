"""Files that a local page may have: those put on the shelf, under keys that no path can be made of."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dfe.base.errors import MediaError

_KINDS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
    ".avi": "video/x-msvideo",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".glb": "model/gltf-binary",
}


class Shelf:
    """Files by key, served with byte ranges (RFC 9110, 14) at ``/files/KEY``.

    What a request names is a key, never a path, so that no request can reach a file which was not put here.
    """

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self.route = Route("/files/{key}", self._serve)

    def put(self, path: Path) -> str:
        """The address of a file; the same for the same file.

        Raises:
            MediaError: it is not there, is no file, or may not be read.
        """
        if not path.is_file():
            raise MediaError("there is no such file", where=path, advice="it may have been moved or renamed")
        if not os.access(path, os.R_OK):
            raise MediaError("may not be read", where=path)
        whole = path.resolve()
        for key, known in self._paths.items():
            if known == whole:
                return f"/files/{key}"
        key = secrets.token_urlsafe(9)
        self._paths[key] = whole
        return f"/files/{key}"

    async def _serve(self, request: Request) -> Response:
        path = self._paths.get(request.path_params["key"])
        if path is None:
            raise HTTPException(404)
        if not path.is_file():
            raise MediaError("is not there any more", where=path.name, advice="it may have been moved or renamed")
        return FileResponse(path, media_type=_KINDS.get(path.suffix.lower(), "application/octet-stream"))
