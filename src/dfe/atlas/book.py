"""What an atlas must know of a tokenizer: its displays and what is known of their quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dfe.base.types import FloatArray
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace


class Book(Protocol):
    """A coding with a codebook of displays; :class:`dfe.tokenizer.tokenizer.Tokenizer` is one."""

    @property
    def id(self) -> str:
        """``name@version``."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256 in hex over all that decides tokens."""
        ...

    @property
    def space(self) -> ExpressionSpace:
        """The space of its expressions."""
        ...

    @property
    def levels(self) -> int:
        """Tokens per face at most, N."""
        ...

    @property
    def size(self) -> int:
        """Displays and silence, K."""
        ...

    @property
    def neutral(self) -> FloatArray:
        """``(D,)``: the face that no token stands for."""
        ...

    @property
    def additive(self) -> bool:
        """True where a face is exactly the neutral plus its displays."""
        ...

    @property
    def agreeing(self) -> bool:
        """True where the search never says a display that points away from the face."""
        ...

    @property
    def unsteady(self) -> tuple[int, ...]:
        """Displays that small changes of a picture make come and go."""
        ...

    @property
    def card(self) -> Mapping[str, Any]:
        """Measured figures, plain JSON values."""
        ...

    def displays(self) -> Displays:
        """What it can say."""
        ...
