"""Results under pseudonyms: no name of a file or folder, and so of a person, gets into a table, a list or a page.

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of a name, so that the same name has the same pseudonym in every
run with the same key, and nobody without the key can find out which it was, not even by trying names. Who is who stands
in a file beside the key. Both are kept apart from the results; whoever destroys both leaves no way back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from urllib.parse import quote

from dfe.base.cells import Cells
from dfe.base.csv_text import csv_text, plain_cell
from dfe.base.errors import DfeError, UsageError
from dfe.base.files import replacing, written_here
from dfe.base.printable import printable, printable_line
from dfe.encoding.journal import alone
from dfe.encoding.neutral import NeutralChoice
from dfe.media.inputs import Source

_LETTERS = 12
"""Of a pseudonym, 60 bits: among a million names two would share one with a chance of 1 in 2 million."""
_BYTES = 32
_STAMPS = b"\0stamps of files"
"""What the key hashes to the secret of stamps: no name, since none holds the character 0."""
_HEAD = ("pseudonym", "name")


class Pseudonyms:
    """Pseudonyms by the key in a file, which is made if it is not there.

    Args:
        key_file: holds the key; readable by its owner only. ``KEYFILE.names.csv`` beside it tells who is who.
        out: folder of the results, in which no key may lie.

    Raises:
        UsageError: the key would lie among the results, or the file holds no key.
        OutputError: it cannot be made.
    """

    def __init__(self, key_file: Path, out: Path | None = None) -> None:
        if out is not None and _is_within(key_file, out):
            advice = "keep the key where the results do not go"
            raise UsageError("the key of the pseudonyms would lie among the results", where=key_file, advice=advice)
        self.names_file = key_file.with_name(f"{key_file.name}.names.csv")
        self._key_file = key_file
        self._key = _read_key(key_file) if key_file.exists() else _make_key(key_file)
        self._used: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The pseudonym of a name: ``p`` and twelve letters and digits."""
        plain = unicodedata.normalize("NFC", name).encode("utf-8", "surrogateescape")
        digest = hmac.new(self._key, plain, hashlib.sha256).digest()
        found = f"p{base64.b32encode(digest).decode('ascii').lower()[:_LETTERS]}"
        self._used[found] = name
        return found

    def source(self, source: Source) -> Source:
        """A source whose results are called by pseudonyms: a folder by that of its name, a file by that of its stem."""
        parts = [self.of(part) for part in source.name.split("/")]
        folders = [self.of(part) for part in source.folder.split("/") if part]
        shown = tuple(f"{self.of(path.stem)}{path.suffix.lower()}" for path in source.paths)
        secret = hmac.new(self._key, _STAMPS, hashlib.sha256).hexdigest()
        return replace(source, name="/".join(parts), folder="/".join(folders), shown=shown, secret=secret)

    def keep(self) -> None:
        """Write down who is who, beside those of earlier runs.

        Raises:
            OutputError: it cannot be written.
        """
        if self._used.keys() <= _read_names(self.names_file).keys():
            return
        with alone(self._key_file):
            known = _read_names(self.names_file)
            text = csv_text(_HEAD, sorted({**known, **self._used}.items()))
            with replacing(self.names_file, overwrite=True) as (file,):
                os.chmod(file.fileno(), 0o600)  # noqa: PTH101
                file.write(text.encode("utf-8", "backslashreplace"))


def names_known(names_file: Path) -> frozenset[str]:
    """The pseudonyms of which a table of who is who tells.

    Raises:
        UsageError: it cannot be read.
    """
    return frozenset(_read_names(names_file))


def under_pseudonyms(sources: Iterable[Source], pseudonyms: Pseudonyms | None) -> list[Source]:
    """The sources under pseudonyms, and who is who written down; as they are where there are no pseudonyms.

    Raises:
        OutputError: the names cannot be written beside the key.
    """
    if pseudonyms is None:
        return list(sources)
    named = [pseudonyms.source(source) for source in sources]
    pseudonyms.keep()
    return named


def _said(name: str) -> tuple[str, ...]:
    """A name or path as it is, as messages show it, and as a URL writes it."""
    return name, printable(name), printable_line(name), quote(name, errors="replace")


