import runpy
from pathlib import Path

from dfe.facs.units import UNITS
from dfe.recording.coefficients import describe_coefficient
from dfe.recording.schema import LISTS, Layout, columns, unit_column
from dfe.space.arkit import ARKIT_NAMES

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_script_makes():
    made = runpy.run_path(str(ROOT / "scripts" / "make_data_dictionary.py"))["dictionary"]()
    page = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
    assert page == made, "run python scripts/make_data_dictionary.py"


def test_the_page_names_every_column():
    page = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
    face = Layout(expression=("exp_mouth01Left", "exp_jaw02"), face_model=True, levels=1)
    assert [c.name for c in columns(face) if f"| `{c.name}` | {c.type} |" not in page] == []
    assert [unit.id for unit in UNITS if f"| `{unit_column(unit.id)}` |" not in page] == []
    assert [
        c.name for c in columns(Layout(lists=LISTS))[-2:] if f"| `{c.name}` | {c.type}[{c.length}] |" not in page
    ] == []


def test_every_coefficient_is_described_and_sides_are_not_swapped():
    for name in ARKIT_NAMES:
        words = describe_coefficient(name)
        assert ("left" in words) == name.endswith("Left"), name
        assert ("right" in words) == name.endswith("Right"), name
    assert len({describe_coefficient(name) for name in ARKIT_NAMES}) == len(ARKIT_NAMES)
