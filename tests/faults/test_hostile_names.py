"""Names that would move a terminal's cursor, forge a line or run a formula, through every command that prints them."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

from dfe.base.printable import printable, printable_json, printable_line
from dfe.cli.verbs import find, verbs

HOSTILE = "a\x1b[31m\x9b2J\u202egpj\ndfe: all is well\r=1+1"
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="such names are POSIX")


def clean(ran) -> None:
    for text in (ran.out, ran.err):
        assert not UNSEEN.search(text), ascii(text)
        assert "\ndfe: all is well" not in text, text
    assert "Traceback" not in ran.err
    assert "an error of dfe itself" not in ran.err, ran.err


@pytest.fixture(scope="module")
def encoded(carphone, tmp_path_factory):
    """A recording of a film with such a name, in a folder with such a name, and the film."""
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode_to_folder

    folder = tmp_path_factory.mktemp("hostile") / HOSTILE
    folder.mkdir()
    film = folder / f"{HOSTILE}.mp4"
    shutil.copy(carphone, film)
    out = folder / "out"
    assert encode_to_folder([film], out, EncodeOptions(end_s=1.0), report=True).exit_code == 0
    (table,) = out.glob("*.parquet")
    table.rename(out / f"{HOSTILE}.parquet")
    return film, out, out / f"{HOSTILE}.parquet"


WORDS = {
    "encode": lambda film, out, table, new: [film, "-o", new, "--end", "0.2", "--report"],
    "qc": lambda film, out, table, new: [out, "-o", new],
    "events": lambda film, out, table, new: [table, "-o", new],
    "info": lambda film, out, table, new: [table],
    "faces": lambda film, out, table, new: [table, "--split", "0@0.5", "-o", new / "x.parquet"],
    "export": lambda film, out, table, new: [table, "-o", new, "--media", film],
    "render": lambda film, out, table, new: [table, "--glb", new / "x.glb"],
    "train": lambda film, out, table, new: [table, "-o", new / HOSTILE, "--name", "x"],
    "atlas": lambda film, out, table, new: ["default", "-o", new / "x.html", "--recordings", out],
    "evaluate": lambda film, out, table, new: [table, "--tokenizers", "default", "-o", new],
    "learn-space": lambda film, out, table, new: [table, "-o", new, "--name", "x"],
    "agreement": lambda film, out, table, new: [table, "--key", table],
}


@pytest.mark.parametrize("name", WORDS)
def test_what_is_done_with_it_prints_nothing_that_a_terminal_obeys(dfe, encoded, tmp_path, name):
    new = tmp_path / HOSTILE
    new.mkdir()
    clean(dfe(name, *WORDS[name](*encoded, new)))


@pytest.mark.parametrize("name", WORDS)
def test_what_is_done_with_it_as_json_prints_no_such_thing_either(dfe, encoded, tmp_path, name):
    if "json" not in find([name])[0].options().__dataclass_fields__:
        return
    new = tmp_path / HOSTILE
    new.mkdir()
    clean(dfe(name, *WORDS[name](*encoded, new), "--json"))


@pytest.mark.parametrize("verb", verbs(), ids=lambda verb: verb.name)
def test_what_is_not_there_is_named_without_harm(dfe, tmp_path, verb):
    clean(dfe(*verb.name.split(), tmp_path / HOSTILE, f"--{HOSTILE}", "-o", tmp_path / "out"))
    clean(dfe(*verb.name.split(), tmp_path / HOSTILE, "-o", tmp_path / HOSTILE / "out"))


def test_lines_and_json_keep_all_else():
    assert printable_line("  a  b\tc\x1b") == "  a  b\\x09c\\x1b"
    assert printable("  a  b\tc") == "a b c"
    import json

    said = printable_json(json.dumps({HOSTILE: "\x7f\u202e"}, ensure_ascii=False))
    assert json.loads(said) == {HOSTILE: "\x7f\u202e"}
    assert not UNSEEN.search(said)
