import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from dfe.base.errors import UsageError
from dfe.judge import invariance
from dfe.judge.invariance import drift, person_probe, pose_r2


def _people(spread, seed=0):
    """2 to 13 pictures of 12 people, whose means differ so many standard deviations of a picture."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(12), np.arange(2, 14))
    x = spread * rng.normal(size=(12, 8))[person] + rng.normal(size=(len(person), 8))
    return x, person


def test_naming_the_person_is_the_librarys_cross_validation():
    x, person = _people(1.0)
    result = person_probe(x, person)
    folds = PredefinedSplit(invariance._dealt(person, 5, 0))
    said = cross_val_predict(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), x, person, cv=folds)
    assert result.accuracy.value == pytest.approx((said == person).mean())
    assert result.balanced.value == pytest.approx(balanced_accuracy_score(person, said))
    assert result.accuracy.low < result.accuracy.value < result.accuracy.high
    assert (result.people, result.faces) == (12, 90)
    assert result.chance == pytest.approx(13 / 90)
    assert result.converged


def test_people_who_look_like_nobody_else_are_all_named_and_clones_are_not():
    person = np.repeat(np.arange(12), 6)
    assert person_probe(np.eye(12)[person], person).accuracy.value == 1.0
    clones, person = _people(0.0)
    assert person_probe(clones, person).accuracy.value < 0.3


def test_the_people_with_the_most_pictures_are_asked_for():
    x, person = _people(1.0)
    strangers = np.concatenate([person, [-1] * 50, [99]])
    rows = np.concatenate([x, np.zeros((51, 8))])
    assert person_probe(rows, strangers, people=3)[2:5] == person_probe(x[person > 8], person[person > 8])[2:5]
    assert person_probe(rows, strangers).people == 12


def test_bags_are_judged_too():
    person = np.repeat(np.arange(12), 6)
    assert person_probe(csr_array(np.eye(12)[person]), person).accuracy.value == 1.0


def test_every_person_is_in_training_and_folds_are_even():
    _, person = _people(1.0)
    fold = invariance._dealt(person, 5, 3)
    assert np.ptp(np.bincount(fold)) <= 1
    for one in np.unique(person):
        assert np.ptp(np.bincount(fold[person == one], minlength=5)) <= 1


def test_nobody_with_two_pictures_is_an_error():
    with pytest.raises(UsageError, match="two people with two pictures"):
        person_probe(np.zeros((4, 2)), [0, 1, 2, 2])


def _turned(seed=2):
    """Faces of 40 people: pitch shows in a straight line, yaw only by its size."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(40), 15)
    pose = rng.normal(0, 0.2, (600, 3))
    x = rng.normal(size=(600, 5))
    x[:, 0] += 8 * pose[:, 0]
    pose[:, 1] = 0.05 * (x[:, 1] * x[:, 2]) + rng.normal(0, 0.01, 600)
    return x, person, pose


def test_r2_is_the_librarys_ridge_on_other_people():
    x, person, pose = _turned()
    folds = PredefinedSplit(invariance._grouped(person, 5, 0))
    said = cross_val_predict(make_pipeline(StandardScaler(), Ridge(1.0)), x, pose[:, :2], cv=folds)
    clipped = make_pipeline(PolynomialFeatures(2, include_bias=False), StandardScaler(), Ridge(30.0))
    result = pose_r2(x, person, pose)
    assert result.pitch.value == pytest.approx(r2_score(pose[:, 0], said[:, 0]))
    assert result.yaw.value == pytest.approx(r2_score(pose[:, 1], said[:, 1]))
    assert result.pitch.low < result.pitch.value < result.pitch.high
    mild = np.clip((x - x.mean(axis=0)) / x.std(axis=0), -2, 2)
    said = cross_val_predict(clipped, mild, pose[:, :2], cv=folds)
    assert pose_r2(mild, person, pose).yaw_quadratic.value == pytest.approx(r2_score(pose[:, 1], said[:, 1]), abs=0.01)


def test_the_quadratic_reader_sees_what_no_straight_line_shows():
    result = pose_r2(*_turned())
    assert result.pitch.value > 0.6
    assert result.yaw.value < 0.05
    assert result.yaw_quadratic.value > 0.7
    assert result.people == 40


def test_r2_does_not_depend_on_units():
    x, person, pose = _turned()
    first, second = pose_r2(x, person, pose), pose_r2(x * 7 - 2, person, pose)
    np.testing.assert_allclose(first[:4], second[:4], atol=1e-9)


