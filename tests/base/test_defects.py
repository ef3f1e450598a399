from __future__ import annotations

from typing import get_args

import pytest

from dfe.base.defects import SHORT, Defect, DefectKind, words


def test_every_kind_has_a_short_name() -> None:
    assert set(SHORT) == set(get_args(DefectKind))


def test_what_was_mended_is_not_doubtful() -> None:
    assert not Defect("interlaced", "every second line is kept").doubtful
    assert Defect("cuts", "a cut").doubtful


def test_kinds_are_a_closed_list() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        Defect("sunspots", "many")  # type: ignore[arg-type]


def test_words_keep_their_order() -> None:
    assert words([Defect("cuts", "a"), Defect("damage", "b")]) == ("a", "b")
