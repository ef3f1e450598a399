"""Pickles of other tools, followed without running them: a small machine that builds data and nothing else.

A pickle is a program. Python's own reader looks up the names in it and calls them; this one follows the instructions
that build numbers, text and containers, and answers a name by an inert :class:`Call`, never by an import. Nothing of
``pickle`` is used; the instructions are documented in ``pickletools`` of Python's standard library, whose own parser
refuses bytes of Python 2 above 127 and bounds no integer. Time and memory are bounded by the length of the data and by
:data:`MAX_STEPS`; nothing here recurses.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_STEPS = 5_000_000
"""Most instructions that are followed."""

_MAX_INTEGER_BYTES = 32
_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_REBUILDS = ("copyreg", "_reconstructor")
_OBJECT = ("builtins", "object")
_KEYS = (str, bytes, int, float, type(None))


class Refused(ValueError):
    """The pickle asks for something that is not data; the message says for what."""


@dataclass(frozen=True)
class Name:
    """A global that the pickle names; it stays a name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Call:
    """What would have been an object: its name, what it would have been called with, and what was set on it."""

    name: Name
    args: tuple[object, ...]
    state: object = None
    items: list[tuple[object, object]] = field(default_factory=list)


def follow(data: bytes, allows: Callable[[Name], bool]) -> object:
    """What a pickle builds: numbers, text, bytes, lists, tuples, dictionaries, sets, and calls that were not made.

    Text of Python 2 is taken as latin-1. Containers may hold themselves; whoever walks through them has to mind that.

    Args:
        data: the pickle, of any protocol.
        allows: which names may occur.

    Raises:
        Refused: a name that may not occur, an instruction that would make an object, or too many instructions.
        ValueError, TypeError, KeyError, IndexError, struct.error: the data are damaged.
    """
    return _Machine(data, allows).run()


