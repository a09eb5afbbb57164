"""One request and its response on an open connection (RFC 9112).

llhttp, the parser of Node.js, reads responses, through httptools. This module adds limits: to the
head, to its number of fields, and to bytes without content.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import httpx
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from litellm_proxy.deadline import deadline_of
from litellm_proxy.errors import Failure, RequestFailed
from litellm_proxy.limits import MAX_EMPTY_BYTES, MAX_HEADERS, READ_BYTES

_INFORMATION = range(100, 200)
_LOWEST_STATUS = 200

type Fields = Sequence[tuple[bytes, bytes]]


def request_head(method: str, target: bytes, fields: Fields) -> bytes:
    """Return the head of a request; raise ValueError for a line break in a field."""
    lines = [b"%b %b HTTP/1.1" % (method.encode(), target)]
    lines += [b"%b: %b" % field for field in fields]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(fields) or head.count(b"\r") != len(fields):
        message = "a header holds a line break"
        raise ValueError(message)
    return head + b"\r\n\r\n"


def send(connection: socket.socket, head: bytes, body: Iterator[bytes]) -> None:
    """Write a request. Raises OSError, but not for a connection that the server has closed.

    A server may reject a large body before it has read it: its response is read next.
    """
    with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
        # One system call for a short request.
        connection.sendall(head + next(body, b""))
        for piece in body:
            connection.sendall(piece)


def read_head(connection: socket.socket, seconds: float) -> "tuple[ResponseReader, bytes]":
    """Read the head of a response; return it with the content that came with it.

    `seconds` bounds the head, with informational responses before it. Raises RequestFailed:
    UNANSWERED if the connection was closed or reset before the first byte.
    """
    response = ResponseReader()
    deadline = time.monotonic() + seconds
    has_begun = False
    while time.monotonic() < deadline:
        try:
            received, reason = connection.recv(READ_BYTES), ""
        except TimeoutError:
            break
        except OSError as error:
            received, reason = b"", error.strerror or ""
        if not received and has_begun:
            raise RequestFailed(Failure.BROKEN, "its head broke off")
        if not received:
            raise RequestFailed(Failure.UNANSWERED, reason)
        has_begun = True
        content = response.feed(received)
        if response.has_head:
            return response, content
    raise RequestFailed(Failure.READ_TIMEOUT)


class ResponseReader:
    """Parses one response from its bytes, without I/O; informational responses are dropped."""

    def __init__(self) -> None:
        self.status = 0
        self.reason = b""
        """The reason phrase."""
        self.fields: list[tuple[bytes, bytes]] = []
        """The header fields in their order, names as sent."""
        self.has_head = False
        """Whether status and fields are known."""
        self.is_complete = False
        self.keeps_alive = False
        """Whether the server accepts another request after this response."""
        self.ends_with_the_connection = False
        """Whether only the end of the connection ends the body."""
        self._bytes_without_content = 0
        self._content: list[bytes] = []
        # httptools calls the methods named on_….
        self.on_body = self._content.append
        self._parser = HttpResponseParser(self)

    def feed(self, received: bytes) -> bytes:
        """Parse bytes; return the content among them. Raises RequestFailed."""
        had_head = self.has_head
        try:
            self._parser.feed_data(received)
        except (HttpParserError, HttpParserUpgrade) as error:
            # Bytes after the end belong to no response of ours.
            self.keeps_alive = False
            if not self.is_complete:
                raise self._invalid(f"is not HTTP/1.1 ({error})") from None
        content = b"".join(self._content)
        self._content.clear()
        if self.has_head is not had_head:
            self._bytes_without_content = 0
            if self.status < _LOWEST_STATUS:
                raise RequestFailed(Failure.BROKEN, "its head has no status of HTTP/1.1")
            if len(self.fields) > MAX_HEADERS:
                raise RequestFailed(Failure.BROKEN, f"its head has over {MAX_HEADERS} headers")
        elif content:
            self._bytes_without_content = 0
        else:
            self._bytes_without_content += len(received)
            if self._bytes_without_content > MAX_EMPTY_BYTES:
                raise self._invalid(f"has {MAX_EMPTY_BYTES} bytes without content")
        return content

    def on_message_begin(self) -> None:
        """Stop at a second response: nothing asked for it."""
        if self.is_complete:
            raise self._invalid("is followed by another response")

    def on_status(self, reason: bytes) -> None:
        """Add a part of the reason phrase."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a field; drop those of a trailer."""
        if not self.has_head:
            self.fields.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        """End the head; drop it if it is informational."""
        self.status = self._parser.get_status_code()
        if self.status in _INFORMATION:
            self.fields.clear()
            self.reason = b""
            return
        self.has_head = True
        self.keeps_alive = self._parser.should_keep_alive()
        names = {name.lower() for name, _ in self.fields}
        self.ends_with_the_connection = names.isdisjoint({b"content-length", b"transfer-encoding"})

    def on_message_complete(self) -> None:
        """End the response, or an informational one before it."""
        self.is_complete = self.has_head

    def _invalid(self, problem: str) -> RequestFailed:
        return RequestFailed(Failure.BROKEN, f"its {'body' if self.has_head else 'head'} {problem}")


class ResponseBody(httpx.SyncByteStream):
    """The content of one response, as it arrives. Raises RequestFailed."""

    def __init__(
        self,
        connection: socket.socket,
        request: httpx.Request,
        response: ResponseReader,
        content: bytes,
        keep: Callable[[socket.socket], None],
    ) -> None:
        """`content` came with the head; `keep` gets a connection that can be used again."""
        self._connection = connection
        self._silence: float = request.extensions["timeout"]["read"]
        self._deadline = deadline_of(request)
        self._response = response
        self._content = content
        self._keep = keep
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        if self._content:
            yield self._content
        while not self._response.is_complete:
            try:
                self._connection.settimeout(min(self._silence, self._deadline.seconds_left))
                received = self._connection.recv(READ_BYTES)
            except OSError as error:
                raise broken(error) from None
            if not received and self._response.ends_with_the_connection:
                return
            if not received:
                raise RequestFailed(Failure.BROKEN, "the body ended early")
            if content := self._response.feed(received):
                yield content

    def close(self) -> None:
        """Keep the connection after a complete body, else close it. May be called again."""
        if self._closed:
            return
        self._closed = True
        if self._response.is_complete and self._response.keeps_alive:
            self._keep(self._connection)
        else:
            self._connection.close()


def broken(error: OSError) -> RequestFailed:
    """Return the failure of a connection that ended before the response did."""
    if isinstance(error, TimeoutError):
        return RequestFailed(Failure.READ_TIMEOUT)
    return RequestFailed(Failure.BROKEN, error.strerror or "")
