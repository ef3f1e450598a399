"""Checkpoints of every layout are read without their code; what does not fit is refused in one line."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra flame")

import torch
from safetensors.torch import save_file

import made_encoders as made
from dfe.base.errors import ModelError
from dfe.frontends.encoders.networks.checkpoint import fill, part_of, read_checkpoint
from dfe.frontends.encoders.networks.load import load_network
from dfe.frontends.encoders.networks.unpickler import TensorUnpickler
from dfe.frontends.encoders.weights import Weights, choose, find_weights, pose_settings


class Evil:
    """Pickles as a call of a function that leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        import os

        return os.system, (f"touch {self.trace}",)


def tensors_equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "before 1.6"])
def test_deca_is_read_from_both_formats(tmp_path, legacy):
    path = made.write_deca(tmp_path / "deca_model.tar", legacy=legacy)
    assert zipfile.is_zipfile(path) is not legacy
    got = part_of(read_checkpoint(path), "E_flame", ("",))
    assert tensors_equal(got, made.deca_content()["E_flame"])


def test_a_lightning_checkpoint_is_read_without_lightning(tmp_path):
    path = made.write_emoca(tmp_path, 50)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, map_location="cpu", weights_only=True)
    got = read_checkpoint(path)
    assert {n.removeprefix("state_dict.") for n in got if n.startswith("state_dict.")} == made.emoca_state(50).keys()
    assert tensors_equal(part_of(got, "E_expression", ("state_dict.deca.",)), made.made(made.resnet50_shapes(50), 3))


def test_safetensors_are_read(tmp_path):
    state = {name: value.clone().contiguous() for name, value in made.smirk_state().items()}
    path = tmp_path / "smirk.safetensors"
    save_file(state, path)
    assert tensors_equal(read_checkpoint(path), state)
    assert load_network("smirk", Weights(path)).jaw_from == "expression_encoder"


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("place", ["value", "key", "among the tensors"])
def test_a_malicious_checkpoint_does_nothing(tmp_path, legacy, place):
    trace = tmp_path / "trace"
    weights = {"smirk_encoder.a": torch.arange(3.0)}
    evil = Evil(trace)
    content = {
        "value": {"callbacks": [evil], **weights},
        "key": {"callbacks": {evil: 1}, **weights},
        "among the tensors": {"smirk_encoder.b": evil, **weights},
    }[place]
    path = tmp_path / "evil.pt"
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    got = read_checkpoint(path)
    assert list(got) == ["smirk_encoder.a"]
    assert torch.equal(got["smirk_encoder.a"], torch.arange(3.0))
    assert not trace.exists()


@pytest.mark.parametrize(
    "payload",
    [
        b"cos\nsystem\n(S'touch TRACE'\ntR.",
        b'cbuiltins\neval\n(S\'open("TRACE", "w")\'\ntR.',
        b"cbuiltins\ngetattr\n(cos\nenviron\nS'clear'\ntR(tR.",
        b"(S'touch TRACE'\nios\nsystem\n.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0btouch TRACE\x85R.",
        b"cdfe.frontends.encoders.networks.unpickler\nTensorUnpickler\n(tR.",
    ],
)
def test_no_opcode_reaches_foreign_code(payload, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import io
    import os

    before = dict(os.environ)
    made_object = TensorUnpickler(io.BytesIO(payload)).load()
    assert type(made_object).__name__ == "Inert"
    assert not list(tmp_path.iterdir())
    assert dict(os.environ) == before


def test_a_tensor_cannot_reach_beyond_its_bytes(tmp_path):
    """Sizes in the pickle are the attacker's; torch checks them against what is stored."""
    path = tmp_path / "wide.pt"
    torch.save({"a": torch.arange(4.0)}, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    key = next(name for name in members if name.endswith("data.pkl"))
    # K\x04\x85 is the size (4,); 0xF0 elements are more than the file holds.
    assert members[key].count(b"K\x04\x85") == 1
    members[key] = members[key].replace(b"K\x04\x85", b"K\xf0\x85")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "cut before 1.6", "pickle", "tensor", "archive"])
