"""Figures: what is drawn where, without a screen."""

from __future__ import annotations

import numpy as np
import pytest

import made_corpus as made
from dfe.atlas import build_atlas
from dfe.atlas.plots import plot_co_occurrence, plot_gallery, plot_tree
from dfe.base.errors import UsageError
from dfe.tokenizer.file import load_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


@pytest.fixture(scope="module")
def atlas(tokenizer, tmp_path_factory):
    return build_atlas(tokenizer, made.corpus(tmp_path_factory.mktemp("corpus"), tokenizer))


def test_gallery_has_a_head_for_each_display(atlas, tmp_path):
    plot = plot_gallery(atlas, [3, 22, 40], columns=2)
    titles = [axes.get_title(loc="left") for axes in plot.figure.axes]
    assert [title.split(" ")[0] for title in titles] == ["3", "22", "40", ""]
    plot.save(tmp_path / "g.png", dpi=40)
    assert (tmp_path / "g.png").stat().st_size > 1000
    for wrong in ([], [0], [64]):
        with pytest.raises(UsageError):
            plot_gallery(atlas, wrong)


def test_co_occurrence_shows_the_log_of_the_lift(atlas):
    axes = plot_co_occurrence(atlas).axes
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    numbers = [int(label.get_text()) - 1 for label in axes.get_yticklabels()]
    assert sorted(numbers) == np.flatnonzero(atlas.use.share > 0).tolist()
    expected = atlas.use.lift()
    rows, columns = np.nonzero(np.isfinite(shown))
    assert len(rows) > 20
    for r, c in zip(rows.tolist(), columns.tolist(), strict=True):
        assert shown[r, c] == pytest.approx(np.log2(expected[numbers[r], numbers[c]]))
    with pytest.raises(UsageError, match="needs a corpus"):
        plot_co_occurrence(build_atlas(load_tokenizer("dfe-face41@3")))


def test_tree_has_a_line_for_each_merge(atlas):
    axes = plot_tree(atlas).axes
    assert len(axes.lines) == 62
    assert [line.get_xdata()[1] for line in axes.lines] == pytest.approx(atlas.tree.heights.tolist())
    assert len(axes.get_yticklabels()) == 63
