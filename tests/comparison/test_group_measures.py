from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import ModelError, TableError, UsageError
from dfe.comparison.measures import measure_rows
from dfe.comparison.prepare import check_alike
from dfe.comparison.subjects import Subjects
from dfe.comparison.table import Columns, GroupRow, GroupTable
from dfe.comparison.time_courses import mean_courses, measure_courses
from dfe.displays.vocabulary import vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.events.rates import rates
from dfe.recording.copies import copies_in
from dfe.recording.quality import measure_quality
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.stats.contrasts import Design
from dfe.tokenizer.file import load_tokenizer
from made_groups import RATE, SMILE, face
from made_study import recording, write


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measures")
    x = face(np.random.default_rng(2), 60, 10, 12)
    yaw = np.where(np.arange(len(x)) >= 45 * RATE, 60.0, 0.0)
    write(folder, "one", recording(x, np.arange(len(x)) / RATE, yaw_deg=yaw))
    return folder / "one.parquet"


def row(path, **more):
    return GroupRow("one", path, "p", **more)


def test_sums_are_those_of_the_rates_of_a_recording(path):
    sums, tokenizer = measure_rows([row(path)])
    found = find_events(Recording.read(path), EventConfig())
    expected = {r.token: r for r in rates(found)}
    assert sums.exposure_s[0] == pytest.approx(45)
    assert sums.coverage[0] == pytest.approx(0.75)
    shown = 0
    for i, kind in enumerate(sums.kinds):
        if kind.unit == "display":
            rate = expected[kind.token]
            assert sums.count[0, i] == rate.count
            assert sums.on_s[0, i] == pytest.approx(rate.share * rate.exposure_s)
            assert sums.intensity[0, i] == pytest.approx((rate.mean_intensity or 0) * rate.count)
            shown += rate.count > 0
    assert shown >= 2
    assert {kind.token for kind in sums.kinds} & {str(n) for n in tokenizer.unsteady} == set()
    assert sums.main_s[0].sum() == pytest.approx(45)
    assert sums.main_s[0, 0] > 10


def test_noise_of_a_row_is_that_of_dfe_qc_and_of_a_part_its_own(tmp_path):
    x = face(np.random.default_rng(2), 20, 0, 12)
    x += np.random.default_rng(3).normal(0, np.where(np.arange(len(x)) < 10 * RATE, 0.01, 0.04)[:, None], x.shape)
    made = recording(x, np.arange(len(x)) / RATE)
    write(tmp_path, "noisy", made)
    noisy = tmp_path / "noisy.parquet"
    rows = [row(noisy), row(noisy, offset_s=10.0), row(noisy, onset_s=10.0)]
    whole, first, second = measure_rows(rows)[0].noise_mm
    assert whole == pytest.approx(measure_quality(made, "noisy").noise_mm, rel=1e-5)
    assert 0 < first < whole < second
    assert second == pytest.approx(4 * first, rel=0.2)


def test_a_region_counts_the_events_of_its_displays_and_the_time_of_any_of_them(path):
    sums, _ = measure_rows([row(path)])
    for i, kind in enumerate(sums.kinds):
        if kind.unit == "region":
            mine = [j for j, k in enumerate(sums.kinds) if k.unit == "display" and k.region == kind.token]
            assert sums.count[0, i] == sums.count[0, mine].sum()
            assert sums.on_s[0, mine].max() - 1e-9 <= sums.on_s[0, i] <= sums.on_s[0, mine].sum() + 1e-9


def test_parts_add_up_to_the_whole(path):
    whole, _ = measure_rows([row(path)])
    parts, _ = measure_rows([row(path, offset_s=20.0), row(path, onset_s=20.0), row(path, face=3)])
    np.testing.assert_allclose(parts.count[:2].sum(axis=0), whole.count[0])
    np.testing.assert_allclose(parts.exposure_s, [20, 25, 0])
    np.testing.assert_allclose(parts.total_s[:2], [20, 40])
    assert parts.coverage[2] == 0
    pooled = Subjects(
        np.array([0, 1]), np.array([0, 0]), np.array([0, 1]), Design(np.array([False]), np.array([0])), {}
    )
    np.testing.assert_allclose(pooled.pooled(parts.count)[0], whole.count[0])
    np.testing.assert_allclose(pooled.pooled(parts.exposure_s, 1), [25])
    with pytest.raises(TableError, match="line 7 asks for 80 to the end, but the recording runs from 0 to 60 s"):
        measure_rows([row(path, onset_s=80.0, line=7)])


def test_parts_that_go_on_for_longer_than_the_recording_are_told_or_refused(path):
    sums, _ = measure_rows([row(path, offset_s=90.0, line=2), row(path, offset_s=60.4, line=3)])
    assert sums.outside_s == pytest.approx({"line 2": 30, "line 3": 0.4})
    assert any("by up to 30 s (line 2)" in caution for caution in sums.cautions)
    with pytest.raises(TableError, match="line 2 asks for 0 to 60000 s, but the recording runs from 0 to 60 s"):
        measure_rows([row(path, onset_s=0.0, offset_s=60_000.0, line=2)])


