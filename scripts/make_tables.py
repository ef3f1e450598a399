"""Tables of all faces under ../shared/data, by the command that users run: `dfe encode --tokenizer none --landmarks`.

Sets under .cache/tokenizer: ``tables`` (pictures looked at both ways), ``tables_one`` (in one look, what fits the
correction for it), ``tables_perturbed`` (cropped anew, JPEG, blurred, shifted, mirrored),
``tables_turned`` and ``tables_turned_one`` (London heads warped to other head poses).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from training_media import lay_out, lay_out_perturbed
from turned_heads import lay_out_turned

ONE_LOOK = ("lfw_train", "lfw_validate", "lfw_test", "fer2013_train", "fer2013_validate")


def extract_all(data: Path, work: Path, workers: int) -> None:
    """Make what is missing of the sets; each is whole or not there."""
    media = work / "media"
    lay_out(data, media)
    lay_out_perturbed(data, work / "media_perturbed")
    extract([media], work / "tables", workers, "always")
    extract([media / name for name in ONE_LOOK], work / "tables_one", workers, "never")
    extract([work / "media_perturbed"], work / "tables_perturbed", workers, "always")
    lay_out_turned(data, work / "media_turned", work / "tables" / "london.parquet")
    extract([work / "media_turned"], work / "tables_turned", workers, "always")
    extract([work / "media_turned"], work / "tables_turned_one", workers, "never")


def extract(media: list[Path], tables: Path, workers: int, both_ways: str) -> None:
    """Tables of all folders, with what their coefficients were read from."""
    if (tables / "done").exists():
        return
    options = ["--space", "arkit51/face41", "--max-faces", "1", "--landmarks", "--both-ways", both_ways, "--overwrite"]
    command = [
        sys.executable,
        "-m",
        "dfe",
        "encode",
        "--tokenizer",
        "none",
        *map(str, media),
        "-o",
        str(tables),
        *options,
    ]
    done = subprocess.run([*command, "--workers", str(workers), "--json"], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit("the tables could not be made; what is wrong stands above")
    summary = json.loads(done.stdout)
    if summary["files_failed"]:
        sys.exit("\n".join(summary["problems"]))
    (tables / "done").write_text(json.dumps({key: summary[key] for key in ("frames", "faces", "seconds")}))
