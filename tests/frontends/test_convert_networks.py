"""Converting the networks anew keeps what another script packed with them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from dfe.base.errors import ModelError
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import FILE

ROOT = Path(__file__).resolve().parents[2]
PACKAGED = ROOT / "src" / "dfe" / "assets" / "networks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, whose networks are a few bytes and whose sources are not checked."""
    pytest.importorskip("onnx", reason="needs the extra flame")
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import convert_networks

    for name in ("detector", "landmarks", "coefficients", "geometry"):
        monkeypatch.setattr(convert_networks, name, lambda content: b"converted " + content)
    monkeypatch.setattr(convert_networks, "checked_bytes", lambda content, *_: content)
    return convert_networks


@pytest.fixture
def run(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the script as typed and gives the folder that it wrote."""
    task, back, out = tmp_path / "face_landmarker.task", tmp_path / "back.tflite", tmp_path / "networks"
    with zipfile.ZipFile(task, "w") as bundle:
        for name in ("face_detector", "face_landmarks_detector", "face_blendshapes"):
            bundle.writestr(f"{name}.tflite", name)
        bundle.writestr("geometry_pipeline_metadata_landmarks.binarypb", "geometry")
    back.write_bytes(b"back")

    def converted() -> Path:
        monkeypatch.setattr("sys.argv", ["convert_networks.py", str(task), str(back), "-o", str(out)])
        assert script.main() == 0
        return out

    return converted


def test_the_map_of_version_2_stays_in_the_list(run, tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    for name in ("networks.json", FILE, "covering.onnx"):
        (tmp_path / "networks" / name).write_bytes((PACKAGED / name).read_bytes())
    for _ in range(2):
        networks = Networks(run())
        assert list(networks.hashes) == list(Networks().hashes)
        assert networks.read(FILE) == (PACKAGED / FILE).read_bytes()
        assert networks.read("coefficients.onnx") == b"converted face_blendshapes"
        assert networks.hashes["coefficients.onnx"] != Networks().hashes["coefficients.onnx"]


def test_a_file_that_is_gone_leaves_the_list(run, tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "networks.json").write_bytes((PACKAGED / "networks.json").read_bytes())
    networks = Networks(run())
    assert FILE not in networks.hashes
    with pytest.raises(ModelError, match="cannot read"):
        networks.read(FILE)


def test_an_empty_folder_gets_a_list_of_what_is_made(run) -> None:
    folder = run()
    about = json.loads((folder / "networks.json").read_text())
    assert set(about["files"]) == {path.name for path in folder.iterdir()} - {"networks.json"}
    for name, sha256 in about["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
