from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from dfe.base.errors import UsageError
from dfe.judge import reliability as module
from dfe.judge.reliability import ALL, Perturbed, align, moved_share, reliability
from dfe.stats.bootstrap import SubjectBootstrap


@pytest.fixture(scope="module")
def shaken(coder, faces):
    """Codes under a little and under much noise; the last 30 faces are lost under much."""
    rng = np.random.default_rng(1)
    little = coder.encode_codes(faces.x + rng.normal(0, 0.01, faces.x.shape))
    much = coder.encode_codes(faces.x[:570] + rng.normal(0, 0.06, (570, faces.x.shape[1])))
    return {"little": Perturbed(np.arange(600), little), "much": Perturbed(np.arange(570), much)}


@pytest.fixture(scope="module")
def judged(coder, codes, faces, shaken):
    return reliability(coder.displays(), codes, shaken, faces.subject)


def test_kappa_is_the_librarys_at_every_level(judged, codes, shaken):
    for name, after in shaken.items():
        for level, kappa in enumerate(judged[name].kappa):
            before, changed = codes[after.rows, level], after.codes[:, level]
            assert kappa.value == pytest.approx(cohen_kappa_score(before, changed))
            assert judged[name].same[level].value == pytest.approx((before == changed).mean())
    assert judged["little"].kappa_mean.value == pytest.approx(np.mean([k.value for k in judged["little"].kappa]))


def test_a_kappas_interval_is_that_of_the_library_on_people_drawn_anew(coder, codes, faces):
    rng = np.random.default_rng(6)
    after = codes.copy()
    mixed = np.flatnonzero(faces.subject % 2)
    after[mixed] = codes[rng.permutation(mixed)]
    result = reliability(coder.displays(), codes, {"half": Perturbed(np.arange(600), after)}, faces.subject)["half"]
    faces_of = [np.flatnonzero(faces.subject == person) for person in range(40)]
    draws = [np.concatenate([faces_of[p] for p in rng.integers(40, size=40)]) for _ in range(200)]
    drawn = np.array([[cohen_kappa_score(codes[rows, at], after[rows, at]) for at in range(4)] for rows in draws])
    for kappa, column in zip(result.kappa, drawn.T, strict=True):
        np.testing.assert_allclose(kappa[1:], np.percentile(column, [2.5, 97.5]), atol=0.05)
    np.testing.assert_allclose(result.kappa_mean[1:], np.percentile(drawn.mean(axis=1), [2.5, 97.5]), atol=0.05)


def test_more_noise_agrees_less_and_intervals_hold_the_figure(judged):
    for figures in ("kappa_mean", "counts", "intensities"):
        little, much = (getattr(judged[name], figures) for name in ("little", "much"))
        little, much = (f if figures == "kappa_mean" else f.agreement for f in (little, much))
        assert 1 > little.value > much.value + 0.1
        assert little.low < little.value < little.high


def test_all_together_is_the_stack_of_pairs(judged, codes, shaken):
    before = np.concatenate([codes[after.rows] for after in shaken.values()])
    changed = np.concatenate([after.codes for after in shaken.values()])
    for level, kappa in enumerate(judged[ALL].kappa):
        assert kappa.value == pytest.approx(cohen_kappa_score(before[:, level], changed[:, level]))
    assert judged[ALL].faces == 1170
    assert judged["much"].lost == pytest.approx(0.05)
    assert judged[ALL].lost == pytest.approx(0.025)
    own = [judged[name].counts.overlap.value for name in shaken]
    assert judged[ALL].counts.overlap.value == pytest.approx(np.average(own, weights=[600, 570]))


def _words(displays, row, strong):
    words = Counter()
    for level, code in enumerate(row):
        if displays.number[level, code] > 0:
            words[int(displays.number[level, code])] += float(displays.mm[level, code]) if strong else 1
    return words


def _overlap(a, b):
    either = sum((a | b).values())
    return sum((a & b).values()) / either if either else 1.0


