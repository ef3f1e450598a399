"""Parts of the face on FLAME's mesh, by its vertex masks or, where they are not at hand, by its jaw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfe.space.flame_model import JAW, VERTICES, FlameModel

_REGIONS: dict[str, tuple[str, ...]] = {
    "lips": ("lips",),
    "nose": ("nose",),
    "eyes": ("left_eyeball", "right_eyeball", "left_eye_region", "right_eye_region", "eye_region"),
    "forehead": ("forehead",),
    "cheeks and jaw": ("face",),
}
"""Our regions and the masks that they take, first come first served: FLAME's masks overlap."""

_JAW_SHARE = 0.5


def vertex_regions(model: FlameModel) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    """Names of regions, and the region of each vertex ``(V,)``; -1 for scalp, ears and neck.

    With the masks: lips, nose, eyes, forehead, cheeks and jaw. Without: one region, ``face``, of the vertices in front
    of the jaw's joint and not below the lowest one that the jaw moves, eyeballs and the inside of the mouth included.
    """
    region = np.full(VERTICES, -1, np.int8)
    names = [name for name, masks in _REGIONS.items() if any(mask in model.masks for mask in masks)]
    if not names:
        low = model.template[model.weights[:, JAW] > _JAW_SHARE, 1].min(initial=np.inf)
        inside = (model.template[:, 2] > model.joints[JAW, 2]) & (model.template[:, 1] >= low)
        region[inside] = 0
        return ("face",), region
    for number, name in reversed(list(enumerate(names))):
        for mask in _REGIONS[name]:
            region[model.masks.get(mask, np.zeros(0, np.int64))] = number
    return tuple(names), region
