"""Merge the choices of a response into one answer for Dify."""

from collections.abc import Iterator
from enum import Enum, auto

from litellm_proxy.wire.chat import Choice, Delta

_RANKS = {"length": 0, "content_filter": 0, "refusal": 0, "tool_calls": 1, "function_call": 1}
_LAST_RANK = 2


class _Content(Enum):
    """A kind of content in a choice."""

    TEXT = auto()
    REASONING = auto()
    TOOL_CALLS = auto()


_FIELDS = {
    _Content.TEXT: ("content", "audio", "images"),
    _Content.REASONING: ("reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"),
    _Content.TOOL_CALLS: ("tool_calls", "function_call"),
}


class Choices:
    """Picks the choices that belong to one answer.

    Choices with different content are one answer: GitHub Copilot's Claude returns text in one and
    tool calls in the other. Of choices with the same content, which `n` requests, the first is
    used.
    """

    def __init__(self) -> None:
        self._first_with: dict[_Content, int] = {}
        self._finish_reasons: dict[int, str] = {}

    def feed(self, choice: Choice) -> Delta:
        """Return a choice's delta without content that another choice had first."""
        index = choice.index or 0
        piece = choice.piece
        if choice.finish_reason:
            self._finish_reasons[index] = choice.finish_reason
        of_others = [
            content
            for content in _contents_of(piece)
            if self._first_with.setdefault(content, index) != index
        ]
        if not of_others:
            return piece
        changes = {name: None for content in of_others for name in _FIELDS[content]}
        return piece.model_copy(update=changes)

    def feed_text(self) -> bool:
        """Return whether text of the first choice belongs to the answer."""
        return self._first_with.setdefault(_Content.TEXT, 0) == 0

    def finish(self) -> str | None:
        """Return the finish reason: cuts and filters, then tool calls, then others."""
        # The finish reason of an ignored choice is not that of the answer.
        owners = set(self._first_with.values()) or self._finish_reasons.keys()
        reasons = [reason for n, reason in self._finish_reasons.items() if n in owners]
        reasons = reasons or list(self._finish_reasons.values())
        return min(reasons, key=lambda reason: _RANKS.get(reason, _LAST_RANK), default=None)


def _contents_of(piece: Delta) -> Iterator[_Content]:
    # Fast path, as this runs for every chunk.
    content = piece.content
    text = content if content.__class__ is str else piece.text
    if (text and not text.isspace()) or piece.audio or piece.images:
        yield _Content.TEXT
    if piece.thought:
        yield _Content.REASONING
    if piece.tool_calls or piece.function_call:
        yield _Content.TOOL_CALLS
