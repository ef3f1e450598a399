"""One recording, asked of every room that answers: shares, events per minute, coverage and usable minutes are equal.

Two people before an uneven camera: frames that are missing, one by one and for long; faces lost for moments and for
seconds; a head turned away; displays that are under way when the face goes out of sight.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pytest

from dfe.atlas.use import measure_use
from dfe.clock.spans import spans, total
from dfe.comparison.measures import measure_rows
from dfe.comparison.table import GroupRow
from dfe.datasets.examples import Examples
from dfe.displays.merges import parse_merge, with_merges
from dfe.displays.names import load_names
from dfe.events.export import load_events
from dfe.events.find import find_events
from dfe.events.folder import events_to_folder
from dfe.predict.representations.tokens import TokenBag
from dfe.recording.faces import list_faces
from dfe.recording.recording import Recording
from dfe.reliability.minutes import Source, measure_minutes
from dfe.report.build import recording_view
from dfe.report.qc import check_folder
from dfe.space.arkit import GAZE_NAMES
from dfe.tokenizer.file import load_tokenizer
from made_groups import BROW, SMILE, load_space
from made_measures import features_of, tokens_of
from made_study import recording, write

SECONDS = 130.0
FACES = (0, 1)


def made_recording() -> Recording:
    rng = np.random.default_rng(11)
    space = load_space("arkit51/face41")
    # From a bright room (50 frames a second) to a dark one (12).
    steps = np.where(rng.random(5000) < 0.5, rng.uniform(0.018, 0.03, 5000), rng.uniform(0.05, 0.085, 5000))
    times = np.cumsum(steps)
    times = times[times < SECONDS]
    frame = np.arange(len(times))
    there = rng.random(len(times)) > 0.1
    for start, end in ((20.0, 21.4), (40.0, 40.3), (77.7, 83.0)):
        there &= (times < start) | (times >= end)
    columns: dict[str, list] = defaultdict(list)
    onsets = {face: {names: rng.uniform(0, SECONDS, 30) for names in (SMILE, BROW)} for face in FACES}
    for i in np.flatnonzero(there):
        t = times[i]
        lost = rng.random() < 0.08 or 60 <= t < 62.5
        if lost:
            add(columns, frame[i], t, -1, np.full(space.dimension, np.nan), 0.0)
            columns["blink"].append(np.full(2, np.nan))
            columns["gaze"].append(np.full(8, np.nan))
            continue
        for face in FACES:
            if face == 1 and (t < 10 or 100 <= t < 104 or rng.random() < 0.15):
                continue
            x = np.zeros(space.dimension)
            for names, begins in onsets[face].items():
                shown = np.interp(t - begins, [0, 0.3, 0.9, 1.4], [0, 0.9, 0.9, 0], 0, 0).max()
                # Both smile before, throughout and after a hole, so that nobody knows how long.
                if names is SMILE and 19 <= t < 22.5:
                    shown = 0.9
                x[[space.index(name) for name in names]] = shown
            turned = (30 <= t < 34 or rng.random() < 0.06) if face == 0 else 50 <= t < 58
            add(columns, frame[i], t, face, x, 60.0 if turned else 0.0)
            # Eyes shut for a second now and then, winks of the left eye, and looks to either side.
            shut = 0.75 if (t + 3 * face) % 17 < 1 else 0.15
            columns["blink"].append([0.7 if (t + face) % 23 < 0.8 else shut, shut])
            columns["gaze"].append(looks(0.5 if t % 11 < 2 else -0.5 if t % 13 < 1.5 else 0.0))
    return recording(
        np.array(columns["x"], np.float32),
        np.array(columns["time"]),
        face=np.array(columns["face"]),
        frame=np.array(columns["frame"]),
        yaw_deg=np.array(columns["yaw"]),
        blink=np.array(columns["blink"], np.float32),
        gaze=np.array(columns["gaze"], np.float32),
    )


def looks(left: float) -> np.ndarray:
    """The eight columns of gaze of eyes that look so far to the subject's left."""
    out = dict.fromkeys(GAZE_NAMES, 0.0)
    out["eyeLookOutLeft"] = out["eyeLookInRight"] = max(left, 0.0)
    out["eyeLookInLeft"] = out["eyeLookOutRight"] = max(-left, 0.0)
    return np.array(list(out.values()))


