"""A whole evaluation: every measure is there or says why not, and says what the measures themselves say."""

from __future__ import annotations

import json
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.datasets.about import About
from dfe.judge.bench import Bench
from dfe.judge.coding import Coding
from dfe.judge.faces import Faces
from dfe.judge.floors import measure_floors
from dfe.judge.measures import MEASURES
from dfe.judge.result import Evaluation, NotMeasured, Seen, main_figures, plain
from dfe.judge.retrieval import Gallery
from dfe.judge.run import check, coder_hash, judge
from dfe.judge.seen import hashed
from dfe.judge.symmetry import symmetry
from dfe.judge.units import Units
from dfe.quantizers.rvq.config import RvqConfig
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.tokenizer.tokenizer import Tokenizer

JUDGED = 300
"""Faces of the first 20 people are judged on, those of the other 20 are for fitting."""


def noisy(faces: Faces, seed: int, keep: int) -> Faces:
    x = faces.x + np.random.default_rng(seed).normal(0, 0.05, faces.x.shape)
    order = np.random.default_rng(seed).permutation(len(faces))[:keep]
    return replace(faces, x=np.clip(x, 0, 1).astype(np.float32), subject=None).take(order)


def turning(faces: Faces) -> Faces:
    clips = np.array([f"clip{i % 6}.mp4#{i // 6}" for i in range(len(faces))])
    pose = np.zeros((len(faces), 3), np.float32)
    pose[:, 1] = np.linspace(-0.6, 0.6, len(faces))
    return replace(faces, names=clips, pose=pose, subject=np.arange(len(faces)) % 6)


def about_of(faces: Faces) -> About:
    people = np.array([f"person{number:02d}" for number in faces.subject])
    return About(tuple(faces.names.tolist()), people, faces.label, dict(faces.groups))


@pytest.fixture(scope="module")
def bench(faces, coder) -> Bench:
    judged, fit = faces.take(slice(0, JUDGED)), faces.take(slice(JUDGED, None))
    other = type(coder)(coder.space, coder.book[:0:-1] * np.float32(1.1), coder.gains, coder.base)
    return Bench(
        faces=judged,
        fit=fit,
        probe_train=fit,
        probe_test=judged,
        perturbed={"jpeg": noisy(judged, 1, 280), "blur": noisy(judged, 2, 300)},
        turned=turning(fit),
        seeds=[other],
        about=about_of(judged),
        looked_at=np.append(judged.names, ["nobody.jpg"]),
        draws=40,
        max_retrieval=200,
    )


@pytest.fixture(scope="module")
def result(coder, channels, bench) -> Evaluation:
    return judge([coder, channels], bench)


def missing(value: Any, path: str = "") -> dict[str, str]:
    """Reasons of all that was not measured, by path."""
    if not isinstance(value, dict):
        return {}
    if "not_measured" in value:
        assert set(value) == {"not_measured"}
        return {path: value["not_measured"]}
    found = [missing(part, f"{path}.{name}".lstrip(".")) for name, part in value.items()]
    return {name: why for part in found for name, why in part.items()}


def test_with_all_inputs_everything_is_measured(result) -> None:
    values = result.to_json()
    shared, unordered = values["coders"]
    assert set(MEASURES) <= set(shared)
    assert missing(values["floors"]) == {}
    assert missing(shared) == {}
    assert set(missing(unordered)) == {"stability"}
    assert all(figure is not None for figure in main_figures(shared).values())
    assert [coder["id"] for coder in values["coders"]] == ["shared-book@test", "channels@test"]
    assert values["about"]["sets"]["perturbed jpeg"]["faces"] == 280
    assert values["about"]["sets"]["faces"]["found_share"] == pytest.approx(JUDGED / 630, rel=1e-4)
    frame = result.to_pandas().set_index("id")
    assert frame.loc["shared-book@test"].to_dict() == {
        **{name: shared[name] for name in ("kind", "levels", "size")},
        **main_figures(shared),
    }


def test_json_goes_round_and_repeats_but_for_the_time(result, coder, channels, bench) -> None:
    values = result.to_json()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    again = judge([coder, channels], replace(bench)).to_json()
    for one in (values, again):
        for part in one["coders"]:
            assert part.pop("cost")["encode_per_s"] > 0
    assert json.dumps(again) == json.dumps(values)


def test_figures_are_those_of_the_measures(result, coder, bench, space) -> None:
    measured, x = result.coders[0].measures, bench.faces.x
    codes = coder.encode_codes(x)
    moved = (x.astype(np.float64) - coder.decode_codes(codes)) @ space.basis[:, space.moving].reshape(41, -1)
    error = np.sqrt(np.square(moved).reshape(len(x), -1, 3).sum(axis=2).mean(axis=1)).mean()
    assert measured["fidelity"]["error_mm"].value == pytest.approx(error, rel=1e-6)
    people = SubjectBootstrap(bench.faces.subject, bench.draws, bench.seed)
    assert measured["symmetry"] == symmetry(Units(coder.displays()), coder, x, codes, people)
    mean = bench.fit.x.mean(axis=0)
    floor = space.error_mm(x, np.broadcast_to(mean, x.shape)).mean()
    assert result.floors["mean_face_mm"] == pytest.approx(floor, rel=1e-6)
    assert measured["probe"]["count"]["minus_continuous"].value == pytest.approx(
        measured["probe"]["count"]["accuracy"].value - result.floors["probe"].accuracy.value
    )


