"""Which trainings an ablation compares: two presets, and each with one thing left out or put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from dfe.base.errors import UsageError
from dfe.baselines.suite import BaselineConfig
from dfe.quantizers.rvq.config import EncoderConfig
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.settings import LossWeights
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.training.config import TrainConfig, preset

Family = Literal["displays", "rvq"]

FAMILIES: dict[Family, str] = {
    "displays": "Displays found all at once (preset displays)",
    "rvq": "Codes said level after level (preset rvq)",
}
"""By the preset that others are compared with, what its family is called."""

_ONE_INTENSITY_MM = 0.6
"""Where the only step of a ladder begins: the geometric middle of the preset's ladder; training moves it."""


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
    """

    name: str
    family: Family
    label: str
    settings: TrainConfig | Baseline

    @property
    def is_preset(self) -> bool:
        """Whether its family's other variants are compared with it."""
        return self.name == self.family

    def seeded(self, seed: int) -> TrainConfig | Baseline:
        """Its settings with a seed."""
        if isinstance(self.settings, Baseline):
            return replace(self.settings, config=replace(self.settings.config, seed=seed))
        return replace(self.settings, name=self.name, version=f"seed{seed}", seed=seed)


def all_variants(size: int, levels: int, steps: int) -> tuple[Variant, ...]:
    """Every variant in the order of the tables, with K codes or displays, N levels and as many training steps.

    Raises:
        UsageError: sizes that no training takes.
    """
    displays, rvq, residual = (
        replace(base, size=size, levels=levels, steps=steps)
        for base in (preset("displays"), preset("rvq"), TrainConfig())
    )
    exact = rvq.quantizer
    assert isinstance(exact, RvqSettings)
    alone = replace(displays, quantizer=RvqSettings(encoder=None, mirrored=True))
    foreseeing = replace(
        rvq,
        quantizer=replace(exact, encoder=EncoderConfig()),
        losses=replace(rvq.losses, commitment=residual.losses.commitment),
    )
    fitted = BaselineConfig(size=size, levels=levels)
    return (
        Variant("displays", "displays", "preset displays", displays),
        _losses("no-sparsity", "without sparsity", displays, sparsity=0.0),
        _losses("no-orthogonality", "without orthogonality", displays, orthogonality=0.0, coherence=0.0),
        _sparse("no-mask", "without the faithful mask", displays, faithful=False),
        _sparse("no-mirror", "without mirror closure", displays, mirrored=False),
        _sparse("signed", "without non-negativity", displays, nonnegative=False),
        _sparse(
            "one-intensity",
            "one intensity for all",
            displays,
            steps=1,
            lowest_mm=_ONE_INTENSITY_MM,
            highest_mm=_ONE_INTENSITY_MM,
        ),
        Variant("one-display", "displays", "one display a face", replace(displays, levels=1)),
        _sparse("no-silence", "without penalty and threshold", displays, penalty_mm=0.0, least_mm=0.0),
        Variant("level-by-level", "displays", "found level by level", alone),
        Variant("rvq", "rvq", "preset rvq", rvq),
        Variant("greedy", "rvq", "greedy search", replace(rvq, quantizer=replace(exact, beam=1))),
        Variant("no-gains", "rvq", "without gains", replace(rvq, quantizer=replace(exact, gains=False))),
        Variant("encoder-beam", "rvq", "encoder before the beam", foreseeing),
        Variant("encoder", "rvq", "encoder, greedy, all losses", residual),
        Variant("kmeans-shared", "rvq", "k-means, one codebook", Baseline("residual-kmeans-shared", fitted)),
        Variant("kmeans-separate", "rvq", "k-means, separate codebooks", Baseline("residual-kmeans", fitted)),
    )


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


def _losses(name: str, label: str, base: TrainConfig, **weights: float) -> Variant:
    losses: LossWeights = replace(base.losses, **weights)
    return Variant(name, "displays", label, replace(base, losses=losses))


def _sparse(name: str, label: str, base: TrainConfig, **settings: Any) -> Variant:
    quantizer = base.quantizer
    assert isinstance(quantizer, SparseSettings)
    return Variant(name, "displays", label, replace(base, quantizer=replace(quantizer, **settings)))
