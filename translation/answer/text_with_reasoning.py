"""Join reasoning and content into one text with think blocks, as Dify 1.14 parses them."""

from enum import Enum, auto

from translation.answer.held_limit import HeldLimit
from translation.reasoning_tags import Split
from translation.think_block import AFTER_THINKING, LATE_THINK_OPEN, THINK_CLOSE, THINK_OPEN


class _Place(Enum):
    """The part of the text that is being written."""

    FRONT = auto()
    THINKING = auto()
    CONTENT = auto()
    THINKING_AGAIN = auto()


_THINKING = frozenset({_Place.THINKING, _Place.THINKING_AGAIN})
_OPENING = {_Place.THINKING: THINK_OPEN, _Place.THINKING_AGAIN: LATE_THINK_OPEN}


class TextWithReasoning:
    """Writes the text of one answer, piece by piece.

    Reasoning is one think block at the front, closed before the first content, never empty.
    Reasoning after the first content gets a block of its own there. If reasoning is not shown, only
    the blanks after it stay.
    """

    def __init__(self, room: HeldLimit, *, show_reasoning: bool) -> None:
        self._room = room
        self._show_reasoning = show_reasoning
        self._place = _Place.FRONT
        self._blank_reasoning: list[str] = []
        self.is_visible = False
        """Whether the answer has anything visible."""
        self.has_reasoning = False
        """Whether there is reasoning, shown or not."""
        self.size = 0
        """Bytes of text in UTF-8, including reasoning that is not shown."""

    @property
    def has_content(self) -> bool:
        """Return whether content has begun, including blanks."""
        return self._place in {_Place.CONTENT, _Place.THINKING_AGAIN}

    def feed(self, split: Split) -> str:
        """Return the text that reasoning and content add."""
        reasoning, text = split
        if reasoning:
            return self._counted(self._reasoning(reasoning) + self._content(text))
        return self._counted(self._content(text)) if text else ""

    def before_a_file(self) -> str:
        """Return the text to show before an image or a file."""
        self.is_visible = True
        return self._counted(self._end_of_reasoning(THINK_CLOSE + AFTER_THINKING))

    def finish(self) -> str:
        """Return the end of the text."""
        return self._counted(self._end_of_reasoning(THINK_CLOSE))

    def _counted(self, shown: str) -> str:
        self.size += len(shown.encode(errors="replace"))
        return shown

    def _reasoning(self, piece: str) -> str:
        """Return the text that reasoning adds, holding blanks at its end."""
        if piece.isspace():
            self._room.take(len(piece))
        thought = piece.rstrip()
        if thought:
            blanks = "".join(self._blank_reasoning)
            self._blank_reasoning = [piece[len(thought) :]]
            thought = blanks + thought
        else:
            self._blank_reasoning.append(piece)
        if thought and self._place not in _THINKING:
            self._place = _Place.THINKING_AGAIN if self.has_content else _Place.THINKING
            self.has_reasoning = True
            thought = _OPENING[self._place] + thought.lstrip()
        if not self._show_reasoning:
            self.size += len(piece.encode(errors="replace"))
            return ""
        self.is_visible = self.is_visible or bool(thought)
        return thought

    def _content(self, piece: str) -> str:
        """Return the text that content adds."""
        if self._place in _THINKING:
            # AFTER_THINKING replaces the blank lines that models put after reasoning.
            piece = piece.lstrip()
        if not piece:
            return ""
        self.is_visible = self.is_visible or not piece.isspace()
        if self._place is _Place.CONTENT:
            return piece
        return self._end_of_reasoning(THINK_CLOSE + AFTER_THINKING) + piece

    def _end_of_reasoning(self, mark: str) -> str:
        is_open = self._place in _THINKING and self._show_reasoning
        self._place = _Place.CONTENT
        self._blank_reasoning.clear()
        return mark if is_open else ""
