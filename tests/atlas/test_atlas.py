"""The atlas as a whole: its rows, tables, page and what it shows in a notebook."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import made_corpus as made
from dfe.atlas import atlas_tables, build_atlas, write_atlas
from dfe.atlas.action_units import nearest_units
from dfe.atlas.page import atlas_page, atlas_view
from dfe.base.errors import OutputError
from dfe.displays.names import Name, Names
from dfe.space.plain import flame_space
from dfe.tokenizer.file import load_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


@pytest.fixture(scope="module")
def atlas(tokenizer, tmp_path_factory):
    return build_atlas(tokenizer, made.corpus(tmp_path_factory.mktemp("corpus"), tokenizer))


@pytest.fixture(scope="module")
def plain():
    return made.plain_tokenizer()


def test_every_display_has_its_row(atlas, tokenizer):
    assert len(atlas) == 63
    assert [t.display for t in atlas.displays] == list(range(1, 64))
    np.testing.assert_array_equal(atlas.templates, tokenizer.templates()[1:])
    assert {t.display for t in atlas.displays if t.status == "unsteady"} == set(tokenizer.unsteady)
    assert {t.status for t in atlas.displays} == {"display", "unsteady"}
    with pytest.raises(IndexError):
        atlas[0]
    assert "63 displays, in 2 recordings" in repr(atlas)
    frame = atlas.to_pandas()
    assert frame["display"].tolist() == list(range(1, 64))
    assert frame["words"].tolist() == [t.words for t in atlas.displays]


def test_partners_of_a_closed_book_are_each_other_s(atlas):
    for token in atlas.displays:
        assert atlas[token.partner].partner == token.display
        assert (token.partner == token.display) == (token.side == "symmetric")
        if token.side == "left":
            assert atlas[token.partner].side == "right"


def test_action_units_are_the_ones_that_move_alike(atlas, tokenizer):
    space = tokenizer.space
    smile = space.vector({"mouthSmileLeft": 0.4, "mouthSmileRight": 0.4})
    one = space.vector({"mouthSmileRight": 0.4})
    both, right = nearest_units(np.stack([smile, one]), space)
    assert (both[0].id, round(both[0].cosine, 3)) == ("AU12", 1.0)
    assert (right[0].id, round(right[0].cosine, 3)) == ("AU12R", 1.0)
    assert len({unit.id for unit in both}) == len(both)
    assert nearest_units(np.ones((2, 50)), flame_space("flame2020/exp50")) == ((), ())


def test_tables_hold_what_the_atlas_holds(atlas):
    tables = {name: table.to_pydict() for name, table in atlas_tables(atlas).items()}
    assert tables["displays"]["display"] == list(range(1, 64))
    assert tables["displays"]["share"] == atlas.use.share.tolist()
    assert len(tables["similarity"]["cosine"]) == 63 * 62 // 2
    assert len(tables["levels"]["share"]) == 63 * 8
    assert np.isclose(sum(tables["steps"]["share"]), sum(tables["levels"]["share"]))
    third = [s for d, s in zip(tables["subjects"]["display"], tables["subjects"]["share"], strict=True) if d == 3]
    assert third == atlas.use.by_subject[2].tolist()
    together = tables["together"]
    for a, b, lift in list(zip(together["display"], together["other"], together["lift"], strict=True))[:50]:
        share = atlas.use.share
        assert lift == pytest.approx(atlas.use.together[a - 1, b - 1] / (share[a - 1] * share[b - 1]))
    assert set(build_atlas_tables_without_corpus(atlas)) == {"displays", "templates", "similarity", "tree"}


def build_atlas_tables_without_corpus(atlas):
    from dataclasses import replace

    return atlas_tables(replace(atlas, use=None))


def test_a_residual_book_tells_displays_from_corrections(tmp_path):
    fidelity = load_tokenizer("dfe-rvq@1")
    alone = build_atlas(fidelity)
    assert {t.status for t in alone.displays} == {"unsteady", "not measured"}
    used = build_atlas(fidelity, made.corpus(tmp_path, fidelity))
    told = {t.display for t in used.displays if t.status == "correction"}
    assert told == {int(d) + 1 for d in np.flatnonzero(used.use.faithful < 0.9)}
    assert told


def test_a_space_without_a_mesh_has_tables_and_a_page_in_words(plain, tmp_path):
    atlas = build_atlas(plain)
    assert not atlas.space.has_surface
    assert {t.side for t in atlas.displays} == {""}
    assert {t.partner for t in atlas.displays} == {None}
    assert atlas_tables(atlas)["displays"].num_rows == 4
    page = atlas_page(atlas_view(atlas))
    assert "nothing to draw" in page
    assert "data:image/webp" not in page
    assert "<table>" in atlas._repr_html_()
    assert "<img" not in atlas._repr_html_()


def test_names_are_in_the_page_as_text(tokenizer, monkeypatch):
    nasty = "<script>document.title='run'</script>"
    names = Names(tokenizer.id, tokenizer.hash, {5: Name(nasty, nasty)})
    atlas = build_atlas(tokenizer, names=names)
    monkeypatch.setattr("dfe.atlas.page.webp_pictures", lambda atlas, progress: ((b"x", b"y"),) * len(atlas))
    page = atlas_page(atlas_view(atlas))
    assert nasty not in page
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert data["names"]["names"]["5"] == {"name": nasty, "note": nasty}
    assert atlas.label(5) == nasty


def test_a_page_is_written_whole_or_refused(atlas, tmp_path, monkeypatch):
    monkeypatch.setattr("dfe.atlas.page.webp_pictures", lambda atlas, progress: ((b"x", b"y"),) * len(atlas))
    write_atlas(atlas, tmp_path / "a.html")
    first = (tmp_path / "a.html").read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_atlas(atlas, tmp_path / "a.html")
    write_atlas(atlas, tmp_path / "a.html", overwrite=True)
    assert (tmp_path / "a.html").read_bytes() == first


def test_notebooks_show_pictures_and_facts(atlas, tokenizer):
    html = atlas._repr_html_()
    assert html.count("data:image/webp") == 12
    assert "Atlas of dfe-face41@3" in html
    own = tokenizer._repr_html_()
    assert own.count("data:image/png") == 8
    assert "63, found all at once" in own