def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path, kind):
    path = tmp_path / "weights.ckpt"
    whole = made.write_deca(tmp_path / "whole.tar", legacy=kind == "cut before 1.6").read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "text": b"<html>404</html>\n" * 9,
            "cut": whole[: len(whole) // 2],
            "cut before 1.6": whole[: len(whole) // 2],
            "pickle": pickle.dumps({"a": 1}),
        }.get(kind, b"")
    )
    if kind == "tensor":
        torch.save([torch.zeros(3)], path)
    if kind == "archive":
        torch.jit.save(torch.jit.script(torch.nn.ReLU()), path)
    with pytest.raises(ModelError) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"no\.pt: there is no such file"):
        read_checkpoint(tmp_path / "no.pt")


def changed(tmp_path: Path, change) -> Path:
    content = made.deca_content()
    change(content["E_flame"])
    torch.save(content, tmp_path / "deca_model.tar")
    return tmp_path / "deca_model.tar"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("encoder.conv1.weight"), "E_flame lacks encoder.conv1.weight;"),
        (lambda w: [w.pop(n) for n in list(w) if ".bn1." in n], r"E_flame lacks encoder.bn1.weight, .* and \d+ more"),
        (lambda w: w.update({"encoder.fc.weight": torch.zeros(1)}), "E_flame holds unknown encoder.fc.weight"),
        (
            lambda w: w.update({"layers.2.bias": torch.zeros(186)}),
            "E_flame has another shape of layers.2.bias 186, not 236",
        ),
        (
            lambda w: w.update({"layers.2.bias": torch.full((236,), torch.nan)}),
            "layers.2.bias holds values that are not",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_named(tmp_path, change, words):
    path = changed(tmp_path, change)
    with pytest.raises(ModelError, match=words) as caught:
        load_network("deca", Weights(path))
    assert str(caught.value).startswith(str(path))


def test_counters_of_old_batch_normalisations_may_be_missing(tmp_path):
    path = changed(tmp_path, lambda w: [w.pop(name) for name in list(w) if name.endswith("num_batches_tracked")])
    assert load_network("deca", Weights(path)).jaw_from == "E_flame"


def test_halves_become_singles():
    module = torch.nn.Linear(2, 1)
    weights = {"weight": torch.tensor([[0.1, 0.2]]).half(), "bias": torch.tensor([0.5]).half()}
    fill(module, weights, "head", Path("x"))
    assert module.weight.dtype == torch.float32
    assert torch.equal(module.weight, weights["weight"].float())


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("deca", "is no checkpoint of deca: it holds no E_flame; it looks like one of smirk: use --frontend smirk"),
        ("emoca", "is no checkpoint of emoca: it holds no E_expression; it looks like one of smirk"),
    ],
)
def test_a_checkpoint_of_another_tool_is_told(tmp_path, tool, words):
    path = made.write_smirk(tmp_path / "SMIRK_em1.pt")
    with pytest.raises(ModelError, match=words):
        load_network(tool, Weights(path))


def test_deca_and_emoca_are_not_taken_for_each_other(tmp_path):
    """EMOCA's checkpoint holds DECA's encoder too, but whoever gives it means EMOCA."""
    with pytest.raises(ModelError, match="looks like one of emoca"):
        load_network("deca", find_weights("emoca", made.write_emoca(tmp_path)))
    with pytest.raises(ModelError, match="looks like one of deca"):
        load_network("emoca", Weights(made.write_deca(tmp_path / "deca_model.tar")))


