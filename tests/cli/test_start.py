"""What the command and the package cost before they do anything, and that they stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dfe.cli.verbs import help_text, verbs

HEAVY = ("torch", "onnxruntime", "cv2", "av", "pyarrow", "pandas", "scipy", "sklearn", "matplotlib", "jinja2")


def _modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in ran.stdout.splitlines()}


def test_import_is_light():
    assert not _modules_after("import dfe") & {*HEAVY, "numpy", "rich", "tyro"}


@pytest.mark.parametrize("words", [["--help"], *([*verb.name.split(), "--help"] for verb in verbs())], ids=" ".join)
def test_help_is_light(words):
    code = f"from dfe.cli import main\ntry: main({words})\nexcept SystemExit: pass"
    assert not _modules_after(code) & {*HEAVY, "numpy"}


def test_encoding_never_loads_torch_nor_what_makes_pages(astronaut, tmp_path):
    code = f"import dfe; dfe.encode({str(astronaut)!r})"
    assert not _modules_after(code) & {"torch", "jinja2"}


def test_version(dfe):
    import dfe as package

    assert dfe("--version").out == f"dfe {package.__version__}\n"


@pytest.mark.parametrize("verb", verbs(), ids=lambda verb: verb.name)
def test_help_begins_with_an_example(verb):
    assert help_text(verb).startswith(f"  dfe {verb.name}")
