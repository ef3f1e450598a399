"""Grid movies: which moments are shown, when they are at their strongest, and whose pictures may be seen."""

import csv
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("av")

from test_render_video import shown

from dfe.base.errors import OutputError, UsageError
from dfe.movies.grid import ON, GridOptions, render_grid, shape_of
from dfe.movies.occurrences import Occurrence, choose, find_occurrences
from made_following import RATE, corpus_of, of_film
from numbered_video import write_video

SMALL = GridOptions(size=64, before_s=0.4, after_s=0.6)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return corpus_of(tmp_path_factory.mktemp("grid"), people=3, seconds=20)


@pytest.fixture(scope="module")
def smiles(corpus):
    return find_occurrences("smile", [corpus])


def test_every_event_is_an_occurrence(smiles):
    assert smiles.label == "smile"
    assert smiles.people == 3
    assert {one.person for one in smiles.all} == {"00", "01", "02"}
    assert 9 <= len(smiles.all) <= 12
    assert all(one.onset_s < one.apex_s < one.offset_s for one in smiles.all)


def test_a_display_goes_by_its_number(corpus):
    one = find_occurrences("smile", [corpus])
    with pytest.raises(UsageError, match=r"there is no display or group 'grin'.*smile"):
        find_occurrences("grin", [corpus])
    with pytest.raises(UsageError, match="there is no display or group '99'"):
        find_occurrences("99", [corpus])
    assert one.tokenizer == "dfe-face41@3"


def occurrence(person, apex, intensity=1.0):
    from pathlib import Path

    return Occurrence(f"rec {person}", Path("x"), 0, person, apex - 0.2, apex, apex + 0.2, intensity)


def test_people_take_turns_and_the_order_of_files_does_not_matter():
    found = [occurrence(p, a, i) for p, a, i in (("a", 1, 1), ("a", 2, 5), ("a", 3, 2), ("b", 1, 3), ("c", 9, 4))]
    chosen = choose(found, 4)
    assert {one.person for one in chosen[:3]} == {"a", "b", "c"}
    assert chosen[3].person == "a"
    assert choose(found[::-1], 4) == chosen
    assert any(choose(found, 1, seed=seed) != choose(found, 1) for seed in range(8))
    strongest = choose(found, 5, "strongest")
    assert [(one.person, one.intensity) for one in strongest] == [("a", 5), ("c", 4), ("b", 3), ("a", 2), ("a", 1)]


def framed(picture, place, wide=2, size=64):
    top, left = place // wide * size, place % wide * size
    edge = picture[top + 1, left + 20 : left + size - 4].astype(int)
    return bool(np.abs(edge - ON).max() < 60)


def test_a_grid_is_strongest_in_the_middle_and_its_table_says_what_is_what(smiles, tmp_path):
    chosen = choose(smiles.all, 4, "strongest")
    done = render_grid(chosen, "smiles", tmp_path / "g.mp4", SMALL)
    assert (done.frames, done.heads, done.films) == (26, 4, 0)
    pictures, times = shown(tmp_path / "g.mp4")
    assert len(pictures) == 26
    assert times[1] == pytest.approx(1 / 25)
    assert pictures[0].shape == (2 * 64 + 30, 2 * 64, 3)
    apex = pictures[10]
    assert all(framed(apex, place, wide=2) for place in range(4))
    assert [framed(pictures[0], i, wide=2) for i in range(4)] == [one.onset_s < one.apex_s - 0.4 for one in chosen]
    rest, smile = pictures[0][:64, :64].astype(int), apex[:64, :64].astype(int)
    assert np.abs(rest - smile)[20:60].mean() > 1
    rows = list(csv.DictReader((tmp_path / "g.csv").open(encoding="utf-8-sig")))
    assert [row["cell"] for row in rows] == ["1", "2", "3", "4"]
    assert [float(row["apex_s"]) for row in rows] == [pytest.approx(one.apex_s, abs=1e-3) for one in chosen]
    assert {row["shown"] for row in rows} == {"head"}
    with pytest.raises(OutputError):
        render_grid(chosen, "smiles", tmp_path / "g.mp4", SMALL)


def test_the_same_grid_is_the_same_bytes(smiles, tmp_path):
    chosen = choose(smiles.all, 2)
    for name in ("a.mp4", "b.mp4"):
        render_grid(chosen, "smiles", tmp_path / name, GridOptions(size=64, before_s=0.1, after_s=0.1))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_people_are_seen_only_where_their_film_is_there(tmp_path, corpus):
    media, table = tmp_path / "media", tmp_path / "tables" / "sub-09_task-talk.parquet"
    media.mkdir()
    film = write_video(media / "talk.mp4", frames=8 * RATE, size=(160, 160), rate=RATE)
    of_film(table, film)
    found = find_occurrences("smile", [table, corpus])
    mine = [one for one in found.all if one.person == "09"][:1]
    other = [one for one in found.all if one.person == "00"][:1]
    heads = render_grid(mine + other, "x", tmp_path / "heads.mp4", SMALL)
    assert (heads.heads, heads.films) == (2, 0)
    people = render_grid(mine + other, "x", tmp_path / "people.mp4", SMALL, media=media)
    assert (people.heads, people.films) == (1, 1)
    film.write_bytes(film.read_bytes() + b"cut anew")
    again = render_grid(mine, "x", tmp_path / "again.mp4", SMALL, media=media)
    assert (again.heads, again.films) == (1, 0)


def test_a_moment_near_the_end_goes_on_as_a_faint_head(smiles, tmp_path):
    late = max(smiles.all, key=lambda one: one.apex_s)
    options = GridOptions(size=64, before_s=0.2, after_s=6.0, rate=5)
    render_grid([late], "late", tmp_path / "late.mp4", options)
    pictures, _ = shown(tmp_path / "late.mp4")
    assert pictures[-1][:60, 8:60].std() < 0.5 * pictures[1][:60, 8:60].std()


def test_what_is_cut_short_is_counted_but_not_shown():
    whole, cut = occurrence("a", 1.0), replace(occurrence("b", 2.0, 9.0), censored=True)
    assert choose([whole, cut], 4, "strongest") == (whole,)
    with pytest.raises(UsageError, match="from beginning to end"):
        choose([cut], 4)


def test_hardly_a_cell_stays_empty():
    assert [shape_of(n) for n in (1, 2, 4, 6, 12, 20)] == [(1, 1), (2, 1), (2, 2), (3, 2), (4, 3), (5, 4)]
    for n in range(1, 49):
        wide, high = shape_of(n)
        assert n <= wide * high < n + 4
        assert high <= wide <= 3 * high


@pytest.mark.parametrize("bad", [{"size": 63}, {"size": 1000}, {"before_s": 0}, {"after_s": 31}, {"rate": 0.5}])
def test_looks_that_make_no_sense(bad):
    with pytest.raises(UsageError):
        GridOptions(**bad)


def test_the_command(dfe, corpus, tmp_path):
    words = ("--cells", 2, "--pixels", 64, "--before", 0.2, "--after", 0.2)
    done = dfe("grid", "smile", corpus, "-o", tmp_path / "g.mp4", *words)
    assert done.code == 0, done.err
    assert "2 of" in done.out
    assert dfe("grid", "smile", corpus, "-o", tmp_path / "p.mp4", "--people").code == 2
    assert dfe("grid", "smile", corpus, "-o", tmp_path / "p.mp4", "--media", tmp_path).code == 2
    assert dfe("grid", "smile", corpus, "-o", tmp_path / "p.mp4", "--cells", 0).code == 2
    assert "no display or group" in dfe("grid", "nothing", corpus, "-o", tmp_path / "p.mp4").err
