from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.judge.cost import book_numbers, cost


class Watched:
    """Passes all on and notes how many rows it was given."""

    def __init__(self, coder) -> None:
        self.coder, self.id, self.space_id = coder, coder.id, coder.space_id
        self.levels, self.size = coder.levels, coder.size
        self.calls: list[tuple[str, int]] = []

    def encode_codes(self, x):
        self.calls.append(("encode", len(x)))
        return self.coder.encode_codes(x)

    def decode_codes(self, codes):
        self.calls.append(("decode", len(codes)))
        return self.coder.decode_codes(codes)

    def displays(self):
        return self.coder.displays()


def test_every_run_takes_all_faces(coder, faces) -> None:
    watched = Watched(coder)
    measured = cost(watched, faces.x, runs=3)
    assert watched.calls == [("encode", 600)] * 4 + [("decode", 600)] * 4
    assert np.isfinite(measured[:2]).all()
    assert measured.encode_per_s > 0
    assert measured.decode_per_s > 0


def test_linear_algebra_is_held_to_one_thread(coder, faces) -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="comes with the extra study")
    seen = []

    class Spy(Watched):
        def encode_codes(self, x):
            seen.extend(pool["num_threads"] for pool in threadpoolctl.threadpool_info())
            return super().encode_codes(x)

    assert cost(Spy(coder), faces.x[:5], runs=1).one_thread
    assert set(seen) == {1}


def test_a_book_holds_displays_base_and_intensities(coder, channels) -> None:
    """Shared book: 12 displays, a base, gains of levels 2-4. Channels: 41 displays, a base, 1/3 and 2/3 a level."""
    assert book_numbers(coder) == 12 * 41 + 41 + 3
    assert book_numbers(channels) == 41 * 41 + 41 + 41 * 2


def test_bytes_are_those_of_float32(coder, faces) -> None:
    measured = cost(coder, faces.x[:2], runs=1)
    assert measured.bytes == 4 * measured.numbers


def test_refuses_to_time_nothing(coder, faces) -> None:
    with pytest.raises(UsageError, match="needs a face"):
        cost(coder, faces.x[:0])
