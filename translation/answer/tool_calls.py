"""Pieces of tool calls → complete calls."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.chat import ToolCallDelta
from litellm_proxy.wire.reading import Json
from translation.answer.call_ids import new_call_id
from translation.line_limit import MOST_OF_A_LINE

MAX_CALLS = 1000
MAX_BYTES = MOST_OF_A_LINE * 4 // 5
"""All calls of an answer leave in one line, of which Dify's daemon takes 5 MiB."""

_PLACEHOLDERS = frozenset({"{}", "null"})
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class FoldedToolCall:
    """A complete tool call; `arguments` is one JSON object as text."""

    id: str
    name: str
    arguments: str


class ToolCalls:
    """Merges tool call pieces by index.

    What comes under the index of a call is another call if it has another id or name, or if the call
    is complete already: its arguments are one whole JSON object (P08). An empty one may only hold the place
    of the arguments that follow (https://github.com/microsoft/autogen/issues/6843).
    """

    def __init__(self) -> None:
        self._calls: list[_OpenCall] = []
        self._characters = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, deltas: Sequence[ToolCallDelta]) -> None:
        """Take the pieces of one chunk; raise ProxyProtocolError when there is too much of them.

        Where upstreams leave the index out, the place in the chunk stands for it.
        """
        for place, delta in enumerate(deltas):
            index = place if delta.index is None else delta.index
            call_id = None if delta.id in (None, "") else str(delta.id)
            name = (delta.function.name if delta.function else None) or None
            arguments = _text(delta)
            call = self._find(index, call_id, name)
            is_an_object = arguments.lstrip().startswith("{")
            if call and is_an_object and call.holds_a_place(call_id, name):
                call.arguments.clear()
            elif call and is_an_object and call.is_complete():
                if arguments == call.text() and call_id == call.id:
                    # Some upstreams say a whole call once more at the end.
                    continue
                call = None
            if call is None:
                call = _OpenCall(index)
                self._calls.append(call)
            call.id = call.id or call_id
            call.name = call.name or name
            call.arguments.append(arguments)
            self._characters += len(arguments)
        if len(self._calls) > MAX_CALLS or self._characters > MAX_BYTES:
            raise _too_large()

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
                calls.append(FoldedToolCall(call_id, call.name, _object(call.name, call.text())))
        written = (json.dumps([c.id, c.name, c.arguments], ensure_ascii=False) for c in calls)
        if sum(len(text.encode(errors="replace")) for text in written) > MAX_BYTES:
            raise _too_large()
        return calls

    @property
    def nameless(self) -> int:
        """Return how many calls name no tool."""
        return sum(not call.name for call in self._calls)

    def _find(self, index: int, call_id: str | None, name: str | None) -> "_OpenCall | None":
        """Return the open call that a piece continues, if any.

        With an id, the call of that id, or the last of its index if that has none yet. Without one,
        the last of its index, unless the piece brings another name.
        """
        here = [call for call in self._calls if call.index == index]
        same = [call for call in here if call_id and call.id == call_id]
        if same or not here:
            return same[-1] if same else None
        last = here[-1]
        another_id = call_id and last.id
        another_name = name and last.name and name != last.name
        return None if another_id or another_name else last


@dataclass(slots=True)
class _OpenCall:
    """One tool call while its pieces arrive; some upstreams repeat id and name."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(self.arguments)

    def holds_a_place(self, call_id: str | None, name: str | None) -> bool:
        """Return whether what came so far only stood for the arguments of this very call."""
        is_the_same = call_id == self.id if call_id else name is None
        return is_the_same and self.text().strip() in _PLACEHOLDERS

    def is_complete(self) -> bool:
        last = next((piece for piece in reversed(self.arguments) if piece.strip()), "")
        return last.rstrip().endswith("}") and isinstance(_parsed(self.text()), dict)


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
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _too_large() -> ProxyProtocolError:
    return ProxyProtocolError("the model's tool calls are too large to be passed on")
