"""A pool of HTTP/1.1 connections as an httpx transport.

httpx's own pool asks every idle connection whether it is still open before each request, and its
parser takes eight microseconds a chunk; both are measured in docs/performance.md. Here a request
takes the connection that was used last, and a body comes in pieces as large as what has arrived.
"""

import fcntl
import math
import select
import socket
import ssl
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from litellm_proxy.chunked import ChunkedDecoder
from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.failures import CertificateFileError, StaleConnectionError
from litellm_proxy.http1 import HEAD_END, MAX_HEAD_BYTES, ResponseHead, parse_head, request_head
from litellm_proxy.settings import TLSSettings

KEEP_ALIVE_SECONDS = 30.0
"""Shorter than the usual 60 s and more of servers and balancers, so that we close first."""
MAX_IDLE = 128
DEADLINE = "deadline"
_SHORTEST_WAIT = 0.001
_READ_BYTES = 64 * 1024
_TELLS_ITS_STATE = sys.platform == "linux"
_ESTABLISHED = 1
"""The first byte of Linux's tcp_info: https://man7.org/linux/man-pages/man7/tcp.7.html"""
_OK = range(200, 300)


class _ClosedUnansweredError(httpx.RemoteProtocolError):
    """A connection was closed or reset before the first byte of an answer."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A server as the pool tells servers apart."""

    scheme: str
    host: str
    port: int


