"""What the command and the package cost before they do anything, and that they stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "onnxruntime", "cv2", "av", "pyarrow", "pandas", "scipy", "sklearn", "matplotlib", "jinja2")


def _modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in ran.stdout.splitlines()}


def test_import_is_light():
    assert not _modules_after("import dfe") & {*HEAVY, "numpy", "rich", "tyro"}


def test_help_is_light():
    code = "from dfe.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not _modules_after(code) & set(HEAVY)


def test_encoding_never_loads_torch_nor_what_makes_pages(astronaut, tmp_path):
    code = f"import dfe; dfe.encode({str(astronaut)!r})"
    assert not _modules_after(code) & {"torch", "jinja2"}


def test_public_names_exist():
    import dfe

    assert sorted(dfe.__all__) == [
        "DfeError",
        "EncodeOptions",
        "ExpressionSpace",
        "Recording",
        "Tokenizer",
        "__version__",
        "encode",
        "load_space",
        "load_tokenizer",
        "read",
    ]
    for name in dfe.__all__:
        assert getattr(dfe, name) is not None
    with pytest.raises(AttributeError):
        dfe.nothing_of_the_kind  # noqa: B018


def test_version(dfe):
    import dfe as package

    assert dfe("--version").out == f"dfe {package.__version__}\n"


@pytest.mark.parametrize(
    "verb", ["encode", "extract", "train", "evaluate", "ablate", "study", "info", "qc", "demo", "doctor"]
)
def test_every_verb_explains_itself(dfe, verb):
    ran = dfe(verb, "--help")
    assert ran.code == 0
    assert f"usage: dfe {verb}" in ran.out
