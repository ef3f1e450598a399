import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.frontends.base import Face, FrameFaces
from dfe.frontends.tracks import identify, only_largest

NAN = float("nan")


def ids_by_frame(observations: list[FrameFaces]) -> list[tuple[int, ...]]:
    """:func:`identify` on the columns that the observations make, given back frame by frame."""
    rows = [(i, o.time_s, box) for i, o in enumerate(observations) for box in [f.box for f in o.faces] or [(NAN,) * 4]]
    frame, time_s, boxes = zip(*rows, strict=True) if rows else ((), (), np.empty((0, 4)))
    ids = identify(frame, time_s, boxes)
    return [tuple(int(i) for i in ids[np.array(frame) == k] if i >= 0) for k in range(len(observations))]


def face(x: float, y: float, size: float) -> Face:
    """A face of which only the box, centred at x, y, matters."""
    numbers = np.zeros(52, np.float32)
    return Face(0.9, (x - size / 2, y - size / 2, size, size), 0.0, 0.0, 0.0, numbers, numbers, numbers)


def seen(frame: int, people: dict[str, tuple[float, float, float]], rate: float = 30.0) -> tuple[FrameFaces, list[str]]:
    """What a front end gives for people by name, largest first, and their names in that order."""
    names = sorted(people, key=lambda name: -people[name][2])
    faces = tuple(face(*people[name]) for name in names)
    reason = None if faces else "no face found"
    return FrameFaces(frame, frame / rate, "clip.mp4", reason, faces), names


def people_of_ids(shots: list[tuple[FrameFaces, list[str]]]) -> dict[int, set[str]]:
    ids = ids_by_frame([observation for observation, _ in shots])
    found: dict[int, set[str]] = {}
    for (observation, names), of_frame in zip(shots, ids, strict=True):
        assert len(of_frame) == len(observation.faces)
        assert len(set(of_frame)) == len(of_frame)
        for name, i in zip(names, of_frame, strict=True):
            found.setdefault(i, set()).add(name)
    return found


def test_two_people_who_sit_still_keep_ids_and_the_larger_is_0():
    rng = np.random.default_rng(0)
    shots = [
        seen(i, {"small": (100 + rng.normal(0, 2), 100, 60), "large": (400, 120 + rng.normal(0, 2), 90)})
        for i in range(60)
    ]
    assert people_of_ids(shots) == {0: {"large"}, 1: {"small"}}


def crossing(i: int) -> dict[str, tuple[float, float, float]]:
    """Anna walks right, Ben left, at 300 px/s; they meet at frame 30 with equal sizes."""
    return {"anna": (100 + 10 * i, 200, 101), "ben": (700 - 10 * i, 205, 100)}


def test_people_who_cross_in_sight_keep_their_ids():
    assert people_of_ids([seen(i, crossing(i)) for i in range(61)]) == {0: {"anna"}, 1: {"ben"}}


@pytest.mark.parametrize("hidden", [range(26, 35), range(22, 39), range(16, 45)])
def test_the_one_who_is_hidden_while_they_cross_comes_back_with_her_id(hidden):
    shots = []
    for i in range(61):
        people = crossing(i)
        if i in hidden:
            del people["ben"]
        shots.append(seen(i, people))
    assert people_of_ids(shots) == {0: {"anna"}, 1: {"ben"}}


@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_both_lost_while_they_cross_come_out_on_the_other_side(noise):
    rng = np.random.default_rng(1)
    shots = []
    for i in range(61):
        people = {n: (x + rng.normal(0, noise), y + rng.normal(0, noise), s) for n, (x, y, s) in crossing(i).items()}
        shots.append(seen(i, {} if 24 <= i < 37 else people))
    assert people_of_ids(shots) == {0: {"anna"}, 1: {"ben"}}


def test_a_head_that_turns_away_and_back_keeps_its_id():
    # The box rushes to the side as the face is lost and comes back the way it went.
    path = [*range(0, 60, 4), *[None] * 12, *range(56, -4, -4)]
    shots = [seen(i, {} if x is None else {"anna": (300 + x, 200, 100)}) for i, x in enumerate(path)]
    assert people_of_ids(shots) == {0: {"anna"}}


def test_a_long_loss_keeps_the_id_in_the_same_place_only():
    def shots(x_after: float, lost: int) -> list[tuple[FrameFaces, list[str]]]:
        before = [seen(i, {"anna": (300, 200, 100)}) for i in range(60)]
        gone = [seen(i, {}) for i in range(60, 60 + lost)]
        return before + gone + [seen(i, {"later": (x_after, 200, 104)}) for i in range(60 + lost, 80 + lost)]

    assert people_of_ids(shots(320, 300)) == {0: {"anna", "later"}}
    assert people_of_ids(shots(420, 300)) == {0: {"anna"}, 1: {"later"}}
    assert people_of_ids(shots(320, 30 * 31)) == {0: {"anna"}, 1: {"later"}}


def test_another_person_who_comes_while_one_is_there_gets_another_id():
    shots = [seen(i, {"anna": (300, 200, 100)} | ({"ben": (520, 200, 100)} if i > 20 else {})) for i in range(60)]
    assert people_of_ids(shots) == {0: {"anna"}, 1: {"ben"}}


