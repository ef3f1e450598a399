"""scikit-learn where it is needed, and one line of advice where it is missing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from typing import Any

from dfe.base.errors import DfeError
from dfe.base.installing import how_to_install


def sklearn(module: str) -> Any:
    """The module ``sklearn.<module>``, imported now.

    Raises:
        DfeError: scikit-learn is not installed.
    """
    return _import(f"sklearn.{module}")


def one_thread() -> AbstractContextManager[Any]:
    """Keeps scikit-learn and BLAS to one thread: sums over several come in no fixed order, and fits would differ by it.

    Raises:
        DfeError: scikit-learn (and with it threadpoolctl) is not installed.
    """
    limits: AbstractContextManager[Any] = _pools().limit(limits=1)
    return limits


@cache
def _pools() -> Any:
    """The libraries that have threads, looked for once: that takes longer than many a fit."""
    # They are found where they are loaded already, so scikit-learn has to come first.
    sklearn("cluster")
    return _import("threadpoolctl").ThreadpoolController()


def _import(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise DfeError("this needs scikit-learn, which is not installed", advice=how_to_install("study")) from error
