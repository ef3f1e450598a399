"""A corpus from the plan to the query, as a user types it, on films of nothing."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from dfe.recording.recording import Recording
from made_films import grey_film, study_of_films

PATTERN = "{subject}/{subject}_{task}.mp4"


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four films of two subjects, and one that is none."""
    folder = study_of_films(tmp_path_factory.mktemp("study") / "media")
    (folder / "s2" / "s2_broken.mp4").write_bytes(b"no film at all" * 40)
    return folder


@pytest.fixture(scope="module")
def plan(media: Path) -> Path:
    from dfe.corpus.config import PlanOptions
    from dfe.corpus.making import make_plan
    from dfe.encoding.engine import LocalEngine

    path = media.parent / "plan.parquet"
    make_plan([media], path, PlanOptions(PATTERN, sample_s=0), LocalEngine())
    return path


@pytest.fixture(scope="module")
def encoded(plan: Path) -> Path:
    """The corpus, run in two shares."""
    from dfe.corpus.plan import read_plan
    from dfe.corpus.run import RunOptions, run_corpus
    from dfe.corpus.shard import Shard
    from dfe.encoding.engine import LocalEngine

    out = plan.parent / "out"
    for index in (1, 2):
        run_corpus(read_plan(plan), out, RunOptions(shard=Shard(index, 2)), LocalEngine())
    return out


