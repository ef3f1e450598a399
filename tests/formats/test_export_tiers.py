from __future__ import annotations

from collections import Counter

from hypothesis import given, settings

from dfe.formats.event import Event
from dfe.formats.tiers import MediaRef, end_s, key, names, place, tiers
from made_events import MIXED, any_events


def test_overlapping_displays_of_a_region_go_to_tiers_of_their_own() -> None:
    layers = tiers(MIXED, per_second=1000)
    assert [tier.name for tier in layers] == [
        "face0 brows",
        "face0 eyes",
        "face0 eyes 2",
        "face0 mouth",
        "face0 mouth 2",
        "face1 mouth",
    ]
    mouth = layers[3]
    assert [(p.begin, p.end, p.event.display) for p in mouth.placed] == [(1250, 2000, 7), (2000, 3000, 7)]


def test_an_event_without_length_takes_one_tick() -> None:
    assert place(MIXED[6], 1000)[:2] == (5000, 5001)


@settings(max_examples=100, deadline=None)
@given(any_events())
def test_tiers_hold_every_event_once_never_overlap_and_are_as_few_as_can_be(events: list[Event]) -> None:
    layers = tiers(events, per_second=1000)
    assert Counter(p.event for tier in layers for p in tier.placed) == Counter(events)
    assert len({tier.name for tier in layers}) == len(layers)
    for tier in layers:
        assert all(a.end <= b.begin for a, b in zip(tier.placed, tier.placed[1:], strict=False))
        assert all((p.event.face_id, p.event.region) == (tier.face_id, tier.region) for p in tier.placed)
    # As many tiers as there are events at once at the busiest moment: no fewer could do.
    for group in {(tier.face_id, tier.region) for tier in layers}:
        mine = [place(e, 1000) for e in events if (e.face_id, e.region) == group]
        busiest = max(sum(p.begin <= q.begin < p.end for p in mine) for q in mine)
        assert sum((tier.face_id, tier.region) == group for tier in layers) == busiest


@settings(max_examples=100, deadline=None)
@given(any_events())
def test_order_of_the_input_does_not_matter(events: list[Event]) -> None:
    assert tiers(events[::-1], 1000) == tiers(events, 1000)
    assert names(events[::-1]) == names(events)


@settings(max_examples=100, deadline=None)
@given(any_events())
def test_no_two_displays_are_called_alike(events: list[Event]) -> None:
    words = names(events)
    assert set(words) == {key(event) for event in events}
    assert len(set(words.values())) == len(words)
    assert all(words.values())


def test_names_keep_the_label_where_they_can() -> None:
    words = names(MIXED)
    assert words["display", 7, "lip corner pull, left"] == "lip corner pull, left"
    assert words["display", 9, "jaw drop"] == "jaw drop (display 9)"
    assert words["display", 21, "jaw drop"] == "jaw drop (display 21)"


def test_the_end_is_that_of_the_video_or_of_the_last_event() -> None:
    assert end_s(MIXED, MediaRef(duration_s=12.5)) == 12.5
    assert end_s(MIXED, MediaRef(duration_s=2.0)) == 7.0004
    assert end_s((), MediaRef()) == 0
