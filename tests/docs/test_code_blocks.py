"""What the pages tell people to type works: commands parse, and the first pages' Python runs."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import av
import pytest

from code_blocks import MARK, blocks, dfe_words, python_blocks, shell_lines, spans

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FIRST_PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", ROOT / "docs" / "how-to.md"]
"""Those whose every block is held to."""

OTHER_PROGRAMS = {"find", "git", "pip", "tensorboard"}
GIVEN = """
import dfe
tokenizer = dfe.load_tokenizer("default")
x = dfe.read("out/clip.parquet").expressions()
"""
"""What the text around the blocks says that the reader has."""
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
        said = re.match(r"(?:[A-Z_]+=\S* )*dfe (study [a-z]+|(?!study )[a-z][a-z-]*)\b(.*)", span)
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


@pytest.mark.parametrize("page", FIRST_PAGES, ids=lambda page: page.stem)
def test_every_other_command_is_a_known_one(page: Path) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for place, line in shell_lines(page):
        if dfe_words(line) is None:
            words = shlex.split(line, comments=True)
            known = words[1] in targets if words[0] == "make" else words[0] in OTHER_PROGRAMS
            assert known, f"{place}: {line}"


@pytest.mark.parametrize("page", FIRST_PAGES, ids=lambda page: page.stem)
def test_no_block_is_of_another_kind(page: Path) -> None:
    for block in blocks(page):
        assert block.language in ("", "python", "r"), block.place
        assert not block.marked or block.language == "python", f"{block.place}: {MARK} is for Python"


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
def folder(face_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader of the pages stands: two videos, and what encoding them left."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("interview.mp4", "clip.mp4"):
        first_packets(face_clip, folder / name, 30)
    python("-m", "dfe", "encode", "interview.mp4", "clip.mp4", "-o", "out", "--landmarks", where=folder)
    return folder


def first_packets(source: Path, target: Path, count: int) -> None:
    """The beginning of a video, as it was compressed."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in islice(read.demux(video=0), count):
            packet.stream = stream
            written.mux(packet)


def python(*words: str, where: Path) -> None:
    """A Python of its own, as a reader has it."""
    ran = subprocess.run([sys.executable, *words], cwd=where, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", FIRST_PAGES, ids=lambda page: page.stem)
def test_python_runs(page: Path, folder: Path) -> None:
    pytest.importorskip("pandas", reason="needs the extra pandas")
    run = [block for block in python_blocks(page) if not block.marked]
    assert run
    python("-c", "\n".join([GIVEN, *(f"# {block.place}\n{block.text}" for block in run)]), where=folder)
