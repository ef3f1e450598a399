"""Which trainings an ablation compares: two presets, and each with one thing left out or put in its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from dfe.base.errors import UsageError
from dfe.baselines.suite import BaselineConfig
from dfe.quantizers.rvq.config import EncoderConfig
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.space.base import ExpressionSpace
from dfe.training.config import TrainConfig, preset

Family = Literal["displays", "rvq"]

FAMILIES: dict[Family, str] = {
    "displays": "Displays found all at once (preset displays)",
    "rvq": "Codes chosen level after level (preset rvq)",
}
"""By the preset that others are compared with, what its family is called."""

SIGNED, OWN_BEGINNING = "signed", "own-beginning"
"""Variants that differ from the preset only in some spaces, and only with movements to begin from."""


@dataclass(frozen=True)
class Baseline:
    """A coding that is fitted and not trained.

    Args:
        name: in :data:`dfe.baselines.suite.NAMES`.
        config: sizes and seed.
    """

    name: str
    config: BaselineConfig

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        return {"baseline": self.name, **asdict(self.config)}


@dataclass(frozen=True)
class Variant:
    """One row of an ablation.

    Args:
        name: on the command line and in file names.
        family: whose row it is.
        label: in tables and pictures.
        settings: of its training or fit.
        given: displays begin as the movements that come with the tables, where some do.
    """

    name: str
    family: Family
    label: str
    settings: TrainConfig | Baseline
    given: bool = True

    @property
    def is_preset(self) -> bool:
        """Whether its family's other variants are compared with it."""
        return self.name == self.family

    def seeded(self, seed: int) -> TrainConfig | Baseline:
        """Its settings with a seed."""
        if isinstance(self.settings, Baseline):
            return replace(self.settings, config=replace(self.settings.config, seed=seed))
        return replace(self.settings, name=self.name, version=f"seed{seed}", seed=seed)


def all_variants(
    size: int, levels: int, steps: int, presets: Mapping[str, TrainConfig] | None = None
) -> tuple[Variant, ...]:
    """Every variant in the order of the tables, with K codes or displays, N levels and as many training steps.

    Args:
        size, levels, steps: of all.
        presets: settings in place of those of the presets of these names.

    Raises:
        UsageError: sizes that no training takes.
    """
    every = {name: preset(name) for name in (*FAMILIES, "paper")} | dict(presets or {})
    displays, rvq, paper = (
        replace(every[name], size=size, levels=levels, steps=steps) for name in ("displays", "rvq", "paper")
    )
    return (*_of_displays(displays), *_of_rvq(rvq, paper))


def _of_displays(preset: TrainConfig) -> tuple[Variant, ...]:
    quantizer = preset.quantizer
    assert isinstance(quantizer, SparseSettings)
    middle = round(math.sqrt(quantizer.lowest_mm * quantizer.highest_mm), 3)
    silent = ("replaced", "silent displays replaced", TrainConfig().reseed_every)
    if preset.reseed_every <= preset.steps:
        silent = ("never-replaced", "silent displays not replaced", preset.steps + 1)
    alone = RvqSettings(encoder=None, mirrored=True, emphasis=quantizer.emphasis)

    def changed(name: str, label: str, **settings: Any) -> Variant:
        return Variant(name, "displays", label, replace(preset, **settings))

    def losses(name: str, label: str, **weights: float) -> Variant:
        return changed(name, label, losses=replace(preset.losses, **weights))

    def sparse(name: str, label: str, **settings: Any) -> Variant:
        return changed(name, label, quantizer=replace(quantizer, **settings))

    return (
        changed("displays", "preset displays"),
        losses("no-sparsity", "without sparsity", sparsity=0.0),
        losses("no-orthogonality", "without orthogonality", orthogonality=0.0, coherence=0.0),
        sparse("no-emphasis", "brows and eyes count once", emphasis={}),
        changed("no-mixing", "without mixed faces", mixed=0.0),
        Variant(OWN_BEGINNING, "displays", "begun as single coefficients", preset, given=False),
        changed(silent[0], silent[1], reseed_every=silent[2]),
        sparse("no-mask", "without the faithful mask", faithful=False),
        sparse("no-mirror", "without mirror closure", mirrored=False),
        sparse(SIGNED, "without non-negativity", nonnegative=False),
        sparse("one-intensity", "one intensity for all", steps=1, lowest_mm=middle, highest_mm=middle),
        changed("one-display", "one display a face", levels=1),
        sparse("no-silence", "without penalty and threshold", penalty_mm=0.0, least_mm=0.0),
        changed("level-by-level", "found level by level", quantizer=alone),
    )


def _of_rvq(preset: TrainConfig, paper: TrainConfig) -> tuple[Variant, ...]:
    quantizer, usual = preset.quantizer, TrainConfig().losses
    assert isinstance(quantizer, RvqSettings)
    committed = replace(preset.losses, commitment=usual.commitment)
    local = replace(preset.losses, sparsity=usual.sparsity, orthogonality=usual.orthogonality)
    fitted = BaselineConfig(size=preset.size, levels=preset.levels)

    def changed(name: str, label: str, **settings: Any) -> Variant:
        return Variant(name, "rvq", label, replace(preset, **settings))

    def residual(name: str, label: str, **settings: Any) -> Variant:
        return changed(name, label, quantizer=replace(quantizer, **settings))

    encoder = replace(quantizer, encoder=EncoderConfig())
    return (
        changed("rvq", "preset rvq"),
        residual("greedy", "greedy search", beam=1),
        residual("no-gains", "without gains", gains=False),
        residual("rvq-no-emphasis", "brows and eyes count once", emphasis={}),
        changed("rvq-no-mixing", "without mixed faces", mixed=0.0),
        residual("rvq-no-mirror", "without mirrored faces", mirrored=False),
        changed("local", "with sparsity, orthogonality", losses=local),
        changed("encoder-beam", "encoder before the beam", quantizer=encoder, losses=committed),
        changed("encoder", "encoder, greedy search", quantizer=replace(encoder, beam=1), losses=committed),
        Variant("paper", "rvq", "preset paper", paper),
        Variant("kmeans-shared", "rvq", "k-means, one codebook", Baseline("residual-kmeans-shared", fitted)),
        Variant("kmeans-separate", "rvq", "k-means, separate codebooks", Baseline("residual-kmeans", fitted)),
    )


def differing(variants: Sequence[Variant], space: ExpressionSpace, *, given: bool) -> tuple[Variant, ...]:
    """Those that differ from their preset on these tables.

    Args:
        variants: that were chosen.
        space: of the tables; where coefficients go either way from zero, displays may lower them in the preset too.
        given: movements that displays begin as come with the tables.
    """
    same = {SIGNED: bool((space.lower < 0).any()), OWN_BEGINNING: not given}
    return tuple(variant for variant in variants if not same.get(variant.name, False))


def choose(variants: Sequence[Variant], family: str | None = None, only: Sequence[str] = ()) -> tuple[Variant, ...]:
    """Those of one family, or all; and of these those that are named, or all.

    Raises:
        UsageError: an unknown family or name, or a name of the other family.
    """
    if family is not None and family not in FAMILIES:
        raise UsageError(f"there is no preset {family!r}", advice=f"choose one of {', '.join(FAMILIES)}")
    among = [variant for variant in variants if family in (None, variant.family)]
    names = [variant.name for variant in among]
    if unknown := [name for name in only if name not in names]:
        raise UsageError(f"there is no variant {unknown[0]!r}", advice=f"choose among {', '.join(names)}")
    return tuple(variant for variant in among if not only or variant.name in only)
