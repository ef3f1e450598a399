from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def without_permission(tmp_path: Path) -> Callable[[Callable[[], str]], str]:
    """Runs a function as somebody who may not read what lies in ``tmp_path``; gives back the text that it returns."""

    def run(function: Callable[[], str]) -> str:
        if os.name == "nt":
            pytest.skip("Windows has no such permissions")
        modes = [(p, p.stat().st_mode) for p in tmp_path.rglob("*")]
        for path, _ in modes:
            path.chmod(0)
        try:
            return _as_nobody(function) if os.getuid() == 0 else function()
        finally:
            for path, mode in modes:
                path.chmod(mode)

    return run


def _as_nobody(function: Callable[[], str]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            answer = function()
        except BaseException as error:  # the child must not return into pytest
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()
