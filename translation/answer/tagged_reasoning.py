"""Split reasoning in tags at the front of streamed text from the text after it."""

from collections.abc import Sequence
from enum import Enum, auto

from translation.answer.held_limit import HeldLimit
from translation.reasoning_tags import CLOSING_TAGS, FORMAT_MARKS, REASONING_TAGS, Split

_ALL_TAGS = (*REASONING_TAGS, *CLOSING_TAGS, *FORMAT_MARKS)


class _State(Enum):
    OUTSIDE = auto()
    """At the front, or after reasoning."""
    INSIDE = auto()
    DONE = auto()
    """The text has begun; tags in it are text."""


class TaggedReasoning:
    """Splits streamed text into reasoning and text.

    A tag may be split between pieces. LiteLLM 1.106 removes some tags from blocking answers, but
    not from streams; this class makes both equal. A closing tag alone at the front is dropped: the
    reasoning before it came in its own field.
    """

    def __init__(self, room: HeldLimit) -> None:
        self._room = room
        self._state = _State.OUTSIDE
        self._blanks: list[str] = []
        """Blanks at the front of a text without a tag there."""
        self._found_tag = False
        self._held = ""
        """A possible beginning of a tag; shorter than the longest tag."""
        self._closing = ""

    @property
    def is_done(self) -> bool:
        """Return whether the text has begun; all later pieces are text."""
        return self._state is _State.DONE

    def feed(self, piece: str) -> Split:
        """Return the reasoning and text that a piece adds."""
        if self.is_done:
            return Split("", piece)
        piece, self._held = self._held + piece, ""
        reasoning: list[str] = []
        while piece:
            match self._state:
                case _State.OUTSIDE:
                    piece = self._outside(piece)
                case _State.INSIDE:
                    thought, piece = self._inside(piece)
                    reasoning.append(thought)
                case _State.DONE:
                    break
        return Split("".join(reasoning), piece)

    def finish(self) -> Split:
        """Return the held text, which is not a tag."""
        held, self._held = self._held, ""
        state, self._state = self._state, _State.DONE
        if state is _State.INSIDE:
            return Split(held, "")
        return Split("", self._blanks_in_front() + held)

    def _outside(self, piece: str) -> str:
        """Return the text after a tag at the front, if any."""
        front = piece.lstrip()
        blanks = piece[: len(piece) - len(front)]
        if not self._found_tag:
            self._room.take(len(blanks))
            self._blanks.append(blanks)
        tag = next((each for each in _ALL_TAGS if front.startswith(each)), None)
        if tag:
            self._found_tag = True
            self._blanks.clear()
            if tag in REASONING_TAGS:
                self._state = _State.INSIDE
                self._closing = REASONING_TAGS[tag]
            return front.removeprefix(tag)
        if not front or _may_become(front, _ALL_TAGS):
            self._held = front
            return ""
        self._state = _State.DONE
        return self._blanks_in_front() + front

    def _inside(self, piece: str) -> tuple[str, str]:
        """Return the reasoning, and the text after its closing tag."""
        thought, tag, rest = piece.partition(self._closing)
        if tag:
            self._state = _State.OUTSIDE
            return thought, rest
        kept = _length_of_started_tag(thought, self._closing)
        self._held = thought[len(thought) - kept :]
        return thought[: len(thought) - kept], ""

    def _blanks_in_front(self) -> str:
        blanks, self._blanks = self._blanks, []
        return "".join(blanks)


def _may_become(text: str, tags: Sequence[str]) -> bool:
    """Return whether a text is the beginning of a tag."""
    return any(len(text) < len(tag) and tag.startswith(text) for tag in tags)


def _length_of_started_tag(text: str, tag: str) -> int:
    """Return how many characters at the end may begin a tag."""
    longest = min(len(text), len(tag) - 1)
    return next((n for n in range(longest, 0, -1) if tag.startswith(text[-n:])), 0)
