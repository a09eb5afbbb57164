"""Parse the body of a chat response into events. The body is a stream or one JSON document."""

import itertools
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing

from litellm_proxy.deadline import Deadline
from litellm_proxy.errors import ProxyError, ProxyUnreachable
from litellm_proxy.limits import LAST_BYTES_SECONDS, MAX_DOCUMENT_BYTES
from litellm_proxy.sender import ProxyResponse, joined
from litellm_proxy.sse import EventStreamDecoder
from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.chat_events import ChatEvent, ChatEvents

_BLANKS = b"\xef\xbb\xbf \t\r\n"
_STREAM_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
_START_BYTES = len(b"event:")

type ChatArrivals = Generator[Sequence[ChatEvent]]
"""Lists of events that arrived in one read; text deltas that follow each other are one event."""


def has_stream_content_type(received: ProxyResponse) -> bool:
    """Return whether the content type is that of an event stream."""
    return received.content_type.lower().startswith("text/event-stream")


def read_chunks(received: ProxyResponse, parse: Callable[[bytes], ChatChunk]) -> ChatArrivals:
    """Yield the events of a response. Raises ProxyError.

    The body is a stream if it starts like one, or if the content type says so and it does not start
    with `{`. Some servers and load balancers set a wrong content type for streams.
    """
    with closing(received.pieces()) as pieces:
        # Read enough bytes to decide, without the blanks before them.
        start = b""
        for piece in pieces:
            start = (start + piece).lstrip(_BLANKS)
            if len(start) >= _START_BYTES:
                break
        is_stream = start.startswith(_STREAM_STARTS) or (
            has_stream_content_type(received) and not start.startswith(b"{")
        )
        whole = itertools.chain([start], pieces)
        if is_stream:
            yield from _read_events(whole, received.deadline, parse)
        else:
            yield [parse(joined(whole, MAX_DOCUMENT_BYTES))]


def _read_events(
    pieces: Iterable[bytes], deadline: Deadline, parse: Callable[[bytes], ChatChunk]
) -> ChatArrivals:
    stream = _EventStream(parse)
    try:
        for piece in pieces:
            chunks: list[ChatEvent] = []
            try:
                stream.read(piece, into=chunks)
            except ProxyError:
                if chunks:
                    yield chunks
                raise
            if chunks:
                yield chunks
            if stream.done:
                # The answer is complete. The rest of the body is read for at most this long, so that the
                # connection can be used again.
                deadline.bring_forward(LAST_BYTES_SECONDS)
    except ProxyUnreachable:
        # An error after [DONE] costs the connection, and not the answer.
        if not stream.done:
            raise


class _EventStream:
    """The events of one body, up to [DONE]."""

    def __init__(self, parse: Callable[[bytes], ChatChunk]) -> None:
        self.done = False
        self._decoder = EventStreamDecoder()
        self._events = ChatEvents(parse)

    def read(self, received: bytes, into: list[ChatEvent]) -> None:
        if not self.done:
            self._events.read(self._until_done(received), into)

    def _until_done(self, received: bytes) -> Generator[bytes]:
        for data in self._decoder.feed(received):
            if data == b"[DONE]":
                self.done = True
                return
            yield data
