"""What stands in the source of an atlas's page: well formed, escaped, asking for nothing."""

import dataclasses

import pytest

import made_reports as made
from dfe.atlas.page import atlas_page
from dfe.atlas.view import AtlasCard, AtlasView
from dfe.pages.tree import tree_svg
from page_checker import checked


def view(**changes) -> AtlasView:
    cards = tuple(
        AtlasCard(d, f"movement {d}", "", ("symmetric", "left", "right")[d % 3], "mouth", "display", 0.1 * d,
                  (made.picture(), made.picture(40)))
        for d in (1, 2, 3)
    )  # fmt: skip
    whole = AtlasView(
        tokenizer="toy@1",
        hash="ab" * 32,
        space="arkit51/face41 version 2",
        levels=4,
        additive=True,
        drawable=True,
        sided=True,
        cards=cards,
        regions=("brow", "mouth"),
        strength="They show 0.42 mm.",
        heat_stops=made.STOPS,
        corpus="The corpus: 2 recordings.",
        share_of="of usable time",
        units=(),
        notes=(),
        merges=((0, 1, 0.2), (2, 3, 0.7)),
        order=(0, 1, 2),
        data={"tokens": []},
        head=None,
        made_with="0.1.0",
    )
    return dataclasses.replace(whole, **changes)


NASTY_CARD = AtlasCard(1, made.NASTY, made.NASTY, "left", made.NASTY, "unsteady", None, ())
VIEWS = {
    "whole": view(),
    "no corpus": view(corpus="", share_of="", cards=tuple(dataclasses.replace(c, share=None) for c in view().cards)),
    "nothing to draw": view(
        drawable=False, sided=False, cards=tuple(dataclasses.replace(c, pictures=(), side="") for c in view().cards)
    ),
    "not additive": view(additive=False),
    "one display": view(cards=view().cards[:1], merges=(), order=(0,)),
    "nasty": view(
        tokenizer=made.NASTY, corpus=made.NASTY, space=made.NASTY, strength=made.NASTY, regions=(made.NASTY,),
        share_of=made.NASTY, cards=(NASTY_CARD,) * 1, merges=(), order=(0,), data={"x": made.NASTY},
    ),
}  # fmt: skip


@pytest.mark.parametrize("shown", VIEWS.values(), ids=VIEWS.keys())
def test_every_page_is_well_formed_and_asks_for_nothing(shown):
    page = atlas_page(shown)
    words = checked(page)
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "We measure visible movements; we don't claim to read feelings or to diagnose." in words


def test_controls_that_mean_nothing_are_left_out():
    assert 'value="never"' in atlas_page(VIEWS["whole"])
    assert 'value="never"' not in atlas_page(VIEWS["no corpus"])
    assert 'id="side"' not in atlas_page(VIEWS["nothing to draw"])
    assert "approximation" in atlas_page(VIEWS["not additive"])


def test_a_tree_has_a_link_and_a_path_for_everything():
    svg = tree_svg([(0, 2, 0.25), (1, 3, 0.75)], [1, 0, 2], ["a", "b & c", made.NASTY])
    assert [svg.count(f'href="#token-{d}"') for d in (1, 2, 3)] == [1, 1, 1]
    assert svg.count("M") - svg.count("MM") >= 2
    assert "H270.0V" in svg
    assert "H90.0V" in svg
    assert "b &amp; c" in svg
    assert "<script" not in svg
    assert tree_svg([], [], []) == ""