def test_copies_of_a_film_are_found_in_folders_that_tell_them_apart(tmp_path):
    made = recording(face(np.random.default_rng(2), 5, 0, 12), np.arange(5 * RATE) / RATE)
    source = replace(made.provenance.source, sha256="ab" * 32)
    made = Recording(made.table, replace(made.provenance, source=source))
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "film", made)
    rows = [row(tmp_path / folder / "film.parquet", line=line) for line, folder in enumerate(("first", "second"), 2)]
    one, other = copies_in(measure_rows(rows)[0].stretches)
    assert {one.said, other.said} == {"line 2", "line 3"}
    assert {one.recording, other.recording} == {str(each.path) for each in rows}


def test_sides_that_share_no_instrument_are_refused_and_others_told(path):
    rows = tuple(replace(row(path), group=name, subject=name + str(i)) for name in "xy" for i in range(2))
    table = GroupTable(rows, ("x", "y"), None, Columns(group="g"), {})
    sums, _ = measure_rows(rows)
    mixed = replace(sums, instruments=["landmarks", "landmarks", "landmarks", "openface"])
    check_alike(table, mixed, "t.csv")
    assert any("different instruments" in caution for caution in mixed.cautions)
    apart = replace(sums, instruments=["landmarks"] * 2 + ["openface"] * 2)
    with pytest.raises(UsageError, match=r"^t\.csv: x was measured by landmarks, y by openface; measure all by one"):
        check_alike(table, apart, "t.csv")
    other = replace(sums, neutrals=["the person's own"] * 2 + ["everybody's"] * 2)
    with pytest.raises(UsageError, match=r"x was measured against the person's own resting face, y against"):
        check_alike(table, other, "t.csv")


def test_recordings_of_another_tokenizer_are_refused(path):
    with pytest.raises(ModelError, match="not of dfe-rvq@1"):
        measure_rows([row(path)], tokenizer=load_tokenizer("dfe-rvq@1"))


def test_courses_are_means_around_the_moment(tmp_path):
    space, t = load_space("arkit51/face41"), np.arange(100) / RATE
    x = np.zeros((100, space.dimension), np.float32)
    x[np.ix_((t >= 5) & (t < 6), [space.index(name) for name in SMILE])] = 0.9
    made = recording(x, t)
    write(tmp_path, "one", made)
    tokenizer = load_tokenizer("dfe-face41@3")
    rows = [row(tmp_path / "one.parquet", align_s=4.5), row(tmp_path / "one.parquet", align_s=0.4)]
    done = measure_courses(rows, vocabulary_of(tokenizer), (-1.0, 2.0), 0.2)
    np.testing.assert_allclose(done.start_s, np.arange(15) * 0.2 - 1)
    np.testing.assert_allclose(done.seconds[0], 0.2)
    assert (done.seconds[1, :3] == 0).all()
    total = done.amount[0].sum(axis=1)
    on, off = (done.start_s > 0.5) & (done.start_s < 1.3), (done.start_s < 0.3) | (done.start_s > 1.5)
    assert total[on].min() > 0.1
    assert total[off].max() == 0
    mean, enough = mean_courses(done.seconds, done.amount)
    assert enough.all()
    assert np.isfinite(mean).all()
    np.testing.assert_allclose(mean[1, 0], mean[1, 3])
    assert not mean_courses(np.where(np.arange(15) < 6, 0, done.seconds[:1]), done.amount[:1])[1].any()
    with pytest.raises(TableError, match="outside of the recording"):
        measure_courses([row(tmp_path / "one.parquet", align_s=60.0)], vocabulary_of(tokenizer))


def test_parts_of_a_recording_are_measured_alike_together_and_alone(path, monkeypatch):
    rows = [row(path, onset_s=5.0 * i, offset_s=5.0 * i + 4, line=i + 2) for i in range(8)]
    alone = [measure_rows([one])[0] for one in rows]
    asked = Counter()
    for name in ("expressions", "clock", "seconds", "tokens"):
        real = getattr(Recording, name)
        monkeypatch.setattr(Recording, name, lambda *args, _n=name, _r=real: asked.update([_n]) or _r(*args))
    measure_rows(rows[:1])
    of_one = asked.copy()
    together, _ = measure_rows(rows)
    assert asked - of_one == of_one
    for name in ("total_s", "exposure_s", "count", "on_s", "intensity", "main_s", "noise_mm"):
        assert np.array_equal(getattr(together, name), np.concatenate([getattr(one, name) for one in alone]))
    assert together.stretches == [part for one in alone for part in one.stretches]
    assert together.count.sum() > 0
    assert np.ptp(together.main_s[:, 0]) > 0
