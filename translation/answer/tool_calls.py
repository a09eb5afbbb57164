"""Merge the deltas of tool calls into complete calls."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.event_loop import give_way
from litellm_proxy.limits import MAX_TOOL_CALLS
from litellm_proxy.wire.chat import ToolCallDelta
from translation.answer.call_ids import new_call_id
from translation.answer.tool_arguments import PLACEHOLDERS, parsed, repaired_arguments
from translation.line_limit import MAX_LINE_PART

MAX_BYTES = MAX_LINE_PART * 4 // 5
"""All calls of an answer are written in one line, of at most 5 MiB."""

_MAX_PLACEHOLDER = 5
_MARK = re.compile(r'["{}\[\]]|\\.', re.DOTALL)
"""Delimiters of JSON; escaped characters are skipped."""
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class CompleteToolCall:
    """A complete tool call; `arguments` is one JSON object as text."""

    id: str
    name: str
    arguments: str


class ToolCalls:
    """Merges tool call pieces by index.

    A piece with the index of a call belongs to another call if it has another id or name, or if the
    call's arguments are already a complete JSON object. An empty object may be a placeholder for
    the arguments that follow (https://github.com/microsoft/autogen/issues/6843).
    """

    def __init__(self, taken_ids: Collection[str] = ()) -> None:
        """`taken_ids`: ids of earlier calls, which new calls must not have."""
        self._taken_ids = taken_ids
        self._calls: list[_OpenCall] = []
        self._last_by_index: dict[int, _OpenCall] = {}
        self._by_id: dict[tuple[int, str], _OpenCall] = {}
        self._characters = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, deltas: Sequence[ToolCallDelta]) -> None:
        """Add the deltas of a chunk; raise ProxyProtocolError if too large."""
        for place, delta in enumerate(deltas):
            self._add(_piece(delta, place))
        if len(self._calls) > MAX_TOOL_CALLS or self._characters > MAX_BYTES:
            raise _too_large()

    def finish(self) -> list[CompleteToolCall]:
        """Return the calls in order of their beginning, without nameless calls.

        A call with a duplicate id gets a new one. Raises ProxyProtocolError for arguments that are
        not one JSON object, and if the calls are too large for a line of Dify.
        """
        taken = set(self._taken_ids)
        calls: list[CompleteToolCall] = []
        for call in self._calls:
            if call.name:
                call_id = call.id if call.id and call.id not in taken else new_call_id()
                taken.add(call_id)
                calls.append(CompleteToolCall(call_id, call.name, call.whole_arguments()))
                give_way()
        written = (json.dumps([c.id, c.name, c.arguments], ensure_ascii=False) for c in calls)
        if sum(len(text.encode(errors="replace")) for text in written) > MAX_BYTES:
            raise _too_large()
        return calls

    @property
    def nameless(self) -> int:
        """Return how many calls have no tool name."""
        return sum(not call.name for call in self._calls)

    def _add(self, piece: "_Piece") -> None:
        call = self._open_call(piece) or self._begun(piece)
        match call.role_of(piece):
            case _Role.REPEATS:
                return
            case _Role.REPLACES:
                call.arguments = _Arguments()
            case _Role.BEGINS_ANOTHER:
                # Some upstreams send the name only with the first call of an index.
                call = self._begun(piece, call.name)
            case _Role.CONTINUES:
                pass
        call.take(piece)
        self._characters += len(piece.arguments)
        if call.id:
            self._by_id[call.index, call.id] = call

    def _begun(self, piece: "_Piece", name: str | None = None) -> "_OpenCall":
        call = self._last_by_index[piece.index] = _OpenCall(piece.index, name=piece.name or name)
        self._calls.append(call)
        return call

    def _open_call(self, piece: "_Piece") -> "_OpenCall | None":
        """Return the open call that a piece continues, if any.

        With an id: the call with that id, or the last call of the index if it has no id yet.
        Without an id: the last call of the index, unless the piece has another name.
        """
        last = self._last_by_index.get(piece.index)
        if piece.id and (same := self._by_id.get((piece.index, piece.id))):
            return same
        if last is None:
            return None
        another_id = piece.id and last.id
        another_name = piece.name and last.name and piece.name != last.name
        return None if another_id or another_name else last


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a tool call as it arrives."""

    index: int
    id: str | None
    name: str | None
    arguments: str

    @property
    def begins_an_object(self) -> bool:
        return self.arguments.lstrip().startswith("{")


def _piece(delta: ToolCallDelta, place: int) -> _Piece:
    """Return a piece; its position in the chunk replaces a missing index."""
    function = delta.function
    arguments = function.arguments if function else None
    if not (arguments is None or isinstance(arguments, str)):
        # Some upstreams send the decoded object.
        arguments = json.dumps(arguments)
    return _Piece(
        index=place if delta.index is None else delta.index,
        id=None if delta.id in (None, "") else str(delta.id),
        name=(function.name if function else None) or None,
        arguments=arguments or "",
    )


class _Role(Enum):
    """How a piece relates to the open call of its index."""

    CONTINUES = auto()
    REPLACES = auto()
    """The arguments so far were a placeholder."""
    REPEATS = auto()
    """The complete call again, which some upstreams send at the end."""
    BEGINS_ANOTHER = auto()


class _Json(Enum):
    """The state of a JSON object while it is scanned."""

    OPEN = auto()
    WHOLE = auto()
    BROKEN = auto()
    """There is text after its end, or it is not an object."""


class _Arguments:
    """A call's arguments while they arrive; each character is scanned once."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._visible = 0
        """Number of characters that are not blank."""
        self._start = ""
        self._read = 0
        """How many pieces have been scanned."""
        self._depth = 0
        self._in_string = False
        self._escape = ""
        """A backslash at the end of the scanned text; it belongs to the next character."""
        self._state = _Json.OPEN

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._visible += sum(map(len, piece.split()))
        if len(self._start) < _MAX_PLACEHOLDER:
            self._start = (self._start + piece).lstrip()[:_MAX_PLACEHOLDER]

    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def is_placeholder(self) -> bool:
        start = self._start.rstrip()
        return start in PLACEHOLDERS and self._visible == len(start)

    def is_whole_object(self) -> bool:
        """Return whether the text is one JSON object; scan only new pieces."""
        unread = self._escape + "".join(self._pieces[self._read :])
        self._read = len(self._pieces)
        self._escape = "\\" if (len(unread) - len(unread.rstrip("\\"))) % 2 else ""
        unread = unread.removesuffix(self._escape)
        if unread.strip() and self._state is _Json.WHOLE:
            self._state = _Json.BROKEN
        if self._state is _Json.OPEN:
            self._scan(unread)
        return self._state is _Json.WHOLE

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
                            parsed(self.text()), dict
                        )
                        self._state = _Json.WHOLE if is_object else _Json.BROKEN
                        return
                case _:
                    pass


@dataclass(slots=True)
class _OpenCall:
    """A call while its pieces arrive; some upstreams repeat id and name."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: _Arguments = field(default_factory=_Arguments)

    def role_of(self, piece: _Piece) -> _Role:
        """Return how a piece relates to this call."""
        if not piece.begins_an_object:
            return _Role.CONTINUES
        is_the_same = piece.id == self.id if piece.id else piece.name is None
        if is_the_same and self.arguments.is_placeholder:
            return _Role.REPLACES
        if not self.arguments.is_whole_object():
            return _Role.CONTINUES
        is_repeated = piece.id == self.id and (
            piece.arguments == self.arguments.text()
            or parsed(piece.arguments) == parsed(self.arguments.text())
        )
        return _Role.REPEATS if is_repeated else _Role.BEGINS_ANOTHER

    def take(self, piece: _Piece) -> None:
        """Add a piece."""
        self.id = self.id or piece.id
        self.name = self.name or piece.name
        self.arguments.add(piece.arguments)

    def whole_arguments(self) -> str:
        """Return the arguments; raise ProxyProtocolError if they are not one JSON object."""
        whole = repaired_arguments(self.arguments.text())
        if whole is None:
            name = (self.name or "")[:_MAX_NAME]
            message = f"the model called {name} with arguments that are no JSON object"
            raise ProxyProtocolError(message)
        return whole


def _too_large() -> ProxyProtocolError:
    return ProxyProtocolError("the model's tool calls are too large to be passed on")
