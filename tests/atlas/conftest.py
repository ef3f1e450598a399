from __future__ import annotations

import pytest

from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space


@pytest.fixture(scope="session")
def face41() -> ExpressionSpace:
    return load_space()


@pytest.fixture(scope="session")
def arkit51() -> ExpressionSpace:
    return load_space("arkit51")
