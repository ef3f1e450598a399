from __future__ import annotations

import pytest

from marked import between_marks


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = "# Page\n<!-- a -->\nold\n<!-- /a -->\n<!-- b -->\nkept\n<!-- /b -->\n"
    assert between_marks(page, "a", "new") == page.replace("old", "new")
    assert between_marks(page, "b", "new") == page.replace("kept", "new")
    for other in ("<!-- a -->\nold\n", "old\n<!-- /a -->\n", ""):
        with pytest.raises(ValueError, match="no text between"):
            between_marks(other, "a", "new")
