"""`dfe learn-space`: mesh sequences to an expression space."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from dfe.base.errors import OutputError, UsageError
from dfe.cli.options import AsJson, Flag, Name, OutFolder, Overwrite, arg, need

_VARIANCE, _STRENGTH = 0.98, 0.1


@dataclass(frozen=True)
class LearnSpace:
    """Learn an expression space from mesh sequences, or from points of faces, of one topology.

    A sequence is a folder of numbered .obj or .ply files, an .npz or .npy of vertices (frames, points, 3), or a text of
    Kinect points. Head motion is taken out, each recording counts from its own neutral face, and what is left becomes a
    few components. Encode with `--frontend mesh --space DIR`, train with `--space DIR`.

    Examples:
        dfe learn-space takes/ -o space --name heads
        dfe learn-space kinect/ -o space --rigid 36-47 89 --axes xy
    """

    paths: Annotated[Positional[tuple[Path, ...]], arg(metavar="SEQUENCE [SEQUENCE ...]")]
    """Mesh sequences, or folders of them; each is one recording of one person."""
    out: OutFolder
    name: Name = "mine"
    components: Annotated[int | None, arg(metavar="N")] = None
    """Number of components; by default as many as --variance asks for, 64 at most."""
    variance: Annotated[float, arg(metavar="SHARE")] = _VARIANCE
    """Share of the squared movement that the principal components have to explain."""
    sparse: Flag = False
    """Components that each move a part of the face, in place of principal ones."""
    strength: Annotated[float, arg(metavar="X")] = _STRENGTH
    """With --sparse: how much it costs to move a further point."""
    neutral: Annotated[str, arg(metavar="MODE")] = "calm"
    """What counts as the face at rest, of each recording: calm (median of its calm frames), median, or a frame or
    FIRST-LAST."""
    unit: Literal["auto", "mm", "cm", "m", "size"] = "auto"
    """Unit of the coordinates; auto guesses it from the size of the faces; size scales every face to a typical one."""
    rigid: Annotated[tuple[str, ...], arg(metavar="POINTS ...")] = ()
    """Points that the head's motion is read from, as in 36-47 89; by default all, those that fit counting most."""
    scale: Flag = False
    """Scale every frame to its neutral too, for points whose size changes with the distance (pixels)."""
    axes: Annotated[str, arg(metavar="AXES")] = "xyz"
    """Coordinates that count, as in xy where the depth is noisy."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Read, learn, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_json, tell
        from dfe.frontends.meshes.learn_space import LearnOptions, learn_space, point_numbers
        from dfe.space.file import holds_space, save_space
        from dfe.space.recipe import neutral_mode

        if not self.paths:
            raise UsageError("nothing to learn from: name a mesh sequence or a folder of them")
        need("--strength", self.strength != _STRENGTH, "--sparse", self.sparse)
        if self.components is not None and self.variance != _VARIANCE:
            raise UsageError("--variance does nothing with --components", advice="give one of them")
        options = LearnOptions(
            name=self.name,
            components=self.components,
            variance=self.variance,
            method="sparse" if self.sparse else "pca",
            strength=self.strength,
            neutral=neutral_mode(self.neutral),
            unit=self.unit,
            rigid=point_numbers(self.rigid),
            scale=self.scale,
            axes=self.axes,
        )
        if holds_space(self.out) and not self.overwrite:
            advice = "choose another folder or add --overwrite"
            raise OutputError("holds a space already", where=self.out, advice=advice)
        with show_progress("reading", "sequences") as progress:
            learned = learn_space(self.paths, options, progress)
        save_space(learned.space, self.out, overwrite=self.overwrite)
        for line in learned.warnings:
            tell(line)
        space, recipe = learned.space, learned.space.recipe
        if self.json:
            recordings = [{"name": n, "frames": t, "faces": f} for n, t, f in learned.recordings]
            about = {"id": space.id, "components": space.dimension, "points": len(space.mesh.vertices_mm)}
            show_json(about | {"folder": str(self.out), "recordings": recordings, "recipe": recipe.to_json()})
            return 0
        say(
            f"{space.id} is in {self.out}: {space.dimension} components of {len(space.mesh.vertices_mm)} points "
            f"explain {recipe.explained:.1%} of the squared movement of {recipe.frames} faces in "
            f"{recipe.recordings} recordings"
        )
        tell(f"encode with --frontend mesh --space {self.out}, then train with --space {self.out} --preset rvq")
        return 0
