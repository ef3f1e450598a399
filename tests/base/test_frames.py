"""Processes of the command line do without pandas until a table is to be one of pandas."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

looks_once = pytest.mark.skipif(pa.__version__.startswith("17."), reason="pyarrow 17 looks for pandas again and again")

_SPARED = """
import sys
from dfe.base.sparing import spare_pandas
spare_pandas()
assert "pyarrow" not in sys.modules
import pyarrow.parquet
import pyarrow as pa
table = pa.table({"a": pa.array([1.5, None]), "b": pa.array(["x", "y"])})
assert "pandas" not in sys.modules
frame = table.to_pandas()
assert frame["b"].tolist() == ["x", "y"]
assert frame["a"].isna().tolist() == [False, True]
assert pa.array(frame["a"]).null_count == 1
spare_pandas()
assert pa.array(frame["a"]).null_count == 1
"""


@looks_once
def test_pandas_is_imported_where_it_is_wanted_and_not_before() -> None:
    pytest.importorskip("pandas", reason="needs the extra pandas")
    ran = subprocess.run([sys.executable, "-c", _SPARED], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@looks_once
def test_encoding_does_without_pandas(tmp_path, astronaut) -> None:
    words = ["-X", "importtime", "-m", "dfe", "encode", str(astronaut), "-o", str(tmp_path)]
    ran = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert "pyarrow" in imported
    assert "pandas.core" not in imported


def test_a_command_without_tables_does_without_pyarrow() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dfe", "info", "default"], capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert ran.returncode == 0, ran.stderr
    assert "dfe.cli.tables" in imported
    assert "pyarrow" not in imported


_IN_A_NOTEBOOK = """
from dfe.cli import main
try:
    main(["doctor", "--json"])
except SystemExit:
    pass
import pandas as pd
import pyarrow as pa
assert pa.array(pd.Series(["a", float("nan")])).null_count == 1
"""


def test_columns_of_pandas_stay_so_where_a_notebook_calls_a_command() -> None:
    pytest.importorskip("pandas", reason="needs the extra pandas")
    ran = subprocess.run([sys.executable, "-c", _IN_A_NOTEBOOK], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
