"""Pieces of tool calls → complete calls."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.chat import ToolCallDelta

MAX_CALLS = 1000
MAX_BYTES = 4 * 1024 * 1024
"""All calls of an answer leave in one line, of which Dify's daemon takes 5 MiB."""


@dataclass(frozen=True, slots=True)
class FoldedToolCall:
    """A complete tool call; `arguments` is the model's own text, JSON or not."""

    id: str
    name: str
    arguments: str


class ToolCalls:
    """Merges tool call pieces by index; another id or name at the same index is another call."""

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
            name = delta.function.name if delta.function else None
            call = self._find(index, call_id, name)
            if call is None:
                call = _OpenCall(index)
                self._calls.append(call)
            call.id = call.id or call_id
            call.name = call.name or name
            arguments = _text(delta)
            call.arguments.append(arguments)
            self._characters += len(arguments)
        if len(self._calls) > MAX_CALLS or self._characters > MAX_BYTES:
            raise _too_large()

    def folded(self) -> list[FoldedToolCall]:
        """Return the calls in the order in which they began; raise if they fill a line of Dify."""
        calls = [
            FoldedToolCall(
                id=call.id or f"call_{uuid4().hex}",
                name=call.name or "",
                arguments="".join(call.arguments),
            )
            for call in self._calls
        ]
        written = (json.dumps([c.id, c.name, c.arguments], ensure_ascii=False) for c in calls)
        if sum(len(text.encode(errors="replace")) for text in written) > MAX_BYTES:
            raise _too_large()
        return calls

    def _find(self, index: int, call_id: str | None, name: str | None) -> "_OpenCall | None":
        """Return the open call that a piece continues, if any.

        With an id, the call of that id, or the last of its index if that has none yet. Without one,
        the last of its index, unless the piece brings another name.
        """
        here = [call for call in self._calls if call.index == index]
        same = next((call for call in here if call_id and call.id == call_id), None)
        if same or not here:
            return same
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


def _text(delta: ToolCallDelta) -> str:
    """Return a piece of arguments; some upstreams send the decoded object."""
    arguments = delta.function.arguments if delta.function else None
    return json.dumps(arguments) if isinstance(arguments, dict) else arguments or ""


def _too_large() -> ProxyProtocolError:
    return ProxyProtocolError("the model's tool calls are too large to be passed on")