class ConnectionPool(httpx.BaseTransport):
    """Sends each request over the connection that was used last, or over a new one.

    There is no limit to connections in use, and MAX_IDLE of them wait for at most KEEP_ALIVE_SECONDS.
    Raises httpx.TransportError. A request has its time-outs (seconds) in `extensions["timeout"]`, and
    the time (monotonic) when its answer has to be complete in `extensions[DEADLINE]`.
    """

    def __init__(self, tls: TLSSettings, via: httpx.URL | None = None) -> None:
        """`via` is the HTTP proxy on the way, with its user and password."""
        self._tls = tls
        self._via = via
        self._idle: list[tuple[Origin, float, socket.socket]] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer with its body unread."""
        timeouts: Mapping[str, float] = request.extensions["timeout"]
        deadline: float = request.extensions.get(DEADLINE, math.inf)
        silence = max(_SHORTEST_WAIT, min(timeouts["read"], deadline - time.monotonic()))
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        # httpx shows a host in Unicode, and Python's own codec is that of 2003: straße is not strasse.
        origin = Origin(url.scheme, url.raw_host.decode("ascii"), port)
        pooled = self._take(origin)
        connection = pooled or self._connected(origin, timeouts["connect"])
        try:
            connection.settimeout(silence)
            self._send(connection, request)
            head, rest = _read_head(connection, silence)
        except _ClosedUnansweredError as error:
            connection.close()
            if pooled:
                raise StaleConnectionError(str(error)) from error.__cause__
            raise
        except BaseException:
            # Also when the greenlet of the call is killed.
            connection.close()
            raise
        patience = _Patience(silence, request.extensions)
        body = _Body(self, origin, connection, head, rest, patience)
        said = {"reason_phrase": head.reason.encode("latin-1")}
        return httpx.Response(head.status, headers=head.fields, stream=body, extensions=said)

    def give_back(self, origin: Origin, connection: socket.socket) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._lock:
            self._idle.append((origin, time.monotonic(), connection))
            old = self._expired()
            old += [idle for _, _, idle in self._idle[:-MAX_IDLE]]
            del self._idle[:-MAX_IDLE]
        for idle in old:
            idle.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, _, connection in idle:
            connection.close()

    def _take(self, origin: Origin) -> socket.socket | None:
        """Return the newest idle connection to a server that is still open."""
        found = None
        with self._lock:
            expired = self._expired()
            for position in range(len(self._idle) - 1, -1, -1):
                if self._idle[position][0] == origin:
                    connection = self._idle.pop(position)[2]
                    if _is_open(connection):
                        found = connection
                        break
                    expired.append(connection)
        for connection in expired:
            connection.close()
        return found

    def _expired(self) -> list[socket.socket]:
        """Take out the connections that have been idle for too long; they are to be closed."""
        oldest = time.monotonic() - KEEP_ALIVE_SECONDS
        expired: list[socket.socket] = []
        while self._idle and self._idle[0][1] < oldest:
            expired.append(self._idle.pop(0)[2])
        return expired

    def _connected(self, origin: Origin, seconds: float) -> socket.socket:
        # A name that cannot be one fails here; within gevent it would leave a socket behind.
        origin.host.encode("idna")
        tls = self._tls_context if origin.scheme == "https" else None
        server = (self._via.host, self._via.port or 80) if self._via else (origin.host, origin.port)
        try:
            connection = socket.create_connection(server, seconds)
        except OSError as error:
            raise _not_connected(error) from error
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is None:
                return connection
            if self._via:
                self._tunnel(connection, origin, seconds)
            return tls.wrap_socket(connection, server_hostname=origin.host)
        except OSError as error:
            connection.close()
            raise _not_connected(error) from error
        except BaseException:
            connection.close()
            raise

    def _tunnel(self, connection: socket.socket, origin: Origin, seconds: float) -> None:
        """Let the HTTP proxy connect to the server (RFC 9110, 9.3.6)."""
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        target = f"{host}:{origin.port}".encode("ascii")
        fields = [(b"Host", target), *httpx.Headers(self._proxy_authorization).raw]
        connection.sendall(request_head("CONNECT", target, fields))
        try:
            head, _ = _read_head(connection, seconds)
        except httpx.RemoteProtocolError as error:
            message = "it did not answer in HTTP"
            raise httpx.ProxyError(message) from error
        except httpx.ReadTimeout as error:
            raise httpx.ConnectTimeout("") from error
        if head.status not in _OK:
            raise httpx.ProxyError(f"{head.status} {head.reason}")

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        """Read the certificates once, at the first https:// server: that takes 25 ms."""
        try:
            context = httpx.create_ssl_context(verify=self._tls.verify)
        except OSError as error:
            raise httpx.ConnectError("") from CertificateFileError(error.strerror or "")
        if self._tls.verify and self._tls.ca_certificates:
            context.load_verify_locations(cadata=self._tls.ca_certificates)
        return context

    @cached_property
    def _proxy_authorization(self) -> dict[str, str]:
        if not (self._via and self._via.userinfo):
            return {}
        credentials = httpx.BasicAuth(self._via.username, self._via.password)
        request = next(credentials.auth_flow(httpx.Request("GET", "http://proxy")))
        return {"Proxy-Authorization": request.headers["Authorization"]}

    def _send(self, connection: socket.socket, request: httpx.Request) -> None:
        target, fields = request.url.raw_path, request.headers.raw
        if self._via and request.url.scheme == "http":
            target = str(request.url).encode("ascii")
            fields = [*fields, *httpx.Headers(self._proxy_authorization).raw]
        head = request_head(request.method, target, fields)
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
            message = "the server closed it while the request was sent"
            raise _ClosedUnansweredError(message) from ProxyProtocolError(message)
        except TimeoutError as error:
            raise httpx.WriteTimeout("") from error
        except OSError as error:
            raise httpx.WriteError("") from error


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long a body may be silent (seconds), and where it says when it has to be complete.

    That can change while the body is read: after the last event of an answer nothing is waited for.
    """

    silence: float
    extensions: Mapping[str, Any]

    @property
    def seconds_left(self) -> float:
        """Return how long the body may still take."""
        left: float = self.extensions.get(DEADLINE, math.inf) - time.monotonic()
        return max(left, _SHORTEST_WAIT)


class _Body(httpx.SyncByteStream):
    """The body of one answer, in pieces as they arrive; gives its connection back at the end."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an answer
        self,
        pool: ConnectionPool,
        origin: Origin,
        connection: socket.socket,
        head: ResponseHead,
        rest: bytes,
        patience: _Patience,
    ) -> None:
        """`rest` is what came together with the head."""
        self._pool = pool
        self._origin = origin
        self._connection = connection
        self._head = head
        self._rest = rest
        self._patience = patience
        self._complete = False
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces()
        except TimeoutError as error:
            raise httpx.ReadTimeout("") from error
        except ProxyProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except OSError as error:
            raise httpx.ReadError("") from error

    def close(self) -> None:
        """Keep the connection if the body was read to its end, else close it; once is enough."""
        if self._closed:
            return
        self._closed = True
        if self._complete and self._head.keeps_alive:
            self._pool.give_back(self._origin, self._connection)
        else:
            self._connection.close()

    def _pieces(self) -> Iterator[bytes]:
        if self._head.chunked:
            yield from self._dechunked()
        elif self._head.length is None:
            while piece := self._received():
                yield piece
        else:
            yield from self._counted(self._head.length)

    def _dechunked(self) -> Iterator[bytes]:
        decoder = ChunkedDecoder()
        while not decoder.complete:
            if content := decoder.feed(self._required()):
                yield content
        self._complete = not decoder.surplus

    def _counted(self, left: int) -> Iterator[bytes]:
        while left > 0:
            piece = self._required()
            yield piece[:left]
            left -= len(piece)
        self._complete = left == 0 and not self._rest

    def _required(self) -> bytes:
        """Return what has arrived; the end is too early here."""
        received = self._received()
        if not received:
            message = "the body ended early"
            raise ProxyProtocolError(message)
        return received

    def _received(self) -> bytes:
        """Return what has arrived, waiting for something; nothing at the end."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        left = self._patience.seconds_left
        if left < self._patience.silence:
            self._connection.settimeout(left)
        return self._connection.recv(_READ_BYTES)


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield an upload whose length nobody knows as chunks (RFC 9112, 7.1)."""
    for piece in filter(None, pieces):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _not_connected(error: OSError) -> httpx.TransportError:
    return httpx.ConnectTimeout("") if isinstance(error, TimeoutError) else httpx.ConnectError("")


