"""An occurrence is an event: `dfe events`, the viewer's list of a corpus and grid movies find the same ones."""

from __future__ import annotations

import pytest
from test_one_answer import made_recording

from dfe.events.config import EventConfig
from dfe.events.folder import EventOptions, finder
from dfe.events.rates import token_of
from dfe.movies.occurrences import find_occurrences
from dfe.recording.recording import Recording
from dfe.viewer.library import Library
from dfe.viewer.viewing import Viewing, ViewOptions
from made_resting import resting
from made_study import write

CONFIGS = (
    EventConfig(),
    EventConfig(on_mm=0.5, off_mm=0.2, all_rows=True, fleeting=True),
    EventConfig(resting_face="population"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Turned, covered and lost faces, a face of a moment, uneven frames, and a face that is not at rest."""
    made = tmp_path_factory.mktemp("corpus")
    write(made, "trouble", made_recording())
    write(made, "resting", resting(share=0.08)[0])
    trouble = Recording.read(made / "trouble.parquet")
    face = trouble.table.column_names.index("face_id")
    ids = trouble.face_ids.copy()
    ids[(ids == 1) & (trouble.times > 110) & (trouble.times < 110.4)] = 2
    column = trouble.table.schema.field(face)
    trouble.table = trouble.table.set_column(face, column, [ids.astype(column.type.to_pandas_dtype())])
    trouble.write(made / "trouble.parquet", overwrite=True)
    return made


@pytest.mark.parametrize("config", CONFIGS, ids=["default", "every row", "population"])
def test_the_viewer_and_grids_know_the_events_of_dfe_events(folder, config):
    tables = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    find = finder(EventOptions(config), list(tables))
    events = [(name, e) for name, path in tables.items() for e in find(name, Recording.read(path)).events]
    viewing = Viewing(Library.of([folder]), ViewOptions(events=config))
    often = max({token_of(e) for _, e in events if e.kind == "display"}, key=lambda t: _count(events, t))
    assert any(e.censored for _, e in events)
    for unit in (often, "smile", "lids left"):
        wanted = sorted(
            (name, e.face_id, e.onset_s, e.apex_s, e.offset_s, e.intensity, e.censored)
            for name, e in events
            if token_of(e) == unit
        )
        told = viewing.occurrences(0, [unit])
        assert told["total"] == len(wanted) > 2
        assert (told["recordings"], told["waiting"], told["left_out"]) == (len(tables), 0, {})
        keys = ("name", "face_id", "onset_s", "apex_s", "offset_s", "intensity", "censored")
        assert sorted(tuple(row[key] for key in keys) for row in told["rows"]) == wanted
        if unit == "smile":
            grid = find_occurrences(unit, [folder], EventOptions(config)).all
            keys = ("recording", *keys[1:])
            assert sorted(tuple(getattr(one, key) for key in keys) for one in grid) == wanted
    for key, name in enumerate(tables):
        opened = viewing.opened(key)
        assert opened.events is not None
        assert [(name, e) for e in opened.events] == [(other, e) for other, e in events if other == name]
        assert set(opened.faces) >= {face.face_id for face in opened.events.faces}
    viewing.close()


def _count(events, token):
    return sum(token_of(e) == token for _, e in events)
