"""Code blocks of Markdown pages: those in Python, and lines of a shell."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

MARK = "not run:"
"""``<!-- not run: why -->`` on the line before a block keeps it from being run."""

SHELL = ("", "bash", "console")
"""Languages of blocks that hold lines of a shell."""

_FENCE = re.compile(
    rf"(?P<mark><!-- {MARK} [^\n]+ -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    page: Path
    line: int
    """Of the block's first line of code, from 1."""
    language: str
    text: str
    marked: bool

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(page, text.count("\n", 0, m.start("text")) + 1, m["language"], m["text"], m["mark"] is not None)
        for m in _FENCE.finditer(text)
    ]


def python_blocks(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language == "python"]


def shell_lines(page: Path) -> list[tuple[str, str]]:
    """Place and text of each command in the page's blocks of no other language, every part of a pipe by itself."""
    return [line for block in blocks(page) if block.language in SHELL for line in shell_lines_of(block)]


def shell_lines_of(block: Block) -> list[tuple[str, str]]:
    """The same of one block."""
    return [
        (f"{block.page.name}:{block.line + number}", command)
        for number, line in enumerate(block.text.replace("\\\n", " ").splitlines())
        for command in line.removeprefix("$ ").split(" | ")
        if command.strip()
    ]


def dfe_words(line: str) -> list[str] | None:
    """What ``dfe`` is told by a line, be it under torchrun or with a variable set; None if it is another program."""
    said = re.match(r"(?:[A-Z_]+=\S* )*(?:torchrun .* -m )?dfe (.+)", line)
    return shlex.split(said[1], comments=True) if said else None


def spans(page: Path) -> list[str]:
    """What stands between single backticks on a page, on one line each."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
