"""Filter the text of an answer: reasoning tags, JSON, stop words."""

from collections.abc import Sequence
from typing import Protocol

from translation.answer.buffered_text import BufferedText
from translation.answer.held_limit import HeldLimit
from translation.answer.stop_words import StopWords
from translation.answer.tagged_reasoning import TaggedReasoning
from translation.reasoning_tags import Split, split_whole_json, split_whole_text


class _TextFilter(Protocol):
    def feed(self, piece: str, /) -> Split: ...
    def finish(self) -> Split: ...


class AnswerText:
    """Splits content into reasoning and text; cuts the text at stop words."""

    def __init__(
        self, room: HeldLimit, *, is_json: bool, is_blocking: bool, stop: Sequence[str]
    ) -> None:
        """`is_json`: only JSON is expected. `is_blocking`: the answer is not streamed."""
        split = split_whole_json if is_json else split_whole_text
        self._stop_words = StopWords(stop)
        self._tags = TaggedReasoning(room)
        self._filters: list[_TextFilter] = [self._tags]
        if is_json or is_blocking:
            self._filters.append(BufferedText(split, room, streams_objects=not is_blocking))
        if stop:
            self._filters.append(self._stop_words)

    @property
    def is_cut(self) -> bool:
        """Return whether a stop word has cut the text."""
        return self._stop_words.has_cut

    def feed(self, piece: str) -> Split:
        """Return the reasoning and text that a piece of content adds."""
        if self._tags.is_done and len(self._filters) == 1:
            return Split("", piece)
        reasoning = ""
        for each in self._filters:
            thought, piece = each.feed(piece)
            reasoning += thought
        return Split(reasoning, piece)

    def finish(self) -> Split:
        """Return held text; more pieces may follow."""
        reasoning = text = ""
        for each in self._filters:
            fed, rest = each.feed(text), each.finish()
            reasoning += fed.reasoning + rest.reasoning
            text = fed.text + rest.text
        return Split(reasoning, text)