def add(columns, frame, time, face, x, yaw):
    for name, value in (("frame", frame), ("time", time), ("face", face), ("x", x), ("yaw", yaw)):
        columns[name].append(value)


class Asked(NamedTuple):
    folder: object
    made: Recording
    tokenizer: object


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreement")
    made = made_recording()
    write(folder, "clip", made)
    return Asked(folder, made, load_tokenizer("dfe-face41@3"))


@pytest.fixture(scope="module")
def by_events(asked, tmp_path_factory):
    """Rows of ``rates.csv`` by face and display."""
    out = tmp_path_factory.mktemp("events")
    events_to_folder([asked.folder / "clip.parquet"], out)
    with (out / "rates.csv").open(newline="") as file:
        return {(int(row["face"]), row["token"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def by_compare(asked):
    return measure_rows([GroupRow("clip", asked.folder / "clip.parquet", f"p{face}", face=face) for face in FACES])[0]


def bag(asked, sums="time", **more):
    return features_of(TokenBag(asked.tokenizer, sums, **more), examples(), asked.folder)


def examples():
    count = len(FACES)
    names = tuple(f"face {face}" for face in FACES)
    return Examples(names, ("clip",) * count, np.array(names), {}, (), face=np.array(FACES))


def test_the_recording_has_everything_that_makes_trouble(asked):
    found = find_events(asked.made)
    assert len(found.faces) == 2
    assert sum(event.censored for event in found) >= 4
    assert min(len(face.seen) for face in found.faces) >= 5
    assert len(asked.tokenizer.unsteady) > 0


def test_valid_minutes(asked, by_events, by_compare):
    said = {face: {float(row["exposure_s"]) for (f, _), row in by_events.items() if f == face} for face in FACES}
    valid = np.array([one for face in FACES for one in said[face]])
    assert len(valid) == 2
    assert 60 < valid.min() < valid.max() < SECONDS - 10
    for sums in ("time", "amount", "events", "bigrams"):
        np.testing.assert_allclose(bag(asked, sums).exposure_s, valid, rtol=1e-5)
    np.testing.assert_allclose(by_compare.exposure_s, valid, rtol=1e-5)
    np.testing.assert_allclose(by_compare.main_s.sum(axis=1), valid, rtol=1e-5)
    use = measure_use(asked.tokenizer, asked.folder)
    assert use.subjects == ("clip, face 0", "clip, face 1")
    np.testing.assert_allclose(use.subject_totals, valid, rtol=1e-5)
    for face in FACES:
        minutes = measure_minutes([Source(asked.folder / "clip.parquet", "p", face=face)], block_s=SECONDS / 2)
        assert minutes.exposure_s.sum() == pytest.approx(valid[face], rel=1e-5)


def test_coverage(asked, by_events, by_compare, tmp_path):
    coverage = [float(by_events[face, "1"]["coverage"]) for face in FACES]
    np.testing.assert_allclose(bag(asked).coverage, coverage, rtol=1e-5)
    np.testing.assert_allclose(bag(asked, "events").coverage, coverage, rtol=1e-5)
    np.testing.assert_allclose(by_compare.coverage, coverage, rtol=1e-5)
    np.testing.assert_allclose([face.usable_share for face in list_faces(asked.made)], coverage, rtol=1e-5)
    # Of the recording as a whole: the time with a usable face, whosever.
    found = find_events(asked.made)
    either = total(spans(np.concatenate([face.seen for face in found.faces]))) / found.duration_s
    assert max(coverage) < either < 1
    quality = check_folder(asked.folder, tmp_path).rows[0]
    view = recording_view(asked.made, asked.tokenizer)
    for shown in (quality, view, asked.made.summary()):
        assert shown.usable_share == pytest.approx(either, rel=1e-9)
        assert shown.duration_s == pytest.approx(found.duration_s)
        assert shown.found_share == pytest.approx(quality.found_share)
    assert np.mean(quality.strip_usable) == pytest.approx(either)
    assert [person.face_id for person in view.people] == list(FACES)
    for person, share in zip(view.people, coverage, strict=True):
        quality_of_face = person.course.quality
        usable = quality_of_face.state == 0
        lasts = quality_of_face.end_s - quality_of_face.start_s
        assert lasts[usable].sum() / view.duration_s == pytest.approx(share)
        assert person.usable_share == pytest.approx(share)
    assert quality.verdict != "good"


def test_share_of_time(asked):
    use = measure_use(asked.tokenizer, asked.folder)
    features = bag(asked, units=("display",))
    shares = features.x[:, 1:] / features.x[:, :1]
    np.testing.assert_allclose(use.by_subject.T, shares, rtol=1e-9)
    for face, person in enumerate(recording_view(asked.made, asked.tokenizer).people):
        cards = {card.code: card.share_of_time for card in person.cards}
        assert max(cards.values()) > 0.05
        for display, share in cards.items():
            assert share == pytest.approx(use.by_subject[display - 1, face])


def test_events_per_minute(asked, by_events, by_compare):
    looked = [kind.token for kind in by_compare.kinds if kind.unit == "display"]
    assert {token for (_, token), row in by_events.items() if row["unit"] == "display"} == set(looked)
    assert not {int(token) for token in looked} & set(asked.tokenizer.unsteady)
    per_min = np.array([[float(by_events[face, token]["per_min"]) for token in looked] for face in FACES])
    assert per_min.max() > 3
    counted = by_compare.count[:, : len(looked)]
    np.testing.assert_allclose(60 * counted / by_compare.exposure_s[:, None], per_min, rtol=1e-5)
    on = [[float(by_events[face, token]["share"]) for token in looked] for face in FACES]
    np.testing.assert_allclose(by_compare.on_s[:, : len(looked)] / by_compare.exposure_s[:, None], on, rtol=1e-5)
    events = bag(asked, "events", units=("display",))
    assert list(events.names[1:]) == looked
    np.testing.assert_allclose(60 * events.x[:, 1:] / events.x[:, :1], per_min, rtol=1e-5)
    for face in FACES:
        minutes = measure_minutes([Source(asked.folder / "clip.parquet", "p", face=face)], block_s=SECONDS / 2)
        displays = [place for place, unit in enumerate(minutes.units) if unit.unit == "display"]
        assert [minutes.units[place].token for place in displays] == looked
        rate = 60 * minutes.count[:, displays].sum(axis=0) / minutes.exposure_s.sum()
        np.testing.assert_allclose(rate, per_min[face], rtol=1e-5)


def test_bags_of_samples_agree_with_bags_of_events(asked):
    measured = tokens_of(examples(), asked.folder, asked.tokenizer)
    np.testing.assert_allclose(measured.valid_s, bag(asked, "events").exposure_s)
    np.testing.assert_allclose(measured.total_s, SECONDS, rtol=0.01)


@pytest.mark.parametrize("unit", ["eyes", "group"])
def test_eyes_and_groups_are_counted_alike(asked, by_events, by_compare, unit):
    known = [kind.token for kind in by_compare.kinds if kind.unit == unit]
    rows = {key: row for key, row in by_events.items() if row["unit"] == unit}
    assert [token for face, token in rows if face == 0] == known
    events, place = bag(asked, "events", units=(unit,)), [k.token for k in by_compare.kinds]
    assert list(events.names[1:]) == known
    per_min = np.array([[float(rows[face, token]["per_min"]) for token in known] for face in FACES])
    assert (per_min > 0).any(axis=0).sum() >= 2
    np.testing.assert_allclose(60 * events.x[:, 1:] / events.x[:, :1], per_min, rtol=1e-5)
    columns = [place.index(token) for token in known]
    np.testing.assert_allclose(60 * by_compare.count[:, columns] / by_compare.exposure_s[:, None], per_min, rtol=1e-5)
    on = [[float(rows[face, token]["share"]) for token in known] for face in FACES]
    np.testing.assert_allclose(by_compare.on_s[:, columns] / by_compare.exposure_s[:, None], on, rtol=1e-5)
    time = bag(asked, units=(unit,))
    shares = (time.x[:, 1:] / time.x[:, :1]).T
    use = measure_use(asked.tokenizer, asked.folder)
    beside = {one.token: place for place, one in enumerate(use.units)}
    np.testing.assert_allclose(use.unit_by_subject[[beside[token] for token in known]], shares, rtol=1e-9, atol=1e-12)
    people = recording_view(asked.made, asked.tokenizer).people
    assert [one.face_id for one in people] == list(FACES)
    for face, person in enumerate(people):
        own = {row.token: row for row in person.units}
        for token, share in zip(known, shares[:, face], strict=True):
            assert (own[token].share if token in own else 0.0) == pytest.approx(share)
            if token in own:
                assert own[token].per_min == pytest.approx(float(rows[face, token]["per_min"]), rel=1e-5)


def test_merged_displays_are_one_in_every_room(asked, by_compare, tmp_path, monkeypatch):
    looked = [kind for kind in by_compare.kinds if kind.unit == "display"]
    counts = by_compare.count[:, : len(looked)].sum(axis=0)
    first, second = sorted(int(looked[i].token) for i in np.argsort(-counts)[:2])
    names = with_merges(
        load_names(asked.tokenizer), asked.tokenizer, [parse_merge(f"{first}+{second}=both of them", who="a coder")]
    )
    names.write(tmp_path / "names.json")
    by_file = measure_minutes(
        [Source(asked.folder / "clip.parquet", "p0", face=0)], names=tmp_path / "names.json", block_s=10
    )
    monkeypatch.setenv("DFE_NAMES", str(tmp_path / "names.json"))
    by_variable = measure_minutes([Source(asked.folder / "clip.parquet", "p0", face=0)], block_s=10)
    for minutes in (by_file, by_variable):
        counted = {unit.token: unit.label for unit in minutes.units}
        assert counted[str(first)] == "both of them"
        assert str(second) not in counted
    np.testing.assert_array_equal(by_file.count, by_variable.count)
    sums, _ = measure_rows([GroupRow("clip", asked.folder / "clip.parquet", f"p{face}", face=face) for face in FACES])
    tokens = [kind.token for kind in sums.kinds if kind.unit == "display"]
    assert str(second) not in tokens
    at = tokens.index(str(first))
    assert sums.kinds[at].label == "both of them"
    said = events_to_folder([asked.folder / "clip.parquet"], tmp_path / "events")
    notes = " ".join(said.recordings[0].events.notes)
    assert f"displays {first} and {second} count as one, both of them" in notes
    with (tmp_path / "events" / "rates.csv").open(newline="") as file:
        rows = {(int(row["face"]), row["token"]): row for row in csv.DictReader(file)}
    assert (0, str(second)) not in rows
    per_min = [float(rows[face, str(first)]["per_min"]) for face in FACES]
    np.testing.assert_allclose(60 * sums.count[:, at] / sums.exposure_s, per_min, rtol=1e-5)
    events = bag(asked, "events")
    place = events.names.index(str(first))
    assert str(second) not in events.names
    np.testing.assert_allclose(60 * events.x[:, place] / events.x[:, 0], per_min, rtol=1e-5)
    time = bag(asked)
    share = time.x[:, time.names.index(str(first))] / time.x[:, 0]
    for face, person in enumerate(recording_view(asked.made, asked.tokenizer).people):
        cards = {card.code: card for card in person.cards}
        assert cards[first].share_of_time == pytest.approx(share[face])
        assert second not in cards
    assert sums.main_s.sum(axis=1) == pytest.approx(sums.exposure_s, rel=1e-5)
    exported = load_events(asked.folder / "clip.parquet").events
    assert {e.label for e in exported if e.display == first} == {"both of them"}
    assert not any(e.display == second for e in exported)
