"""Whose a file is, from its path."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from dfe.base.errors import UsageError
from dfe.corpus.pattern import Pattern, Whose


@pytest.mark.parametrize(
    ("pattern", "path", "whose"),
    [
        ("{subject}/{subject}_{task}.mp4", "data/anna/anna_talk.mp4", Whose("anna", "", "talk")),
        ("{subject}/{subject}_{task}.mp4", "data/anna/otto_talk.mp4", None),
        ("{subject}/{subject}_{task}.mp4", "data/anna/anna_talk.mov", None),
        ("{subject}/{subject}_{task}", "data/anna/anna_talk.mov", Whose("anna", "", "talk")),
        ("{subject}_{session}_*.avi", "a_2_left.cam.avi", Whose("a", "2")),
        ("p{subject}/*/{task}.mp4", "x/p01/cam1/rest.mp4", Whose("01", "", "rest")),
        ("p{subject}/*/{task}.mp4", "rest.mp4", None),
        ("{subject}.(1).mp4", "b.(1).mp4", Whose("b")),
        (None, "bids/sub-01/ses-2/sub-01_ses-2_task-talk_run-1.mp4", Whose("01", "2", "talk")),
        (None, "bids/sub-01/video.mp4", Whose("01")),
        (None, "interviews/anna.mp4", None),
    ],
)
def test_a_path_tells_whose_it_is(pattern, path, whose):
    assert Pattern(pattern).read(PurePosixPath(path)) == whose


@pytest.mark.parametrize("pattern", ["", "*.mp4", "{person}.mp4", "{subject", "sub}ject"])
def test_a_pattern_that_says_nothing_is_refused(pattern):
    with pytest.raises(UsageError):
        Pattern(pattern)
