"""Choices of a response → the one answer that Dify shows."""

from enum import Enum, auto

from litellm_proxy.wire.chat import Choice, Delta

_RANKS = {"length": 0, "content_filter": 0, "refusal": 0, "tool_calls": 1, "function_call": 1}
_LAST_RANK = 2


class _Content(Enum):
    """What a choice brings."""

    TEXT = auto()
    REASONING = auto()
    TOOL_CALLS = auto()


class Choices:
    """Picks the choices that belong to one answer.

    Choices that bring different content are one answer: GitHub Copilot's Claude puts text into one and tool
    calls into the other. Of choices with the same content, which `n` asks for, the first counts.
    """

    def __init__(self) -> None:
        self._first_with: dict[_Content, int] = {}
        self._alternatives: set[int] = set()
        self._finish_reasons: dict[int, str] = {}

    def feed(self, choice: Choice) -> Delta | None:
        """Return what a choice adds to the answer, None if it belongs to another one."""
        index = choice.index or 0
        if index in self._alternatives:
            return None
        piece = choice.piece
        for content in _contents_of(piece):
            if self._first_with.setdefault(content, index) != index:
                self._alternatives.add(index)
                self._finish_reasons.pop(index, None)
                return None
        if choice.finish_reason:
            self._finish_reasons[index] = choice.finish_reason
        return piece

    def feed_text(self) -> bool:
        """Return whether text of the first choice belongs to the answer."""
        return self._first_with.setdefault(_Content.TEXT, 0) == 0

    def finish(self) -> str | None:
        """Return the finish reason: a cut or a filter before tool calls, these before any other."""
        reasons = self._finish_reasons.values()
        return min(reasons, key=lambda reason: _RANKS.get(reason, _LAST_RANK), default=None)


def _contents_of(piece: Delta) -> list[_Content]:
    contents = {
        _Content.TEXT: piece.text or piece.audio or piece.images,
        _Content.REASONING: piece.thought,
        _Content.TOOL_CALLS: piece.tool_calls or piece.function_call,
    }
    return [content for content, brought in contents.items() if brought]
