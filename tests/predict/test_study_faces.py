from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.comparison.measures import measure_rows
from dfe.comparison.table import GroupRow
from dfe.datasets.examples import Examples
from dfe.predict.faces import assign_faces
from dfe.predict.reading import readings
from dfe.recording.faces import lasting_faces
from dfe.recording.recording import Recording
from dfe.recording.roles import Role
from dfe.reliability.minutes import Source, measure_minutes
from dfe.tokenizer.file import load_tokenizer
from made_measures import events_of
from made_study import faces, recording, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("faces")
    frames = np.arange(60).repeat(2)
    both = recording(faces(120), frames / 30, face=np.tile([0, 1], 60), frame=frames)
    write(where, "both", both)
    write(where, "one", recording(faces(60), np.arange(60) / 30))
    ghost = np.where(np.arange(60) == 59, 1, 0)
    write(where, "ghost", recording(faces(60), np.arange(60) / 30, face=ghost))
    write(where, "stills", recording(faces(4), np.full(4, np.nan), face=np.array([0, 0, 1, 0])))
    return where


def examples(*names, subject="P1"):
    return Examples(names, names, np.array([subject] * len(names)), {}, ())


def read(examples, folder):
    return [(one.recording, one.rows()) for one in readings(examples, folder)]


def test_a_recording_of_two_people_is_refused_by_whoever_reads_it(folder):
    words = r"both: shows 2 faces \(0, 1\).*--largest-only"
    with pytest.raises(TableError, match=words):
        read(examples("one", "both"), folder)
    tokenizer = load_tokenizer("dfe-face41@3")
    with pytest.raises(TableError, match=words):
        events_of(examples("both"), folder, tokenizer)
    with pytest.raises(TableError, match="shows 2 faces"):
        measure_minutes([Source(folder / "both.parquet", "P1")])
    with pytest.raises(TableError, match="shows 2 faces"):
        measure_rows([GroupRow("both", folder / "both.parquet", "P1")])
    assert measure_minutes([Source(folder / "both.parquet", "P1", face=1)], block_s=1).subject


def test_a_ghost_is_no_person_and_pictures_count_their_largest_face(folder):
    assert len(read(examples("one", "ghost", "stills"), folder)) == 3


def test_roles_give_face_and_time_and_leave_the_rest_unsaid(folder):
    roles = [Role("both", 1, 0.5, 1.5, "P1", "client"), Role("both", 0, -np.inf, np.inf, "P2", "therapist")]
    done = assign_faces(examples("both", "one", "absent"), folder, roles)
    assert done.face.tolist() == [1, -1, -1]
    assert done.onset_s.tolist() == [0.5, -np.inf, -np.inf]
    assert done.offset_s.tolist() == [1.5, np.inf, np.inf]
    assert len(read(done.take(np.arange(2)), folder)) == 2
    with pytest.raises(TableError, match="both: shows 2 faces"):
        read(assign_faces(examples("both", subject="P3"), folder, roles), folder)


def test_what_roles_cannot_mean_is_refused(folder):
    with pytest.raises(TableError, match="has no face 4"):
        assign_faces(examples("both"), folder, [Role("both", 4, -np.inf, np.inf, "P1", "")])
    changing = [Role("both", 0, -np.inf, 1.0, "P1", ""), Role("both", 1, 1.0, np.inf, "P1", "")]
    with pytest.raises(TableError, match="changes"):
        assign_faces(examples("both"), folder, changing)


def test_faces_of_a_moment_do_not_last(folder):
    assert lasting_faces(Recording.read(folder / "ghost.parquet")) == (0,)
    assert lasting_faces(Recording.read(folder / "both.parquet")) == (0, 1)