def test_a_persons_faces_are_never_in_two_folds_and_folds_are_even():
    index = np.repeat(np.arange(30), np.arange(1, 31))
    fold = invariance._grouped(index, 5, 0)
    assert all(len(np.unique(fold[index == one])) == 1 for one in range(30))
    assert np.ptp(np.bincount(fold)) <= 5


def test_a_habit_of_each_person_cannot_be_learnt_from_their_own_other_faces():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(50), 20)
    x = 5 * rng.normal(size=(50, 40))[person] + 0.01 * rng.normal(size=(1000, 40))
    pose = rng.normal(size=(50, 3))[person]
    assert pose_r2(x, person, pose).yaw.value < 0.1
    assert pose_r2(x, np.full(1000, -1), pose).yaw.value > 0.3


def test_fewer_people_than_folds_is_an_error():
    with pytest.raises(UsageError, match="at least 5 people"):
        pose_r2(np.zeros((8, 2)), np.repeat(np.arange(4), 2), np.zeros((8, 3)))


@pytest.fixture
def turning(space):
    """Two people who turn 25 degrees to either side, the left squint growing by 0.1 in 10 degrees; one who does not."""
    yaw = np.linspace(-25, 25, 51)
    squint = space.index("eyeSquintLeft")
    x = np.full((51 * 3, space.dimension), 0.3)
    x[:102, squint] += 0.01 * np.tile(yaw, 2)
    x[102:, squint] += 0.02 * yaw
    x[51:102, space.index("jawOpen")] = 0.7
    pose = np.zeros((51 * 3, 3))
    pose[:, 1] = np.radians(np.concatenate([yaw, yaw, 0.1 * yaw]))
    return x.astype(np.float32), np.repeat([4, 7, 9], 51), pose.astype(np.float32), yaw


def test_drift_of_one_channel_by_hand(space, turning):
    x, person, pose, yaw = turning
    rng = np.random.default_rng(0)
    reference = rng.random((500, space.dimension)).astype(np.float32)
    result = drift(x, person, pose, space, reference)
    squint = space.index("eyeSquintLeft")
    assert (result.people, result.faces) == (2, 102)
    assert result.spread[squint] == pytest.approx(0.01 * yaw.std(), rel=1e-5)
    assert result.span[squint] == pytest.approx(0.45, rel=1e-5)
    assert result.ratio[squint] == pytest.approx(0.01 * yaw.std() / reference[:, squint].std(), rel=1e-5)
    assert result.ratio_mean.value == pytest.approx(result.ratio.mean())
    assert np.delete(result.spread, squint).max() < 1e-6
    per_unit = np.sqrt(space.gram[squint, squint])
    assert result.mm.value == pytest.approx(0.01 * yaw.std() * per_unit, rel=1e-5)
    floor = space.error_mm(reference, np.tile(reference.mean(axis=0), (500, 1))).mean()
    assert result.mm_share.value == pytest.approx(result.mm.value / floor, rel=1e-5)


def test_asymmetry_is_a_slope_of_left_minus_right_within_people(space, turning):
    x, person, pose, _ = turning
    x[:51, space.index("eyeSquintRight")] += 0.2
    pose[:51, 1] += np.radians(4)
    result = drift(x, person, pose, space, x)
    assert result.asymmetry["eyeSquintLeft"].value == pytest.approx(0.1, rel=1e-4)
    assert result.asymmetry["browDownLeft"].value == pytest.approx(0.0, abs=1e-6)
    assert not any(name.endswith("Right") or name == "jawOpen" for name in result.asymmetry)
    flipped = drift(x[:, space.partner], person, pose, space, x)
    assert flipped.asymmetry["eyeSquintLeft"].value == pytest.approx(-0.1, rel=1e-4)
    odd = space.vector({"eyeSquintLeft": 0.05, "eyeSquintRight": -0.05})
    assert result.asymmetry_mm == pytest.approx(space.error_mm(odd[None], 0 * odd[None])[0], rel=1e-4)


def test_a_face_that_does_not_change_does_not_drift(space, turning):
    x, person, pose, _ = turning
    still = drift(np.full_like(x, 0.3), person, pose, space, x)
    assert still.mm.value < 1e-6
    assert np.isnan(still.ratio[space.index("browInnerUp")])


def test_nobody_turning_is_an_error(space, turning):
    x, person, pose, _ = turning
    with pytest.raises(UsageError, match="turning the head by 60 degrees"):
        drift(x, person, pose, space, x, turn_deg=60)
    with pytest.raises(UsageError, match="nobody"):
        drift(x, np.full(len(x), -1), pose, space, x)
