"""The job script for SLURM: its own command is run, as a node would."""

from __future__ import annotations

import os
import subprocess
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base.errors import UsageError
from dfe.cli.corpus.choices import RunChoices
from dfe.cli.how import How
from dfe.cli.said import words_for
from dfe.cli.verbs import find, parse
from dfe.corpus.slurm import SlurmJob
from made_films import study_of_films


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dfe.corpus.making import PlanOptions, make_plan
    from dfe.encoding.engine import LocalEngine

    folder = tmp_path_factory.mktemp("slurm")
    path = folder / "plan.parquet"
    make_plan([study_of_films(folder / "media", subjects=1)], path, PlanOptions(sample_s=0), LocalEngine())
    return path


def ran_by_a_node(script: str, folder: Path, *, code: int = 0) -> tuple[int, list[str], list[str]]:
    """Exit code of the script, the words of its command, and those of what it told the scheduler."""
    folder.mkdir()
    for name, says in (("dfe", code), ("scontrol", 0)):
        program = folder / name
        program.write_text(f"#!/bin/bash\nprintf '%s\\0' \"$@\" > {folder}/{name}.words\nexit {says}\n")
        program.chmod(0o755)
    (folder / "job").write_text(script)
    slurm = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_JOB_ID": "77", "SLURM_CPUS_PER_TASK": "1"}
    where = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", str(folder / "job")], env={**os.environ, **slurm, **where}, check=False)
    told = [folder / f"{name}.words" for name in ("dfe", "scontrol")]
    words = [path.read_text().split("\0")[:-1] if path.exists() else [] for path in told]
    return done.returncode, words[0], words[1]


def test_the_command_of_the_script_does_its_share_as_it_was_told(dfe, plan, tmp_path):
    out, key = tmp_path / "my out", tmp_path / "keys of mine" / "study"
    how = ("--pseudonyms", key, "--tokenizer", "none", "--space", "arkit51/face41", "--end", "0.2", "--report")
    ran = dfe("corpus", "slurm", plan, "-o", out, "--shares", "2", "--cpus", "3", "--hours", "2", "--gpus", "1", *how)
    assert ran.code == 0
    for line in (
        "--array=1-2",
        "--ntasks=1",
        "--cpus-per-task=3",
        "--time=02:00:00",
        "--mem=2800M",
        "--gpus-per-task=1",
    ):
        assert f"#SBATCH {line}\n" in ran.out
    assert key.is_file(), "made once, before many shares begin at the same time"
    before = key.read_bytes()
    code, words, told = ran_by_a_node(ran.out, tmp_path / "node")
    assert (code, told) == (0, [])
    assert words[words.index("--stop-after") + 1] == "100"
    assert dfe(*words).code == 0
    assert key.read_bytes() == before
    made = list(out.rglob("*.parquet"))
    assert len(made) == len(list(out.rglob("*.html"))) == 1
    assert (out / "manifest-2of2.csv").is_file()
    from dfe.encoding.pseudonyms import is_pseudonym
    from dfe.recording.recording import Recording

    recording = Recording.read(made[0])
    assert is_pseudonym(made[0].stem)
    assert (recording.provenance.tokenizer, recording.provenance.space.id) == (None, "arkit51/face41")
    assert recording.summary().frames == 5


def test_a_share_that_stopped_early_goes_back_into_the_queue(dfe, plan, tmp_path):
    script = dfe("corpus", "slurm", plan, "-o", tmp_path / "out").out
    late = script.replace("umask", "SECONDS=13200\numask")  # as if four hours less twenty minutes were over
    assert ran_by_a_node(late, tmp_path / "stopped", code=75)[::2] == (75, ["requeue", "77_2"])
    assert ran_by_a_node(late, tmp_path / "failed", code=1)[::2] == (1, [])


def test_a_share_without_room_on_the_disk_waits_for_somebody_to_make_some(dfe, plan, tmp_path):
    """It would come back at once, and stop again, as often as the cluster can start it."""
    ran = dfe("corpus", "slurm", plan, "-o", tmp_path / "out")
    script = ran.out
    assert "98 of 100 shares have nothing to do" in ran.err
    assert ran_by_a_node(script, tmp_path / "full", code=75)[::2] == (75, ["requeuehold", "77_2"])


def test_a_job_leaves_as_much_time_as_its_longest_task_takes(dfe, plan, tmp_path):
    words = ("corpus", "slurm", plan, "-o", tmp_path / "out", "--hours", "4", "--leave")
    assert "--stop-after 150 " in dfe(*words, "90").out
    assert "[ $SECONDS -lt 8940 ]" in dfe(*words, "90").out
    for minutes in ("0", "nan", "121"):
        assert dfe(*words, minutes).code == 2


def test_a_job_asks_for_the_memory_that_its_run_keeps_to(dfe, plan, tmp_path):
    script = dfe("corpus", "slurm", plan, "-o", tmp_path / "out", "--memory", "6.5").out
    assert "#SBATCH --mem=6500M\n" in script
    assert "--memory 6.5" in script
    assert "#SBATCH --mem=6300M\n" in dfe("corpus", "slurm", plan, "-o", tmp_path / "out").out


def test_options_that_make_no_sense_are_found_when_the_script_is_made(dfe, plan, tmp_path):
    out = tmp_path / "out"
    for words in (
        ("--tokenizer", "nothing"), ("--thumbnails",), ("--start", "3", "--end", "2"), ("--worker-cpus", "1"),
        ("--pseudonyms", out / "key"), ("--shard", "1/2"), ("--overwrite",), ("--account", "a\nb"),
    ):  # fmt: skip
        ran = dfe("corpus", "slurm", plan, "-o", out, *words)
        assert (ran.code in (1, 2), ran.out) == (True, ""), words
    assert not out.exists()


@pytest.mark.parametrize("name", ["two\nlines", "two\u2028lines", "no\udcffutf"])
def test_names_that_no_line_holds_are_refused_rather_than_cut(name):
    with pytest.raises(UsageError, match="script"):
        SlurmJob().script(Path("plan"), Path(name))


def _values(hint: Any) -> st.SearchStrategy[Any]:
    kinds = {
        bool: st.booleans(),
        int: st.integers(-99, 99),
        float: st.floats(allow_nan=False, allow_infinity=False),
        str: st.text(st.characters(blacklist_categories=["C", "Z"]) | st.just(" "), min_size=1),
        Path: st.sampled_from([Path("-"), Path("--x"), Path("a b/c"), Path("k'\"$x")]),
    }
    if hint in kinds:
        return kinds[hint]
    inner = get_args(hint)
    if type(None) in inner:
        return st.none() | _values(next(one for one in inner if one is not type(None)))
    return st.sampled_from(inner)


def _options(kind: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    one = {f.name: _values(hints[f.name]) for f in fields(kind) if f.name != "how"}
    changed = st.fixed_dictionaries({}, optional=one)
    return changed.map(lambda some: replace(kind(), **some))


@settings(max_examples=30)
@given(_options(RunChoices), _options(How))
def test_the_parser_makes_the_same_options_of_their_words(choices: RunChoices, how: How) -> None:
    choices = replace(choices, how=how)
    verb, rest = find(["corpus", "run", "p", "-o", "o", *words_for(choices)])
    assert not isinstance(verb, str)
    assert parse(verb, rest).choices == choices  # type: ignore[attr-defined]
