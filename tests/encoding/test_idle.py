"""An option that would do nothing for the inputs is refused; one that does something for some of them is not."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from dfe.base.errors import UsageError
from dfe.encoding.idle import refuse_idle
from dfe.encoding.options import EncodeOptions
from dfe.frontends.registry import OWN, find_front_end
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.media.inputs import Source

VIDEO = Source("clip", "video", (Path("clip.mp4"),))
STILLS = Source("pictures", "stills", (Path("a.png"), Path("b.png")))
OPENFACE = Source("table", "table", (Path("table.csv"),), reader="openface")
PHONE = Source("phone", "table", (Path("phone.csv"),), reader="arkit")


@pytest.mark.parametrize(
    ("options", "sources", "says"),
    [
        ({"rate": 25}, [STILLS], "--rate does nothing for front end landmarks; leave it out"),
        ({"calibrate": True}, [VIDEO, OPENFACE], "--calibrate does nothing for front end landmarks and openface"),
        ({"space": Path("space")}, [VIDEO], "--space does nothing"),
        ({"weights": Path("w"), "frontend": "landmarks"}, [VIDEO], "--weights does nothing"),
        ({"flame": Path("f")}, [OPENFACE], "--flame does nothing"),
        ({"device": "cpu"}, [OPENFACE], "--device does nothing"),
        ({"batch": 2}, [OPENFACE], "--batch does nothing for front end openface"),
        ({"batch": 2, "frontend": "deca", "weights": Path("w")}, [VIDEO], "--batch does nothing for front end deca"),
        ({"max_faces": 2}, [OPENFACE], "--max-faces does nothing for front end openface"),
        ({"start_s": 1.0}, [STILLS], "--start is for videos and tables, and there are none"),
        ({"every": 2}, [STILLS], "--every is for videos and tables"),
        ({"second_pass": True}, [STILLS, OPENFACE], "--second-pass is for videos, and there are none"),
        ({"both_ways": "never"}, [OPENFACE], "--both-ways is for videos and pictures"),
        ({"landmarks": True}, [OPENFACE], "--landmarks is for videos and pictures"),
    ],
)
def test_what_does_nothing_is_refused(options, sources, says):
    with pytest.raises(UsageError) as caught:
        refuse_idle(EncodeOptions(**options), sources)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("options", "sources"),
    [
        ({}, [VIDEO, STILLS, OPENFACE]),
        ({"device": "cuda"}, [VIDEO, OPENFACE]),
        ({"batch": 2}, [STILLS]),
        ({"rate": 25}, [VIDEO, OPENFACE]),
        ({"rate": 25}, [VIDEO]),
        ({"calibrate": True}, [OPENFACE, PHONE]),
        ({"start_s": 1.0, "every": 3}, [STILLS, OPENFACE]),
        ({"second_pass": True, "both_ways": "always", "landmarks": True, "max_faces": 1}, [VIDEO]),
        ({"mirrored": True, "largest_only": True, "tokenizer": None}, [STILLS]),
        ({"rate": 25, "frontend": "landmarks"}, []),
    ],
)
def test_what_does_something_for_one_of_them_is_not(options, sources):
    refuse_idle(EncodeOptions(**options), sources)


def test_thumbnails_are_of_pictures():
    refuse_idle(EncodeOptions(), [OPENFACE, VIDEO], thumbnails=True)
    with pytest.raises(UsageError, match="--thumbnails is for videos and pictures"):
        refuse_idle(EncodeOptions(), [OPENFACE], thumbnails=True)


def test_every_choice_of_front_ends_is_an_option_of_both():
    choices = set(FrontEndSpec.CHOICES)
    assert choices <= {field.name for field in fields(EncodeOptions)} & {
        field.name for field in fields(FrontEndOptions)
    }
    for name in OWN:
        spec = find_front_end(name)
        assert spec.uses is not None
        assert set(spec.needs) <= set(spec.uses) <= choices


def test_nothing_is_done_before_it_is_refused(dfe, astronaut, tmp_path):
    ran = dfe("encode", astronaut, "-o", tmp_path / "out", "--rate", 25)
    assert (ran.code, ran.err) == (2, "dfe: --rate does nothing for front end landmarks; leave it out\n")
    assert not (tmp_path / "out").exists()
