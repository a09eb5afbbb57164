"""One request and its answer over a connection that is there."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from litellm_proxy.deadline import Deadline
from litellm_proxy.errors import Failure, ProxyProtocolError
from litellm_proxy.http1 import AnswerReader
from litellm_proxy.limits import READ_BYTES
from litellm_proxy.request_failed import RequestFailed, broken


class ClosedUnanswered(RequestFailed):
    """The connection was closed or reset before the first byte of an answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(Failure.BROKEN, detail)


def send(connection: socket.socket, head: bytes, request: httpx.Request) -> None:
    """Write a request; its head is given. Raises RequestFailed."""
    pieces = iter(request.stream)  # type: ignore[arg-type]
    if "transfer-encoding" in request.headers:
        pieces = _chunked(pieces)
    try:
        # One system call for a short request.
        connection.sendall(head + next(pieces, b""))
        for piece in pieces:
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        # A server may refuse a large body before it has read it; what it says is read next.
        pass
    except ssl.SSLEOFError:
        # Over TLS nothing can be read any more then.
        raise ClosedUnanswered("the server closed it while the request was sent") from None
    except OSError as error:
        raise broken(error) from None


def read_head(connection: socket.socket, seconds: float) -> tuple[AnswerReader, bytes]:
    """Return an answer whose head is read, and what came of its body. Raises RequestFailed.

    The head may take so long in all, the answer's own and of what is said before.
    """
    answer = AnswerReader()
    deadline = time.monotonic() + seconds
    has_begun = False
    while time.monotonic() < deadline:
        content = _fed(answer, _next_of_head(connection, has_begun=has_begun))
        if answer.has_head:
            return answer, content
        has_begun = True
    raise RequestFailed(Failure.READ_TIMEOUT)


def _next_of_head(connection: socket.socket, *, has_begun: bool) -> bytes:
    try:
        received = connection.recv(READ_BYTES)
    except TimeoutError as error:
        raise broken(error) from None
    except OSError as error:
        if not has_begun:
            raise ClosedUnanswered(error.strerror or "") from None
        received = b""
    if received:
        return received
    if not has_begun:
        raise ClosedUnanswered("the server closed it without an answer")
    raise RequestFailed(Failure.BROKEN, "its head broke off")


def _fed(answer: AnswerReader, received: bytes) -> bytes:
    try:
        return answer.feed(received)
    except ProxyProtocolError as error:
        raise RequestFailed(Failure.BROKEN, str(error)) from None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a body may be silent (seconds), and when it has to be complete."""

    silence: float
    deadline: Deadline


class Body(httpx.SyncByteStream):
    """The body of one answer, in pieces as large as what has arrived. Raises RequestFailed."""

    def __init__(
        self,
        connection: socket.socket,
        answer: AnswerReader,
        content: bytes,
        patience: Patience,
        keep: Callable[[socket.socket], None],
    ) -> None:
        """`content` came with the head; `keep` takes a connection that is good for another request."""
        self._connection = connection
        self._answer = answer
        self._content = content
        self._patience = patience
        self._keep = keep
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        if self._content:
            yield self._content
        while not self._answer.is_complete:
            received = self._received()
            if not received and self._answer.ends_with_the_connection:
                return
            if not received:
                raise RequestFailed(Failure.BROKEN, "the body ended early")
            if content := _fed(self._answer, received):
                yield content

    def close(self) -> None:
        """Keep the connection if the body was read to its end, else close it; once is enough."""
        if self._closed:
            return
        self._closed = True
        if self._answer.is_complete and self._answer.keeps_alive:
            self._keep(self._connection)
        else:
            self._connection.close()

    def _received(self) -> bytes:
        left = self._patience.deadline.seconds_left
        try:
            if left < self._patience.silence:
                self._connection.settimeout(left)
            return self._connection.recv(READ_BYTES)
        except OSError as error:
            raise broken(error) from None


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield an upload whose length nobody knows as chunks (RFC 9112, 7.1)."""
    for piece in filter(None, pieces):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
