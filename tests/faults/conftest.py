"""Running the command line inside the test process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from dfe.cli import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def dfe(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``dfe("encode", path, "-o", out)`` as a user would type it; gives exit code and what was printed."""

    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(int(stop.value.code or 0), out, err)

    return run
