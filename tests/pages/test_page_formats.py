"""Numbers as pages write them."""

from __future__ import annotations

from dfe.pages.formats import percent, seconds


def test_a_whole_that_was_summed_up_is_a_whole() -> None:
    assert percent(sum([1 / 120] * 120)) == percent(1.0) == "100%"
    assert percent(0.99999) == "99.9%"
    assert percent(1e-12) == percent(0.0) == "0%"
    assert percent(0.0001) == "under 0.1%"


def test_halves_go_up_as_they_do_in_a_browser() -> None:
    assert [percent(share) for share in (0.125, 0.325, 0.0625, 0.9951)] == ["13%", "33%", "6.3%", "99.5%"]


def test_a_length_of_time_is_told_in_units_that_suit_it() -> None:
    lengths = (44.0, 59.96, 750.0, 3720.0, 99 * 3600 + 59 * 60, 2160 * 3600.0, None)
    said = ["44.0 s", "1 min 00 s", "12 min 30 s", "1 h 02 min", "99 h 59 min", "2,160 h", "–"]
    assert [seconds(length) for length in lengths] == said