def tables(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.parquet")}


def test_a_plan_says_what_there_is_and_what_is_broken(dfe, media, tmp_path):
    path = tmp_path / "plan.parquet"
    words = ("corpus", "plan", media, "-o", path, "--pattern", PATTERN, "--sample", "0.4")
    ran = dfe(*words, "--json")
    assert ran.code == 1
    assert "s2_broken.mp4: " in ran.err
    told = ran.json
    assert (told["recordings"], told["videos"], told["unreadable"], told["subjects"]) == (5, 5, 1, 2)
    assert told["frames"] == 4 * 12
    assert told["estimate"]["processor_hours"] > 0
    assert told["estimate"]["bytes"] > 4 * 1000
    lines = dfe(*words, "--overwrite", "--quick", "--sample", "0").out.splitlines()
    assert lines[0].startswith("5 recordings: 5 videos (")
    assert " s in all); 48 frames, " in lines[0]
    assert lines[-1] == f"next: dfe corpus run {path} -o OUT"
    again = dfe(*words)
    assert (again.code, "exists already" in again.err) == (1, True)
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.copytree(media, moved / "deep" / "media")
    assert dfe("corpus", "plan", moved / "deep", "-o", moved / "p.parquet", "--quick", "--sample", "0").code == 1
    from dfe.corpus.plan import read_plan

    (tmp_path / "elsewhere").mkdir()
    shutil.move(moved, tmp_path / "elsewhere" / "moved")
    plan = read_plan(tmp_path / "elsewhere" / "moved" / "p.parquet")
    assert all(source.paths[0].is_file() for source in plan.sources()), "plan and media move together"
    assert set(plan.column("sha256")) == {""}


def test_a_plan_has_one_row_whatever_the_number_of_workers(media, tmp_path):
    from dfe.corpus.config import PlanOptions
    from dfe.corpus.making import make_plan
    from dfe.encoding.engine import LocalEngine

    one = make_plan([media], tmp_path / "one.parquet", PlanOptions(PATTERN, sample_s=0), LocalEngine())
    two = make_plan([media], tmp_path / "two.parquet", PlanOptions(PATTERN, sample_s=0), LocalEngine(2))
    assert one.table.equals(two.table)
    assert one.column("task") == ["rest", "talk", "broken", "rest", "talk"] or one.column("subject")[0] == "s1"


def test_a_run_goes_on_and_is_what_encode_makes(dfe, plan, encoded, media, tmp_path):
    before = tables(encoded)
    assert len(before) == 4
    assert dfe("encode", media, "-o", tmp_path / "plain", "--workers", "1").code == 1
    assert tables(tmp_path / "plain") == before
    ran = dfe("corpus", "run", plan, "-o", encoded, "--json")
    assert ran.code == 1, "one is known to be unreadable"
    assert (ran.json["there"], ran.json["unreadable"], ran.json["done"]) == (4, 1, 0)
    with (encoded / "subjects.csv").open(newline="") as file:
        rows = {row["recording"]: row["subject"] for row in csv.DictReader(file)}
    assert rows["s1/s1_rest"] == "s1"


def test_a_list_saved_by_a_spreadsheet_is_still_understood(dfe, encoded, tmp_path):
    shutil.copytree(encoded, tmp_path / "out")
    for path in (tmp_path / "out").glob("manifest*.csv"):
        rows = list(csv.reader(path.open(newline="")))
        at = rows[0].index("seconds")
        for number, row in enumerate(rows[1:]):
            row[at] = "1,25" if number else "a while"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    ran = dfe("corpus", "status", tmp_path / "out", "--json")
    assert (ran.code, ran.json["done"], ran.json["failed"]) == (1, 4, 1)
    assert ran.json["seconds"] > 0


def test_json_lines_tell_what_happens(dfe, plan, tmp_path):
    ran = dfe("corpus", "run", plan, "-o", tmp_path / "out", "--json-lines", "--end", "0.2")
    told = [one for one in map(json.loads, ran.out.splitlines()) if one["event"] != "progress"]  # where it takes long
    assert [one["event"] for one in told] == ["start", *["recording"] * 5, "end"]
    assert [one["status"] for one in told[1:-1]] == ["unreadable", *["done"] * 4]
    assert "s2_broken.mp4: " in told[1]["reason"], "nothing else says why the exit code is 1"
    assert (told[-1]["done"], told[-1]["unreadable"], told[-1]["exit_code"], ran.code) == (4, 1, 1, 1)
    both = dfe("corpus", "run", plan, "-o", tmp_path / "other", "--json-lines", "--json")
    assert (both.code, (tmp_path / "other").exists()) == (2, False)


def test_an_error_that_ends_a_run_is_not_told_as_one_of_its_results(dfe, plan, tmp_path):
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(plan.read_bytes()[:-9])
    for words in ((tmp_path / "none.parquet",), (torn,), (plan, "--tokenizer", "nobody")):
        ran = dfe("corpus", "run", *words, "-o", tmp_path / "out")
        assert (ran.code, len(ran.err.splitlines())) == (3, 1)
    assert not (tmp_path / "out").exists()


def test_status_counts_and_names_the_failures(dfe, encoded, tmp_path):
    ran = dfe("corpus", "status", encoded, "--by-subject", "--json")
    assert (ran.code, ran.json["recordings"], ran.json["done"], ran.json["frames"]) == (1, 5, 4, 48)
    assert (ran.json["failed"], "s2_broken.mp4: " in ran.err) == (1, True), "known since it was planned"
    assert [(one["subject"], one["done"]) for one in ran.json["subjects"]] == [("s1", 2), ("s2", 2)]
    assert dfe("corpus", "status", tmp_path).code == 2


def test_verify_finds_what_has_changed(dfe, encoded, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(encoded, out)
    assert dfe("corpus", "verify", out).code == 0
    table = out / "s1" / "s1_rest.parquet"
    Recording.read(out / "s1" / "s1_talk.parquet").write(table, overwrite=True)
    (out / "s2" / "s2_rest.parquet").unlink()
    (out / "s2" / "new.parquet").write_bytes(table.read_bytes())
    ran = dfe("corpus", "verify", out, "--json")
    assert (ran.code, ran.json["tables"]) == (1, 4)
    assert ["is not the file that was written" in ran.json["faults"][0], "s2_rest" in ran.json["faults"][1]] == [
        True
    ] * 2
    assert "no list tells of it" in ran.json["unlisted"][0]


def test_verify_reads_the_media_again(dfe, media, tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(grey_film(1))
    assert dfe("encode", film, "-o", tmp_path / "out").code == 0
    assert dfe("corpus", "verify", tmp_path / "out", "--sources").code == 0
    film.write_bytes(grey_film(2))
    ran = dfe("corpus", "verify", tmp_path / "out", "--sources")
    assert (ran.code, "has changed since" in ran.err) == (1, True)


def test_shares_are_merged_in_place_and_from_several_folders(dfe, plan, encoded, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(encoded, out)
    assert {path.name for path in out.glob("manifest*")} == {"manifest-1of2.csv", "manifest-2of2.csv"}
    assert dfe("corpus", "merge", out, "--json").json == {"recordings": 5, "tables": 0, "there": 0, "missing": 0}
    assert [path.name for path in out.glob("manifest*")] == ["manifest.csv"]
    assert dfe("corpus", "run", plan, "-o", out, "--json").json["there"] == 4
    nodes = [tmp_path / "node1", tmp_path / "node2"]
    for index, node in enumerate(nodes, start=1):
        dfe("corpus", "run", plan, "-o", node, "--shard", f"{index}/2")
    whole = tmp_path / "whole"
    assert dfe("corpus", "merge", *nodes, "-o", whole, "--json").json == {
        "recordings": 5,
        "tables": 4,
        "there": 0,
        "missing": 0,
    }
    assert tables(whole) == tables(encoded)
    assert dfe("corpus", "run", plan, "-o", whole, "--json").json["there"] == 4
    one, other = sorted(nodes[0].rglob("*.parquet"))[:2]
    other.unlink()  # a link of the file in the other folder
    shutil.copy(one, other)
    assert dfe("corpus", "merge", *nodes, "-o", whole).code == 1, "two tables of one name"
    assert dfe("corpus", "merge", *nodes).code == 2


def test_a_shard_is_one_of_so_many(dfe, plan, tmp_path):
    for text in ("0/2", "3/2", "2", "a/b", "1/0"):
        assert dfe("corpus", "run", plan, "-o", tmp_path / "out", "--shard", text).code == 2
    from dfe.corpus.plan import read_plan
    from dfe.corpus.shard import Shard

    whole = read_plan(plan)
    places = sorted(at for index in (1, 2, 3) for at in whole.shard(Shard(index, 3)))
    assert places == list(range(len(whole)))


def test_what_is_no_plan_is_refused(dfe, encoded, tmp_path):
    for path in (encoded / "s1" / "s1_rest.parquet", encoded / "subjects.csv", tmp_path / "absent.parquet"):
        ran = dfe("corpus", "run", path, "-o", tmp_path / "out")
        assert (ran.code, ran.err.count("\n")) == (3, 1), path


def test_what_no_run_wrote_into_is_told_with_what_to_do(dfe, plan, tmp_path):
    said = {
        plan: "is a file, not a folder",
        plan.parent: "holds no manifest.csv",
        tmp_path / "absent": "no such folder",
    }
    for path, what in said.items():
        ran = dfe("corpus", "status", path)
        assert (ran.code, ran.err.count("\n")) == (2, 1), path
        assert what in ran.err
        assert "dfe corpus run PLAN -o OUT" in ran.err


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("run", ("--min-free", "nan")),
        ("run", ("--min-free", "-1")),
        ("run", ("--stop-after", "nan")),
        ("run", ("--tries", "0")),
        ("slurm", ("--hours", "nan")),
        ("slurm", ("--hours", "inf")),
        ("slurm", ("--memory", "0")),
        ("slurm", ("--gpus", "-1")),
        ("slurm", ("--tries", "0")),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_the_name_of_their_option(dfe, plan, tmp_path, verb, words):
    ran = dfe("corpus", verb, plan, "-o", tmp_path / "out", *words)
    assert ran.code == 2
    assert f"{words[0]} must be" in ran.err


def test_a_plan_says_what_it_passed_over(tmp_path: Path) -> None:
    from dfe.corpus.config import PlanOptions
    from dfe.corpus.making import make_plan
    from dfe.corpus.overview import overview_of
    from dfe.encoding.engine import LocalEngine

    (tmp_path / "media").mkdir()
    for name in ("a.mp4", "b.dav"):
        (tmp_path / "media" / name).write_bytes(grey_film())
    plan = make_plan([tmp_path / "media"], tmp_path / "plan.parquet", PlanOptions(sample_s=0), LocalEngine())
    assert len(plan) == 1
    assert "passed over: 1 .dav (" in " ".join(overview_of(plan).lines())