@pytest.mark.parametrize(("outputs", "source"), [(50, "E_flame"), (53, "E_expression"), (56, "E_expression")])
def test_emocas_settings_say_where_the_jaw_is(tmp_path, outputs, source):
    made.write_emoca(tmp_path, outputs)
    loaded = load_network("emoca", find_weights("emoca", tmp_path))
    assert loaded.jaw_from == source
    assert loaded.model.jaw_at == {50: None, 53: 50, 56: 53}[outputs]


def test_three_more_numbers_are_the_jaw_unless_the_settings_say_the_head(tmp_path):
    path = made.write_emoca(tmp_path, 53)
    settings = tmp_path / "cfg.yaml"
    text = settings.read_text()
    settings.write_text(
        text.replace("global_pose: false", "global_pose: true").replace("jaw_pose: true", "jaw_pose: false")
    )
    assert load_network("emoca", find_weights("emoca", tmp_path)).jaw_from == "E_flame"
    settings.unlink()
    assert load_network("emoca", find_weights("emoca", path)).jaw_from == "E_expression"
    settings.write_text(text.replace("global_pose: false", "global_pose: true"))
    with pytest.raises(ModelError, match=r"cfg\.yaml: the settings do not fit the 53 numbers"):
        load_network("emoca", find_weights("emoca", path))


@pytest.mark.parametrize("kind", ["other size", "second head"])
def test_unsupported_kinds_of_emoca_are_told(tmp_path, kind):
    state = made.emoca_state(100) if kind == "other size" else made.emoca_state(50)
    if kind == "second head":
        state = {n.replace("E_expression.encoder", "E_expression.resnet.encoder"): v for n, v in state.items()}
    path = tmp_path / "emoca.ckpt"
    torch.save({"state_dict": state}, path)
    with pytest.raises(ModelError, match="its expression encoder"):
        load_network("emoca", Weights(path))


def paths(*stems: str) -> list[Path]:
    return [Path(f"{stem}.ckpt") for stem in sorted(stems)]


@pytest.mark.parametrize(
    ("stems", "chosen"),
    [
        (("deca-epoch=01-val_loss/dataloader=3.5", "deca-epoch=03-val_loss/dataloader=3.25", "last"), "3.25"),
        (("e=00-loss=2.0", "e=01-loss=2.0"), "e=01-loss=2.0"),
        (("e=00-loss=0.5-v1", "e=01-loss=0.75"), "e=00-loss=0.5-v1"),
        (("e=00-loss=-1e-2", "e=01-loss=0.0"), "e=00-loss=-1e-2"),
        (("epoch_a", "epoch_b", "last"), "last"),
        (("last",), "last"),
    ],
)
def test_of_several_checkpoints_the_best_by_name_is_taken(stems, chosen):
    assert choose(paths(*stems)).stem.endswith(chosen)


def test_the_folder_tells_which_file_was_taken(tmp_path):
    best = made.write_emoca(tmp_path, name="deca-epoch=09-val_loss=0.10")
    (best.parent / "deca-epoch=03-val_loss=0.50.ckpt").write_bytes(b"not read")
    (best.parent / "last.ckpt").write_bytes(b"not read")
    found = find_weights("emoca", tmp_path)
    assert (found.path, found.passed_over, found.settings) == (best, 2, tmp_path.resolve() / "cfg.yaml")
    (tmp_path / "deca_model.tar").write_bytes(b"x")
    assert find_weights("deca", tmp_path) == Weights(tmp_path / "deca_model.tar")
    with pytest.raises(ModelError, match=r"holds no weights of smirk; it should hold SMIRK_em1\.pt"):
        find_weights("smirk", tmp_path)
    with pytest.raises(ModelError, match="no such file or folder"):
        find_weights("smirk", tmp_path / "nowhere")


def test_settings_that_say_nothing_or_cannot_be_read(tmp_path):
    path = tmp_path / "cfg.yaml"
    path.write_text("model:\n  exp_deca_jaw_pose: True  # as released\n")
    assert pose_settings(path) is None
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match=r"cfg\.yaml: cannot be read"):
        pose_settings(path)
