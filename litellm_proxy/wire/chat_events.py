"""Stream events → chunks; pieces of plain text that arrived together become one text.

Nearly every event of a stream differs from the one before in its text alone. So an event is compared
with an earlier one that was parsed in full: the same bytes before the text and after it, and between
them a JSON string that needs no unescaping. What does not match is parsed in full. That takes half a
microsecond a piece instead of three (docs/performance.md).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from litellm_proxy.errors import ProxyError
from litellm_proxy.event_loop import give_way
from litellm_proxy.wire.chat import ChatChunk, Choice, Delta

_PLAIN_TEXT = re.compile(rb'[^"\\\x00-\x1f]*')
_NO_JSON = "…"
"""Outside of a string this is an error in every JSON document."""
_PARSED_BETWEEN_PAUSES = 50
_LEARNING = range(2, 20)
"""A short answer is over before it pays, and some servers put something new into every event."""


type ChatEvent = ChatChunk | str
"""A chunk, or the text of chunks that bring nothing else."""


@dataclass(frozen=True, slots=True)
class _Around:
    """The bytes before and after the text of an event that brings nothing else."""

    before: bytes
    after: bytes

    def text_in(self, event: bytes) -> str | None:
        """Return the text of an event that differs in its text alone, else None."""
        start, end = len(self.before), len(event) - len(self.after)
        if end < start or not (event.startswith(self.before) and event.endswith(self.after)):
            return None
        match = _PLAIN_TEXT.fullmatch(event, start, end)
        try:
            return match and match.group().decode()
        except UnicodeDecodeError:
            return None


class ChatEvents:
    """Reads the events of one stream."""

    def __init__(self, parse: Callable[[bytes], ChatChunk]) -> None:
        """`parse` reads an event in full; ProxyError or ValueError: it cannot be read."""
        self._parse = parse
        self._around: _Around | None = None
        self._parsed = 0

    def read(self, events: Iterable[bytes], into: list[ChatEvent]) -> None:
        """Add the chunks of events that arrived together, in order.

        What was read before an event that cannot be read has been added when `parse` raises.
        """
        texts: list[str] = []
        try:
            for event in events:
                text = self._around.text_in(event) if self._around else None
                if text is None:
                    chunk = self._parse(event)
                    self._learn(event, chunk)
                    _add_text(texts, into)
                    into.append(chunk)
                    if self._parsed % _PARSED_BETWEEN_PAUSES == 0:
                        give_way()
                else:
                    texts.append(text)
        finally:
            _add_text(texts, into)

    def _learn(self, event: bytes, chunk: ChatChunk) -> None:
        self._parsed += 1
        text = _text_alone(chunk) if self._parsed in _LEARNING else None
        if text:
            self._around = self._around_of(text, event) or self._around

    def _around_of(self, text: str, event: bytes) -> _Around | None:
        """Return what is around the text of an event, None where that is not certain.

        The bytes found could be another field's, or no field's. So another text is put in their
        place: what stands outside of a string then is no JSON, and in another field's string it
        does not become the chunk's text. Neither is an error of the answer.
        """
        found, other = (f'"{each}"'.encode(errors="replace") for each in (text, text + _NO_JSON))
        if not _PLAIN_TEXT.fullmatch(found, 1, len(found) - 1) or event.count(found) != 1:
            return None
        before, after = event.split(found)
        try:
            trial = self._parse(before + other + after)
        except (ProxyError, ValueError):
            return None
        if _text_alone(trial) != text + _NO_JSON:
            return None
        return _Around(before + b'"', b'"' + after)


def _text_alone(chunk: ChatChunk) -> str | None:
    """Return the text of a chunk that says nothing else, and says it of the first choice."""
    match chunk:
        case ChatChunk(
            usage=None, choices=[Choice(index=0 | None as index, delta=Delta(content=str(text)))]
        ):
            alone = ChatChunk(choices=[Choice(index=index, delta=Delta(content=text))])
            return text if chunk == alone else None
        case _:
            return None


def _add_text(texts: list[str], into: list[ChatEvent]) -> None:
    if texts:
        into.append("".join(texts))
        texts.clear()
