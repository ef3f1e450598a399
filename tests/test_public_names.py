"""What `import dfe` promises: these names, explained, typed, and tables where results are tables."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import get_type_hints

import pytest

import dfe
from dfe.base.installing import how_to_install
from dfe.encoding.options import EncodeChoices

FUNCTIONS = [
    "build_atlas", "compare", "compare_design", "encode", "evaluate", "find_events", "load_space", "load_tokenizer",
    "plot_display", "plot_displays", "plot_means", "plot_profile", "read", "run_study", "summarise", "train",
    "write_atlas", "write_comparison", "write_design", "write_evaluation", "write_study", "write_summary",
]  # fmt: skip
RESULTS = [
    "Atlas", "Comparison", "DesignComparison", "Evaluation", "Event", "EventList", "ExpressionSpace", "Plot",
    "Recording", "Study", "Summary", "Tokenizer", "Tokens", "TrainResult",
]  # fmt: skip
OPTIONS = [
    "CompareOptions", "EncodeOptions", "EvaluateOptions", "EventConfig", "StudyConfig", "StudyOptions", "TrainConfig",
    "UsabilityRule",
]  # fmt: skip
ANY = re.compile(r"\bAny\b")
TABLES = ["Atlas", "Comparison", "DesignComparison", "Evaluation", "EventList", "Recording", "Study", "Summary"]


def test_these_are_the_public_names():
    assert sorted(dfe.__all__) == sorted([*FUNCTIONS, *RESULTS, *OPTIONS, "DfeError", "__version__"])
    assert dir(dfe) == sorted(dfe.__all__)
    with pytest.raises(AttributeError):
        dfe.nothing_of_the_kind  # noqa: B018


def public(name: str) -> object:
    """The name's value; those that train are there only with the extra."""
    if name in ("train", "TrainResult"):
        pytest.importorskip("torch", reason="needs the extra train")
    return getattr(dfe, name)


def test_a_name_whose_library_is_not_installed_says_which_extra_brings_it():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import dfe\n"
        "try:\n    dfe.train\nexcept dfe.DfeError as error:\n    print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == f"dfe.train needs torch, which is not installed; {how_to_install('train')}"


@pytest.mark.parametrize("name", [*FUNCTIONS, *RESULTS, *OPTIONS])
def test_each_is_explained(name):
    own = public(name)
    text = inspect.getdoc(own) or ""
    assert text.split("\n\n")[0].rstrip().endswith(".")
    assert text != inspect.getdoc(dict)
    described = text.partition("Args:")[2]
    if described and inspect.isfunction(own):
        assert all(parameter in described for parameter in inspect.signature(own).parameters)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_say_what_goes_in_and_comes_out(name):
    """Each parameter and the result has a type, and none of them is Any."""
    function = public(name)
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.annotation is not parameter.empty, parameter
        assert not ANY.search(str(parameter.annotation)), parameter
    assert not ANY.search(str(inspect.signature(function).return_annotation))


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_frozen_and_typed(name):
    cls = getattr(dfe, name)
    assert cls.__dataclass_params__.frozen
    for field in dataclasses.fields(cls):
        assert not ANY.search(str(field.type)), field.name
    cls()


def test_choices_of_encode_are_the_options():
    assert get_type_hints(EncodeChoices) == get_type_hints(dfe.EncodeOptions)
    (choices,) = (p for p in inspect.signature(dfe.encode).parameters.values() if p.kind is p.VAR_KEYWORD)
    assert choices.annotation == "Unpack[EncodeChoices]"
    with pytest.raises(dfe.DfeError, match="the options are tokenizer, frontend"):
        dfe.encode("a.mp4", smile=True)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", TABLES)
def test_results_that_are_tables_become_pandas_tables(name):
    method = getattr(dfe, name).to_pandas
    assert inspect.signature(method).return_annotation == "pd.DataFrame"
    assert "row for each" in inspect.getdoc(method) or name == "Recording"


def test_functions_stay_functions_whatever_was_imported_before():
    pytest.importorskip("torch", reason="needs the extra train")
    """A folder of the package named like a public function would take its place once anything in it is imported."""
    code = """
import dfe, importlib, pkgutil
for module in pkgutil.iter_modules(dfe.__path__):
    importlib.import_module(f"dfe.{module.name}")
names = [name for name in dfe.__all__ if name.islower() and not callable(getattr(dfe, name)) and name != "__version__"]
assert not names, names
assert dfe.EncodeOptions and callable(dfe.encode) and callable(dfe.compare)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_no_room_imports_the_public_names():
    for path in Path(dfe.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Import) and any(name.name == "dfe" for name in node.names)), path
            assert not (isinstance(node, ast.ImportFrom) and (node.module == "dfe" or node.level)), path


def test_types_are_shipped():
    assert typing.get_type_hints(dfe.read)["return"] is dfe.Recording
