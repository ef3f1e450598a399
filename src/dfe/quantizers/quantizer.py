"""What a quantiser is to the rest of the house: two small protocols, of its configuration and of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace

Weights = Mapping[str, NDArray[Any]]
"""Arrays of a quantiser by their names, as :meth:`QuantizerConfig.weight_shapes` lists them."""


class Found(NamedTuple):
    """Codes of ``n`` expressions, and how sure the search is of them."""

    codes: CodeArray
    """``(n, N)``; after the first silence only silence."""
    doubt: BoolArray
    """``(n,)``: a close call; what that means is the quantiser's to say."""


class QuantizerConfig(Protocol):
    """Everything that fixes which arrays a quantiser has and how it searches; a frozen dataclass."""

    @property
    def kind(self) -> str:
        """Name of the quantiser in :data:`dfe.quantizers.registry.QUANTIZERS`."""
        ...

    @property
    def dimension(self) -> int:
        """Coefficients of an expression, D."""
        ...

    @property
    def levels(self) -> int:
        """Tokens of a face at most, N."""
        ...

    @property
    def size(self) -> int:
        """Displays and silence, K."""
        ...

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON values."""
        ...

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every float32 array; there is always ``neutral`` ``(D,)``."""
        ...


class Quantizer(Protocol):
    """Expressions to codes and back, in numpy."""

    @property
    def displays(self) -> Displays:
        """What its codes say: displays and their intensities."""
        ...

    @property
    def additive(self) -> bool:
        """True where a face is exactly the neutral plus its displays."""
        ...

    @property
    def agreeing(self) -> bool:
        """True where no display is said that points away from the face in the display's own region."""
        ...

    @property
    def says(self) -> str:
        """In a few words how it finds displays and at which intensities, for people."""
        ...

    def encode(self, x: FloatArray) -> Found:
        """Codes of finite expressions ``(n, D)``."""
        ...

    def encode_direct(self, x: FloatArray) -> CodeArray:
        """Codes without what is learned in front of the search, the floor to judge an encoder by."""
        ...

    def decode(self, codes: IntArray) -> DoubleArray:
        """Expressions ``(n, D)`` of codes ``(n, m)`` of the first m levels."""
        ...


@dataclass(frozen=True)
class QuantizerKind:
    """A quantiser as the registry knows it.

    Args:
        name: as files say it.
        read_config: fields of :meth:`QuantizerConfig.to_json` to a configuration; raises ModelError.
        make: configuration, arrays and space to a quantiser; raises ModelError where arrays contradict themselves.
    """

    name: str
    read_config: Callable[[Mapping[str, Any]], QuantizerConfig]
    make: Callable[[Any, Weights, ExpressionSpace], Quantizer]
