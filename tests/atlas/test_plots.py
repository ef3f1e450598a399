"""Figures: what is drawn where, without a screen."""

from __future__ import annotations

import numpy as np
import pytest

import made_corpus as made
from dfe.atlas import build_atlas
from dfe.atlas.plots import plot_co_occurrence, plot_gallery, plot_tree
from dfe.base.errors import TableError, UsageError
from dfe.report.plots import plot_tokens
from dfe.tokenizer.file import load_tokenizer
from made_names import merge


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


@pytest.fixture(scope="module")
def atlas(tokenizer, tmp_path_factory):
    return build_atlas(tokenizer, made.corpus(tmp_path_factory.mktemp("corpus"), tokenizer))


def test_gallery_has_a_head_for_each_display(atlas, tmp_path):
    figure = plot_gallery(atlas, [3, 22, 40], columns=2)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title.split(" ")[0] for title in titles] == ["3", "22", "40", ""]
    figure.savefig(tmp_path / "g.png", dpi=40)
    assert (tmp_path / "g.png").stat().st_size > 1000
    for wrong in ([], [0], [64]):
        with pytest.raises(UsageError):
            plot_gallery(atlas, wrong)


def test_co_occurrence_shows_the_log_of_the_lift(atlas):
    axes = plot_co_occurrence(atlas)
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
    axes = plot_tree(atlas)
    assert len(axes.lines) == 62
    assert [line.get_xdata()[1] for line in axes.lines] == pytest.approx(atlas.tree.heights.tolist())
    assert len(axes.get_yticklabels()) == 63


def test_raster_shows_intensities_at_their_times(tokenizer, tmp_path, monkeypatch):
    recording = made.video(tokenizer, frames=60, lost=range(20, 40), seed=5)
    axes = plot_tokens(recording, tokenizer, displays=5)
    mesh = axes.collections[0]
    cells = np.ma.filled(mesh.get_array(), np.nan)
    assert cells.shape == (5, 41)
    edges = mesh.get_coordinates()[0, :, 0]
    gap = np.flatnonzero((edges[:-1] > 19.5 / 30) & (edges[:-1] < 39.5 / 30))
    assert np.isnan(cells[:, gap]).all()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    display = int(labels[0].split(" ")[0])
    said = (recording.tokens().display == display).any(axis=1)
    assert np.isfinite(cells[0]).sum() == said.sum()
    second = int(labels[1].split(" ")[0])
    merge(tokenizer, f"{display}+{second}=both of them", tmp_path, monkeypatch)
    merged = plot_tokens(recording, tokenizer, displays=5)
    labels = [label.get_text() for label in merged.get_yticklabels()]
    assert labels[0] == f"{min(display, second)} both of them"
    assert not any(label.startswith(f"{max(display, second)} ") for label in labels)
    with pytest.raises(TableError, match="tokens of dfe-face41@3, not of"):
        plot_tokens(recording, load_tokenizer("dfe-rvq@1"))
    with pytest.raises(UsageError, match="no time"):
        plot_tokens(made.stills(tokenizer), tokenizer)
