"""Figures: what is drawn where, without a screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import made_corpus as made
from dfe.base.errors import TableError, UsageError
from dfe.overview.head import plot_display
from dfe.overview.means import group_means, plot_means
from dfe.overview.profile import plot_profile
from dfe.overview.summary import summarise
from dfe.overview.timeline import plot_displays
from dfe.tokenizer.file import load_tokenizer
from made_names import merge
from made_smiles import smiling

QuadMesh = pytest.importorskip("matplotlib.collections", reason="needs the extra plot").QuadMesh


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


def test_raster_shows_intensities_at_their_times(tokenizer, tmp_path, monkeypatch):
    recording = made.video(tokenizer, frames=60, lost=range(20, 40), seed=5)
    axes = plot_displays(recording, displays=5).axes
    (mesh,) = (one for one in axes.collections if isinstance(one, QuadMesh))
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
    merged = plot_displays(recording, displays=5).axes
    labels = [label.get_text() for label in merged.get_yticklabels()]
    assert labels[0] == f"{min(display, second)} both of them"
    assert not any(label.startswith(f"{max(display, second)} ") for label in labels)
    with pytest.raises(TableError, match="tokens of dfe-face41@3, not of"):
        plot_displays(recording, tokenizer=load_tokenizer("dfe-rvq@1"))
    with pytest.raises(UsageError, match="no time"):
        plot_displays(made.stills(tokenizer))


def test_a_profile_has_the_rates_as_bars():
    recording = smiling(peaks=(0.5, 0.9))
    summary = summarise(recording)
    plot = plot_profile(recording, measure="per_min", units=4)
    labels = [label.get_text() for label in plot.axes.get_yticklabels()]
    by_label = {(r.label if r.unit == "group" else f"{r.token} {r.label}"): r.per_min for r in summary.rates}
    assert labels
    assert [bar.get_width() for bar in plot.axes.patches] == [by_label[label] for label in labels]
    for wrong, said in (({"face_id": 3}, "no face 3"), ({"measure": "smiles"}, "no measure")):
        with pytest.raises(UsageError, match=said):
            plot_profile(recording, **wrong)
    with pytest.raises(UsageError, match="one recording"):
        plot_profile(summarise([recording, smiling("b.mp4")]))


def test_means_are_of_people_however_long_their_recordings_are(tmp_path):
    films = [smiling(f"p{i}.mp4", peaks=(0.9,) * n) for i, n in enumerate((1, 2, 3, 4))]
    summary = summarise(films)
    groups = {"p0": "few", "p1": "few", "p2": "many", "p3": "many"}
    few, many = group_means(summary, groups, units=("smile",))
    rate = {r.recording: r.per_min for r in summary.rates if r.token == "smile"}
    assert few.values.tolist() == [rate["p0"], rate["p1"]]
    assert many.estimate.value == pytest.approx((rate["p2"] + rate["p3"]) / 2)
    assert many.estimate.low <= many.estimate.value <= many.estimate.high
    plot = plot_means(summary, groups)
    assert plot._repr_png_().startswith(b"\x89PNG")
    assert plot.save(tmp_path / "m.svg").read_bytes()[:5] == b"<?xml"
    with pytest.raises(UsageError, match="nobody of these"):
        plot_means(summary, {"someone": "a"})
    with pytest.raises(UsageError, match="nothing is called 'grin'"):
        plot_means(summary, groups, units=("grin",))


def test_one_subject_in_two_recordings_is_one_person():
    films = [smiling("a.mp4", peaks=(0.9,)), smiling("b.mp4", peaks=(0.9, 0.9, 0.9)), smiling("c.mp4")]
    summary = summarise(films)
    anna = replace(
        summary, rates=tuple(replace(r, subject="" if r.recording == "c" else "anna") for r in summary.rates)
    )
    (one,) = group_means(anna, {"anna": "x"}, units=("smile",))
    mine = [r for r in summary.rates if r.token == "smile" and r.recording != "c"]
    assert one.people == 1
    assert one.values[0] == pytest.approx(60 * sum(r.count for r in mine) / sum(r.exposure_s for r in mine))


def test_a_head_is_drawn_from_two_sides():
    plot = plot_display(7, size_px=64)
    assert [axes.images[0].get_array().shape[:2] for axes in plot.figure.axes[:2]] == [(64, 64), (64, 64)]
    assert plot.figure.get_suptitle().startswith("7 ")
    with pytest.raises(UsageError, match="no 64"):
        plot_display(64)
