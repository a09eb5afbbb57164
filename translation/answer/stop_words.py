"""Cut text at the first stop word, for models that do not support stop words."""

from collections.abc import Sequence

from translation.reasoning_tags import Split


class StopWords:
    """Cuts streamed text at the first stop word, even between pieces."""

    def __init__(self, words: Sequence[str]) -> None:
        self._longest = max(map(len, words), default=0)
        self._words = words
        self._held = ""
        self.has_cut = False
        """Whether a stop word has cut the text."""

    def feed(self, piece: str) -> Split:
        """Return the text that a piece adds.

        An end that may begin a stop word is held.
        """
        return Split("", self._cut(piece) if self._words else piece)

    def finish(self) -> Split:
        """Return the held text, which is not a stop word."""
        held, self._held = self._held, ""
        return Split("", held)

    def _cut(self, piece: str) -> str:
        if self.has_cut:
            return ""
        text = self._held + piece
        # The word that is complete first, so that the split into pieces does not matter.
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
