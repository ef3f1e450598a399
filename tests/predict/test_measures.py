from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import ModelError, TableError
from dfe.datasets.examples import Examples
from dfe.predict.reading import readings
from dfe.tokenizer.file import load_tokenizer
from made_measures import tokens_of
from made_study import faces, recording, write


def examples(names, **more):
    return Examples(
        tuple(f"e{i}" for i in range(len(names))), tuple(names), np.array(["s"] * len(names)), {}, (), **more
    )


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


def brute(made, tokenizer, low, high, face):
    """Every row by itself, in plain Python."""
    ladder = tokenizer.displays().ladder_mm
    units, steps = tokenizer.size - 1, len(ladder)
    time, by_step, amount = np.zeros(units), np.zeros((units, steps)), np.zeros(units)
    tokens = made.tokens()
    moments = sorted(set(made.times.tolist()))
    usual = float(np.median(np.diff(moments)))
    mine = [r for r in range(len(made)) if made.face_ids[r] == face and made.usable[r]]
    valid, end = 0.0, moments[-1] + usual
    for row in mine:
        here = made.times[row]
        later = [t for t in moments if t > here]
        until = later[0] if later and later[0] - here <= 0.2 else here + usual
        seconds = max(0.0, min(until, high) - max(here, low))
        valid += seconds
        for display, mm in zip(tokens.display[row], tokens.mm[row], strict=True):
            if display > 0:
                time[display - 1] += seconds
                by_step[display - 1, ladder.index(mm)] += seconds
                amount[display - 1] += seconds * mm
    return valid, max(0.0, min(end, high) - max(moments[0], low)), time, by_step, amount


def test_windows_beyond_the_recording_are_known_and_most_of_one_is_refused(tmp_path):
    made = recording(faces(50), np.arange(50) / 25)
    write(tmp_path, "clip", made)

    def outside(low, high):
        mine = examples(["clip"] * len(low), onset_s=np.array(low), offset_s=np.array(high))
        return next(readings(mine, tmp_path)).outside_s()

    assert outside([-np.inf, 0.0], [np.inf, 2.5]) == pytest.approx({"e0": 0, "e1": 0.5})
    with pytest.raises(TableError, match=r"clip: example e1 asks for 0 to 2000 s, but .* from 0 to 2 s"):
        outside([0.0, 0.0], [1.0, 2000.0])
    assert next(readings(examples(["clip"]), tmp_path)).outside_s() == {"e0": 0}


def test_sums_are_those_of_row_after_row(tmp_path, tokenizer):
    rng = np.random.default_rng(1)
    x = faces(120, 2)
    x[rng.choice(120, 10, replace=False)] = np.nan
    times = np.cumsum(rng.choice([1 / 30, 1 / 15, 0.7], 60, p=[0.6, 0.35, 0.05])).repeat(2)
    there = np.isfinite(x).all(axis=1)
    made = recording(
        x[there],
        times[there],
        face=np.tile([0, 1], 60)[there],
        frame=np.arange(60).repeat(2)[there],
        yaw_deg=np.where(rng.random(120) < 0.2, 40.0, 0.0)[there],
    )
    write(tmp_path, "a/clip", made)
    windows = [(-np.inf, np.inf, 0), (0.5, 2.0, 0), (1.0, 3.0, 1), (90.0, 99.0, 0)]
    low, high, face = (np.array(column) for column in zip(*windows, strict=True))
    done = tokens_of(examples(["a/clip"] * 4, onset_s=low, offset_s=high, face=face.astype(int)), tmp_path, tokenizer)
    for place, window in enumerate(windows):
        valid, total, time, by_step, amount = brute(made, tokenizer, *window)
        assert done.valid_s[place] == pytest.approx(valid)
        assert done.total_s[place] == pytest.approx(total)
        np.testing.assert_allclose(done.time[place], time, atol=1e-9)
        np.testing.assert_allclose(done.step_time[place], by_step, atol=1e-9)
        np.testing.assert_allclose(done.amount[place], amount, rtol=1e-5, atol=1e-6)
    assert 0 < done.coverage[0] < 1
    assert done.coverage[3] == 0


def test_half_the_frames_give_the_same_shares(tmp_path, tokenizer):
    x = np.repeat(faces(20, 3), 30, axis=0)
    times = np.arange(len(x)) / 30
    write(tmp_path, "all", recording(x, times))
    write(tmp_path, "half", recording(x[::2], times[::2]))
    done = tokens_of(examples(["all", "half"]), tmp_path, tokenizer)
    np.testing.assert_allclose(done.time[1], done.time[0], atol=1e-6)


def test_pictures_are_examples_of_one_recording(tmp_path, tokenizer):
    x = faces(5, 4)
    x[2] = np.nan
    made = recording(x, np.full(5, np.nan))
    write(tmp_path, "set", made)
    done = tokens_of(examples(["set"] * 3, picture=np.array([4, 2, 0])), tmp_path, tokenizer)
    assert done.valid_s.tolist() == [1, 0, 1]
    assert done.total_s.tolist() == [1, 1, 1]
    for place, row in ((0, 4), (2, 0)):
        said = {display - 1 for display in made.tokens().display[row].tolist() if display > 0}
        assert set(np.flatnonzero(done.time[place])) == said
    with pytest.raises(TableError, match="holds no picture 9"):
        tokens_of(examples(["set"], picture=np.array([9])), tmp_path, tokenizer)


def test_residual_levels_that_say_one_code_twice_count_its_time_once(tmp_path):
    residual = load_tokenizer("dfe-rvq@1")
    made = recording(faces(3, 5), np.arange(3) / 25, tokens=False)
    codes = np.zeros((3, residual.levels), np.int16)
    codes[:, :3] = [[7, 9, 7]]
    write(tmp_path, "twice", made.with_tokens(residual.displays().tokens(codes), residual.provenance()))
    done = tokens_of(examples(["twice"]), tmp_path, residual)
    assert done.time[0, 6] == pytest.approx(3 / 25)
    assert done.step_time[0, 6, [7, 5]].tolist() == pytest.approx([3 / 25, 3 / 25]), "the first level is the strongest"


def test_what_does_not_fit_is_refused(tmp_path, tokenizer):
    write(tmp_path, "bare", recording(faces(3), np.arange(3) / 25, tokens=False))
    with pytest.raises(TableError, match="has no tokens"):
        tokens_of(examples(["bare"]), tmp_path, tokenizer)
    with pytest.raises(TableError, match="no recording of this name"):
        tokens_of(examples(["other"]), tmp_path, tokenizer)
    write(tmp_path, "full", recording(faces(3), np.arange(3) / 25))
    with pytest.raises(ModelError, match="its tokens are of dfe-face41@3, not of dfe-rvq@1"):
        tokens_of(examples(["full"]), tmp_path, load_tokenizer("dfe-rvq@1"))
    with pytest.raises(TableError, match="comes twice"):
        Examples(("a", "a"), ("x", "y"), np.array(["1", "2"]), {}, ())
