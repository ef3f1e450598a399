"""Write docs/front-ends.md from the front ends' own descriptions; takes no arguments.

The speeds are those that the named benchmarks printed last; put new ones into SPEED by hand.
"""

from __future__ import annotations

from pathlib import Path

from dfe.frontends.registry import OWN, find_front_end
from dfe.frontends.spec import FrontEndSpec

PAGE = Path(__file__).resolve().parents[1] / "docs" / "front-ends.md"

SPEED = {
    "landmarks": "7.4 ms a frame of video, 9.6 to 15 ms a picture (encode.py)",
    "deca": "50 ms a face exported, 87 ms in torch (encoders.py)",
    "emoca": "48 to 99 ms exported, 87 to 177 ms in torch (encoders.py)",
    "smirk": "6 ms a face exported, 15 ms in torch (encoders.py)",
    "arkit": "125,000 rows/s; with tokens 300,000 rows in 6.9 s (tables.py)",
    "pyfeat": "103,000 rows/s; with tokens 300,000 rows in 7.0 s (tables.py)",
    "openface": "41,000 rows/s; with tokens 300,000 rows in 11.8 s (tables.py)",
    "clnf": "40,000 rows/s; with tokens 300,000 rows in 11.9 s (tables.py)",
    "libreface": "500 to 640 rows/s: the default networks look at every row's points (tables.py)",
    "flame-params": "300,000 rows read in 1.0 s",
    "bfm": "as flame-params",
    "mesh": "see docs/meshes.md",
}
"""One core; front ends that are not here have not been timed."""

MORE = {
    "landmarks": "front-end.md",
    "deca": "encoders.md",
    "emoca": "encoders.md",
    "smirk": "encoders.md",
    "arkit": "tables.md",
    "pyfeat": "tables.md",
    "openface": "tables.md",
    "clnf": "tables.md",
    "libreface": "tables.md",
    "flame-params": "flame.md",
    "bfm": "flame.md",
    "mesh": "meshes.md",
}


def page() -> str:
    """The whole page as Markdown."""
    specs = [find_front_end(name) for name in OWN]
    rows = "\n".join(_row(spec) for spec in specs)
    speeds = "\n".join(f"| `{spec.name}` | {SPEED.get(spec.name, 'not timed')} |" for spec in specs)
    return f"""# Front ends: what can become tokens

A front end turns something (pictures, another tool's table, meshes) into rows of one expression space; everything
after it works on those rows alone. `dfe doctor` lists what an installation has, `dfe info NAME` says what one
needs. This page is made from their own descriptions by `scripts/make_front_ends.py`.

| front end | reads | gives | you supply | terms | verified |
|---|---|---|---|---|---|
{rows}

| front end | speed on one core (script under benchmarks/) |
|---|---|
{speeds}

Without `--frontend`, pictures and videos go through `landmarks`, and a table is read by whichever front end knows
it by its header. In a folder, tables are taken only where it holds no picture or video: data sets keep tables of
many kinds beside their videos.

<!-- not run: needs tables of other tools -->
```
$ dfe encode interview.mp4 -o out
$ dfe encode 300_CLNF_features3D.txt -o out
$ dfe encode take.csv.gz --calibrate -o out
$ dfe encode codes.npz --tokenizer none --frontend flame-params --rate 25 -o out
$ dfe encode interview.mp4 --tokenizer none --frontend emoca --weights EMOCA_FOLDER --flame flame2020.pkl -o out
```

A tokenizer codes one space. The package has one for `dfe-face` and one for `arkit51/face41`, and `dfe encode` takes the
one that fits; for any other space, `dfe encode --tokenizer none` writes rows without tokens, and `dfe train` makes a
tokenizer from them ([how to](how-to.md)). Rows of two front ends
are two instruments, even in one space: never compare people measured by one with people measured by the other.

## A front end of your own, in your own package

Register an entry point; nothing of ours has to change.

```toml
[project.entry-points."dfe.frontends"]
my-tool = "my_package:SPEC"            # a dfe.frontends.spec.FrontEndSpec

[project.entry-points."dfe.spaces"]
"my/space" = "my_package:make_space"   # a function of the version (None: the newest) that returns an ExpressionSpace
```

A front end for pictures has `space`, `provenance()` and `observe(frames, still=...)`
(`dfe.frontends.base.FrontEnd`); one for tables has `read(path, progress)` and returns
`dfe.recording.measured.Measured`: all rows at once, failures included, times in seconds, head pose in radians with
this package's signs. `tests/made/example_package.py` is a whole one.
"""


def _row(spec: FrontEndSpec) -> str:
    needs = [f"`--{need}`" for need in spec.needs] + ([f"extra `{spec.extra}`"] if spec.extra else [])
    name = f"[`{spec.name}`]({MORE[spec.name]})" if spec.name in MORE else f"`{spec.name}`"
    supplied = ", ".join(needs) or "nothing"
    return f"| {name} | {spec.title} | {spec.space} | {supplied} | {spec.licence} | {spec.verified} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
