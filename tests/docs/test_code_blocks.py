"""What the pages tell people to type works: every block is run, or says why it is not."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from code_blocks import SHELL, blocks, dfe_words, python_blocks, shell_lines, shell_lines_of, spans
from dfe.encoding.demo_people import write_demo_people

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RUN_PAGES = [page for page in PAGES if page.parent.name != "decisions" and blocks(page)]
"""Those whose every block is run, or marked with the reason why not."""

DATA = ("text", "json", "toml", "csv", "r", "yaml", "bibtex")
"""Kinds of blocks that are no program of ours."""

GIVEN = """
import dfe
tokenizer = dfe.load_tokenizer("default")
x = dfe.read("out/clip.parquet").expressions()
"""
"""What the text around the blocks says that the reader has."""
Run = Callable[..., Any]
HELPS: dict[str, str] = {}


class Parsed(BaseException):
    """Thrown instead of running a verb; no base of what ``main`` catches."""


@pytest.fixture
def parse(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], bool]:
    """Whether the real command line takes these words; nothing is run."""
    import tyro

    from dfe.cli import main

    real = tyro.cli

    def only_parse(*arguments: object, **options: object) -> object:
        real(*arguments, **options)
        raise Parsed

    monkeypatch.setattr(tyro, "cli", only_parse)

    def takes(words: list[str]) -> bool:
        try:
            main(words)
        except Parsed:
            return True
        except SystemExit as stop:
            return "--help" in words and not stop.code
        return False

    return takes


def test_what_does_not_parse_is_seen(parse) -> None:
    assert parse(["encode", "a.mp4", "-o", "out"])
    assert parse(["encode", "--help"])
    assert not parse(["encode", "a.mp4", "-o", "out", "--no-such-option"])
    assert not parse(["encode", "a.mp4"])
    assert not parse(["decode", "a.mp4", "-o", "out"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_parse(page: Path, parse, capsys: pytest.CaptureFixture[str]) -> None:
    for place, line in shell_lines(page):
        told = dfe_words(line)
        assert told is None or parse(told), f"{place}: {line}\n{''.join(capsys.readouterr())}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_and_options_named_in_sentences_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for span in spans(page):
        said = re.match(r"(?:[A-Z_]+=\S* )*dfe ((?:study|corpus) [a-z]+|(?!study |corpus )[a-z][a-z-]*)\b(.*)", span)
        for option in re.findall(r"(?<!\S)--[a-z-]+", said[2]) if said else ():
            assert re.search(rf"{option}\b(?!-)", helps(said[1], capsys)), f"{page.name}: {span}"


def helps(verb: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``dfe VERB --help`` prints."""
    from dfe.cli import main

    if verb not in HELPS:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([*verb.split(), "--help"])
        assert not stop.value.code, f"dfe {verb}"
        HELPS[verb] = capsys.readouterr().out
    return HELPS[verb]


@pytest.mark.parametrize("page", RUN_PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_known_kind(page: Path) -> None:
    for block in blocks(page):
        assert block.language in ("python", *SHELL, *DATA), block.place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_compiles_and_what_it_imports_is_there(page: Path) -> None:
    for block in python_blocks(page):
        tree = ast.parse(block.text, block.place)
        imports = [part for part in ast.walk(tree) if isinstance(part, ast.Import | ast.ImportFrom)]
        for part in imports:
            if "training" in ast.unparse(part):
                pytest.importorskip("torch", reason="needs the extra train")
        exec(compile(ast.Module(imports, []), block.place, "exec"), {})


@pytest.fixture(scope="module")
def reader(short_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader of the pages has: films, and what encoding two of them left."""
    folder = Path(shutil.copytree(short_films, tmp_path_factory.mktemp("reader"), dirs_exist_ok=True))
    words = [sys.executable, "-m", "dfe", "encode", "interview.mp4", "clip.mp4", "-o", "out", "--landmarks"]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    write_demo_people(folder / "made", 12)
    return folder


@pytest.fixture
def folder(reader: Path, tmp_path: Path) -> Path:
    """A copy of it, for one page; the tutorial makes up people itself."""
    return Path(shutil.copytree(reader, tmp_path / "reader"))


@pytest.mark.parametrize("page", RUN_PAGES, ids=lambda page: page.stem)
def test_blocks_run_in_their_order(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, dfe: Run) -> None:
    """Commands and Python of a page, one after the other, as a reader would type them."""
    for needed in ("pandas", "sklearn", "matplotlib"):
        pytest.importorskip(needed, reason="needs the extras pandas, study and plot")
    monkeypatch.chdir(folder)
    given: dict[str, object] = {}
    exec(GIVEN, given)
    for block in blocks(page):
        if block.marked or block.language in DATA:
            continue
        if block.language == "python":
            exec(compile(block.text, block.place, "exec"), given)
            continue
        for place, line in shell_lines_of(block):
            words = dfe_words(line)
            assert words is not None, f"{place}: {line}: mark the block as not run, with the reason"
            named = [sorted(Path().glob(word)) or [word] if "*" in word else [word] for word in words]
            ran = dfe(*(word for some in named for word in some), *(["--overwrite"] if words[0] == "demo" else []))
            assert ran.code == 0, f"{place}: {line}\n{ran.err}"
