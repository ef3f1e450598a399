from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.frontends.assignment import FORBIDDEN, best_pairs


def best_sum_by_trying_all(scores: list[list[float]]) -> float:
    rows, cols = len(scores), len(scores[0])
    small, large = min(rows, cols), max(rows, cols)
    best = 0.0
    for chosen in permutations(range(large), small):
        pairs = [(i, j) for i, j in enumerate(chosen)] if rows <= cols else [(j, i) for i, j in enumerate(chosen)]
        best = max(best, sum(max(0.0, scores[i][j]) for i, j in pairs))
    return best


score = st.one_of(st.floats(-1, 1), st.just(FORBIDDEN), st.sampled_from([0.0, 0.25, 0.5]))
matrices = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(st.lists(score, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0])
)


@settings(deadline=None)
@given(matrices)
def test_pairs_are_the_best_of_all(scores):
    pairs = best_pairs(scores)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(scores[i][j] > 0 for i, j in pairs)
    assert sum(scores[i][j] for i, j in pairs) == pytest.approx(best_sum_by_trying_all(scores))


def test_a_good_pair_gives_way_to_a_better_sum():
    assert best_pairs([[0.9, 0.8], [0.8, FORBIDDEN]]) == [(0, 1), (1, 0)]


def test_nothing_to_pair():
    assert best_pairs([]) == []
    assert best_pairs([[], []]) == []
