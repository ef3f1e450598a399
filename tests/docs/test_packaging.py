"""Recipes and records of the package agree with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from dfe.base.installing import ON_INDEX, PACKAGE
from dfe.base.version import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IN_CONDA = {"opencv-python-headless": "py-opencv"}
"""Packages that have another name there."""


def test_the_conda_recipe_asks_for_what_the_package_needs() -> None:
    recipe = (ROOT / "packaging" / "conda" / "meta.yaml").read_text("utf-8")
    run = re.search(r"^  run:\n((?:    - .*\n)+)", recipe, re.MULTILINE)
    assert run is not None
    asked = sorted(line.strip("- ").replace(" ", "") for line in run[1].splitlines())
    needs = []
    for line in (*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"):
        name = re.match(r"[\w-]+", line)[0]
        needs.append(IN_CONDA.get(name, name) + line.removeprefix(name))
    assert asked == sorted(needs)
    assert f'version = "{__version__}"' in recipe
    assert f'name = "{PACKAGE}"' in recipe


def test_versions_are_one() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_image_copies_what_the_build_reads() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    ignored = (ROOT / ".dockerignore").read_text("utf-8")
    for name in (PROJECT["readme"], *(n for n in PROJECT["license-files"] if "*" not in n), "pyproject.toml", "src"):
        assert re.search(rf"^COPY .*{re.escape(name)}\b", dockerfile, re.MULTILINE), name
        assert f"!{name}\n" in ignored, name


def test_pages_do_not_promise_an_index_before_there_is_one() -> None:
    first = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    words = re.compile(rf"pip install ['\"]?{PACKAGE}\b")
    promised = [page.name for page in first if words.search(page.read_text("utf-8"))]
    assert bool(promised) == ON_INDEX, promised
