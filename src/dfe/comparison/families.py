"""One measure is declared beforehand to answer the question of a comparison; all others explore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dfe.base.errors import UsageError
from dfe.comparison.effects import MEASURES, UNITS, Analysis, EffectRow, Family, Measure
from dfe.comparison.measures import CountedUnit


@dataclass(frozen=True)
class Declared:
    """What confirms: one measure of one kind of unit, in one analysis.

    With several measures that are each judged at a false discovery rate, the chance that one of them finds something
    where nothing is adds up. So one family is named, by default the ratio of rates of displays by the model of counts;
    what the others find is a hypothesis for the next study.

    Args:
        measure: of the rows.
        unit: that they are about.
    """

    measure: Measure = "rate_ratio"
    unit: CountedUnit = "display"

    def judged(
        self, rows: Sequence[EffectRow], families: Sequence[Family], analysis: Analysis
    ) -> tuple[tuple[EffectRow, ...], tuple[Family, ...]]:
        """Rows and families with their roles; the analysis is the one that the study is about.

        Raises:
            UsageError: nothing of what was declared was compared.
        """
        wanted = (analysis, self.measure, self.unit)
        if not any((family.analysis, family.measure, family.unit) == wanted for family in families):
            what = f"no {self.measure} of {self.unit} was compared between {analysis}"
            raise UsageError(what, advice="declare another measure with --confirmatory")
        return (
            tuple(
                replace(row, role="confirmatory") if (row.analysis, row.measure, row.kind.unit) == wanted else row
                for row in rows
            ),
            tuple(
                family._replace(role="confirmatory") if (family.analysis, family.measure, family.unit) == wanted
                else family
                for family in families
            ),
        )  # fmt: skip


def declared(measure: str, unit: str) -> Declared:
    """What a user's words name.

    Raises:
        UsageError: no such measure or unit.
    """
    measures, units = {name: name for name in MEASURES}, {name: name for name in UNITS}
    if measure not in measures:
        raise UsageError(f"there is no measure {measure!r}", advice=f"those are: {', '.join(MEASURES)}")
    if unit not in units:
        raise UsageError(f"there is no unit {unit!r}", advice=f"those are: {', '.join(UNITS)}")
    return Declared(measures[measure], units[unit])