@pytest.mark.parametrize("strong", [False, True])
def test_overlap_is_that_of_multisets_and_chance_that_of_other_faces(coder, codes, faces, shaken, strong, monkeypatch):
    monkeypatch.setattr(module, "OTHERS", 10**6)
    rows = np.arange(0, 600, 15)
    after = Perturbed(np.arange(40), shaken["little"].codes[rows])
    result = reliability(coder.displays(), codes[rows], {"little": after})["little"]
    found = result.intensities if strong else result.counts
    before, changed = ([_words(coder.displays(), r, strong) for r in c] for c in (codes[rows], after.codes))
    pairs = np.array([[_overlap(a, b) for b in changed] for a in before])
    own, other = np.diagonal(pairs).mean(), pairs[~np.eye(40, dtype=bool)].mean()
    assert found.overlap.value == pytest.approx(own, abs=1e-6)
    assert found.chance == pytest.approx(other, abs=1e-6)
    assert found.agreement.value == pytest.approx((own - other) / (1 - other), abs=1e-6)


def test_the_sample_of_other_faces_is_near_all_of_them(coder, codes, shaken, monkeypatch):
    after = {"little": Perturbed(np.arange(200), shaken["little"].codes[:200])}
    sampled = reliability(coder.displays(), codes[:200], after)["little"].counts.chance
    monkeypatch.setattr(module, "OTHERS", 10**6)
    exact = reliability(coder.displays(), codes[:200], after)["little"].counts.chance
    assert sampled == pytest.approx(exact, abs=0.02)
    assert sampled != exact


def test_unchanged_codes_agree_fully_and_shuffled_ones_only_by_chance(coder, codes):
    rng = np.random.default_rng(4)
    changed = {"none": codes, "shuffled": codes[rng.permutation(600)]}
    result = reliability(coder.displays(), codes, {n: Perturbed(np.arange(600), c) for n, c in changed.items()})
    assert result["none"].kappa_mean.value == 1.0
    assert result["none"].counts.agreement == (1.0, 1.0, 1.0)
    assert abs(result["shuffled"].kappa_mean.value) < 0.06
    assert abs(result["shuffled"].counts.agreement.value) < 0.06


def test_a_level_that_always_says_the_same_has_no_kappa(coder, codes):
    silent = codes.copy()
    silent[:, 3] = 0
    result = reliability(coder.displays(), silent, {"none": Perturbed(np.arange(600), silent)})["none"]
    assert np.isnan(result.kappa[3].value)
    assert result.kappa_mean.value == 1.0


def test_steps_of_a_channel_that_always_speaks_differ_by_intensity(channels, faces):
    rng = np.random.default_rng(0)
    before = channels.encode_codes(faces.x * 0.5 + 0.4)
    after = channels.encode_codes(faces.x * 0.5 + 0.4 + rng.normal(0, 0.1, faces.x.shape))
    result = reliability(channels.displays(), before, {"noise": Perturbed(np.arange(600), after)})["noise"]
    assert 0 < result.intensities.agreement.value < 1
    assert result.counts.chance > 0.99


def test_the_same_seed_gives_the_same_figures(coder, codes, faces, shaken, judged):
    again = reliability(coder.displays(), codes, shaken, faces.subject)
    assert again["much"] == judged["much"]


def test_people_are_drawn_whole(coder, codes, faces):
    changed = codes.copy()
    changed[faces.subject < 10] = 0
    after = {"some": Perturbed(np.arange(600), changed)}
    by_person = reliability(coder.displays(), codes, after, faces.subject)["some"].counts.overlap
    by_face = reliability(coder.displays(), codes, after)["some"].counts.overlap
    assert by_person.high - by_person.low > 2 * (by_face.high - by_face.low)


def test_names_are_matched_in_the_order_of_the_first():
    a, b = align(["c", "a", "x", "b"], ["a", "b", "z", "c"])
    np.testing.assert_array_equal(a, [0, 1, 3])
    np.testing.assert_array_equal(b, [3, 0, 1])
    with pytest.raises(UsageError, match="comes twice"):
        align(["a"], ["b", "b"])


def test_what_does_not_fit_is_refused(coder, codes):
    whole = Perturbed(np.arange(600), codes)
    for perturbed in (
        {},
        {ALL: whole},
        {"one": Perturbed(np.arange(1), codes[:1])},
        {"odd": whole._replace(codes=codes[:5])},
    ):
        with pytest.raises(UsageError):
            reliability(coder.displays(), codes, perturbed)


def test_the_share_moved_by_hand(space, faces):
    x = np.zeros((600, space.dimension), np.float32)
    x[:, 0] = 0.5
    length = np.sqrt(space.gram[0, 0])
    share = moved_share(space, x, np.zeros_like(x), 2.0, SubjectBootstrap(faces.subject))
    assert share.value == pytest.approx(0.25 * length)
    assert share.low == pytest.approx(share.high)
