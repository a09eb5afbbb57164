"""Pieces of tool calls → complete calls."""

from dataclasses import dataclass
from uuid import uuid4

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.chat import ToolCallDelta

MAX_CALLS = 1000
MAX_ARGUMENT_CHARACTERS = 4 * 1024 * 1024
"""All calls of an answer leave in one line, of which Dify's daemon takes 5 MiB."""


@dataclass(frozen=True, slots=True)
class FoldedToolCall:
    """A complete tool call; `arguments` is the model's own text, JSON or not."""

    id: str
    name: str
    arguments: str


class ToolCalls:
    """Merges tool call pieces by index; another id at the same index is another call."""

    def __init__(self) -> None:
        self._calls: list[_OpenCall] = []
        self._characters = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, delta: ToolCallDelta) -> None:
        """Take one piece; raise ProxyProtocolError when there is too much of it."""
        call = self._find(delta)
        if call is None:
            call = _OpenCall(index=delta.index)
            self._calls.append(call)
        self._characters += call.add(delta)
        if len(self._calls) > MAX_CALLS or self._characters > MAX_ARGUMENT_CHARACTERS:
            message = "the model's tool calls are too large to be passed on"
            raise ProxyProtocolError(message)

    def folded(self) -> list[FoldedToolCall]:
        """Return the calls in the order in which they began."""
        return [call.folded() for call in self._calls]

    def _find(self, delta: ToolCallDelta) -> "_OpenCall | None":
        """Return the open call that a piece continues: the last one of its index, if any."""
        if delta.index is None and delta.id:
            return next((call for call in self._calls if call.id == delta.id), None)
        last = next(
            (call for call in reversed(self._calls) if delta.index in (None, call.index)), None
        )
        is_another = last is not None and delta.id and last.id and delta.id != last.id
        return None if is_another else last


class _OpenCall:
    """One tool call while its pieces arrive; some upstreams repeat id and name."""

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id: str | None = None
        self._name: str | None = None
        self._arguments: list[str] = []

    def add(self, delta: ToolCallDelta) -> int:
        """Take one piece; return how many characters of arguments it brought."""
        self.id = self.id or delta.id
        if not delta.function:
            return 0
        self._name = self._name or delta.function.name
        arguments = delta.function.arguments or ""
        self._arguments.append(arguments)
        return len(arguments)

    def folded(self) -> FoldedToolCall:
        return FoldedToolCall(
            id=self.id or f"call_{uuid4().hex}",
            name=self._name or "",
            arguments="".join(self._arguments),
        )
