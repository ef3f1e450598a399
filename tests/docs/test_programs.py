"""What scripts and benchmarks import from the project is there: most of them run but once in months."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / folder for folder in ("src", "scripts", "benchmarks", "tests/made")]
PROGRAMS = [path for folder in ("scripts", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]


def module_file(name: str) -> Path | None:
    """The file of a module of the project."""
    for folder in FOLDERS:
        place = folder.joinpath(*name.split("."))
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
    return None


@cache
def names_in(path: Path) -> frozenset[str]:
    """Names that a module has at its top."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
    return frozenset(found)


def missing(program: Path) -> Iterator[str]:
    """Names that a program imports from the project and that are not there."""
    for node in ast.walk(ast.parse(program.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        path = module_file(node.module)
        if path is None:
            if node.module.partition(".")[0] == "dfe":
                yield node.module
            continue
        known = names_in(path)
        lazy = "__getattr__" in known
        for alias in node.names:
            if alias.name not in known and not lazy and module_file(f"{node.module}.{alias.name}") is None:
                yield f"{node.module}.{alias.name}"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_program_imports_is_there(program: Path) -> None:
    assert list(missing(program)) == []
