from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.datasets.about import About
from dfe.judge.groups import banded, by_group, detection_by_group, neutral_tokens_by_group
from dfe.stats.bootstrap import SubjectBootstrap


def test_means_and_intervals_of_a_group_are_those_of_its_people(faces) -> None:
    values = faces.x.sum(axis=1)
    gender = faces.groups["gender"]
    found = by_group(values, gender, SubjectBootstrap(faces.subject, 300, 4))
    assert list(found) == ["female", "male"]
    for name, figure in found.items():
        inside = gender == name
        assert figure.estimate.value == pytest.approx(values[inside].mean(), rel=1e-5)
        assert (figure.faces, figure.subjects) == (300, 20)
    rng, drawn = np.random.default_rng([4, 40]), []
    for _ in range(300):
        rows = np.concatenate([np.arange(15 * p, 15 * p + 15) for p in rng.integers(40, size=40)])
        drawn.append(values[rows][gender[rows] == "male"].mean())
    assert found["male"].estimate[1:] == pytest.approx(np.percentile(drawn, [2.5, 97.5]), rel=1e-5)


def test_unknown_groups_are_left_out_and_one_person_has_no_interval() -> None:
    group = np.array(["a", "a", "", "b", "b", "b"])
    found = by_group([1.0, 3, 9, 4, np.nan, 6], group, SubjectBootstrap(np.array([0, 0, 1, 2, 3, 3]), 50))
    assert set(found) == {"a", "b"}
    assert found["a"].estimate.value == 2
    assert np.isnan(found["a"].estimate.low)
    assert (found["b"].estimate.value, found["b"].faces, found["b"].subjects) == (5, 2, 2)
    assert found["b"].estimate.low == 4
    assert found["b"].estimate.high == 6


def test_ages_are_cut_to_decades_and_codes_are_not() -> None:
    ages = ["17", "18", "29.5", "30", "39", "40", "", "101"]
    wanted = ["0-17", "18-29", "18-29", "30-39", "30-39", "40-49", "", "100-109"]
    for kind in ("age", "Age", "age_years", "ages", "mean age"):
        assert banded({kind: np.array(ages)})[kind].tolist() == wanted
    for codes in (["0", "1", "1"], ["-20", "30"], ["12", "old"], ["", ""], ["nan", "30"]):
        assert banded({"age": np.array(codes)})["age"].tolist() == codes
    sites = [str(site) for site in range(1, 41)]
    for kind in ("site", "stage", "language", "camera"):
        assert banded({kind: np.array(sites)})[kind].tolist() == sites


def test_tokens_of_neutral_faces(coder, codes, faces) -> None:
    gender = faces.groups["gender"]
    bootstrap = SubjectBootstrap(faces.subject, 20)
    found = neutral_tokens_by_group(codes, coder.displays(), faces.label, gender, bootstrap)
    for name, figure in found.items():
        rows = (faces.label == "neutral") & (gender == name)
        assert figure.faces == rows.sum()
        assert figure.estimate.value == pytest.approx((codes[rows] > 0).sum() / rows.sum())


def test_detection_counts_pictures_without_a_face() -> None:
    about = About(
        tuple(f"{i}.jpg" for i in range(8)),
        np.array(["p", "p", "q", "q", "r", "r", "s", "s"]),
        None,
        {"gender": np.array(["f", "f", "f", "f", "m", "m", "m", ""])},
    )
    looked_at = [f"{i}.jpg" for i in range(7)] + ["other.jpg"]
    found = detection_by_group(looked_at, ["0.jpg", "1.jpg", "2.jpg", "4.jpg", "5.jpg"], about, draws=50)["gender"]
    assert (found["f"].estimate.value, found["f"].faces, found["f"].subjects) == (0.75, 4, 2)
    assert (found["m"].estimate.value, found["m"].faces, found["m"].subjects) == (pytest.approx(2 / 3), 3, 2)
    assert found["f"].estimate.low == 0.5
    with pytest.raises(UsageError, match="1 faces are in pictures"):
        detection_by_group(looked_at, ["7.jpg"], about)


def test_detection_in_videos_goes_by_the_name_of_the_file() -> None:
    about = About(("a.mp4", "b.mp4"), None, None, {"gender": np.array(["f", "m"])})
    looked_at = ["a.mp4#0", "a.mp4#1", "b.mp4#0"]
    found = detection_by_group(looked_at, ["a.mp4#1", "b.mp4#0"], about, draws=10)["gender"]
    assert {name: figure.estimate.value for name, figure in found.items()} == {"f": 0.5, "m": 1.0}


def test_cells_that_other_tools_write_for_nothing_are_empty(tmp_path) -> None:
    file = tmp_path / "about.csv"
    file.write_text("picture,age\na.jpg,18\nb.jpg,NA\nc.jpg,41\n", encoding="utf-8")
    ages = About.read(file).of(["a.jpg", "b.jpg", "c.jpg"]).groups["age"]
    assert ages.tolist() == ["18", "", "41"]
    assert banded({"age": ages})["age"].tolist() == ["18-29", "", "40-49"]
