"""Makes the pictures of films and figures in the documents, of the demo's clip and of the demo's made-up people.

python scripts/make_figures.py --clip .demo/media/WolfgangLanger_Pexels.mp4

The clip is by Wolfgang Langer, Pexels (free to use).
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np

import dfe
from dfe.displays.vocabulary import vocabulary_of
from dfe.draw.plot import ACCENT, INK, PALE, SECOND, Plot, figure_of, plain
from dfe.draw.render import render_expression
from dfe.encoding.demo_people import write_demo_people
from dfe.movies.grid import GridOptions, render_grid
from dfe.movies.occurrences import choose, find_occurrences
from dfe.recording.shown import shown

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
MOMENTS_S = (1.5, 5.0, 7.5, 10.6, 13.5, 15.3, 18.6)
"""Of the clip: lips pressed, tears, a hand over the mouth, a first smile, laughing, the jaw drops, a broad smile."""
SHOWN = ("eyes closed", "brow lowering", "lip press", "lip corner down", "jaw drop", "lips part", "smile")
HEAD_PX, HEAT_MM = 260, 7.0
GRID_DISPLAY, GRID_CELLS = "7", 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, required=True)
    clip = parser.parse_args().clip
    PICTURES.mkdir(parents=True, exist_ok=True)
    (recording,) = dfe.encode(clip, aus=True)
    save(film(clip, recording), "film.jpg")
    save(beyond(recording), "beyond-action-units.png")
    save(dfe.plot_displays(recording, displays=12), "displays-over-time.png")
    save(dfe.plot_profile(recording, units=8), "profile.png")
    save(dfe.plot_display(7), "display.png")
    with tempfile.TemporaryDirectory() as scratch:
        made = write_demo_people(Path(scratch), 24)
        with made.table.open() as file:
            groups = {row["subject"]: row["group"] for row in csv.DictReader(file)}
        units = ("smile", "brow raise", "jaw drop")
        save(dfe.plot_means(dfe.summarise(made.recordings), groups, units=units), "means.png")
        save_grid(made.recordings, Path(scratch) / "grid.mp4")


def save(plot: Plot, name: str) -> None:
    plot.save(PICTURES / name, dpi=110, overwrite=True)
    print(PICTURES / name)


def save_grid(recordings: Path, movie: Path) -> None:
    """The frame of a grid movie in which all heads show the display at its strongest."""
    found = find_occurrences(GRID_DISPLAY, [recordings])
    chosen, options = choose(found.all, GRID_CELLS), GridOptions()
    title = f"{found.label}: {len(chosen)} of {len(found.all)} events, {found.people} people"
    render_grid(chosen, title, movie, options)
    with av.open(str(movie)) as container:
        strongest = next(f for n, f in enumerate(container.decode(video=0)) if n == options.before_s * options.rate)
    cv2.imwrite(str(PICTURES / "grid.jpg"), strongest.to_ndarray(format="bgr24"), [cv2.IMWRITE_JPEG_QUALITY, 90])
    print(PICTURES / "grid.jpg")


def film(clip: Path, recording: dfe.Recording) -> Plot:
    """Frames of the film, the heads that their tokens alone make, and what is shown when."""
    tokenizer = dfe.load_tokenizer(recording.tokenizer_id or "default")
    rows = [int(np.abs(recording.times - moment).argmin()) for moment in MOMENTS_S]
    heads = tokenizer.decode(recording.tokens().at(np.array(rows)))
    figure = figure_of(11.0, 5.9)
    grid = figure.add_gridspec(3, len(rows), height_ratios=(1.0, 1.0, 1.6))
    for column, (row, head) in enumerate(zip(rows, heads, strict=True)):
        for line, picture in enumerate((face_of(clip, recording, row), drawn(tokenizer, head))):
            axes = figure.add_subplot(grid[line, column])
            axes.imshow(picture)
            axes.set_axis_off()
            if not line:
                axes.set_title(f"{recording.times[row]:.1f} s", fontsize=9, color=INK)
    axes = figure.add_subplot(grid[2, :])
    found = shown(recording, vocabulary_of(tokenizer), recording.success).only("group", "eyes")
    labels = [unit.label for unit in found.units]
    for place, label in enumerate(SHOWN):
        amount = np.nan_to_num(found.amount[:, labels.index(label)])
        height = np.clip(amount / (8.0 if label == "eyes closed" else 5.0), 0, 1)
        smooth = np.convolve(height, np.ones(5) / 5, mode="same")
        colour = SECOND if label == "smile" else ACCENT
        axes.fill_between(recording.times, place, place + 0.9 * smooth, color=colour, linewidth=0)
        axes.axhline(place, color="#e3e8ee", linewidth=0.8, zorder=0)
    for row in rows:
        axes.axvline(recording.times[row], color=PALE, linewidth=0.8, linestyle=":")
    axes.set_yticks(np.arange(len(SHOWN)) + 0.35, SHOWN, fontsize=9)
    axes.set_xlim(0, float(recording.times.max()))
    axes.set_ylim(-0.1, len(SHOWN))
    axes.set_xlabel("time, s (height: millimetres of skin movement)", fontsize=9)
    axes.tick_params(left=False)
    plain(axes)
    return Plot(figure, axes)


def face_of(clip: Path, recording: dfe.Recording, row: int) -> np.ndarray:
    """The face of a row, cut out of the film as a square; what lies outside of the picture is dark."""
    wanted = int(recording.frames[row])
    with av.open(str(clip)) as container:
        frame = next(f for number, f in enumerate(container.decode(video=0)) if number == wanted)
    picture = frame.to_ndarray(format="rgb24")
    x, y, w, h = recording.boxes[row]
    half = int(0.72 * max(w, h))
    padded = np.pad(picture, ((half, half), (half, half), (0, 0)), constant_values=28)
    top, left = int(y + h / 2), int(x + w / 2)
    return padded[top : top + 2 * half, left : left + 2 * half]


def drawn(tokenizer: dfe.Tokenizer, x: np.ndarray) -> np.ndarray:
    """The head that an expression makes, coloured by how far the skin moves."""
    return render_expression(tokenizer.space, x, size=HEAD_PX, heat_max_mm=HEAT_MM)


def beyond(recording: dfe.Recording) -> Plot:
    """One smile as an action unit, as millimetres, and by side."""
    tokenizer = dfe.load_tokenizer(recording.tokenizer_id or "default")
    found = shown(recording, vocabulary_of(tokenizer), recording.success)
    amount = {unit.label: np.nan_to_num(found.amount[:, place]) for place, unit in enumerate(found.units)}
    times, late = recording.times, recording.times > 9.6
    figure = figure_of(9.0, 4.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    unit = np.mean([recording.column(f"au_proxy_12{side}") for side in "LR"], axis=0)
    upper.plot(times[late], unit[late], color=PALE, label="action unit 12 (proxy), 0 to 5")
    upper.plot(times[late], amount["smile"][late], color=SECOND, label="smile, mm of skin movement")
    upper.legend(frameon=False, fontsize=8)
    for label, colour in (("lip corners out and up, right", ACCENT), ("lip corners in + mouth to the right", INK)):
        lower.plot(times[late], amount[label][late], color=colour, label=f"{label}, mm")
    upper.set_title("The action unit is near the end of its scale; the millimetres go on", loc="left", fontsize=9)
    lower.set_title("The smile is wider on the subject's right, until it is broadest", loc="left", fontsize=9)
    lower.set_ylim(top=1.35 * lower.get_ylim()[1])  # room for the legend above the lines
    lower.legend(frameon=False, fontsize=8, loc="upper left")
    lower.set_xlabel("time, s")
    for axes in (upper, lower):
        plain(axes)
    return Plot(figure, upper)


if __name__ == "__main__":
    main()