def test_retrieval_looks_for_as_many_codes_as_it_says(result, channels, bench, space) -> None:
    found = result.coders[1].measures["retrieval"]
    assert [step.codes for step in found["decoded"]] == [1, 2, 4, 8, 16, 32, 41]
    assert found["faces"] == 200
    everyone = replace(bench, max_retrieval=JUDGED)
    whole = MEASURES["retrieval"](Coding(channels, everyone, measure_floors(everyone)))
    gallery = Gallery(bench.faces.geometry, bench.faces.subject)
    x = channels.decode_codes(channels.encode_codes(bench.faces.x))
    assert whole["all_codes"].five.value == pytest.approx(gallery.by_expression(x, space).five.value, abs=1e-9)


def test_perturbed_faces_are_matched_by_name(result, coder, bench) -> None:
    agreed = result.coders[0].measures["reliability"]
    before = dict(zip(bench.faces.names, coder.encode_codes(bench.faces.x), strict=True))
    after = bench.perturbed["jpeg"]
    same = np.mean([before[n] == c for n, c in zip(after.names, coder.encode_codes(after.x), strict=True)], axis=0)
    np.testing.assert_allclose([level.value for level in agreed["jpeg"]["same"]], same)
    assert agreed["all"]["faces"] == 580
    shift = [
        bench.faces.space.error_mm(
            coder.decode_codes(before[n][None]), coder.decode_codes(coder.encode_codes(x[None]))
        )[0]
        for n, x in zip(after.names, after.x, strict=True)
    ]
    assert agreed["jpeg"]["moved_share"].value == pytest.approx(
        np.mean(shift) / result.floors["mean_face_mm"], rel=1e-5
    )


def test_without_inputs_every_measure_says_what_gives_it(coder, bench) -> None:
    bare = Bench(
        replace(bench.faces, subject=None, geometry=None, shape_mm=None, label=None, groups={}),
        draws=20,
        neutral=bench.neutral,
    )
    values = judge([coder], bare).to_json()
    (measured,) = values["coders"]
    why = missing(measured)
    assert why.pop("seen") == "nobody knows on whom it was fitted"
    assert set(why) == {
        "retrieval", "reliability", "stability", "probe", "groups",
        "invariance.person", "invariance.pose", "invariance.drift", "motion",
    }  # fmt: skip
    assert all("--" in reason for reason in why.values())
    assert "no subjects" in why["retrieval"]
    assert set(MEASURES) <= set(measured)
    assert {"retrieval", "probe", "person", "pose", "drift", "moved", "detection", "motion"} == set(
        missing(values["floors"])
    )
    assert "crosswise" in values["about"]["bits_learnt_from"]
    assert "not compared" in values["about"]["au_detectors"]
    named = judge([coder], replace(bare, faces=replace(bare.faces, subject=bench.faces.subject)))
    assert "landmarks" in missing(named.to_json()["coders"][0])["retrieval"]


def test_without_faces_for_fitting_bits_come_from_the_other_half_of_the_people(coder, channels, bench) -> None:
    alone = replace(bench, fit=None)
    subject, half = alone.faces.subject, alone.half
    for person in np.unique(subject):
        assert len(set(half[subject == person])) == 1
    assert len(np.unique(subject[half])) == 10
    for one in (coder, channels):
        found = Coding(one, alone, measure_floors(alone)).fidelity
        assert found.by_tokens[-1].bits == pytest.approx(found.bits.value)
        parts = []
        for inside in (half, ~half):
            learnt = replace(alone, faces=alone.faces.take(inside), fit=alone.faces.take(~inside), perturbed={})
            parts.append(Coding(one, learnt, None).fidelity)
        sizes = [half.sum(), (~half).sum()]
        assert found.bits.value == pytest.approx(np.average([part.bits.value for part in parts], weights=sizes))
        for level in range(one.levels):
            crossed = [part.by_tokens[level].bits for part in parts]
            assert found.by_tokens[level].bits == pytest.approx(np.average(crossed, weights=sizes))


def small_tokenizer(space: ExpressionSpace, **changes: Any) -> Tokenizer:
    config = RvqConfig(regions=tuple(space.regions.values()), levels=2, size=4, encoder=None)
    rng = np.random.default_rng(3)
    values, vectors = np.linalg.eigh(space.gram)
    weights = {name: rng.normal(0, 0.2, shape) for name, shape in config.weight_shapes().items()}
    weights["to_latent"] = (vectors * np.sqrt(values)) @ vectors.T
    weights["from_latent"] = (vectors / np.sqrt(values)) @ vectors.T
    weights["codebook"] = rng.gamma(0.35, 0.25, (4, space.dimension)) @ weights["to_latent"]
    weights["codebook"][0] = 0
    weights["gains"] = np.array([1.0, 0.7])
    arrays = {name: array.astype(np.float32) for name, array in weights.items()}
    return Tokenizer(**{"name": "small", "version": "1", "space": space, "config": config, "weights": arrays} | changes)


