from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.displays.units import EYES
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.predict.choose import choose
from dfe.predict.episodes import FOLLOWS_S
from dfe.predict.reading import SpeechPart
from dfe.predict.representation import describe
from dfe.predict.representations.tokens import TokenBag
from dfe.tokenizer.file import load_tokenizer
from made_measures import events_of, features_of, tokens_of
from made_study import faces, recording, write

TALK = "SPEAKER clip 1 2.0 3.0 <NA> <NA> A <NA> <NA>\n"


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Half-second poses at 30 frames a second, with a gap, and a file of speech."""
    folder = tmp_path_factory.mktemp("episodes")
    x = np.repeat(faces(24, 1, scale=0.6), 15, axis=0)
    times = np.arange(len(x)) / 30
    times[200:] += 1.0
    made = recording(x, times)
    write(folder, "clip", made)
    (folder / "clip.rttm").write_text(TALK, "utf-8")
    return folder, made


def examples(low=(-np.inf,), high=(np.inf,)):
    count = len(low)
    return Examples(
        tuple(f"e{i}" for i in range(count)),
        ("clip",) * count,
        np.array(["s"] * count),
        {},
        (),
        onset_s=np.array(low, float),
        offset_s=np.array(high, float),
    )


def test_counts_are_those_of_the_rates(clip, tokenizer):
    folder, made = clip
    done = events_of(examples(), folder, tokenizer)
    found = find_events(made, tokenizer=tokenizer)
    known = {int(rate.token): rate for rate in rates(found) if rate.token.isdigit()}
    assert done.count.sum() > 20
    for unit in range(done.count.shape[1]):
        if unit + 1 in tokenizer.unsteady:
            assert done.count[0, unit] == 0
            continue
        assert done.count[0, unit] == known[unit + 1].count
        assert done.on_s[0, unit] == pytest.approx(known[unit + 1].share * done.valid_s[0])
    assert done.valid_s[0] == pytest.approx(known[1].exposure_s)


def test_windows_and_parts_of_speech_share_the_whole_among_them(clip, tokenizer):
    folder, _ = clip
    whole = events_of(examples(), folder, tokenizer)
    halves = events_of(examples((-np.inf, 4.0), (4.0, np.inf)), folder, tokenizer)
    np.testing.assert_array_equal(halves.count.sum(axis=0), whole.count[0])
    assert halves.valid_s.sum() == pytest.approx(whole.valid_s[0])
    parts = [SpeechPart(part, folder) for part in ("silent", "speaking")]
    spoken = [events_of(examples(), folder, tokenizer, speech=part) for part in parts]
    np.testing.assert_array_equal(spoken[0].count + spoken[1].count, whole.count)
    assert spoken[1].valid_s[0] == pytest.approx(3.0)
    rows = [tokens_of(examples(), folder, tokenizer, part) for part in parts]
    assert rows[1].valid_s[0] == pytest.approx(3.0)
    np.testing.assert_allclose(rows[0].time + rows[1].time, tokens_of(examples(), folder, tokenizer).time)


def test_pairs_are_those_of_every_event_with_every_other(clip, tokenizer):
    folder, made = clip
    done = events_of(examples(), folder, tokenizer, bigrams=True)
    found = [event for event in find_events(made, tokenizer=tokenizer) if event.kind == "display"]
    expected = np.zeros_like(done.follows[0])
    for one in found:
        for two in found:
            if 0 < two.onset_s - one.onset_s <= FOLLOWS_S:
                expected[one.display - 1, two.display - 1] += 1
    assert expected.sum() > 10
    np.testing.assert_array_equal(done.follows[0], expected)


@pytest.mark.parametrize("sums", ["events", "durations", "bigrams"])
def test_bags_of_events_are_per_minute_and_durations_are_not(clip, tokenizer, sums):
    folder, _ = clip
    bag = TokenBag(tokenizer, sums, units=("display",))
    features = features_of(bag, examples((-np.inf, 0.0), (np.inf, 6.0)), folder)
    out = bag.pipelines(features)[0][0][1].fit_transform(features.x)
    made = events_of(examples((-np.inf, 0.0), (np.inf, 6.0)), folder, tokenizer, bigrams=True)
    steady = [unit for unit in range(made.count.shape[1]) if unit + 1 not in tokenizer.unsteady]
    expected = {
        "events": made.count[:, steady] / made.valid_s[:, None] * 60,
        "durations": np.where(made.count > 0, made.on_s / np.maximum(made.count, 1), 0)[:, steady],
        "bigrams": made.follows[:, steady][:, :, steady].reshape(2, -1) / made.valid_s[:, None] * 60,
    }
    np.testing.assert_allclose(out, expected[sums], atol=1e-9)
    assert len(features.names) == 1 + out.shape[1]


def test_events_are_found_once_for_all_bags_of_a_study(clip, tokenizer, monkeypatch):
    folder, _ = clip
    found = []

    def counted(*args, **more):
        found.append(args)
        return detect(*args, **more)

    monkeypatch.setattr("dfe.predict.episodes.detect", counted)
    config = EventConfig(on_mm=0.5, unsteady=True)
    bags = choose(["tokens-events", "tokens-durations", "tokens-bigrams"], tokenizer, events=config)
    mine = examples()
    events, durations, bigrams = describe(bags, mine, folder)
    assert len(found) == 1
    assert found[0][2] == config
    displays = len(tokenizer.displays().directions)
    assert len(events.names) == len(durations.names) == 1 + displays + len(EYES)
    alone = events_of(mine, folder, tokenizer, config=config, bigrams=True)
    np.testing.assert_array_equal(events.x[0, 1 : 1 + displays], alone.count[0])
    np.testing.assert_array_equal(bigrams.x[0, 1:], alone.follows[0].ravel())


def test_pictures_and_missing_files_of_speech_are_refused(tmp_path, tokenizer):
    write(tmp_path, "clip", recording(faces(3), np.full(3, np.nan)))
    with pytest.raises(TableError, match="no events"):
        events_of(examples(), tmp_path, tokenizer)
    with pytest.raises(TableError, match="no silent or speaking time"):
        tokens_of(examples(), tmp_path, tokenizer, SpeechPart("silent", tmp_path))
    write(tmp_path / "video", "clip", recording(faces(3), np.arange(3) / 25))
    with pytest.raises(TableError, match="no file of speech"):
        tokens_of(examples(), tmp_path / "video", tokenizer, SpeechPart("silent", tmp_path))
