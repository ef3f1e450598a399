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
        ("{subject}/{subject}_{task}.mp4", "data/p_01/p_01_free_talk.mp4", Whose("p_01", "", "free_talk")),
        ("{subject}_{task}", "p_01_talk.mp4", Whose("p", "", "01_talk")),
        ("{subject}.{task}", "anna.rest.mp4", Whose("anna", "", "rest")),
        ("{subject}_{task}", "anna_rest.v2.mp4", Whose("anna", "", "rest.v2")),
        ("{subject}_{task}", "an\nna_rest.mp4", Whose("an\nna", "", "rest")),
        ("{subject}_{task}", "\udcff_rest.mp4", Whose("\\xff", "", "rest")),
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


@pytest.mark.parametrize(
    "pattern", ["{subject}{task}.mp4", "{subject}*.mp4", "*{subject}", "{subject}_{task}{session}"]
)
def test_a_pattern_in_which_a_field_ends_nowhere_is_refused(pattern):
    with pytest.raises(UsageError, match="not clear"):
        Pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "path", "unclear"),
    [
        ("{subject}_{task}", "p_01_free_talk.mp4", True),
        ("{subject}/{subject}_{task}", "p_01/p_01_free_talk.mp4", False),
        ("{subject}_{task}", "p01_talk.mp4", False),
        ("{subject}/{task}", "a/otto_talk.mp4", False),
        (None, "bids/sub-01/video.mp4", False),
    ],
)
def test_a_path_that_could_be_cut_in_several_ways_is_known(pattern, path, unclear):
    assert Pattern(pattern).is_unclear(PurePosixPath(path)) == unclear
