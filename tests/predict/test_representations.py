from __future__ import annotations

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.facs.proxy import au_intensities
from dfe.predict import measures as measures_of
from dfe.predict.representation import describe
from dfe.predict.representations.action_units import au_proxy, au_tables
from dfe.predict.representations.codings import CoefficientCoding, TokenCoding
from dfe.predict.representations.nuisance import Nuisance
from dfe.predict.representations.pooled import Pooled
from dfe.predict.representations.tokens import TokenBag
from dfe.predict.representations.words import FlatWords
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer
from made_measures import features_of
from made_study import faces, recording, write


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Twelve clips of uneven rates, one of them without a usable face."""
    folder = tmp_path_factory.mktemp("study")
    rng = np.random.default_rng(0)
    made = []
    for clip in range(12):
        times = np.cumsum(rng.choice([0.03, 0.05], 60))
        x = faces(60, clip)
        x[rng.random(60) < 0.1] = np.nan
        made.append(recording(x, times, yaw_deg=60.0 if clip == 11 else 3.0, size_px=80 + clip))
        write(folder, f"c{clip}", made[-1])
    examples = Examples(
        tuple(f"c{i}" for i in range(12)),
        tuple(f"c{i}" for i in range(12)),
        np.array([f"p{i // 2}" for i in range(12)]),
        {"calm": np.array(["yes", "no"] * 6)},
        (),
        covariates={"age": np.linspace(20, 60, 12), "sex": np.array(["f", "m", "", "f"] * 3)},
    )
    return folder, examples, made


def all_of_them():
    tokenizer = load_tokenizer("dfe-face41@3")
    return [
        TokenBag(tokenizer),
        TokenBag(tokenizer, "amount", "log-ratio"),
        TokenBag(tokenizer, "steps", "tf-idf"),
        Pooled(CoefficientCoding(), ("intensity",)),
        Pooled(CoefficientCoding()),
        au_proxy(),
        Pooled(TokenCoding(tokenizer)),
        FlatWords(words=16),
    ]


def test_a_recording_is_read_and_measured_once_for_all_of_them(study, monkeypatch):
    folder, examples, _ = study
    reads, measures = [], []
    read, measured = Recording.read, measures_of._measured
    monkeypatch.setattr(Recording, "read", lambda path, **options: reads.append(path) or read(path, **options))
    monkeypatch.setattr(measures_of, "_measured", lambda *given: measures.append(given) or measured(*given))
    shown = [*all_of_them(), Nuisance()]
    together = describe(shown, examples, folder)
    assert len(reads) == len(measures) == 12
    for one, features in zip(shown, together, strict=True):
        alone = features_of(one, examples, folder)
        assert features.names == alone.names
        for column in ("x", "coverage", "exposure_s"):
            np.testing.assert_array_equal(getattr(features, column), getattr(alone, column))


@pytest.mark.parametrize("representation", all_of_them(), ids=lambda r: r.id)
def test_each_fits_into_a_pipeline(study, representation):
    folder, examples, _ = study
    features = features_of(representation, examples, folder)
    assert features.x.shape == (12, len(features.names))
    assert len(set(features.names)) == len(features.names)
    assert np.isfinite(features.x[:11]).all()
    assert np.isnan(features.x[11]).all()
    assert features.coverage[11] == 0
    assert (features.coverage[:11] > 0.8).all()
    assert np.isfinite(Pipeline(list(representation.pipelines(features)[0])).fit_transform(features.x[:11])).all()
    alone = (
        features_of(representation, examples.take(np.array([3])), folder)
        if not isinstance(representation, FlatWords)
        else None
    )
    if alone is not None:
        np.testing.assert_allclose(alone.x[0], features.x[3], rtol=1e-12)


def test_moments_are_weighted_by_time(study):
    folder, examples, made = study
    features = features_of(Pooled(CoefficientCoding(), ("intensity",)), examples, folder)
    rows = made[5].usable
    x, weight = made[5].expressions()[rows].astype(float), made[5].seconds(rows)[rows]
    mean = np.average(x, axis=0, weights=weight)
    sd = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
    np.testing.assert_allclose(features.x[5], [*mean, *sd], atol=1e-9)


def test_units_are_those_of_the_proxy(study):
    folder, examples, made = study
    features = features_of(au_proxy(("intensity", "steps"), eyes=False), examples, folder)
    rows = made[2].usable
    units = au_intensities(made[2].expressions()[rows], load_space("arkit51/face41"))
    weight = made[2].seconds(rows)[rows]
    means = [place for place, name in enumerate(features.names) if name.endswith(" mean")]
    np.testing.assert_allclose(features.x[2, means], np.average(units, axis=0, weights=weight), rtol=1e-6)
    at_three = features.names.index(f"{features.names[4].split()[0]} at 3")
    share = np.average(np.floor(units[:, 4] + 0.5) == 3, weights=weight)
    assert features.x[2, at_three] == pytest.approx(share)


def test_a_detectors_table_is_aligned_by_time(study, tmp_path):
    folder, examples, made = study
    examples = examples.take(np.array([0, 1]))
    for clip in (0, 1):
        times = made[clip].times
        lines = ["frame,face_id,timestamp,confidence,success,AU12_r"]
        lines += [f"{i + 1},0,{t:.3f},0.9,1,{(i % 6):.1f}" for i, t in enumerate(times)]
        (tmp_path / f"c{clip}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    features = features_of(au_tables(tmp_path), examples, folder)
    rows = made[0].usable
    expected = np.average((np.arange(60) % 6)[rows], weights=made[0].seconds(rows)[rows])
    assert features.x[0, features.names.index("AU12 mean")] == pytest.approx(expected)
    (tmp_path / "c1.csv").unlink()
    with pytest.raises(TableError, match="no AU table"):
        features_of(au_tables(tmp_path), examples, folder)


def test_the_nuisance_row_knows_everything_but_the_face(study):
    folder, examples, made = study
    features = features_of(Nuisance(), examples, folder)
    values = dict(zip(features.names, features.x[4], strict=True))
    assert values["face size px mean"] == pytest.approx(84)
    assert values["age"] == pytest.approx(examples.covariates["age"][4])
    assert values["sex m"] == 0
    assert values["yaw rad mean"] == pytest.approx(np.radians(3), abs=1e-6)
    assert values["frame rate"] == pytest.approx(made[4].summary().frame_rate)
    assert not any("exp" in name or "mouth" in name for name in features.names)
    assert np.isfinite(Pipeline(list(Nuisance().pipelines(features)[0])).fit_transform(features.x)).all()


def test_words_come_from_the_training_split_alone(study):
    folder, examples, _ = study
    split = np.array(["train"] * 6 + ["test"] * 6)
    from dataclasses import replace

    whole = features_of(FlatWords(words=8), replace(examples, split=split), folder)
    part = features_of(FlatWords(words=8), replace(examples, split=split).take(np.arange(8)), folder)
    np.testing.assert_allclose(whole.x[:8], part.x)
    with pytest.raises(TableError, match="too few"):
        features_of(FlatWords(words=4000), examples, folder)
