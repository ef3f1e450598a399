"""What an atlas must know of a tokenizer: its displays, their templates and what is known of their quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import ArrayLike

from dfe.base.types import Displays, FloatArray, IntArray
from dfe.space.base import ExpressionSpace


class Book(Protocol):
    """A coder with a book of displays; :class:`dfe.tokenizer.tokenizer.Tokenizer` is one."""

    @property
    def id(self) -> str:
        """``name@version``."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256 in hex over all that decides codes."""
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
    def gains(self) -> FloatArray:
        """Intensities, of the levels or of the ladder."""
        ...

    @property
    def graded(self) -> bool:
        """True where a token holds its own intensity."""
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
        """Its displays and the codes that say them."""
        ...

    def templates(self) -> FloatArray:
        """``(K, D)``: what each display adds to a face."""
        ...

    def said(self, codes: ArrayLike) -> IntArray:
        """Which display each code says, ``(n, m)``; 0 nothing, -1 no face."""
        ...
