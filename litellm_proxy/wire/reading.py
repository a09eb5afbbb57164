"""Parse JSON from outside: lenient on unknown and optional fields, strict on sizes."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.event_loop import give_way
from litellm_proxy.limits import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENT_OBJECTS,
    MAX_DOCUMENT_VALUES,
    MAX_MEMBERS,
    MAX_PARTS,
    MAX_ROW_VALUES,
    MAX_ROWS,
    ROW_BYTES,
)

_SMALL_BYTES = 100_000
"""Documents of at most this size cannot exceed the limits on values."""
_DECODER = json.JSONDecoder()
_BLANK = (" ", "\n", "\r", "\t")
_BLANKS = re.compile(r"[ \t\r\n]*")
_NEIGHBOURS = 4
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


class WireModel(BaseModel):
    """A part of a response: frozen, and unknown keys are ignored (proxies add keys freely)."""

    # Built at first use: a process that only embeds does not need the chat models.
    model_config = ConfigDict(
        frozen=True, extra="ignore", protected_namespaces=(), defer_build=True
    )

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Parse a JSON document. Raises ProxyProtocolError and ValueError."""
        require_bounded(body)
        return cls.model_validate_json(body)


class _NoneOnError:
    """Parse a value of the wrong type as None, not as an error."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


type Lenient[T] = Annotated[T | None, _NoneOnError()]
"""An optional field: `field: Lenient[int] = None` parses "abc" as None."""

type Parts[T] = Annotated[list[T], Field(max_length=MAX_PARTS)]
"""A list in one chunk; a longer list is an error, or None if it is lenient."""

type Json = Any
"""A decoded JSON value that is passed on unchanged."""


def require_bounded(
    document: bytes | str, times: int = 1, *, values: int = MAX_DOCUMENT_VALUES
) -> None:
    """Raise ProxyProtocolError for a JSON document that takes more than 50 ms to parse.

    The limits are `times` MAX_DOCUMENT_OBJECTS objects, `values` values and as many lists.
    """
    if len(document) <= _SMALL_BYTES:
        return
    if len(document) > MAX_DOCUMENT_BYTES:
        message = f"one JSON document in it is larger than {MAX_DOCUMENT_BYTES} bytes"
        raise ProxyProtocolError(message)
    content = document if isinstance(document, bytes) else document.encode(errors="replace")
    limits = ((b"{", times * MAX_DOCUMENT_OBJECTS, "objects"), (b",", values, "values"),
              (b"[", values, "lists"))  # fmt: skip
    for mark, most, name in limits:
        # Strings are excluded only where the plain count is too high.
        if content.count(mark) > most and _count_outside_texts(content, mark) > most:
            message = f"one JSON document in it has more than {most} {name}"
            raise ProxyProtocolError(message)


def _count_outside_texts(document: bytes, mark: bytes) -> int:
    count = place = 0
    for text in _TEXT.finditer(document):
        count += document.count(mark, place, text.start())
        place = text.end()
        give_way()
    return count + document.count(mark, place)


class ListModel(WireModel):
    """An object with a list of rows, which are parsed one by one: the list may have 64 MB."""

    listed: ClassVar[str] = "data"
    """The key of the list in the object."""
    row: ClassVar[type[WireModel]]
    omits_bad_rows: ClassVar[bool] = False

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Parse the rows and the other members. Raises ProxyProtocolError and ValueError."""
        rows: list[WireModel] = []
        others: list[str] = []
        count = 0
        text_of_body = body.decode(errors="replace")
        give_way()
        for name, text in _members(text_of_body, cls.listed):
            give_way()
            count += 1
            _require_few(count, len(others))
            if name is not None:
                others.append(f"{json.dumps(name)}:{text}")
                continue
            try:
                rows.append(cls.row.model_validate_json(text))
            except ValidationError:
                if not cls.omits_bad_rows:
                    raise
        around = "{" + ",".join(others) + "}"
        require_bounded(around)
        whole = cls.model_validate_json(around)
        return whole.model_copy(update={cls.listed: rows}) if rows else whole


def _require_few(rows: int, members: int) -> None:
    if rows > MAX_ROWS:
        message = f"its list has more than {MAX_ROWS} rows"
        raise ProxyProtocolError(message)
    if members > MAX_MEMBERS:
        message = f"its object has more than {MAX_MEMBERS} members"
        raise ProxyProtocolError(message)


def _members(body: str, listed: str) -> Iterator[tuple[str | None, str]]:
    """Yield the name and the JSON of each member of an object.

    The list named `listed` is yielded as an empty list, then its items with None as their name.
    """
    reader = _Reader(body)
    reader.require("{")
    while not reader.skips("}"):
        name = str(json.loads(reader.value()))
        reader.require(":")
        if name == listed and reader.skips("["):
            yield name, "[]"
            while not reader.skips("]"):
                yield None, reader.value()
                reader.skips(",")
        else:
            yield name, reader.value()
        reader.skips(",")


class _Reader:
    """Split a text into JSON values.

    A stray comma between them is not an error.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def skips(self, mark: str) -> bool:
        """Skip blanks and the mark, if present; return whether it was."""
        if self._text.startswith(_BLANK, self._place):
            blanks = _BLANKS.match(self._text, self._place)
            self._place = blanks.end() if blanks else self._place
        found = self._text.startswith(mark, self._place)
        self._place += len(mark) * found
        return found

    def require(self, mark: str) -> None:
        """Skip a mark; raise ValueError if it is missing."""
        if not self.skips(mark):
            raise self._error()

    def value(self) -> str:
        """Return the JSON of the next value.

        ROW_BYTES are searched first, as rows are small.
        """
        self.skips("")
        size = ROW_BYTES
        while True:
            part = self._text[self._place : self._place + size]
            # The part may contain the next values too, but only one value is parsed.
            require_bounded(part, _NEIGHBOURS, values=_NEIGHBOURS * MAX_ROW_VALUES)
            is_rest = self._place + size >= len(self._text)
            try:
                _, end = _DECODER.raw_decode(part)
            except (ValueError, RecursionError):
                if is_rest:
                    raise self._error() from None
            else:
                # A number may continue after the part.
                if is_rest or end < size:
                    self._place += end
                    require_bounded(part[:end], values=MAX_ROW_VALUES)
                    return part[:end]
            if size >= MAX_DOCUMENT_BYTES:
                message = f"one JSON document in it is larger than {MAX_DOCUMENT_BYTES} bytes"
                raise ProxyProtocolError(message)
            size = min(size * 4, MAX_DOCUMENT_BYTES)

    def _error(self) -> ValueError:
        # Do not quote the body: it may contain a key.
        return ValueError(f"Invalid JSON at character {self._place}")
