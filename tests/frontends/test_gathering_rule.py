"""Which faces are looked at together, and when: the rule, with a clock of its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dfe.frontends.landmarks.gathering.batches import RECENT_S, Call, Caller, Gathering

PATIENCE_S = 1 / 512
NETWORKS = ("landmarks", "coefficients")


def callers(gathering: Gathering, count: int, answered_s: float = 10.0) -> list[Caller]:
    """Workers that were answered at second 10, and are about to ask again."""
    there = [Caller(lambda _: None, answered_s=answered_s) for _ in range(count)]
    gathering.callers.update(there)
    return there


def asks(gathering: Gathering, caller: Caller, network: str = "landmarks", now_s: float = 10.0, faces: int = 1) -> Call:
    call = Call(caller, network, np.zeros((faces, 1), np.float32), [np.zeros((faces, 1), np.float32)], now_s)
    gathering.add(call)
    return call


def gathering(batch: int = 2) -> Gathering:
    return Gathering(NETWORKS, batch, PATIENCE_S)


def test_a_full_batch_is_due_at_once_even_while_another_runs() -> None:
    rule = gathering()
    one, two, three, _ = callers(rule, 4)
    asks(rule, one)
    assert rule.due(10.0) is None
    asks(rule, two)
    assert rule.due(10.0) == "landmarks"
    assert len(rule.take("landmarks")) == 2
    asks(rule, three)
    assert rule.due(11.0) is None, "the device is busy: others may come meanwhile"
    asks(rule, one)
    assert rule.due(10.0) == "landmarks"


def test_others_are_waited_for_as_long_as_they_are_on_the_way_and_no_longer() -> None:
    rule = gathering(batch=4)
    one, two = callers(rule, 2)
    asks(rule, one)
    assert rule.due(10.0 + PATIENCE_S / 2) is None
    assert rule.look_again_s(10.0) == PATIENCE_S
    assert rule.due(10.0 + PATIENCE_S) == "landmarks"
    asks(rule, two, "coefficients")
    assert rule.due(10.0) == "landmarks", "all of them wait"


def test_a_worker_that_is_at_something_else_or_gone_is_not_waited_for() -> None:
    rule = gathering(batch=4)
    one, two = callers(rule, 2)
    two.answered_s = 10.0 - RECENT_S
    asks(rule, one)
    assert rule.due(10.0) == "landmarks"
    two.answered_s = 10.0
    assert rule.due(10.0) is None
    rule.forget(two)
    assert rule.due(10.0) == "landmarks"
    rule.forget(one)
    assert rule.due(20.0) is None, "what a worker asked for that is gone is not computed"
    assert rule.look_again_s(20.0) is None


def test_those_who_were_answered_just_now_are_waited_for_once_the_device_is_free() -> None:
    rule = gathering(batch=4)
    one, two = callers(rule, 2)
    asks(rule, one, now_s=10.0)
    rule.take("landmarks")
    asks(rule, two, now_s=10.0)
    one.waits, one.answered_s = False, 11.0
    rule.ran(11.0)
    assert rule.due(11.0) is None
    assert rule.due(11.0 + PATIENCE_S) == "landmarks"


@given(st.lists(st.tuples(st.sampled_from(NETWORKS), st.integers(1, 5)), max_size=30), st.integers(1, 4))
def test_every_face_is_taken_once_the_oldest_first_and_never_more_than_a_batch(asked, batch: int) -> None:
    rule = gathering(batch)
    calls = [asks(rule, Caller(lambda _: None), network, float(at), faces) for at, (network, faces) in enumerate(asked)]
    taken = []
    while (name := rule.due(1e9)) is not None:
        faces = rule.take(name)
        assert 0 < len(faces) <= batch
        assert {face.call.network for face in faces} == {name}
        taken += faces
        rule.ran(1e9)
    for name in NETWORKS:
        wanted = [(id(call), row) for call in calls if call.network == name for row in range(len(call.values))]
        assert [(id(call), row) for call, row in taken if call.network == name] == wanted
