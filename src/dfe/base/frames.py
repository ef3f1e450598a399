"""Results as pandas tables, for those who have pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
