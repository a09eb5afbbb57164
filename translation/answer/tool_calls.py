"""Pieces of tool calls → complete calls."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.event_loop import give_way
from litellm_proxy.limits import MAX_TOOL_CALLS
from litellm_proxy.wire.chat import ToolCallDelta
from litellm_proxy.wire.reading import Json, require_bounded
from translation.answer.call_ids import new_call_id
from translation.line_limit import MOST_OF_A_LINE

MAX_BYTES = MOST_OF_A_LINE * 4 // 5
"""All calls of an answer leave in one line, of which Dify's daemon takes 5 MiB."""

_PLACEHOLDERS = frozenset({"{}", "null"})
_LONGEST_PLACEHOLDER = 5
_MARK = re.compile(r'["{}\[\]]|\\.', re.DOTALL)
"""What opens and closes in JSON; an escaped character counts as none of it."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class FoldedToolCall:
    """A complete tool call; `arguments` is one JSON object as text."""

    id: str
    name: str
    arguments: str


class ToolCalls:
    """Merges tool call pieces by index.

    A piece under the index of a call belongs to another call if it has another id or name, or if the call
    is complete already: its arguments are one whole JSON object. An empty object may only hold the place
    of the arguments that follow (https://github.com/microsoft/autogen/issues/6843).
    """

    def __init__(self) -> None:
        self._calls: list[_OpenCall] = []
        self._last_by_index: dict[int, _OpenCall] = {}
        self._by_id: dict[tuple[int, str], _OpenCall] = {}
        self._characters = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, deltas: Sequence[ToolCallDelta]) -> None:
        """Add the pieces of one chunk; raise ProxyProtocolError when there is too much of them.

        Where upstreams leave the index out, the place in the chunk stands for it.
        """
        for place, delta in enumerate(deltas):
            index = place if delta.index is None else delta.index
            piece = _Piece(
                None if delta.id in (None, "") else str(delta.id),
                (delta.function.name if delta.function else None) or None,
                _text(delta),
            )
            call = self._find(index, piece)
            if call and piece.begins_an_object and call.holds_a_place_for(piece):
                call.arguments = _Arguments()
            elif call and piece.begins_an_object and call.arguments.is_whole_object():
                if call.is_repeated_by(piece):
                    continue
                call = None
            self._continue(call or self._begin(index), piece)
        if len(self._calls) > MAX_TOOL_CALLS or self._characters > MAX_BYTES:
            raise _too_large()

    def _begin(self, index: int) -> "_OpenCall":
        call = self._last_by_index[index] = _OpenCall(index)
        self._calls.append(call)
        return call

    def _continue(self, call: "_OpenCall", piece: "_Piece") -> None:
        call.id = call.id or piece.id
        call.name = call.name or piece.name
        call.arguments.add(piece.arguments)
        self._characters += len(piece.arguments)
        if call.id:
            self._by_id[call.index, call.id] = call

    def folded(self, taken_ids: Collection[str] = ()) -> list[FoldedToolCall]:
        """Return the calls that can be carried out, in the order in which they began.

        A call without a name cannot (P10). One whose id another call has, also in `taken_ids`, gets
        one of its own (P47). Raises ProxyProtocolError for arguments that are no JSON object, and if
        the calls fill a line of Dify.
        """
        taken = set(taken_ids)
        calls: list[FoldedToolCall] = []
        for call in self._calls:
            if call.name:
                call_id = call.id if call.id and call.id not in taken else new_call_id()
                taken.add(call_id)
                calls.append(
                    FoldedToolCall(call_id, call.name, _object(call.name, call.arguments.text()))
                )
                give_way()
        written = (json.dumps([c.id, c.name, c.arguments], ensure_ascii=False) for c in calls)
        if sum(len(text.encode(errors="replace")) for text in written) > MAX_BYTES:
            raise _too_large()
        return calls

    @property
    def nameless(self) -> int:
        """Return how many calls name no tool."""
        return sum(not call.name for call in self._calls)

    def _find(self, index: int, piece: "_Piece") -> "_OpenCall | None":
        """Return the open call that a piece continues, if any.

        With an id, the call of that id, or the last of its index if that has none yet. Without one,
        the last of its index, unless the piece brings another name.
        """
        last = self._last_by_index.get(index)
        if piece.id and (same := self._by_id.get((index, piece.id))):
            return same
        if last is None:
            return None
        another_id = piece.id and last.id
        another_name = piece.name and last.name and piece.name != last.name
        return None if another_id or another_name else last


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a tool call as it arrives."""

    id: str | None
    name: str | None
    arguments: str

    @property
    def begins_an_object(self) -> bool:
        return self.arguments.lstrip().startswith("{")


class _Arguments:
    """The text of a call's arguments while it arrives, each character looked at once."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._visible = 0
        """Characters that are not blanks."""
        self._start = ""
        self._read = 0
        """How many pieces the scanner has read."""
        self._depth = 0
        self._in_string = False
        self._escape = ""
        """The backslash that ended what was read; it belongs to the next character."""
        self._state = _Json.OPEN

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._visible += sum(map(len, piece.split()))
        if len(self._start) < _LONGEST_PLACEHOLDER:
            self._start = (self._start + piece).lstrip()[:_LONGEST_PLACEHOLDER]

    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def is_placeholder(self) -> bool:
        start = self._start.rstrip()
        return start in _PLACEHOLDERS and self._visible == len(start)

    def is_whole_object(self) -> bool:
        """Return whether the text is one JSON object. What is scanned is not scanned again."""
        unread = self._escape + "".join(self._pieces[self._read :])
        self._read = len(self._pieces)
        self._escape = "\\" if (len(unread) - len(unread.rstrip("\\"))) % 2 else ""
        unread = unread.removesuffix(self._escape)
        if unread.strip() and self._state is _Json.CLOSED:
            self._state = _Json.BROKEN
        if self._state is _Json.OPEN:
            self._scan(unread)
        return self._state is _Json.CLOSED

    def _scan(self, text: str) -> None:
        for mark in _MARK.finditer(text):
            match mark.group(), self._in_string:
                case '"', _:
                    self._in_string = not self._in_string
                case "{" | "[", False:
                    self._depth += 1
                case "}" | "]", False:
                    self._depth -= 1
                    if self._depth <= 0:
                        is_object = not text[mark.end() :].strip() and isinstance(
                            _parsed(self.text()), dict
                        )
                        self._state = _Json.CLOSED if is_object else _Json.BROKEN
                        return
                case _:
                    pass


class _Json(Enum):
    """How far a JSON object has been read."""

    OPEN = auto()
    CLOSED = auto()
    BROKEN = auto()
    """Something stands behind its end, or in its place."""


@dataclass(slots=True)
class _OpenCall:
    """One tool call while its pieces arrive; some upstreams repeat id and name."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: _Arguments = field(default_factory=_Arguments)

    def holds_a_place_for(self, piece: _Piece) -> bool:
        """Return whether the arguments so far only stand for those of this very call."""
        is_the_same = piece.id == self.id if piece.id else piece.name is None
        return is_the_same and self.arguments.is_placeholder

    def is_repeated_by(self, piece: _Piece) -> bool:
        """Return whether a piece is the whole call once more, as some upstreams send at the end."""
        return piece.id == self.id and piece.arguments == self.arguments.text()


def _text(delta: ToolCallDelta) -> str:
    """Return a piece of arguments; some upstreams send the decoded object."""
    arguments = delta.function.arguments if delta.function else None
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments)


def _object(name: str, arguments: str) -> str:
    """Return arguments as Dify's agents read them at once: the text of one JSON object."""
    if arguments.strip() in {"", "null"}:
        return "{}"
    match _parsed(arguments):
        case dict():
            return arguments
        case str(inner) if isinstance(_parsed(inner), dict):
            # Some models write the object as text once more.
            return inner
        case _ if isinstance(_parsed(rest := _after_a_placeholder(arguments)), dict):
            return rest
        case _:
            message = (
                f"the model called {name[:_LONGEST_NAME]} with arguments that are no JSON object"
            )
            raise ProxyProtocolError(message)


def _after_a_placeholder(arguments: str) -> str:
    text = arguments.lstrip()
    return next((text.removeprefix(p) for p in _PLACEHOLDERS if text.startswith(p)), "")


def _parsed(text: str) -> Json:
    require_bounded(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _too_large() -> ProxyProtocolError:
    return ProxyProtocolError("the model's tool calls are too large to be passed on")