def test_a_flickering_face_is_one_face():
    rng = np.random.default_rng(2)
    shots = [seen(i, {"anna": (300 + rng.normal(0, 3), 200, 100)} if rng.random() < 0.4 else {}) for i in range(600)]
    assert people_of_ids(shots) == {0: {"anna"}}


def test_the_largest_is_the_one_with_most_area_over_time():
    # Ben is larger, but there for a tenth of the time.
    shots = [seen(i, {"anna": (200, 200, 100)} | ({"ben": (500, 200, 150)} if i < 10 else {})) for i in range(100)]
    assert people_of_ids(shots) == {0: {"anna"}, 1: {"ben"}}


def test_time_counts_not_frames_where_the_rate_varies():
    # Ben fills 30 frames of 1/300 s, Anna 10 frames of 1 s; the boxes are equal.
    times = [i / 300 for i in range(30)] + [1.0 + i for i in range(10)]
    boxes = [(500.0, 0, 50, 50)] * 30 + [(0.0, 0, 50, 50)] * 10
    ids = identify(range(40), times, boxes)
    assert ids.tolist() == [1] * 30 + [0] * 10


def test_pictures_rank_by_size_and_left_to_right_on_ties():
    def picture(frame: int, *sizes: float) -> FrameFaces:
        return FrameFaces(frame, NAN, f"{frame}.png", None, tuple(face(100.0 * i, 50, s) for i, s in enumerate(sizes)))

    pictures = [
        picture(0, 80, 40),
        picture(1, 30),
        FrameFaces(2, NAN, "2.png", "no face found"),
        picture(3, 50, 50, 60),
    ]
    assert ids_by_frame(pictures) == [(0, 1), (0,), (), (1, 2, 0)]


def test_nothing_seen():
    assert ids_by_frame([]) == []
    assert ids_by_frame([FrameFaces(0, 0.0, "a", "no face found")]) == [()]
    assert identify([], [], np.empty((0, 4))).tolist() == []


def test_one_frame_of_a_video():
    assert ids_by_frame([seen(0, {"a": (0, 0, 10), "b": (100, 0, 20)})[0]]) == [(0, 1)]


box = st.tuples(*[st.floats(0, 300)] * 2, *[st.floats(0, 120)] * 2)
frames = st.lists(st.lists(box, max_size=3), max_size=25)


@settings(max_examples=40, deadline=None)
@given(frames, st.lists(st.one_of(st.floats(0, 3), st.just(NAN)), min_size=25, max_size=25))
def test_whatever_the_boxes_ids_are_whole_and_unique_in_a_frame(boxes, steps):
    numbers = np.zeros(52, np.float32)
    observations = [
        FrameFaces(
            i,
            float(np.sum(steps[:i])),
            "x",
            None,
            tuple(Face(1, b, 0, 0, 0, numbers, numbers, numbers) for b in of_frame),
        )
        for i, of_frame in enumerate(boxes)
    ]
    ids = ids_by_frame(observations)
    assert [len(i) for i in ids] == [len(b) for b in boxes]
    assert all(len(set(of_frame)) == len(of_frame) for of_frame in ids)
    used = {i for of_frame in ids for i in of_frame}
    assert used == set(range(len(used)))
    assert ids == ids_by_frame(observations)


@settings(deadline=None)
@given(st.permutations([0, 1, 2]))
def test_order_within_a_frame_does_not_matter(order):
    def run(permute: bool) -> list[list[tuple[float, int]]]:
        rows, times, boxes = [], [], []
        for i in range(20):
            of_frame = [(100.0 + i, 0.0, 50.0, 50.0), (200.0 - i, 3.0, 50.0, 50.0), (400.0, 0.0, 50.0, 50.0)]
            of_frame = [of_frame[k] for k in order] if permute else of_frame
            rows += [i] * 3
            times += [i / 10] * 3
            boxes += of_frame
        ids = identify(rows, times, boxes)
        return [sorted((boxes[3 * i + k][0], int(ids[3 * i + k])) for k in range(3)) for i in range(20)]

    assert run(True) == run(False)


def test_only_the_largest_over_the_whole_recording():
    shots = [seen(i, ({"anna": (200, 200, 100)} if i < 8 else {}) | {"ben": (500, 200, 50)})[0] for i in range(10)]
    ids = np.array([i for of_frame in ids_by_frame(shots) for i in of_frame])
    assert ids.tolist() == [0, 1] * 8 + [1, 1]
    assert only_largest(ids).tolist() == [0, -1] * 8 + [-1, -1]


def test_half_an_hour_of_two_faces():
    rng = np.random.default_rng(3)
    rows = np.arange(108_000)
    centres = np.array([[200, 200], [600, 220]])[rows % 2] + rng.normal(0, 2, (len(rows), 2))
    boxes = np.column_stack([centres, np.full((len(rows), 2), 150.0)])
    boxes[rng.random(len(rows)) < 0.05] = np.nan
    ids = identify(rows // 2, rows // 2 / 30, boxes)
    found = ~np.isnan(boxes[:, 0])
    assert set(ids[found]) == {0, 1}
    assert len(set(zip(ids[found].tolist(), (rows % 2)[found].tolist(), strict=True))) == 2
