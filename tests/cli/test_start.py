"""What the command and the package cost before they do anything, and that they stay light."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

import pytest

from dfe.cli.verbs import help_text, verbs

HEAVY = ("torch", "onnxruntime", "cv2", "av", "pyarrow", "pandas", "scipy", "sklearn", "matplotlib", "jinja2")


COMMANDS = (["--help"], *([*verb.name.split(), "--help"] for verb in verbs()))
_HELP = """
import contextlib, io, json, sys
from dfe.cli import main
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main(words)
    print(json.dumps([words, [*sys.modules]]))
"""


def _ran(script: str, *words: str) -> str:
    return subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True).stdout


def _tops(modules: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def _modules_after(code: str) -> set[str]:
    return _tops(_ran(f"import sys\n{code}\nprint('\\n'.join(sys.modules))").splitlines())


@pytest.fixture(scope="module")
def after_help() -> dict[str, set[str]]:
    """What is loaded after the help of each command, one after the other in one process: the first that loads too much
    is the one to blame."""
    lines = map(json.loads, _ran(_HELP, json.dumps(COMMANDS)).splitlines())
    return {" ".join(words): _tops(modules) for words, modules in lines}


def test_import_is_light():
    assert not _modules_after("import dfe") & {*HEAVY, "numpy", "rich", "tyro"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_is_light(after_help, words):
    assert not after_help[" ".join(words)] & {*HEAVY, "numpy"}


def test_encoding_never_loads_torch_nor_what_makes_pages(astronaut, tmp_path):
    code = f"import dfe; dfe.encode({str(astronaut)!r})"
    assert not _modules_after(code) & {"torch", "jinja2"}


def test_version(dfe):
    import dfe as package

    assert dfe("--version").out == f"dfe {package.__version__}\n"


@pytest.mark.parametrize("verb", verbs(), ids=lambda verb: verb.name)
def test_help_begins_with_an_example(verb):
    assert help_text(verb).startswith(f"  dfe {verb.name}")