def refuse_named_neutral(neutral: str | None) -> None:
    """Refuse another recording as the neutral that is called by a name, since tables say what it is called.

    Raises:
        UsageError: it is.
    """
    path = None if neutral is None else NeutralChoice.parse(neutral).path
    if path is not None and not is_pseudonym(path.stem):
        what = "is not called by a pseudonym, and every table measured against it would hold its name"
        raise UsageError(what, where=path, advice="encode it with --pseudonyms and the same key, and name that table")


def is_pseudonym(name: str) -> bool:
    """Whether a name looks like a pseudonym."""
    return re.fullmatch(rf"p[a-z2-7]{{{_LETTERS}}}", name) is not None


def are_pseudonyms(path: str) -> bool:
    """Whether each part of a path looks like one, as in a list; a word may, too (``psychotherapy``), a path hardly."""
    return all(map(is_pseudonym, path.split("/")))


def redacted(text: str, source: Source) -> str:
    """A message without the paths and names of a source that has pseudonyms, as they are or as a URL writes them."""
    if not source.shown:
        return text
    for path, shown in zip(source.paths, source.shown, strict=False):
        tails = [path.as_posix().split("/", cut)[cut] for cut in range(path.as_posix().count("/") + 1)]
        for name in (str(path), os.path.abspath(path), *tails):  # noqa: PTH100
            for said in _said(name):
                text = text.replace(said, shown)
    if len(source.paths) > 1:
        for said in _said(str(source.place)):
            text = text.replace(said, source.name)
    folders = source.folder.split("/") if source.folder else []
    parts = source.paths[0].parent.parts
    for part, shown in zip(parts[len(parts) - len(folders) :], folders, strict=False):
        for name in _said(part):  # as part of a path only: a folder may be called like any word
            text = re.sub(rf"(?<=/){re.escape(name)}(?![\w.-])|(?<![\w.-]){re.escape(name)}(?=/)", shown, text)
    return text


def redacted_problem(problem: DfeError, rivals: Sequence[Source], pseudonyms: Pseudonyms) -> str:
    """A line about something that the user named and that makes no result, without names.

    Args:
        problem: what is wrong.
        rivals: sources that it may be about.
        pseudonyms: of the run.
    """
    text = str(problem)
    about = [(source, pseudonyms.source(source)) for source in rivals]
    for source, named in about:  # before the paths, of which a name may be a part
        for said in _said(source.name):
            text = text.replace(f" {said},", f" {named.name},")
    if problem.where:
        where = Source("", "video", (Path(problem.where),))
        about.append((where, pseudonyms.source(where)))
    for _, named in about:
        text = redacted(text, named)
    return text


def _make_key(path: Path) -> bytes:
    """A new key, or the one that another process has made meanwhile: runs of many shares begin at the same time."""
    key = secrets.token_bytes(_BYTES)
    own = path.with_name(f".dfe-key-{secrets.token_hex(8)}")
    try:
        with replacing(own) as (file,):
            os.chmod(file.fileno(), 0o600)  # noqa: PTH101
            file.write(json.dumps({"pseudonyms": 1, "key": key.hex()}).encode("ascii") + b"\n")
        with written_here(path), suppress(FileExistsError):
            _name(own, path)
    finally:
        own.unlink(missing_ok=True)
    return _read_key(path)


def _name(path: Path, target: Path) -> None:
    """Give a file a second name that is not taken; of several processes only one can, on network disks, too.

    Raises:
        FileExistsError: it is taken.
    """
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with open(target, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(path.read_bytes())


def _read_key(path: Path) -> bytes:
    try:
        told = json.loads(path.read_bytes()[:4096])
        key = bytes.fromhex(told["key"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"holds no key of pseudonyms ({type(error).__name__})"
        raise UsageError(what, where=path, advice="name another file; one that is not there is made") from None
    if len(key) < _BYTES:
        raise UsageError(f"holds a key of {len(key)} bytes, not {_BYTES}", where=path, advice="name another file")
    return key


def _read_names(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if path.exists():
        try:
            for _, line in Cells(path, short_rows=True):
                cells: Sequence[str] = [plain_cell(cell) for cell in line]
                if len(cells) == len(_HEAD):
                    found[cells[0]] = cells[1]
        except DfeError as error:
            advice = "mend it or move it away; it tells who is who"
            raise UsageError(f"cannot be read ({error.what})", where=path, advice=advice) from None
    return found


def _is_within(path: Path, folder: Path) -> bool:
    return PurePath(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
