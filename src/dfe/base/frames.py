"""Results as pandas tables, for those who have pandas."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING

from dfe.base.errors import DfeError
from dfe.base.installing import how_to_install

if TYPE_CHECKING:
    import pandas as pd


def need_pandas() -> ModuleType:
    """The package pandas.

    Raises:
        DfeError: it is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise DfeError("to_pandas() needs pandas, which is not installed", advice=how_to_install("pandas")) from error
    return pd


def data_frame(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Rows as a pandas table; ``columns`` says which there are where there may be no row.

    Raises:
        DfeError: pandas is not installed.
    """
    frame: pd.DataFrame = need_pandas().DataFrame(list(rows), columns=list(columns) or None)
    return frame


class _NoPandas(MetaPathFinder):
    """Finds no pandas, and leaves all else to others."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def spare_pandas() -> None:
    """Keep pyarrow from importing pandas at its first array, only to see that what it is given is no column of pandas.

    That takes a third of a second of every process (still, with pyarrow 17, which looks for pandas again and again).
    Tables are made pandas tables as ever, which imports it then. For processes of our own: a user's may hand columns of
    pandas to pyarrow.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    absent = _NoPandas()
    sys.meta_path.insert(0, absent)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(absent)
