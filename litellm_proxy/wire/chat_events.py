"""Stream events → chunks; pieces of plain text that arrived together become one text.

Nearly every event of a stream differs from the one before in its text alone. So an event is compared
with an earlier one that was parsed in full: the same bytes before the text and after it, and between
them a JSON string that needs no unescaping. What does not match is parsed in full. That takes half a
microsecond a piece instead of three (docs/performance.md).
"""

import re
from collections.abc import Callable, Iterable

from litellm_proxy.wire.chat import ChatChunk, Choice, Delta

_PLAIN_TEXT = rb'([^"\\\x00-\x1f]*)'
_PROBE = "probe"
_LEARNING = range(2, 20)
"""A short answer is over before it pays, and some servers put something new into every event."""


type ChatEvent = ChatChunk | str
"""A chunk, or the text of chunks that bring nothing else."""


class ChatEvents:
    """Reads the events of one stream."""

    def __init__(self, parse: Callable[[bytes], ChatChunk]) -> None:
        """`parse` reads one event in full, and raises for one that cannot be read."""
        self._parse = parse
        self._pattern: re.Pattern[bytes] | None = None
        self._parsed = 0

    def read(self, events: Iterable[bytes], into: list[ChatEvent]) -> None:
        """Add the chunks of events that arrived together, in order.

        What was read before an event that cannot be read has been added when `parse` raises.
        """
        texts: list[str] = []
        try:
            for event in events:
                text = self._plain_text(event)
                if text is None:
                    chunk = self._learnt(event, self._parse(event))
                    _add_text(texts, into)
                    into.append(chunk)
                else:
                    texts.append(text)
        finally:
            _add_text(texts, into)

    def _plain_text(self, event: bytes) -> str | None:
        """Return the text of an event that is known to bring nothing else."""
        match = self._pattern.fullmatch(event) if self._pattern else None
        try:
            return match and match[1].decode()
        except UnicodeDecodeError:
            return None

    def _learnt(self, event: bytes, chunk: ChatChunk) -> ChatChunk:
        """Remember what is around the text of a chunk that brings nothing else."""
        self._parsed += 1
        text = _text_alone(chunk) if self._parsed in _LEARNING else None
        quoted = f'"{text}"'.encode(errors="replace")
        if text and event.count(quoted) == 1:
            before, after = event.split(quoted)
            # The text found could be another field's; what is put into its place tells.
            probe = self._parse(b'%b"%b"%b' % (before, _PROBE.encode(), after))
            if _text_alone(probe) == _PROBE:
                around = re.escape(before + b'"'), re.escape(b'"' + after)
                self._pattern = re.compile(_PLAIN_TEXT.join(around))
        return chunk


def _text_alone(chunk: ChatChunk) -> str | None:
    """Return the text of a chunk that says nothing else."""
    match chunk:
        case ChatChunk(usage=None, choices=[Choice(delta=Delta(content=str(text)))]):
            alone = ChatChunk(choices=[Choice(delta=Delta(content=text))])
            return text if chunk == alone else None
        case _:
            return None


def _add_text(texts: list[str], into: list[ChatEvent]) -> None:
    if texts:
        into.append("".join(texts))
        texts.clear()
