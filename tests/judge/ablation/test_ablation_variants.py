"""Each variant differs from its preset in what its label says, and in nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dfe.base.errors import UsageError

pytest.importorskip("torch", reason="needs the extra train")

from dfe.judge.ablation.variants import FAMILIES, all_variants, choose, differing
from dfe.space.registry import load_space
from dfe.training.config import preset

VARIANTS = {variant.name: variant for variant in all_variants(64, 8, 1500)}

ENCODER = {"width": 64, "layers": 2, "heads": 4, "hidden": 128}

CHANGED = {
    "displays": {},
    "no-sparsity": {"losses.sparsity": 0.0},
    "no-orthogonality": {"losses.orthogonality": 0.0, "losses.coherence": 0.0},
    "no-emphasis": {"quantizer.emphasis": {}},
    "no-mixing": {"mixed": 0.0},
    "never-replaced": {"reseed_every": 1501},
    "no-mask": {"quantizer.faithful": False},
    "no-mirror": {"quantizer.mirrored": False},
    "signed": {"quantizer.nonnegative": False},
    "one-intensity": {"quantizer.steps": 1, "quantizer.lowest_mm": 1.2, "quantizer.highest_mm": 1.2},
    "one-display": {"levels": 1},
    "no-silence": {"quantizer.penalty_mm": 0.0, "quantizer.least_mm": 0.0},
    "level-by-level": {
        "quantizer.kind": "rvq",
        "quantizer.threshold_mm2": 0.01,
        "quantizer.encoder": None,
        "quantizer.decoder": None,
        "quantizer.beam": 1,
        "quantizer.gains": True,
        "quantizer.transformer_learning_rate": 0.001,
    },
    "rvq": {},
    "greedy": {"quantizer.beam": 1},
    "no-gains": {"quantizer.gains": False},
    "rvq-no-emphasis": {"quantizer.emphasis": {}},
    "rvq-no-mixing": {"mixed": 0.0},
    "rvq-no-mirror": {"quantizer.mirrored": False},
    "local": {"losses.sparsity": 0.05, "losses.orthogonality": 0.2},
    "encoder-beam": {"quantizer.encoder": ENCODER, "losses.commitment": 0.5},
    "encoder": {"quantizer.encoder": ENCODER, "quantizer.beam": 1, "losses.commitment": 0.5},
}


def flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    every: dict[str, Any] = {}
    for name, value in values.items():
        inner = isinstance(value, dict) and name not in ("emphasis", "encoder")
        every |= flat(value, f"{before}{name}.") if inner else {before + name: value}
    return every


@pytest.mark.parametrize("name", CHANGED)
def test_a_variant_changes_what_it_says(name):
    variant = VARIANTS[name]
    settings, base = flat(variant.settings.to_json()), flat(VARIANTS[variant.family].settings.to_json())
    changed = {key: settings[key] for key in settings if settings[key] != base.get(key, "absent")}
    assert changed == CHANGED[name]
    assert {key for key in base if key not in settings} <= {key for key in base if key.startswith("quantizer.")}
    assert variant.is_preset == (not CHANGED[name])


def test_all_have_the_same_size_and_their_seeds():
    assert [name for name, v in VARIANTS.items() if v.is_preset] == list(FAMILIES)
    for name, variant in all_sizes(32, 4, 700).items():
        settings = flat(variant.seeded(3).to_json())
        assert settings.get("size", settings.get("config.size")) == 32
        assert settings["levels"] == (1 if name == "one-display" else 4)
        assert settings["seed"] == 3
        assert settings.get("steps", 700) == 700


def all_sizes(size, levels, steps):
    return {variant.name: variant for variant in all_variants(size, levels, steps)}


def test_variants_are_chosen_by_preset_and_by_name():
    every = tuple(VARIANTS.values())
    assert choose(every) == every
    assert {variant.family for variant in choose(every, "rvq")} == {"rvq"}
    assert [variant.name for variant in choose(every, only=("encoder", "displays"))] == ["displays", "encoder"]
    with pytest.raises(UsageError, match="no preset 'beam'; choose one of displays, rvq"):
        choose(every, "beam")
    with pytest.raises(UsageError, match="no variant 'encoder'"):
        choose(every, "displays", ("encoder",))


def test_no_two_variants_of_a_preset_are_the_same():
    for family in FAMILIES:
        settings = [(v.settings.to_json(), v.given) for v in VARIANTS.values() if v.family == family]
        assert all(one != other for at, one in enumerate(settings) for other in settings[:at])


def test_variants_that_change_nothing_in_these_tables_are_left_out():
    every = tuple(VARIANTS.values())
    positive, either_way = load_space("arkit51/face41"), load_space("dfe-face")

    def left_out(space, given):
        return {v.name for v in every} - {v.name for v in differing(every, space, given=given)}

    assert left_out(positive, True) == set()
    assert left_out(positive, False) == {"own-beginning"}
    assert left_out(either_way, True) == {"signed"}
    assert left_out(either_way, False) == {"signed", "own-beginning"}


def test_presets_may_have_other_settings():
    gentle = replace(preset("displays"), learning_rate=1e-3, reseed_every=701)
    changed = {v.name: v for v in all_variants(32, 4, 700, {"displays": gentle})}
    assert changed["no-mask"].settings.learning_rate == 1e-3
    assert "never-replaced" not in changed
    assert changed["replaced"].settings.reseed_every == 100
    assert changed["rvq"] == all_sizes(32, 4, 700)["rvq"]
