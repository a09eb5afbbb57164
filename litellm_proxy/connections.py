"""A pool of HTTP/1.1 connections as an httpx transport.

httpx's own pool asks every idle connection whether it is still open before each request, and its
parser takes eight microseconds a chunk; both are measured in docs/performance.md. Here a request
takes the connection that was used last, and a body comes in pieces as large as what has arrived.
Connections are opened by the standard library's http.client, for TLS and tunnels.
"""

import http.client
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import httpx

from litellm_proxy.chunked import ChunkedDecoder
from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.failures import NO_RESPONSE, CertificateFileError
from litellm_proxy.http1 import HEAD_END, MAX_HEAD_BYTES, ResponseHead, parse_head, request_head
from litellm_proxy.settings import TLSSettings

KEEP_ALIVE_SECONDS = 30.0
"""Shorter than the usual 60 s and more of servers and balancers, so that we close first."""
MAX_IDLE = 128
_READ_BYTES = 64 * 1024
_TELLS_ITS_STATE = sys.platform == "linux"
_ESTABLISHED = 1
"""The first byte of Linux's tcp_info: https://man7.org/linux/man-pages/man7/tcp.7.html"""
_TUNNEL_FAILED = "Tunnel connection failed: "
"""How http.client's OSError begins when a proxy refuses to CONNECT."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A server as the pool tells servers apart."""

    scheme: str
    host: str
    port: int


class ConnectionPool(httpx.BaseTransport):
    """Sends each request over the connection that was used last, or over a new one.

    There is no limit to connections in use, and MAX_IDLE of them wait for at most KEEP_ALIVE_SECONDS.
    Raises httpx.TransportError. A request has its time-outs (seconds) in `extensions["timeout"]`.
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
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        origin = Origin(url.scheme, url.host, port)
        connection = self._take(origin) or self._connected(origin, timeouts["connect"])
        try:
            connection.settimeout(timeouts["read"])
            self._send(connection, request)
            head, rest = _read_head(connection, timeouts["read"])
        except BaseException:
            # Also when the greenlet of the call is killed.
            connection.close()
            raise
        body = _Body(self, origin, connection, head, rest)
        return httpx.Response(head.status, headers=head.fields, stream=body)

    def give_back(self, origin: Origin, connection: socket.socket) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._lock:
            self._idle.append((origin, time.monotonic(), connection))
            too_many = self._idle[:-MAX_IDLE]
            del self._idle[:-MAX_IDLE]
        for _, _, old in too_many:
            old.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, _, connection in idle:
            connection.close()

    def _take(self, origin: Origin) -> socket.socket | None:
        """Return the newest idle connection to a server that is still open."""
        oldest = time.monotonic() - KEEP_ALIVE_SECONDS
        expired: list[socket.socket] = []
        found = None
        with self._lock:
            while self._idle and self._idle[0][1] < oldest:
                expired.append(self._idle.pop(0)[2])
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

    def _connected(self, origin: Origin, seconds: float) -> socket.socket:
        # A name that cannot be one fails here; within gevent it would leave a socket behind.
        origin.host.encode("idna")
        connection = self._new_connection(origin, seconds)
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _not_connected(error) from error
        return connection.sock

    def _new_connection(self, origin: Origin, seconds: float) -> http.client.HTTPConnection:
        host, port = origin.host, origin.port
        if self._via:
            host, port = self._via.host, self._via.port or 80
        if origin.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=seconds)
        connection = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=self._tls_context
        )
        if self._via:
            connection.set_tunnel(origin.host, origin.port, headers=self._proxy_authorization)
        return connection

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
        except (BrokenPipeError, ConnectionResetError) as error:
            # A server may refuse a large body before it has read it, and say why.
            if not _has_input(connection):
                raise httpx.WriteError("") from error
        except TimeoutError as error:
            raise httpx.WriteTimeout("") from error
        except OSError as error:
            raise httpx.WriteError("") from error


class _Body(httpx.SyncByteStream):
    """The body of one answer, in pieces as they arrive; gives its connection back at the end."""

    def __init__(
        self,
        pool: ConnectionPool,
        origin: Origin,
        connection: socket.socket,
        head: ResponseHead,
        rest: bytes,
    ) -> None:
        """`rest` is what came together with the head."""
        self._pool = pool
        self._origin = origin
        self._connection = connection
        self._head = head
        self._rest = rest
        self._complete = False

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
        """Keep the connection if the body was read to its end, else close it."""
        if self._complete and self._head.keeps_alive:
            self._complete = False
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
        rest, self._rest = self._rest, b""
        return rest or self._connection.recv(_READ_BYTES)


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield an upload whose length nobody knows as chunks (RFC 9112, 7.1)."""
    for piece in filter(None, pieces):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _not_connected(error: Exception) -> httpx.TransportError:
    words = str(error)
    match error:
        case http.client.HTTPException():
            return httpx.ProxyError("it did not answer in HTTP")
        case TimeoutError():
            return httpx.ConnectTimeout("")
        case _ if words.startswith(_TUNNEL_FAILED):
            return httpx.ProxyError(words.removeprefix(_TUNNEL_FAILED))
        case _:
            return httpx.ConnectError("")


def _read_head(connection: socket.socket, seconds: float) -> tuple[ResponseHead, bytes]:
    """Return the head of the answer, which may take so long in all, and what came after it."""
    received = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        head, end, rest = received.partition(HEAD_END)
        if len(head) > MAX_HEAD_BYTES:
            message = "its head is too large"
            raise httpx.RemoteProtocolError(message)
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
        raise httpx.ReadError("") from error
    if not more:
        message = "the head broke off" if received else NO_RESPONSE
        raise httpx.RemoteProtocolError(message)
    return more


def _parsed(head: bytes) -> ResponseHead:
    try:
        return parse_head(head)
    except ProxyProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error


def _is_open(idle: socket.socket) -> bool:
    """Return whether the server has not closed a connection; it has nothing to say on an idle one.

    Linux tells the state in a microsecond; gevent's poll takes fifty.
    """
    if not _TELLS_ITS_STATE:
        return not _has_input(idle)
    with suppress(OSError):
        return idle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED
    return False


def _has_input(connection: socket.socket) -> bool:
    with suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    return True