def _read_head(connection: socket.socket, seconds: float) -> tuple[ResponseHead, bytes]:
    """Return the head of the answer, which may take so long in all, and what came after it."""
    received = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        head, end, rest = received.partition(HEAD_END)
        if len(head) > MAX_HEAD_BYTES:
            message = "its head is too large"
            raise httpx.RemoteProtocolError(message) from ProxyProtocolError(message)
        if end:
            parsed = _parsed(head)
            if not parsed.is_information:
                return parsed, rest
            received = rest
        else:
            received += _next_of_head(connection, received)
    raise httpx.ReadTimeout("")


def _next_of_head(connection: socket.socket, received: bytes) -> bytes:
    try:
        more = connection.recv(_READ_BYTES)
    except TimeoutError as error:
        raise httpx.ReadTimeout("") from error
    except OSError as error:
        if not received:
            raise _ClosedUnansweredError("") from error
        more = b""
    if not more and not received:
        message = "the server closed it without an answer"
        raise _ClosedUnansweredError(message) from ProxyProtocolError(message)
    if not more:
        message = "its head broke off"
        raise httpx.RemoteProtocolError(message) from ProxyProtocolError(message)
    return more


def _parsed(head: bytes) -> ResponseHead:
    try:
        return parse_head(head)
    except ProxyProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error


def _is_open(idle: socket.socket) -> bool:
    """Return whether the server has neither closed an idle connection nor said anything on it.

    What it says unasked would be taken for the next answer. Linux tells both in a microsecond each;
    gevent's poll takes fifty.
    """
    if isinstance(idle, ssl.SSLSocket) and idle.pending():
        return False
    if not _TELLS_ITS_STATE:
        return not _has_input(idle)
    with suppress(OSError):
        state = idle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state == _ESTABLISHED and fcntl.ioctl(idle, termios.FIONREAD, b"\0\0\0\0") == bytes(
            4
        )
    return False


def _has_input(connection: socket.socket) -> bool:
    with suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    return True
