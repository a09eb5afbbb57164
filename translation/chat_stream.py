"""Chunks of one answer → the text to show, and at the end tool calls, usage and finish reason.

Blocking answers take the same path as one chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from litellm_proxy.errors import ProxyAnswerEmpty, ProxyProtocolError
from litellm_proxy.wire.chat import ChatChunk, ToolCallDelta, Usage

THINK_OPEN = "<think>\n"
LATE_THINK_OPEN = "\n\n<think>\n"
THINK_CLOSE = "\n</think>\n\n"


@dataclass(frozen=True, slots=True)
class FoldedToolCall:
    """A complete tool call; `arguments` is the model's own text, JSON or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of an answer once it is complete.

    `closing_text` is still to be shown, `text_bytes` is the size of all text in UTF-8, `model` is
    the one that the proxy says answered.
    """

    closing_text: str
    tool_calls: Sequence[FoldedToolCall]
    finish_reason: str
    usage: Usage | None
    model: str | None
    text_bytes: int


class ChatStream:
    """Folds the chunks of one answer.

    Reasoning becomes one think block at the front, in the form that Dify splits off
    (dify-plugin-contract 6): closed before the first other content, never empty. Reasoning that
    comes after content has begun gets a block of its own there, for nothing is dropped.
    """

    def __init__(self) -> None:
        self._thinking = False
        self._answering = False
        self._refusal: list[str] = []
        self._calls = _ToolCalls()
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._model: str | None = None
        self._text_bytes = 0

    def feed(self, chunk: ChatChunk) -> str:
        """Take one chunk; return the text that it adds to the answer, maybe ""."""
        self._usage = chunk.usage or self._usage
        self._model = chunk.model or self._model
        text = ""
        for choice in chunk.choices or ():
            piece = choice.piece
            text += self._reasoning(piece.reasoning_content or piece.reasoning or "")
            text += self._content(piece.content or "")
            if piece.refusal:
                self._refusal.append(piece.refusal)
            for call in piece.tool_calls or ():
                self._calls.add(call)
            self._finish_reason = choice.finish_reason or self._finish_reason
        self._text_bytes += len(text.encode())
        return text

    def finish(self) -> Outcome:
        """Return what the answer amounts to.

        Raises ProxyProtocolError for an end without finish reason, which is a cut, and
        ProxyAnswerEmpty for an answer without content: LiteLLM reports a refusal by the provider
        and an empty body from it both as a success without content (litellm-proxy-contract 4).
        """
        if self._finish_reason is None:
            message = "the answer broke off before its end"
            raise ProxyProtocolError(message)
        closing = "" if self._answering else "".join(self._refusal)
        text = self._content(closing) if closing else ""
        if self._thinking:
            self._thinking = False
            text += THINK_CLOSE.rstrip()
        if not (self._answering or self._calls or text):
            raise ProxyAnswerEmpty(self._finish_reason)
        return Outcome(
            closing_text=text,
            tool_calls=self._calls.folded(),
            finish_reason=self._finish_reason,
            usage=self._usage,
            model=self._model,
            text_bytes=self._text_bytes + len(text.encode()),
        )

    def _reasoning(self, piece: str) -> str:
        if not piece:
            return ""
        if self._thinking:
            return piece
        piece = piece.lstrip()
        if not piece:
            return ""
        self._thinking = True
        return (LATE_THINK_OPEN if self._answering else THINK_OPEN) + piece

    def _content(self, piece: str) -> str:
        if not piece:
            return ""
        self._answering = True
        if self._thinking:
            self._thinking = False
            return THINK_CLOSE + piece
        return piece


class _ToolCalls:
    """Merges tool call pieces by index; another id at the same index is another call."""

    def __init__(self) -> None:
        self._calls: list[_OpenCall] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, delta: ToolCallDelta) -> None:
        call = self._find(delta)
        if call is None:
            call = _OpenCall(index=delta.index)
            self._calls.append(call)
        call.add(delta)

    def folded(self) -> list[FoldedToolCall]:
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

    def add(self, delta: ToolCallDelta) -> None:
        self.id = self.id or delta.id
        if delta.function:
            self._name = self._name or delta.function.name
            self._arguments.append(delta.function.arguments or "")

    def folded(self) -> FoldedToolCall:
        return FoldedToolCall(
            id=self.id or f"call_{uuid4().hex}",
            name=self._name or "",
            arguments="".join(self._arguments),
        )
