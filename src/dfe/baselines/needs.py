"""scikit-learn where it is needed, and one line of advice where it is missing."""

from __future__ import annotations

from contextlib import AbstractContextManager
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
    # Limits hold for libraries that are loaded already, so scikit-learn has to come first.
    sklearn("cluster")
    limits: AbstractContextManager[Any] = _import("threadpoolctl").threadpool_limits(1)
    return limits


def _import(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise DfeError("this needs scikit-learn, which is not installed", advice=how_to_install("study")) from error
