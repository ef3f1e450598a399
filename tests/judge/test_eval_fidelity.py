from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.judge.bits import code_lengths
from dfe.judge.fidelity import Fidelity, cut_to, error_at_bits, fidelity, token_ranks
from dfe.stats.bootstrap import SubjectBootstrap


@pytest.fixture(scope="module")
def measured(coder, faces, codes) -> Fidelity:
    return fidelity(coder, faces, codes, codes, faces.x.mean(axis=0), SubjectBootstrap(faces.subject, 100))


def mesh_error(space, x: np.ndarray, y: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Root mean square distance of vertices, from the vertices themselves."""
    apart = (space.displace(x).astype(np.float64) - space.displace(y))[:, where]
    return np.sqrt((apart**2).sum(axis=2).mean(axis=1))


def test_errors_are_those_of_the_vertices(measured: Fidelity, coder, faces, codes) -> None:
    space, some = faces.space, slice(0, 600, 12)
    everywhere = fidelity(
        coder, faces.take(some), codes[some], codes, faces.x.mean(axis=0), SubjectBootstrap(faces.subject[some], 10)
    )
    x, decoded = faces.x[some], coder.decode_codes(codes[some])
    mean_face = np.broadcast_to(faces.x.mean(axis=0), x.shape)
    error, floor = (mesh_error(space, x, y, space.moving) for y in (decoded, mean_face))
    assert everywhere.error_mm.value == pytest.approx(error.mean(), rel=1e-4)
    assert everywhere.mean_face_mm == pytest.approx(floor.mean(), rel=1e-4)
    assert everywhere.share.value == pytest.approx(error.mean() / floor.mean(), rel=1e-4)
    brow = space.moving & (space.mesh.vertex_region == space.mesh.regions.index("brow"))
    region = everywhere.regions["brow"]
    assert region.error_mm.value == pytest.approx(mesh_error(space, x, decoded, brow).mean(), rel=1e-4)
    assert region.share.value == pytest.approx(region.error_mm.value / region.mean_face_mm)
    assert set(everywhere.regions) == set(space.region_grams)


def test_by_tokens_is_decoding_fewer_levels(measured: Fidelity, coder, faces, codes) -> None:
    for at in measured.by_tokens:
        x = coder.base + sum(coder.gains[level] * coder.book[codes[:, level]] for level in range(at.tokens))
        assert at.error_mm == pytest.approx(faces.space.error_mm(faces.x, x).mean(), rel=1e-5)
        assert at.used == pytest.approx((codes[:, : at.tokens] > 0).sum() / len(codes))
        lengths = code_lengths(codes, codes, coder.displays())
        assert at.bits == pytest.approx(lengths[:, : at.tokens].sum(axis=1).mean())
    assert [at.tokens for at in measured.by_tokens] == [1, 2, 3, 4]
    last = measured.by_tokens[-1]
    assert (last.error_mm, last.used, last.bits) == pytest.approx(
        (measured.error_mm.value, measured.tokens.value, measured.bits.value)
    )
    assert measured.base_mm > measured.by_tokens[0].error_mm > measured.error_mm.value
    assert measured.error_mm.low < measured.error_mm.value < measured.error_mm.high


def test_levels_in_no_order_are_cut_to_those_that_move_the_face_most(channels, faces) -> None:
    space, displays = faces.space, channels.displays()
    codes = channels.encode_codes(faces.x[:25])
    ranks = token_ranks(codes, displays)
    for m in (1, 2):
        cut = cut_to(codes, ranks, m, displays)
        for row, kept in zip(codes, cut, strict=True):
            said = np.flatnonzero(row)
            alone = np.zeros((len(said), space.dimension), np.float32)
            alone[np.arange(len(said)), said] = row[said] / 3
            moved = mesh_error(space, alone, np.zeros_like(alone), space.moving)
            best = max(combinations(range(len(said)), min(m, len(said))), key=lambda of: sum(moved[list(of)] ** 2))
            assert np.flatnonzero(kept).tolist() == sorted(said[list(best)])
            assert (kept[kept > 0] == row[kept > 0]).all()
    np.testing.assert_array_equal(cut_to(codes, ranks, 41, displays), codes)


def test_of_equal_codes_the_lower_level_stays(channels, faces) -> None:
    space = faces.space
    left, right = space.index("mouthSmileLeft"), space.index("mouthSmileRight")
    codes = np.zeros((1, 41), np.int16)
    codes[0, [left, right]] = 2
    cut = cut_to(codes, token_ranks(codes, channels.displays()), 1, channels.displays())
    assert np.flatnonzero(cut[0]).tolist() == [min(left, right)]


def test_a_coder_without_order_ends_at_its_whole_face(channels, faces) -> None:
    some = faces.take(slice(0, 200))
    codes, fit = channels.encode_codes(some.x), channels.encode_codes(faces.x[200:])
    found = fidelity(channels, some, codes, fit, faces.x.mean(axis=0), SubjectBootstrap(some.subject, 20))
    assert found.by_tokens[-1].error_mm == pytest.approx(found.error_mm.value)
    assert found.by_tokens[-1].bits == pytest.approx(code_lengths(fit, codes, channels.displays()).sum() / 200)
    used = [at.used for at in found.by_tokens]
    assert used == [pytest.approx(np.minimum((codes > 0).sum(axis=1), at.tokens).mean()) for at in found.by_tokens]
    assert found.raw_bits == pytest.approx(41 * 2)
    assert found.base_mm == pytest.approx(faces.space.error_mm(some.x, np.zeros_like(some.x)).mean())


def test_error_at_bits_lies_on_lines_between_tokens(measured: Fidelity) -> None:
    first, second = measured.by_tokens[:2]
    assert np.isnan(error_at_bits(measured, first.bits - 0.1))
    assert error_at_bits(measured, first.bits) == first.error_mm
    assert error_at_bits(measured, second.bits) == pytest.approx(second.error_mm)
    between = error_at_bits(measured, (first.bits + second.bits) / 2)
    assert between == pytest.approx((first.error_mm + second.error_mm) / 2)
    assert error_at_bits(measured, 1000) == measured.by_tokens[-1].error_mm


def test_refuses_codes_of_other_faces(coder, faces, codes) -> None:
    with pytest.raises(UsageError, match="600 faces at 4 levels"):
        fidelity(coder, faces, codes[:-1], codes, faces.x[0], SubjectBootstrap(faces.subject, 10))
    lost = codes.copy()
    lost[3] = -1
    with pytest.raises(UsageError, match="not -1 to 12"):
        fidelity(coder, faces, lost, codes, faces.x[0], SubjectBootstrap(faces.subject, 10))
