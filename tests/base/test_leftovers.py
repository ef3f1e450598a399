"""What dead processes were writing is removed, what living ones and other machines write is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dfe.base.errors import OutputError
from dfe.base.files import remove_leftovers, replacing
from dfe.base.processes import machine_mark

DEAD = 2**30


def test_only_files_of_dead_processes_go(tmp_path: Path) -> None:
    mine = f".dfe-{os.getpid()}-{machine_mark()}-00ff.tmp"
    elsewhere, old = f".dfe-{DEAD}-0123abcd-00ff.tmp", f".dfe-{DEAD}-0123abcd-00fe.tmp"
    foreign = [".dfe-notes.tmp", ".dfe-12-x.tmp", "clip.tmp"]
    gone = [f".dfe-{DEAD}-00ff.tmp", f"below/.dfe-{DEAD}-{machine_mark()}-00ff.tmp", old]
    for name in [mine, elsewhere, *foreign, *gone]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.utime(tmp_path / old, (time.time() - 200_000,) * 2)
    assert remove_leftovers(tmp_path) == 3
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {mine, elsewhere, *foreign}


def test_what_a_killed_process_leaves_is_found(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from dfe.base.files import replacing\n"
        "with replacing(Path(sys.argv[1]) / 'table.parquet') as (file,):\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    assert remove_leftovers(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_several_files_are_put_back_when_one_cannot_take_its_place(tmp_path, monkeypatch, there) -> None:
    names = [tmp_path / name for name in ("a", "b", "c")]
    if there:
        for path in names:
            path.write_text("old")
    replace, count = os.replace, 0

    def failing(source, target):
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OutputError):
        _write(names)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == (
        dict.fromkeys("abc", "old") if there else {}
    )


def _write(names: list[Path]) -> None:
    with replacing(*names, overwrite=True) as files:
        for file in files:
            file.write(b"new")
