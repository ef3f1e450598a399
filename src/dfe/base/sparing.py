"""What processes of our own do without: pandas until it is wanted, and more than one thread for sums."""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def spare_threads() -> None:
    """Sums by one thread, unless the environment says otherwise: their last digits depend on how many there are.

    Workers compute by one thread, so that the same tables come of one worker and of many. Before numpy is loaded.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


class _NoPandas(MetaPathFinder):
    """Finds no pandas, and leaves all else to others."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def spare_pandas() -> None:
    """Keep pyarrow from importing pandas at its first array, only to see that what it is given is no column of pandas.

    That takes a third of a second of every process (still, with pyarrow 17, which looks for pandas again and again).
    Tables are made pandas tables as ever, which imports it then. For processes of our own: a user's may hand columns of
    pandas to pyarrow. pyarrow itself is not imported for this; a process that never does pays nothing.
    """
    if "pyarrow" in sys.modules:
        _look_without_pandas()
    elif not any(isinstance(finder, _LookOnce) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LookOnce())


class _LookOnce(MetaPathFinder):
    """Lets pyarrow be found and loaded by others, once, and then look for pandas where there is none."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != "pyarrow":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_look(module: ModuleType) -> None:
                load(module)
                _look_without_pandas()

            setattr(spec.loader, "exec_module", load_and_look)  # noqa: B010 (the loader is pyarrow's own)
        return spec


def _look_without_pandas() -> None:
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    absent = _NoPandas()
    sys.meta_path.insert(0, absent)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(absent)
