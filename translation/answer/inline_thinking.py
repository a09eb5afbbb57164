"""Reasoning that a model writes into its text, as `<think>…</think>` and the like at the very front."""

from collections.abc import Sequence
from enum import Enum, auto

_CLOSED_BY = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<budget:thinking>": "</budget:thinking>",
}
"""The tags that LiteLLM takes out (litellm 1.106, litellm_core_utils/prompt_templates/common_utils.py)."""
_TAGS = (*_CLOSED_BY, *_CLOSED_BY.values())
CLOSING_TAGS = tuple(_CLOSED_BY.values())


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
        self._blanks: list[str] = []
        """What stands before the first character of the answer."""
        self._held = ""
        self._close = ""

    def feed(self, piece: str) -> tuple[str, str]:
        """Return the reasoning and the text that a piece of content brings, in this order."""
        if self._state is _State.PASSING:
            return "", piece
        reasoning = ""
        piece, self._held = self._held + piece, ""
        if self._state is _State.START:
            front = piece.lstrip()
            self._blanks.append(piece[: len(piece) - len(front)])
            if not front or _may_become(front, _TAGS):
                self._held = front
                return "", ""
            opening = next((tag for tag in _CLOSED_BY if front.startswith(tag)), None)
            if front.startswith(CLOSING_TAGS):
                # The end of reasoning that came in a field of its own (P25).
                self._state = _State.AFTER
                piece = front
            elif opening:
                self._state = _State.INSIDE
                self._close = _CLOSED_BY[opening]
                piece = front.removeprefix(opening)
            else:
                self._state = _State.PASSING
                return "", "".join(self._blanks) + front
        if self._state is _State.INSIDE:
            reasoning, tag, piece = piece.partition(self._close)
            if not tag:
                kept = _length_of_started_tag(reasoning, self._close)
                self._held = reasoning[len(reasoning) - kept :]
                return reasoning[: len(reasoning) - kept], ""
            self._state = _State.AFTER
        text = piece.lstrip()
        while closing := next((each for each in CLOSING_TAGS if text.startswith(each)), ""):
            text = text.removeprefix(closing).lstrip()
        if _may_become(text, CLOSING_TAGS):
            self._held = text
            return reasoning, ""
        if text:
            self._state = _State.PASSING
        return reasoning, text

    def finish(self) -> tuple[str, str]:
        """Return what was held back for a tag that never came."""
        held, self._held = self._held, ""
        state, self._state = self._state, _State.PASSING
        match state:
            case _State.START:
                return "", "".join(self._blanks) + held
            case _State.INSIDE:
                return held, ""
            case _:
                return "", held


def _may_become(text: str, tags: Sequence[str]) -> bool:
    """Return whether one of the tags has begun and more of it may follow; a blank text is no beginning."""
    return any(0 < len(text) < len(tag) and tag.startswith(text) for tag in tags)


def _length_of_started_tag(text: str, tag: str) -> int:
    """Return how many characters at the end may be the beginning of a tag."""
    longest = min(len(text), len(tag) - 1)
    return next((n for n in range(longest, 0, -1) if tag.startswith(text[-n:])), 0)
