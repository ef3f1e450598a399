"""A comparison of a design as plain JSON values; no name of a subject and no value of one is in it."""

from __future__ import annotations

from typing import Any

from dfe.comparison.as_json import head_json, known
from dfe.comparison.designs.beside_json import beside_json
from dfe.comparison.designs.design import DesignComparison
from dfe.comparison.designs.frame import DESIGN_MEASURES
from dfe.comparison.designs.methods import design_methods
from dfe.comparison.designs.rows import row_json
from dfe.comparison.effects import MEASURES


def design_json(done: DesignComparison) -> dict[str, Any]:
    """Everything that is reported; what is not known is null."""
    frame = done.frame
    result: dict[str, Any] = {
        **head_json(done),
        "measures": {measure: MEASURES[measure] for measure in DESIGN_MEASURES},
        "design": {
            "names": frame.names,
            "groups": [[name, int((frame.group == place).sum())] for place, name in enumerate(frame.groups)],
            "conditions": list(frame.conditions),
            "periods": list(frame.periods),
            "scores": [
                {"name": name, "mean": float(frame.scores[:, i].mean()), "sd": float(frame.scores[:, i].std(ddof=1))}
                for i, name in enumerate(frame.score_names)
            ],
            "clusters": None if frame.cluster is None else len(set(frame.cluster.tolist())),
            "subjects": len(frame),
        },
        "rows": [row_json(row) for row in done.rows],
        "families": [family._asdict() for family in done.families],
        "means": [
            {
                "measure": mean.measure,
                "token": mean.kind.token,
                "group": mean.group,
                "condition": mean.condition,
                "subjects": mean.subjects,
                "mean": mean.mean,
                "sd": mean.sd,
            }
            for mean in done.means
        ],
        **beside_json(done.beside),
    }
    result["methods"] = design_methods(known(result))
    return dict(known(result))
