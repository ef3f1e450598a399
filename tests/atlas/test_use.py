"""What a corpus does with displays, against counting row by row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import made_corpus as made
from dfe.atlas.use import measure_use
from dfe.base.errors import TableError, UsageError
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
    strongest = np.zeros(count)
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
            strongest[a] = max(strongest[a], mm[a])
            for b in present:
                together[a, b] += 1
    rows = len(recording)
    np.testing.assert_allclose(use.share, share / rows, atol=1e-9)
    np.testing.assert_allclose(use.together, together / rows, atol=1e-9)
    np.testing.assert_allclose(use.by_level, levels / rows, atol=1e-9)
    np.testing.assert_allclose(use.by_subject, people / (rows / 2), atol=1e-9)
    assert use.subjects == ("r, face 0", "r, face 1")
    used = share > 0
    np.testing.assert_allclose(
        [e[0].intensity_mm if e else 0 for e in use.examples], np.where(used, strongest, 0), rtol=1e-5
    )
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


def test_names_people_gaps_and_examples(tokenizer, tmp_path):
    use = measure_use(tokenizer, made.corpus(tmp_path, tokenizer))
    assert use.recordings == ("a/one", "two")
    assert use.subjects == ("a/one, face 0", "two, face 0", "two, face 1")
    assert use.weight == "seconds"
    assert use.total == pytest.approx(3 + 2 * 2.5, abs=1e-6)
    for display, kept in enumerate(use.examples):
        assert bool(kept) == (use.share[display] > 0)
        assert [e.intensity_mm for e in kept] == sorted((e.intensity_mm for e in kept), reverse=True)
        for example in kept:
            same = [e.time_s for e in kept if (e.recording, e.face_id) == (example.recording, example.face_id)]
            assert len(same) <= 3
            assert all(abs(a - b) >= 1 for i, a in enumerate(same) for b in same[:i])


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
    assert use.stretches.sum() == 0
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
