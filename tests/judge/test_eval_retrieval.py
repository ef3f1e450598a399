import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.metrics.pairwise import cosine_similarity

from dfe.base.errors import UsageError
from dfe.judge import retrieval as module
from dfe.judge.probe import bag
from dfe.judge.retrieval import AtBits, Gallery, Retrieval, at_bits, choose


def _expected(distance, cosines, person):
    """Cosine of the nearest and of the five nearest, each tie resolved by the mean over all its members."""
    nearest, five = [], []
    for q in range(len(person)):
        others = [j for j in range(len(person)) if person[j] != person[q]]
        groups = {}
        for j in others:
            groups.setdefault(round(float(distance[q, j]), 7), []).append(float(cosines[q, j]))
        ranked = [np.mean(groups[d]) for d in sorted(groups) for _ in groups[d]]
        nearest.append(ranked[0])
        five.append(np.mean(ranked[:5]))
    return np.mean(nearest), np.mean(five)


@pytest.fixture(scope="module")
def some(faces):
    return faces.take(np.arange(0, 600, 5))


@pytest.fixture(scope="module")
def gallery(some):
    return Gallery(some.geometry, some.subject)


@pytest.fixture(scope="module")
def cosines(some):
    flat = some.geometry.reshape(len(some), -1).astype(np.float64)
    return cosine_similarity(flat - flat.mean(axis=0))


def _distance(x, space):
    difference = x[:, None].astype(np.float64) - x
    return np.einsum("ijd,de,ije->ij", difference, space.gram, difference)


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_neighbours_by_decoded_faces_are_those_of_brute_force(gallery, some, cosines, coder, codes, levels):
    decoded = coder.decode_codes(codes[::5, :levels])
    found = gallery.by_expression(decoded, some.space)
    expected = _expected(_distance(decoded, some.space), cosines, some.subject)
    assert (found.nearest.value, found.five.value) == pytest.approx(expected, abs=1e-5)
    assert found.nearest.low < found.nearest.value < found.nearest.high


def test_neighbours_by_bag_are_those_of_brute_force(gallery, some, cosines, coder, codes):
    bags = bag(coder.displays(), codes[::5], "intensity")
    found = gallery.by_bag(bags)
    dense = bags.toarray()
    empty = ~dense.any(axis=1)
    distance = 1 - cosine_similarity(dense) - np.outer(empty, empty)
    expected = _expected(distance, cosines, some.subject)
    assert (found.nearest.value, found.five.value) == pytest.approx(expected, abs=1e-5)


def test_empty_bags_are_each_others_neighbours():
    rng = np.random.default_rng(0)
    geometry = rng.normal(0, 0.01, (40, 468, 3))
    geometry[:20] += rng.normal(size=(468, 3))
    bags = np.zeros((40, 3))
    bags[20:, 1] = 1
    assert Gallery(geometry).by_bag(csr_array(bags)).five.value > 0.99
    alone = np.zeros((40, 3))
    alone[20:, 1] = 1
    alone[:20, 2] = 1
    alone[0] = 0
    lonely = Gallery(geometry).by_bag(csr_array(alone)).five
    assert lonely.value == pytest.approx(39 / 40, abs=0.02)


def test_geometry_finds_the_largest_cosines_among_other_people(gallery, some, cosines):
    others = np.where(some.subject[:, None] == some.subject, -np.inf, cosines)
    ranked = np.sort(others, axis=1)[:, ::-1]
    found = gallery.by_geometry()
    assert found.nearest.value == pytest.approx(ranked[:, 0].mean(), abs=1e-5)
    assert found.five.value == pytest.approx(ranked[:, :5].mean(), abs=1e-5)


def test_chance_is_the_mean_over_other_people_and_what_one_code_for_all_finds(gallery, some, cosines):
    other = some.subject[:, None] != some.subject
    expected = np.mean([cosines[q, other[q]].mean() for q in range(len(some))])
    assert gallery.by_chance().value == pytest.approx(expected, abs=1e-6)
    same = gallery.by_expression(np.zeros_like(some.x), some.space)
    assert same.nearest.value == pytest.approx(expected, abs=1e-6)
    assert same.five == pytest.approx(gallery.by_chance(), abs=1e-6)


def test_ones_own_other_faces_never_count():
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(10), 4)
    geometry = rng.normal(size=(10, 468, 3))[person]
    assert Gallery(geometry, person).by_geometry().nearest.value < 0.2
    assert Gallery(geometry, np.full(40, -1)).by_geometry().nearest.value == pytest.approx(1.0)


def test_figures_do_not_depend_on_the_size_of_a_batch(gallery, some, coder, codes, monkeypatch):
    decoded = coder.decode_codes(codes[::5])
    whole = gallery.by_expression(decoded, some.space)
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(gallery.by_expression(decoded, some.space), whole, atol=1e-12)


def test_the_order_of_faces_does_not_matter_however_many_tie(gallery, some, coder, codes):
    order = np.random.default_rng(2).permutation(len(some))
    decoded = coder.decode_codes(codes[::5, :1])
    shuffled = Gallery(some.geometry[order], some.subject[order]).by_expression(decoded[order], some.space)
    first = gallery.by_expression(decoded, some.space)
    assert shuffled.nearest.value == pytest.approx(first.nearest.value, abs=1e-6)
    assert shuffled.five.value == pytest.approx(first.five.value, abs=1e-6)


def test_a_whole_report_runs_from_chance_to_the_uncoded_faces(gallery, some, coder, codes):
    decoded = [coder.decode_codes(codes[::5, :m]) for m in range(1, 5)]
    result = Retrieval(
        random=gallery.by_chance(),
        geometry=gallery.by_geometry(),
        continuous=gallery.by_expression(some.x, some.space),
        decoded=tuple(
            AtBits(m, bits, gallery.by_expression(faces, some.space))
            for m, bits, faces in zip(range(1, 5), (3.0, 5.5, 7.0, 8.0), decoded, strict=True)
        ),
        bag=gallery.by_bag(bag(coder.displays(), codes[::5], "intensity")),
        faces=len(gallery),
    )
    assert result.random.value + 0.2 < result.decoded[3].found.nearest.value < result.continuous.nearest.value
    assert result.continuous.nearest.value <= result.geometry.nearest.value
    assert result.faces == len(some)
    ends = [step.found.nearest.value for step in result.decoded[:2]]
    assert np.isnan(at_bits(result, 2.9)).all()
    assert at_bits(result, 3.0)[0] == ends[0]
    assert at_bits(result, 4.25)[0] == pytest.approx(np.mean(ends))
    assert at_bits(result, 8.0)[1] == pytest.approx(result.decoded[3].found.five.value)
    assert at_bits(result, 20.0) == at_bits(result, 8.0)


def test_what_does_not_fit_is_refused(gallery, some):
    with pytest.raises(UsageError, match="do not fit a gallery"):
        gallery.by_expression(some.x[:5], some.space)
    with pytest.raises(UsageError, match="5 faces of other people"):
        Gallery(some.geometry, np.repeat([0, 1], [117, 3]))
    with pytest.raises(UsageError, match="finite landmarks"):
        Gallery(np.full((10, 468, 3), np.nan, np.float32))


def test_faces_are_chosen_once_each_and_alike_every_time():
    rows = choose(10_000, 3000)
    assert len(np.unique(rows)) == 3000
    np.testing.assert_array_equal(rows, np.sort(rows))
    np.testing.assert_array_equal(rows, choose(10_000, 3000))
    np.testing.assert_array_equal(choose(4), np.arange(4))
