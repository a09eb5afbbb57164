"""Hold the text of an answer until its reasoning can be split off."""

from collections.abc import Callable

from translation.answer.held_limit import HeldLimit
from translation.reasoning_tags import Split

_OBJECT_BEGINS = frozenset({'{"', "{}"})
_MARKS = 2


class BufferedText:
    """Holds a text until its end, then splits it.

    Some chat templates put the opening tag into the prompt, so that only the closing tag arrives.
    Dify uses the first JSON in a text, which could be part of the reasoning.
    """

    def __init__(
        self, split: Callable[[str], Split], room: HeldLimit, *, streams_objects: bool
    ) -> None:
        """`streams_objects`: text that begins with a JSON object is not held."""
        self._split = split
        self._room = room
        self._front = "" if streams_objects else None
        """The first two characters that are not blank; None if objects are not streamed."""
        self._passes = False
        self._held: list[str] = []

    def feed(self, piece: str) -> Split:
        """Return the text that a piece adds now."""
        if self._passes:
            return Split("", piece)
        self._room.take(len(piece))
        self._held.append(piece)
        if self._front is not None and len(self._front) < _MARKS:
            self._front = (self._front + "".join(piece.split()))[:_MARKS]
            self._passes = self._front in _OBJECT_BEGINS
        return Split("", self._released()) if self._passes else Split("", "")

    def finish(self) -> Split:
        """Return the held text, and the reasoning before it."""
        return self._split(self._released())

    def _released(self) -> str:
        held, self._held = "".join(self._held), []
        return held
