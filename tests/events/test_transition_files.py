"""From recordings to the table and the page of what follows what."""

import csv
import json

import pytest

pytest.importorskip("scipy", reason="needs the extra study")

from dfe.base.errors import OutputError, TableError, UsageError
from dfe.events.folder import EventOptions
from dfe.events.transition_config import TransitionConfig
from dfe.events.transition_files import COLUMNS, write_transitions
from dfe.events.transition_trains import find_transitions
from dfe.tokenizer.file import load_tokenizer
from made_following import corpus_of
from page_checker import checked

FEW = TransitionConfig(permutations=99, least=3)
QUICK = TransitionConfig(permutations=499, within_s=1.0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return corpus_of(tmp_path_factory.mktemp("following"))


@pytest.fixture(scope="module")
def groups(corpus):
    return find_transitions([corpus], None, QUICK, of="groups")


def test_the_brows_follow_the_smile(groups):
    assert (groups.people, groups.recordings) == (4, 4)
    assert groups.seconds == pytest.approx(240)
    pairs = {(groups.units[row.first].token, groups.units[row.second].token): row for row in groups.rows}
    row = pairs["smile", "brow raise"]
    assert row.share > 0.9
    assert row.lag_s == pytest.approx(0.5, abs=0.1)
    assert (row.above, row.people) == (4, 4)
    assert row.q < 0.05
    back = pairs["brow raise", "smile"]
    assert back.share < 0.1
    assert back.q > 0.05 or back.share < back.by_chance


def test_people_are_those_of_the_roles(corpus, tmp_path):
    roles = tmp_path / "roles.csv"
    lines = [f"sub-{i:02d}_task-talk,0,anna" for i in range(3)] + ["sub-03_task-talk,0,<b>bert</b>"]
    roles.write_text("recording,face_id,subject\n" + "\n".join(lines))
    found = find_transitions([corpus], EventOptions(roles=roles), QUICK, of="groups")
    assert found.people == 2


@pytest.mark.parametrize("of", ["groups", "displays"])
def test_roles_of_one_person_on_one_face_are_her_time_together(corpus, tmp_path, of):
    name = "sub-01_task-talk"
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    whole.write_text(f"recording,face_id,subject\n{name},0,anna\n")
    parts = ((0, 20, "client"), (20, 41, "listener"), (41, 99, "client"))
    lines = [f"{name},0,{start},{end},anna,{role}" for start, end, role in parts]
    cut.write_text("recording,face_id,start,end,subject,role\n" + "\n".join(lines))
    found = [find_transitions([corpus / f"{name}.parquet"], EventOptions(roles=r), FEW, of=of) for r in (whole, cut)]
    assert repr(found[0].rows) == repr(found[1].rows) != "()"
    assert found[1].people == 1
    assert found[0].seconds == pytest.approx(found[1].seconds) == pytest.approx(60)


def test_time_that_the_roles_leave_out_is_no_other_person(corpus, tmp_path):
    roles = tmp_path / "roles.csv"
    roles.write_text("recording,face_id,start,end,subject\nsub-01_task-talk,0,10,50,anna\n")
    found = find_transitions([corpus / "sub-01_task-talk.parquet"], EventOptions(roles=roles), FEW, of="groups")
    assert (found.people, found.seconds) == (1, pytest.approx(40))
    all_of_it = find_transitions([corpus], EventOptions(roles=roles), FEW, of="groups")
    assert all_of_it.people == 4


def test_table_page_and_json_say_the_same(groups, tmp_path):
    paths = write_transitions(groups, tmp_path / "out", load_tokenizer("dfe-face41@3"))
    rows = list(csv.DictReader((tmp_path / "out" / "transitions.csv").open(encoding="utf-8-sig")))
    assert tuple(rows[0]) == COLUMNS
    told = json.loads((tmp_path / "out" / "transitions.json").read_text())
    assert told["tested"] == len(rows) == len(groups.rows)
    assert told["beyond_chance"] == sum(float(row["q"]) < 0.05 for row in rows)
    page = paths[-1].read_text()
    checked(page)
    assert "Beyond chance" in page
    assert "brow raise" in page
    with pytest.raises(OutputError):
        write_transitions(groups, tmp_path / "out")
    write_transitions(groups, tmp_path / "out", overwrite=True)


def test_displays_have_pictures_and_few_draws_are_told(corpus, tmp_path):
    found = find_transitions([corpus], None, TransitionConfig(permutations=99))
    assert found.rows
    paths = write_transitions(found, tmp_path, load_tokenizer("dfe-face41@3"))
    page = paths[-1].read_text()
    assert "data:image/png" in page
    assert "cannot reach q" in page


def test_nothing_to_test_is_said(corpus, tmp_path):
    found = find_transitions([corpus / "sub-00_task-talk.parquet"], None, TransitionConfig(permutations=99, least=500))
    page = write_transitions(found, tmp_path)[-1].read_text()
    assert "No pair could be tested" in page


def test_recordings_that_cannot_be_read(tmp_path, corpus):
    (tmp_path / "bad.parquet").write_bytes(b"no table")
    with pytest.raises(TableError):
        find_transitions([tmp_path / "bad.parquet"], None, QUICK)
    found = find_transitions([tmp_path / "bad.parquet", corpus], None, TransitionConfig(permutations=99), of="groups")
    assert len(found.problems) == 1
    with pytest.raises(UsageError):
        find_transitions([], None, QUICK)


def test_the_command(dfe, corpus, tmp_path):
    done = dfe("transitions", corpus, "-o", tmp_path / "t", "--of", "groups", "--permutations", 499)
    assert done.code == 0
    assert "smile -> brow raise" in done.out.replace("smile smile", "smile").replace(
        "brow raise brow raise", "brow raise"
    )
    told = dfe(
        "transitions", corpus, "-o", tmp_path / "t", "--of", "groups", "--permutations", 199, "--overwrite", "--json"
    ).json
    assert told["people"] == 4
    assert dfe("transitions", corpus, "-o", tmp_path / "t2", "--gap", 2).code == 2
