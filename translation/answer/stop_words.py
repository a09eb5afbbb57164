"""Text → the text before the first stop word, for models that do not take stop words themselves."""

from collections.abc import Sequence

from translation.reasoning_tags import Split


class StopWords:
    """Cuts the text of an answer at the first stop word; it may be split anywhere between pieces."""

    def __init__(self, words: Sequence[str]) -> None:
        self._longest = max(map(len, words), default=0)
        self._words = words
        self._held = ""
        self.has_cut = False
        """Whether a stop word has come."""

    def feed(self, piece: str) -> Split:
        """Return what a piece adds to the text; what may begin a stop word waits."""
        return Split("", self._cut(piece) if self._words else piece)

    def finish(self) -> Split:
        """Return what waited for the rest of a stop word."""
        held, self._held = self._held, ""
        return Split("", held)

    def _cut(self, piece: str) -> str:
        if self.has_cut:
            return ""
        text = self._held + piece
        # The word that was complete first, however the text was split into pieces.
        places = [
            (text.find(word) + len(word), text.find(word)) for word in self._words if word in text
        ]
        if places:
            self.has_cut = True
            self._held = ""
            return text[: min(places)[1]]
        kept = next(
            (
                n
                for n in range(min(len(text), self._longest - 1), 0, -1)
                if self._may_begin(text[-n:])
            ),
            0,
        )
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def _may_begin(self, end: str) -> bool:
        return any(word.startswith(end) for word in self._words)
