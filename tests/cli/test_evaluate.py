"""`dfe evaluate` from tables on disk to the results in a folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfe.frontends.landmarks.networks import Networks
from dfe.judge.inputs import ALL_BASELINES
from dfe.judge.seen import hashed
from dfe.quantizers.rvq.config import RvqConfig
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.tokenizer.file import save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

EACH = 8
LABELS = ("neutral", "joy", "surprise")


@pytest.fixture(scope="module")
def space() -> ExpressionSpace:
    return load_space("arkit51/face41")


def face_of(person: int, picture: int) -> tuple[np.ndarray, str]:
    """``(51,)`` coefficients and a label: a habit of the person, what the label brings, chance."""
    rng = np.random.default_rng([person, picture])
    label = int(rng.integers(len(LABELS)))
    habit = np.random.default_rng(person).gamma(0.3, 0.2, 51)
    shown = np.random.default_rng([9, label]).gamma(0.3, 0.5, 51) if label else np.zeros(51)
    x = np.clip(habit + shown * rng.random() + rng.gamma(0.3, 0.05, 51), 0, 1)
    return x.astype(np.float32), LABELS[label]


def write_table(
    path: Path,
    space: ExpressionSpace,
    people: range,
    *,
    landmarks: bool = False,
    noise: float = 0.0,
    video: bool = False,
    neutral: str = "none",
) -> Path:
    """Pictures ``p<person>_<picture>.jpg`` and one without a face; a video shows the one person of ``people``."""
    canonical = Networks().arrays("geometry.npz")["vertices_cm"].astype(np.float64)
    moves = np.random.default_rng(1).normal(0, 0.1, (51, 468 * 3))
    rows = RowBuffer(landmarks=landmarks)
    kind, name = ("video", f"{path.stem}.mp4") if video else ("stills", path.stem)
    rows.add_failure(0, 0.0 if video else float("nan"), name if video else f"{path.stem}_nobody.jpg", "no face found")
    for person in people:
        for picture in range(EACH):
            x, _ = face_of(person, picture)
            x = np.clip(x + np.random.default_rng([person, picture, 7]).normal(0, noise, 51), 0, 1).astype(np.float32)
            frame = len(rows)
            pose = (0.1, float(np.linspace(-0.5, 0.5, EACH)[picture]), 0.0)
            points = np.zeros((478, 3), np.float32)
            points[:468] = 12.0 * (canonical + (x @ moves).reshape(468, 3)) * [1, -1, -1] + [300, 200, 5]
            source = name if video else f"p{person}_{picture}.jpg"
            rows.add_face(
                frame, frame / 25 if video else float("nan"), source, 0.9, (10.0, 10.0, 90.0, 100.0), pose,
                x[:41], x[41:49], x[49:], face_id=0,
                landmarks=points if landmarks else None, logits=np.zeros(52, np.float32) if landmarks else None,
            )  # fmt: skip
    provenance = Provenance(
        source=SourceInfo(name, kind, "ab" * 32, 640, 480, len(rows), None, None),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version="0.1.0",
        frontend={"name": "landmarks", "version": "1"},
        neutral=neutral,
    )
    build_recording(rows, provenance).write(path)
    return path


def write_about(path: Path, people: range) -> Path:
    lines = ["picture,subject,label,gender"]
    for person in people:
        for picture in range(EACH):
            label = face_of(person, picture)[1]
            lines.append(f"p{person}_{picture}.jpg,person{person},{label},{'female' if person % 2 else 'male'}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_tokenizer(folder: Path, space: ExpressionSpace, name: str, knows: tuple[str, ...] = ()) -> Path:
    config = RvqConfig(regions=tuple(space.regions.values()), levels=3, size=12, encoder=None)
    rng = np.random.default_rng(len(name))
    values, vectors = np.linalg.eigh(space.gram)
    weights = {key: rng.normal(0, 0.2, shape) for key, shape in config.weight_shapes().items()}
    weights["to_latent"] = (vectors * np.sqrt(values)) @ vectors.T
    weights["from_latent"] = (vectors / np.sqrt(values)) @ vectors.T
    weights["codebook"] = rng.gamma(0.35, 0.3, (12, space.dimension)) @ weights["to_latent"]
    weights["codebook"][0] = 0
    weights["neutral"] = np.zeros(space.dimension)
    weights["gains"] = 0.7 ** np.arange(3)
    arrays = {key: array.astype(np.float32) for key, array in weights.items()}
    card = {"people": [hashed(person) for person in knows]}
    return save_tokenizer(
        Tokenizer(name=name, version="1", space=space, config=config, weights=arrays, card=card), folder / name
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, space: ExpressionSpace) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    write_table(folder / "test.parquet", space, range(20), landmarks=True)
    write_table(folder / "train.parquet", space, range(20, 60), landmarks=True)
    write_table(folder / "blurred.parquet", space, range(20), noise=0.03)
    write_table(folder / "jpeg.parquet", space, range(15), noise=0.01)
    (folder / "turning").mkdir()
    for person in (70, 71, 72):
        write_table(folder / "turning" / f"clip{person}.parquet", space, range(person, person + 1), video=True)
    write_about(folder / "people.csv", range(60))
    write_about(folder / "labels.csv", range(60))
    write_tokenizer(folder, space, "one", ("nobody",))
    write_tokenizer(folder, space, "other")
    write_tokenizer(folder, space, "knows", ("person3", "person4", "nobody"))
    return folder


def everything(made: Path) -> list[object]:
    return [
        "evaluate", made / "one",
        "--faces", made / "test.parquet", "--about", made / "people.csv",
        "--fit", made / "train.parquet", "--baselines", "residual-kmeans", "pca", "au-proxy", "--refit",
        "--probe-train", made / "train.parquet", "--probe-test", made / "test.parquet",
        "--probe-about", made / "labels.csv",
        "--perturbed", f"blur={made / 'blurred.parquet'}", f"jpeg={made / 'jpeg.parquet'}",
        "--turned", made / "turning", "--retrained", made / "other", "--draws", 30,
    ]  # fmt: skip


def reasons(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    if "not_measured" in value:
        return [value["not_measured"]]
    return [reason for part in value.values() for reason in reasons(part)]


def without_cost(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "coders": [{k: v for k, v in coder.items() if k != "cost"} for coder in result["coders"]]}


def test_everything_from_tables_to_the_page(dfe: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    ran = dfe(*everything(made), "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "evaluation.html", "evaluation.json", "table.csv",
    ]  # fmt: skip
    result = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert [coder["kind"] for coder in result["coders"]] == ["tokenizer", "baseline", "baseline", "au proxy"]
    tokenizer, kmeans, _, proxy = result["coders"]
    # The clips' people are not named, so nobody knows their smiles.
    (unsmiling,) = reasons(tokenizer)
    assert "--about" in unsmiling
    assert reasons(kmeans) == reasons(result["floors"]) == [unsmiling]
    assert ["no other training" in reason for reason in reasons(proxy)] == [True, False]
    assert (kmeans["size"], kmeans["levels"]) == (12, 3)
    assert 0 < kmeans["fidelity"]["error_mm"]["value"] < result["floors"]["mean_face_mm"]

    faces = result["about"]["sets"]["faces"]
    digest = sha256((made / "test.parquet").read_bytes()).hexdigest()
    assert faces["tables"] == [{"name": "test.parquet", "sha256": digest}]
    assert (faces["pictures"], faces["faces"], faces["people"]) == (161, 160, 20)
    assert faces["found_share"] == pytest.approx(160 / 161, rel=1e-4)
    assert result["about"]["sets"]["turned"]["faces"] == 3 * EACH
    assert result["floors"]["drift"]["people"] == 3
    assert result["about"]["baselines"]["fitted"] == ["residual-kmeans", "pca", "au-proxy"]
    assert tokenizer["reliability"]["jpeg"]["lost"] == pytest.approx(1 / 121, rel=1e-4)
    assert set(tokenizer["groups"]["error_mm"]["gender"]) == {"female", "male"}

    with (tmp_path / "out" / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [coder["id"] for coder in result["coders"]]
    assert float(rows[0]["error_mm"]) == tokenizer["fidelity"]["error_mm"]["value"]
    assert rows[3]["stability_cosine"] == ""
    page = (tmp_path / "out" / "evaluation.html").read_text("utf-8")
    assert "not in this result" not in page
    for coder in result["coders"]:
        assert coder["id"] in page
        assert f"{coder['fidelity']['error_mm']['value']:.3f}" in ran.out

    again = dfe(*everything(made), "-o", tmp_path / "out", "--overwrite", "--json")
    assert again.code == 0, again.err
    assert json.dumps(without_cost(again.json)) == json.dumps(without_cost(result))
    written = (tmp_path / "out" / "evaluation.json").read_text("utf-8")
    assert json.loads(written) == again.json


def test_with_nothing_but_faces(dfe: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    ran = dfe("evaluate", made / "one", "--faces", made / "train.parquet", "-o", tmp_path, "--draws", 20, "--json")
    assert ran.code == 0, ran.err
    (coder,) = ran.json["coders"]
    assert "--fit" in ran.json["about"]["baselines"]["not_measured"]
    assert "crosswise" in ran.json["about"]["bits_learnt_from"]
    assert coder["fidelity"]["bits"]["value"] > 0
    for measure in ("retrieval", "reliability", "stability", "probe", "groups"):
        assert set(coder[measure]) == {"not_measured"}
        assert "--" in coder[measure]["not_measured"]
    assert "no subjects" in coder["seen"]["not_measured"]
    assert "–" in dfe("evaluate", made / "one", "--faces", made / "train.parquet", "-o", tmp_path, "--overwrite").out


def test_results_are_not_replaced_unasked(dfe: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("mine")
    words = ["evaluate", made / "one", "--faces", made / "train.parquet", "-o", tmp_path]
    ran = dfe(*words)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "table.csv: exists already" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert (tmp_path / "table.csv").read_text() == "mine"


def test_people_who_were_seen_are_refused(dfe: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    words = ["evaluate", made / "one", made / "knows", "--faces", made / "test.parquet", "--about", made / "people.csv"]
    words += ["-o", tmp_path / "out", "--draws", 20]
    ran = dfe(*words)
    assert ran.code == 2
    assert "has seen 2 of the 20 people" in ran.err
    assert "person3" not in ran.err
    assert not (tmp_path / "out").exists()
    ran = dfe(*words, "--seen", "allow")
    assert ran.code == 0, ran.err
    assert ran.out.count("has seen") == 1
    result = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert [coder["seen"]["faces"] for coder in result["coders"]] == [0, 2 * EACH]
    assert result["about"]["seen_allowed"] is True


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (["--baselines", "pca"], "need faces to be fitted to"),
        (["--fit", "{}/train.parquet", "--baselines", "magic"], "no baseline is called 'magic'; there are residual"),
        (["--fit", "{}/blurred.parquet"], "160 faces of the set 'faces'"),
        (["--perturbed", "{}/jpeg.parquet"], "is no NAME=TABLE"),
        (["--perturbed", "jpeg={}/train.parquet"], "'jpeg' holds fewer than two of the pictures"),
        (["--probe-test", "{}/train.parquet"], "faces to train on and faces to test on"),
        (["--fit", "{}/train.parquet", "--baselines", "product", "--baseline-levels", "60"], "cannot be dealt into 60"),
    ],
)
def test_options_that_make_no_sense(dfe, made: Path, tmp_path: Path, more: list[str], wrong: str) -> None:
    words = [word.format(made) for word in more]
    ran = dfe("evaluate", made / "one", "--faces", made / "test.parquet", "-o", tmp_path / "out", *words)
    assert ran.code == 2, ran.err
    assert wrong in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_tables_of_another_neutral_mode_are_refused(dfe, made: Path, space: ExpressionSpace, tmp_path: Path) -> None:
    other = write_table(tmp_path / "other.parquet", space, range(20, 25), neutral="median")
    words = ["evaluate", made / "one", "-o", tmp_path / "out", "--faces"]
    ran = dfe(*words, made / "test.parquet", "--fit", other)
    assert ran.code == 1
    assert "neutral mode is 'median', that of the faces to judge on is 'none'" in ran.err
    ran = dfe(*words, other)
    assert ran.code == 2
    assert "one@1 is for faces of neutral mode 'none'" in ran.err


def test_baselines_that_cannot_be_fitted_are_named(dfe, made: Path, space: ExpressionSpace, tmp_path: Path) -> None:
    few = write_table(tmp_path / "few.parquet", space, range(20, 22))
    words = ["evaluate", made / "one", "--faces", made / "test.parquet", "--fit", few]
    ran = dfe(*words, "--baseline-size", 40, "--baseline-levels", 2, "-o", tmp_path, "--draws", 10, "--json")
    assert ran.code == 0, ran.err
    told = ran.json["about"]["baselines"]
    assert "16" in told["left_out"]["residual-kmeans"]
    assert sorted([*told["fitted"], *told["left_out"]]) == sorted(ALL_BASELINES)
    assert len(ran.json["coders"]) == 1 + len(told["fitted"]) > 1
