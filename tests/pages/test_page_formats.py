"""Numbers as pages write them."""

from __future__ import annotations

from dfe.pages.formats import percent


def test_a_whole_that_was_summed_up_is_a_whole() -> None:
    assert percent(sum([1 / 120] * 120)) == percent(1.0) == "100%"
    assert percent(0.99999) == "99.9%"
    assert percent(1e-12) == percent(0.0) == "0%"
    assert percent(0.0001) == "under 0.1%"


def test_halves_go_up_as_they_do_in_a_browser() -> None:
    assert [percent(share) for share in (0.125, 0.325, 0.0625, 0.9951)] == ["13%", "33%", "6.3%", "99.5%"]
