"""Against whose resting face displays count: that of the recording, or everybody's."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.events.config import EventConfig
from dfe.events.find import find_events, tokenizer_of
from dfe.events.rates import rates
from dfe.events.resting import against_everybodys, as_asked
from dfe.recording.neutrals import ANOTHER, EVERYBODYS, INTERVAL, NONE, OWN, neutral_of, resting_notes
from dfe.recording.recording import Recording
from made_resting import resting


def share_of(recording: Recording, config: EventConfig | None = None) -> float:
    found = find_events(recording, config)
    return next(r.share for r in rates(found) if r.token == "smile")


def test_what_was_taken_off_is_put_back_and_coded_anew():
    made, rest = resting()
    tokenizer = tokenizer_of(made)
    again = against_everybodys(made, tokenizer)
    wanted = tokenizer.encode((made.expressions() + rest).astype(np.float32))
    np.testing.assert_array_equal(again.tokens().display, wanted.display)
    np.testing.assert_array_equal(again.expressions(), made.expressions())
    assert as_asked(made, tokenizer, EventConfig()) is made
    plain, _ = resting(neutral="population")
    assert against_everybodys(plain, tokenizer) is plain


def test_a_little_at_rest_is_a_display_most_of_the_time_without_an_own_resting_face():
    made, _ = resting(share=0.2)
    own, everybodys = share_of(made), share_of(made, EventConfig(resting_face="population"))
    assert own < 0.15
    assert everybodys > 2 * own


def test_each_face_says_whose_resting_face_it_was_measured_against():
    for neutral, whose in (
        ("own", OWN),
        ("population", EVERYBODYS),
        ("2-5 s", INTERVAL),
        ("recording a.parquet", ANOTHER),
    ):
        made, _ = resting(neutral=neutral)
        assert neutral_of(made, 0) == neutral_of(made, None) == whose
        assert neutral_of(made, 3) == NONE
        assert resting_notes(made, [0])[0].startswith(f"displays count against {whose} resting face: face 0")
    made, _ = resting()
    found = find_events(made)
    assert found.resting == {0: OWN}
    assert "displays count against the person's own resting face: face 0 (90% sure)" in found.notes


def test_the_configuration_says_so_and_refuses_other_words():
    assert EventConfig(resting_face="population").counted.endswith("against everybody's resting face")
    with pytest.raises(UsageError, match="resting_face is 'mine', neither recorded nor population"):
        EventConfig(resting_face="mine")  # type: ignore[arg-type]


def test_the_command_tells_mixtures_and_counts_as_asked(tmp_path, dfe):
    for place, neutral in enumerate(("own", "population")):
        resting(neutral=neutral, share=0.08)[0].write(tmp_path / "in" / f"p{place}.parquet")
    ran = dfe("events", tmp_path / "in", "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert "caution: Recordings were measured against different resting faces" in ran.out
    settings = json.loads((tmp_path / "out" / "p0.events.json").read_text())
    assert "the person's own" in json.dumps(settings)
    one = tmp_path / "in" / "p0.parquet"
    own, other = (
        dfe("events", one, "-o", tmp_path / word, "--resting-face", word, "--json").json for word in
        ("recorded", "population")
    )  # fmt: skip
    assert own["cautions"] == []
    assert other["settings"]["resting_face"] == "population"
    assert own["recordings"][0]["resting_faces"] == {"0": OWN}