class _Machine:
    def __init__(self, data: bytes, allows: Callable[[Name], bool]) -> None:
        self.data, self.at, self.allows = data, 0, allows
        self.stack: list[object] = []
        self.below: list[list[object]] = []
        self.memo: dict[int, object] = {}

    def run(self) -> object:
        for _ in range(MAX_STEPS):
            code = self.take(1)
            if code == b".":
                if len(self.stack) != 1 or self.below:
                    raise ValueError("it ends in the middle of a value")
                return self.stack[0]
            step = _STEPS.get(code)
            if step is None:
                raise Refused(f"uses the pickle instruction {code!r}, which does not build plain data")
            step(self)
        raise Refused(f"has more than {MAX_STEPS} instructions")

    def take(self, count: int) -> bytes:
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise ValueError("it ends too early")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, form: str) -> int:
        value: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def line(self) -> bytes:
        end = self.data.index(b"\n", self.at)
        piece = self.data[self.at : end]
        self.at = end + 1
        return piece

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> object:
        return self.stack.pop()

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[object]:
        items = self.stack
        self.stack = self.below.pop()
        return items

    def discard(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.since_mark()

    def word(self) -> None:
        text = self.line()
        self.push({b"00": False, b"01": True}[text] if text in (b"00", b"01") else _integer(text))

    def text(self) -> None:
        quoted = self.line()
        if len(quoted) < 2 or quoted[:1] != quoted[-1:] or quoted[:1] not in (b"'", b'"'):
            raise ValueError("a piece of text is not in quotes")
        # Python 2 escapes bytes as text is escaped, and latin-1 takes each byte for the character of that number.
        self.push(quoted[1:-1].decode("unicode_escape"))

    def long(self, form: str) -> None:
        count = self.number(form)
        if count > _MAX_INTEGER_BYTES:
            raise Refused("holds an integer of more than 32 bytes")
        self.push(int.from_bytes(self.take(count), "little", signed=True))

    def tuple_of(self, count: int) -> None:
        if len(self.stack) < count:
            raise ValueError("too few values for a tuple")
        items = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.push(items)

    def dictionary(self) -> None:
        made: dict[object, object] = {}
        self.set_pairs(made, self.since_mark())
        self.push(made)

    def set_pairs(self, target: object, flat: list[object]) -> None:
        if len(flat) % 2:
            raise ValueError("a key without a value")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if not isinstance(key, _KEYS):
                raise Refused("has a dictionary whose keys are neither text nor numbers")
            if isinstance(target, dict):
                target[key] = value
            elif isinstance(target, Call):
                target.items.append((key, value))
            else:
                raise ValueError("a key is set on what is no dictionary")

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.set_pairs(self.stack[-1], [key, value])

    def set_items(self) -> None:
        flat = self.since_mark()
        self.set_pairs(self.stack[-1], flat)

    def append(self, values: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise ValueError("a value is appended to what is no list")
        target.extend(values)

    def add(self) -> None:
        values, target = self.since_mark(), self.stack[-1]
        if not isinstance(target, set):
            raise ValueError("a value is added to what is no set")
        target.update(_hashable(values))

    def name(self, module: object, name: object) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name that is no text")
        found = Name(_PYTHON_2.get(module, module), name)
        if (found.module, found.name) not in (_REBUILDS, _OBJECT) and not self.allows(found):
            raise Refused(f"names {str(found)[:100]!r}, which is not let in")
        self.push(found)

    def stack_name(self) -> None:
        name, module = self.pop(), self.pop()
        self.name(module, name)

    def call(self) -> None:
        args, name = self.pop(), self.pop()
        if not isinstance(name, Name) or not isinstance(args, tuple):
            raise Refused("calls what is no name")
        if (name.module, name.name) == _REBUILDS:
            name, args = (args[0], ()) if args else (None, ())
        if not isinstance(name, Name) or (name.module, name.name) in (_REBUILDS, _OBJECT):
            raise Refused("makes an object of no kind")
        self.push(Call(name, args))

    def build(self) -> None:
        state, target = self.pop(), self.stack[-1]
        if not isinstance(target, Call):
            raise Refused("sets the state of what is plain data")
        target.state = state

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def get(self, index: int) -> None:
        self.push(self.memo[index])


def _integer(text: bytes) -> int:
    if len(text) > 2 * _MAX_INTEGER_BYTES:
        raise Refused("holds an integer of more than 32 bytes")
    return int(text.rstrip(b"L"))


def _hashable(values: list[object]) -> list[object]:
    if not all(isinstance(value, _KEYS) for value in values):
        raise Refused("has a set of what is neither text nor numbers")
    return values


_Step = Callable[[_Machine], object]

_STEPS: dict[bytes, _Step] = {
    b"\x80": lambda m: m.take(1),
    b"\x95": lambda m: m.take(8),
    b"(": _Machine.mark,
    b"0": _Machine.discard,
    b"1": _Machine.since_mark,
    b"2": lambda m: m.push(m.stack[-1]),
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": _Machine.word,
    b"L": lambda m: m.push(_integer(m.line())),
    b"J": lambda m: m.push(m.number("<i")),
    b"K": lambda m: m.push(m.number("<B")),
    b"M": lambda m: m.push(m.number("<H")),
    b"\x8a": lambda m: m.long("<B"),
    b"\x8b": lambda m: m.long("<i"),
    b"F": lambda m: m.push(float(m.line())),
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    b"S": _Machine.text,
    b"T": lambda m: m.push(m.take(m.number("<i")).decode("latin-1")),
    b"U": lambda m: m.push(m.take(m.number("<B")).decode("latin-1")),
    b"B": lambda m: m.push(m.take(m.number("<I"))),
    b"C": lambda m: m.push(m.take(m.number("<B"))),
    b"\x8e": lambda m: m.push(m.take(m.number("<Q"))),
    b"\x96": lambda m: m.push(m.take(m.number("<Q"))),
    b"V": lambda m: m.push(m.line().decode("raw_unicode_escape")),
    b"X": lambda m: m.push(m.take(m.number("<I")).decode("utf-8", "surrogatepass")),
    b"\x8c": lambda m: m.push(m.take(m.number("<B")).decode("utf-8", "surrogatepass")),
    b"\x8d": lambda m: m.push(m.take(m.number("<Q")).decode("utf-8", "surrogatepass")),
    b"]": lambda m: m.push([]),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.since_mark()),
    b"l": lambda m: m.push(m.since_mark()),
    b")": lambda m: m.push(()),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"\x85": lambda m: m.tuple_of(1),
    b"\x86": lambda m: m.tuple_of(2),
    b"\x87": lambda m: m.tuple_of(3),
    b"}": lambda m: m.push({}),
    b"d": _Machine.dictionary,
    b"s": _Machine.set_item,
    b"u": _Machine.set_items,
    b"\x8f": lambda m: m.push(set()),
    b"\x90": _Machine.add,
    b"\x91": lambda m: m.push(frozenset(_hashable(m.since_mark()))),
    b"c": lambda m: m.name(m.line().decode("utf-8"), m.line().decode("utf-8")),
    b"\x93": _Machine.stack_name,
    b"R": _Machine.call,
    b"\x81": _Machine.call,
    b"b": _Machine.build,
    b"p": lambda m: m.put(_integer(m.line())),
    b"q": lambda m: m.put(m.number("<B")),
    b"r": lambda m: m.put(m.number("<I")),
    b"\x94": lambda m: m.put(len(m.memo)),
    b"g": lambda m: m.get(_integer(m.line())),
    b"h": lambda m: m.get(m.number("<B")),
    b"j": lambda m: m.get(m.number("<I")),
}
"""Instructions by their byte. Left out on purpose: persistent ids, extension codes, old classes (``i``, ``o``), buffers
out of band, and calls with keywords."""
