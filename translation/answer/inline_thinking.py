"""Reasoning that a model writes into its text, as `<think>…</think>` at the very front."""

from enum import Enum, auto

_OPEN = "<think>"
_CLOSE = "</think>"


class _State(Enum):
    START = auto()
    INSIDE = auto()
    AFTER = auto()
    PASSING = auto()


class InlineThinking:
    """Splits streamed content into reasoning and text; tags may be cut anywhere between pieces.

    LiteLLM takes such a block out of blocking answers and leaves it in streams
    (litellm-proxy-contract 4); this makes both alike. A closing tag at the front, or once more after
    the first, goes. Tags later in the text are text.
    """

    def __init__(self) -> None:
        self._state = _State.START
        self._held = ""

    def feed(self, piece: str) -> tuple[str, str]:
        """Return the reasoning and the text that a piece of content brings, in this order."""
        if self._state is _State.PASSING:
            return "", piece
        reasoning = ""
        piece, self._held = self._held + piece, ""
        if self._state is _State.START:
            front = piece.lstrip()
            if not front or _may_become(front, _OPEN) or _may_become(front, _CLOSE):
                self._held = piece
                return "", ""
            if front.startswith(_CLOSE):
                # The end of reasoning that came in a field of its own (P25).
                self._state = _State.AFTER
                piece = front
            elif front.startswith(_OPEN):
                self._state = _State.INSIDE
                piece = front.removeprefix(_OPEN)
            else:
                self._state = _State.PASSING
                return "", piece
        if self._state is _State.INSIDE:
            reasoning, tag, piece = piece.partition(_CLOSE)
            if not tag:
                kept = _length_of_started_tag(reasoning)
                self._held = reasoning[len(reasoning) - kept :]
                return reasoning[: len(reasoning) - kept], ""
            self._state = _State.AFTER
        text = piece.lstrip()
        while text.startswith(_CLOSE):
            text = text.removeprefix(_CLOSE).lstrip()
        if _may_become(text, _CLOSE):
            self._held = text
            return reasoning, ""
        if text:
            self._state = _State.PASSING
        return reasoning, text

    def finish(self) -> tuple[str, str]:
        """Return what was held back for a tag that never came."""
        held, self._held = self._held, ""
        state, self._state = self._state, _State.PASSING
        return (held, "") if state is _State.INSIDE else ("", held)


def _may_become(text: str, tag: str) -> bool:
    """Return whether a tag has begun and more of it may follow; a blank text is no beginning."""
    return 0 < len(text) < len(tag) and tag.startswith(text)


def _length_of_started_tag(text: str) -> int:
    """Return how many characters at the end may be the beginning of the closing tag."""
    longest = min(len(text), len(_CLOSE) - 1)
    return next((n for n in range(longest, 0, -1) if _CLOSE.startswith(text[-n:])), 0)
