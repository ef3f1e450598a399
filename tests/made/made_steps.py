"""Failures of the system at a chosen open, sync or rename."""

from __future__ import annotations

import builtins
import io
import os
from pathlib import Path

import pytest


class Fault:
    """Lets the calls of one kind that write below a folder pass, but for one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kind: str, folder: Path, fails: int | None, code: int) -> None:
        self.calls = 0
        self._fails, self._code, self._folder = fails, code, str(folder)
        if kind == "open":
            real = io.open

            def opened(file, mode="r", *words, **named):
                if (
                    isinstance(file, str | os.PathLike)
                    and str(file).startswith(self._folder)
                    and set(mode) & set("wxa+")
                ):
                    self._count(file)
                return real(file, mode, *words, **named)

            monkeypatch.setattr(io, "open", opened)
            monkeypatch.setattr(builtins, "open", opened)
        elif kind == "sync":
            sync = os.fsync
            monkeypatch.setattr(os, "fsync", lambda handle: (self._count("sync"), sync(handle))[1])
        else:
            replace = os.replace
            monkeypatch.setattr(os, "replace", lambda a, b: (self._count(b), replace(a, b))[1])

    def _count(self, where: object) -> None:
        self.calls += 1
        if self.calls == self._fails:
            raise OSError(self._code, os.strerror(self._code), str(where))
