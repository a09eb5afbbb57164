"""Parse stream events to chunks; adjacent deltas of plain text become one string.

Nearly every event of a stream differs from the previous one only in its text. Each event is
compared with an earlier event that was parsed in full: if the bytes before and after the text are
equal, and the text needs no JSON unescaping, the text is cut out. Other events are parsed in full.
This takes half a microsecond per event instead of three (docs/performance.md).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from litellm_proxy.errors import ProxyError
from litellm_proxy.event_loop import give_way
from litellm_proxy.wire.chat import ChatChunk, Choice, Delta

_PLAIN_TEXT = re.compile(rb'[^"\\\x00-\x1f]*')
_NO_JSON = "…"
"""Outside of a string this character makes every JSON document invalid."""
_PARSED_BETWEEN_PAUSES = 50
_LEARNING = range(2, 20)
"""Which parsed events may become the template. A short answer ends before it pays, and some servers
change something in every event."""


type ChatEvent = ChatChunk | str
"""A chunk, or the joined text of chunks that contain nothing else."""


@dataclass(frozen=True, slots=True)
class _Around:
    """The bytes before and after the text of an event that contains only text."""

    before: bytes
    after: bytes

    def text_in(self, event: bytes) -> str | None:
        """Return the text if only the text of an event differs, else None."""
        start, end = len(self.before), len(event) - len(self.after)
        if end < start or not (event.startswith(self.before) and event.endswith(self.after)):
            return None
        match = _PLAIN_TEXT.fullmatch(event, start, end)
        try:
            return match and match.group().decode()
        except UnicodeDecodeError:
            return None


class ChatEvents:
    """Parser for the events of one stream."""

    def __init__(self, parse: Callable[[bytes], ChatChunk]) -> None:
        """`parse` parses one event in full, and raises ProxyError or ValueError on failure."""
        self._parse = parse
        self._around: _Around | None = None
        self._parsed = 0

    def read(self, events: Iterable[bytes], into: list[ChatEvent]) -> None:
        """Append the chunks of events that arrived together, in order.

        If `parse` raises, the chunks before the invalid event have been appended.
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
        """Return the bytes around an event's text, None if not certain.

        The bytes could belong to another field or to none. So a different text is put in their
        place: outside of a string the result is not JSON, and in another field it does not change
        the chunk's text. These trial errors are not errors of the response.
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
    """Return the text of a chunk with only one choice's text, else None."""
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
