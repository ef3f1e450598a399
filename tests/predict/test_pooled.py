"""Vocabularies pooled alike, against sums written out."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.datasets.examples import Examples
from dfe.predict.representations.action_units import au_proxy
from dfe.predict.representations.beside import Beside
from dfe.predict.representations.codings import MM_STEPS, CoefficientCoding, TokenCoding
from dfe.predict.representations.nuisance import Nuisance
from dfe.predict.representations.pooled import POOLINGS, Pooled
from dfe.stats.scaling import SCALINGS
from dfe.tokenizer.file import load_tokenizer
from made_measures import features_of
from made_study import faces, recording, write

TIMES = np.cumsum(np.random.default_rng(0).choice([0.03, 0.05], 50))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pooled")
    made = recording(faces(50, 3), TIMES)
    write(folder, "clip", made)
    return folder, made, Examples(("a",), ("clip",), np.array(["p"]), {}, ())


def test_displays_are_shares_means_spreads_and_steps_of_their_amounts(clip):
    folder, made, examples = clip
    tokenizer = load_tokenizer("dfe-face41@3")
    found = features_of(Pooled(TokenCoding(tokenizer, units=("display",))), examples, folder)
    value = dict(zip(found.names, found.x[0], strict=True))
    seconds = made.seconds(made.usable)
    amounts = made.tokens().amounts(63).astype(np.float64)
    display = int(np.argmax((amounts > 0).sum(axis=0)))
    amount, name = amounts[:, display], str(display + 1)
    assert value[name] == pytest.approx(np.average(amount > 0, weights=seconds))
    mean = np.average(amount, weights=seconds)
    assert value[f"{name} mean"] == pytest.approx(mean, rel=1e-5)
    assert value[f"{name} sd"] == pytest.approx(np.sqrt(np.average((amount - mean) ** 2, weights=seconds)), rel=1e-4)
    for step, (low, high) in enumerate(zip(MM_STEPS, [*MM_STEPS[1:], np.inf], strict=True), start=1):
        inside = (amount >= max(low, 1e-6)) & (amount < high)
        assert value[f"{name} at {step}"] == pytest.approx(np.average(inside, weights=seconds), abs=1e-9)
    start, stop = found.of_units
    assert found.names[start:stop] == tuple(f"{number} mean" for number in range(1, 64))


def test_another_tokenizer_of_the_space_is_coded_anew(clip):
    folder, made, examples = clip
    tokenizer = load_tokenizer("dfe-face41@3")
    told = features_of(Pooled(TokenCoding(tokenizer, units=("display",))), examples, folder)
    anew = features_of(Pooled(TokenCoding(tokenizer, "again", ("display",), encode=True)), examples, folder)
    np.testing.assert_allclose(anew.x, told.x)
    assert made.provenance.tokenizer is not None


def test_every_pooling_goes_with_every_scale(clip):
    folder, _, examples = clip
    pooled = Pooled(CoefficientCoding())
    found = features_of(pooled, examples, folder)
    ways = pooled.pipelines(found)
    assert len(ways) == len(POOLINGS) * len(SCALINGS)
    widths = {stop - start for start, stop in ((way[0][1].start, way[0][1].stop) for way in ways)}
    assert widths == {41, 82, 41 * 5}
    assert sum(found.blocks) == found.x.shape[1]


def test_one_pooling_alone_is_that_part_of_all(clip):
    folder, _, examples = clip
    whole, part = (features_of(au_proxy(p), examples, folder) for p in (POOLINGS, ("steps",)))
    np.testing.assert_array_equal(part.x[0], whole.x[0, -part.x.shape[1] :])
    assert au_proxy(("steps",)).id == "AU proxy, steps"


def test_beside_the_row_without_expression(clip):
    folder, _, examples = clip
    both = Beside(Nuisance(), Pooled(CoefficientCoding(), ("intensity",)))
    found = features_of(both, examples, folder)
    bare, own = (features_of(one, examples, folder) for one in (both.first, both.second))
    np.testing.assert_array_equal(found.x, np.column_stack([bare.x, own.x]))
    assert both.id == "nuisance and coefficients, intensity"
    twice = np.vstack([found.x, found.x * 1.5, found.x * 0.5])
    for way in both.pipelines(found):
        out = way[0][1].fit_transform(twice)
        assert out.shape == twice.shape
        np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-9)