def test_people_that_a_tokenizer_has_seen_are_refused_or_marked(space, coder, bench) -> None:
    knows = small_tokenizer(space, card={"people": [hashed("person03"), hashed("person19"), hashed("someone")]})
    steps: list[tuple[int, int | None]] = []
    with pytest.raises(UsageError, match="has seen 2 of the 20 people"):
        judge([coder, knows], bench, lambda *step: steps.append(step))
    assert steps == []
    allowed = replace(bench, allow_seen=True, fit=None, probe_train=None, probe_test=None, turned=None)
    told = judge([knows], allowed, lambda *step: steps.append(step)).to_json()
    assert told["coders"][0]["seen"] == {"faces": 30, "share": 0.1}
    assert told["coders"][0]["kind"] == "tokenizer"
    assert told["coders"][0]["hash"] == knows.hash
    total = 2 * len(MEASURES)
    assert steps == [(done, total) for done in range(len(MEASURES), total + 1)]


def test_that_nobody_was_seen_is_only_said_where_it_can_be_known(space, coder, bench) -> None:
    few = replace(bench, probe_train=None, probe_test=None, turned=None, perturbed={})
    assert check([coder, small_tokenizer(space, card={"people": [hashed("someone")]})], few) == [Seen(0, 0.0)] * 2
    (silent_card,) = check([small_tokenizer(space)], few)
    assert "its card does not list" in silent_card.not_measured
    nameless = replace(few, fit=replace(few.fit, subject=None))
    assert "nobody is named on the faces for fitting" in check([coder], nameless)[0].not_measured
    unknown = replace(few, faces=replace(few.faces, subject=None))
    assert "no subjects" in check([small_tokenizer(space)], unknown)[0].not_measured


def test_people_whom_baselines_were_fitted_on_are_refused_or_marked(coder, bench, faces) -> None:
    with pytest.raises(UsageError, match=r"45 faces of the set 'faces'.*'fit'"):
        replace(bench, fit=faces.take(slice(JUDGED - 40, None)))
    mixed = replace(
        bench,
        fit=faces.take(slice(JUDGED - 40, None)),
        allow_seen=True,
        probe_train=None,
        probe_test=None,
        perturbed={},
    )
    assert judge([coder], mixed).to_json()["coders"][0]["seen"] == {"faces": 45, "share": 0.15}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda b: {"probe_train": b.faces}, "300 faces of the set 'probe-test'"),
        (lambda b: {"probe_train": None}, "faces to train on and faces to test on"),
        (lambda b: {"perturbed": {"all": b.faces}}, "cannot be called 'all'"),
        (lambda b: {"perturbed": {"jpeg": b.fit}}, "'jpeg' holds fewer than two of the pictures"),
        (lambda b: {"faces": b.faces.take([0]), "perturbed": {}}, "fewer than two faces"),
        (lambda b: {"turned": replace(b.turned, space=other_space(b))}, "the set 'turned' is not of space"),
    ],
)
def test_sets_that_do_not_fit_together_are_refused(bench, change, wrong) -> None:
    with pytest.raises(UsageError, match=wrong):
        replace(bench, **change(bench))


def other_space(bench: Bench) -> ExpressionSpace:
    return bench.faces.space.select(bench.faces.space.names, "another")


def test_codings_that_do_not_fit_the_faces_are_refused(space, coder, bench) -> None:
    with pytest.raises(UsageError, match="two codings are called 'shared-book@test'"):
        judge([coder, coder], bench)
    with pytest.raises(UsageError, match="no coding"):
        judge([], bench)
    with pytest.raises(UsageError, match="codes space another"):
        judge([small_tokenizer(other_space(bench))], bench)
    with pytest.raises(UsageError, match=r"'median'.*'none'"):
        judge([small_tokenizer(space, subject_neutral="median")], bench)


def test_hash_tells_codings_apart(coder, bench) -> None:
    twin = type(coder)(coder.space, coder.book[1:], coder.gains, coder.base)
    assert coder_hash(twin) == coder_hash(coder)
    assert coder_hash(bench.seeds[0]) != coder_hash(coder)
    shifted = type(coder)(coder.space, coder.book[1:], coder.gains, coder.base + np.float32(0.01))
    assert coder_hash(shifted) != coder_hash(coder)


def test_plain_values() -> None:
    given = {
        "estimate": Estimate(1 / 3, nan, float("inf")),
        "array": np.array([[1.23456789, nan]], np.float32),
        "number": np.float64(123456.7),
        "whole": np.int64(1234567),
        "true": np.bool_(True),
        "why": NotMeasured("no such input"),
        3: ("a", None, 0.0),
    }
    assert plain(given) == {
        "estimate": {"value": 0.33333, "low": None, "high": None},
        "array": [[1.2346, None]],
        "number": 123460.0,
        "whole": 1234567,
        "true": True,
        "why": {"not_measured": "no such input"},
        "3": ["a", None, 0.0],
    }
