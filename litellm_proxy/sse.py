"""Decode a `text/event-stream`: bytes in, the data of each complete event out.

No library is used, for three reasons: the data stays bytes, so that broken UTF-8 is an error
instead of a replacement character; the size of an event is bounded; and the events of one network
read are yielded together.

The rules are the standard's: lines end with LF, CR or CRLF and nothing else (U+2028 may be inside a
line), comments are skipped, several data lines form one event, and an event that is incomplete at
the end of the stream is dropped. Stricter than the standard, an unknown field is an error: a
damaged `data` would otherwise be skipped, and a shortened response would look complete.
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import re
from collections.abc import Iterator

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.limits import MAX_DOCUMENT_BYTES

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_OTHER_FIELDS = frozenset({b"event", b"id", b"retry"})

_EMPTY_LINES = re.compile(rb"\n{3,}")


class EventStreamDecoder:
    """Buffers the incomplete line and event of one stream; no I/O."""

    def __init__(self, max_event_bytes: int = MAX_DOCUMENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._partial_line: list[bytes] = []
        self._bytes_of_line = 0
        self._data: list[bytes] = []
        self._bytes_of_data = 0
        self._first_line = True
        self._after_cr = False

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Yield the data of the events that `received` completes, in order, UTF-8 not checked.

        Raises ProxyProtocolError for a damaged line, after the events before it, and if an
        incomplete event exceeds the limit. Iterate to the end before the next call.
        """
        if not received:
            return
        if self._after_cr and received.startswith(b"\n"):
            received = received[1:]
        self._after_cr = received.endswith(b"\r")
        if b"\r" in received:
            received = received.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n\n\n" in received:
            received = _EMPTY_LINES.sub(b"\n\n", received)
        first, *others = received.split(b"\n")
        self._partial_line.append(first)
        self._bytes_of_line += len(first)
        if others:
            whole = [b"".join(self._partial_line), *others[:-1]]
            self._partial_line, self._bytes_of_line = [others[-1]], len(others[-1])
            for line in whole:
                if event := self._take_line(line):
                    yield event
        if self._bytes_of_line + self._bytes_of_data > self._max_event_bytes:
            message = f"one stream event is larger than {self._max_event_bytes} bytes"
            raise ProxyProtocolError(message)

    def _take_line(self, line: bytes) -> bytes | None:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            event = b"\n".join(self._data)
            self._data, self._bytes_of_data = [], 0
            return event or None
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._bytes_of_data += len(line)
        elif name and name not in _OTHER_FIELDS:
            message = "a line of the stream is damaged"
            raise ProxyProtocolError(message)
        return None
