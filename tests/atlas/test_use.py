"""What a corpus does with displays, against counting row by row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import made_corpus as made
from dfe.atlas.use import measure_use
from dfe.base.errors import TableError, UsageError
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.recording.provenance import TokenizerRef
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


@pytest.fixture(scope="module", params=["dfe-face41@3", "dfe-rvq@1"])
def book(request):
    return load_tokenizer(request.param)


def test_counts_are_those_of_a_loop(book, tmp_path):
    recording = made.video(book, frames=60, persons=2, seed=4)
    recording.write(tmp_path / "r.parquet")
    use = measure_use(book, tmp_path)
    tokens = recording.tokens()
    said = tokens.display
    count = book.size - 1
    share, together = np.zeros(count), np.zeros((count, count))
    levels, people = np.zeros((count, book.levels)), np.zeros((count, 2))
    for row, face in enumerate(recording.face_ids):
        present = sorted({int(d) - 1 for d in said[row] if d > 0})
        mm = dict.fromkeys(present, 0.0)
        for level, display in enumerate(said[row]):
            if display <= 0:
                continue
            levels[display - 1, level] += 1
            mm[display - 1] += float(tokens.mm[row, level])
        for a in present:
            share[a] += 1
            people[a, face] += 1
            for b in present:
                together[a, b] += 1
    rows = len(recording)
    np.testing.assert_allclose(use.share, share / rows, atol=1e-9)
    np.testing.assert_allclose(use.together, together / rows, atol=1e-9)
    np.testing.assert_allclose(use.by_level, levels / rows, atol=1e-9)
    np.testing.assert_allclose(use.by_subject, people / (rows / 2), atol=1e-9)
    assert use.subjects == ("r, face 0", "r, face 1")
    used = share > 0
    np.testing.assert_allclose(use.by_step.sum(axis=1), use.by_level.sum(axis=1))
    assert np.isnan(use.faithful[~used]).all()


def test_every_use_of_agreeing_displays_agrees_with_the_face(tokenizer, tmp_path):
    use = measure_use(tokenizer, made.corpus(tmp_path, tokenizer))
    used = use.share > 0
    assert used.sum() > 30
    assert (use.faithful[used] == 1).all()
    fidelity = load_tokenizer("dfe-rvq@1")
    other = measure_use(fidelity, made.corpus(tmp_path / "fidelity", fidelity))
    assert np.nanmean(other.faithful) < 0.95


def test_names_people_and_gaps(tokenizer, tmp_path):
    use = measure_use(tokenizer, made.corpus(tmp_path, tokenizer))
    assert use.recordings == ("a/one", "two")
    assert use.subjects == ("a/one, face 0", "two, face 0", "two, face 1")
    assert use.weight == "seconds"
    assert use.total == pytest.approx(3 + 2 * 2.5, abs=1e-6)


def test_what_is_strongest_and_how_long_it_lasts_are_those_of_dfe_events(tokenizer, tmp_path):
    use = measure_use(tokenizer, made.corpus(tmp_path, tokenizer))
    recordings = {name: Recording.read(tmp_path / f"{name}.parquet") for name in use.recordings}
    events = [
        (name, event)
        for name, recording in recordings.items()
        for event in find_events(recording, EventConfig(unsteady=True))
        if event.kind == "display"
    ]
    assert len(events) > 50
    for display, kept in enumerate(use.examples, start=1):
        mine = [(name, event) for name, event in events if event.display == display]
        wanted = sorted(
            ((-event.intensity, name, event.face_id, event.apex_s) for name, event in mine), key=lambda row: row[0]
        )
        assert [(-e.intensity_mm, e.recording, e.face_id, e.time_s) for e in kept] == wanted[: len(kept)]
        assert bool(kept) == bool(mine)
        whole = [event.duration_s for _, event in mine if not event.censored]
        assert use.events[display - 1] == len(whole)
        if whole:
            np.testing.assert_allclose(use.duration_s[display - 1], np.percentile(whole, [25, 50, 75]))
        for e in kept:
            recording = recordings[e.recording]
            at = (recording.frames == e.frame) & (recording.face_ids == e.face_id)
            assert abs(recording.times[at][0] - e.time_s) < 0.02
    assert np.nansum(use.events) > 10


def test_films_with_few_frames_have_shares_but_no_events(tokenizer, tmp_path):
    made.video(tokenizer, frames=90).write(tmp_path / "fast.parquet")
    recording = made.video(tokenizer, frames=90)
    place = recording.table.column_names.index("time_s")
    slow = pa.array(recording.times * 15)
    recording.table = recording.table.set_column(place, recording.table.schema.field(place), slow)
    recording.write(tmp_path / "slow.parquet")
    use = measure_use(tokenizer, tmp_path)
    assert use.without_events == ("slow",)
    assert {e.recording for kept in use.examples for e in kept} == {"fast"}
    assert use.subjects == ("fast, face 0", "slow, face 0")


def test_subjects_join_faces_of_one_person(tokenizer, tmp_path):
    made.corpus(tmp_path, tokenizer)
    who = {("a/one", 0): "anna", ("two", 1): "anna"}
    use = measure_use(tokenizer, tmp_path, subjects=who)
    assert use.subjects == ("anna", "two, face 0")
    assert use.subject_totals.tolist() == pytest.approx([5.5, 2.5])
    np.testing.assert_allclose(use.by_subject @ use.subject_totals / use.total, use.share, atol=1e-9)


def test_pictures_count_faces_and_a_mixture_counts_rows(tokenizer, tmp_path):
    made.stills(tokenizer).write(tmp_path / "pictures.parquet")
    use = measure_use(tokenizer, tmp_path)
    assert (use.weight, use.total, use.subjects) == ("faces", 20, ("pictures",))
    assert use.events.sum() == 0
    assert np.isnan(use.duration_s).all()
    example = next(kept[0] for kept in use.examples if kept)
    assert example.source.endswith(".jpg")
    assert np.isnan(example.time_s)
    made.video(tokenizer, frames=30).write(tmp_path / "video.parquet")
    both = measure_use(tokenizer, tmp_path)
    assert (both.weight, both.total) == ("rows", 50)


def test_unusable_faces_are_left_out_unless_wanted(tokenizer, tmp_path):
    made.video(tokenizer, yaw=1.0).write(tmp_path / "turned.parquet")
    with pytest.raises(UsageError, match=r"no usable face in its 1 recordings.*--all-rows"):
        measure_use(tokenizer, tmp_path)
    assert measure_use(tokenizer, tmp_path, all_rows=True).rows == 90


def test_recordings_of_another_tokenizer_and_of_none(tokenizer, tmp_path):
    recording = made.video(tokenizer, frames=10)
    other = recording.with_tokens(recording.tokens(), TokenizerRef("other", "7", "ab" * 32))
    other.write(tmp_path / "a" / "x.parquet")
    with pytest.raises(TableError, match=r"x\.parquet: has tokens of other@7, not of dfe-face41@3"):
        measure_use(tokenizer, tmp_path / "a")
    bare = recording.table.select([n for n in recording.table.column_names if not n.startswith(("tok_", "mm_"))])
    Recording(bare, replace(recording.provenance, tokenizer=None)).write(tmp_path / "b" / "x.parquet")
    with pytest.raises(TableError, match="has no tokens"):
        measure_use(tokenizer, tmp_path / "b")
    (tmp_path / "c").mkdir()
    with pytest.raises(UsageError, match="holds no recording"):
        measure_use(tokenizer, tmp_path / "c")
