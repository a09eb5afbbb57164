"""A pool of HTTP/1.1 connections as an httpx transport, on the standard library's http.client.

httpx's own pool asks every idle connection whether it is still open before each request, and its
parser takes eight microseconds a chunk; both are measured in docs/performance.md. Here a request
takes the connection that was used last, and a body comes in pieces as large as what has arrived.
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
from litellm_proxy.failures import CertificateFileError
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
        self._idle: list[tuple[Origin, float, http.client.HTTPConnection]] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer with its body unread."""
        timeouts: Mapping[str, float] = request.extensions["timeout"]
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        origin = Origin(url.scheme, url.host, port)
        connection = self._take(origin) or self._connected(origin, timeouts["connect"])
        try:
            connection.sock.settimeout(timeouts["read"])
            self._send(connection, request)
            answer = _head(connection)
        except BaseException:
            # Also when the greenlet of the call is killed.
            connection.close()
            raise
        return httpx.Response(
            answer.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1"))
                     for name, value in answer.headers.items()],
            stream=_Body(self, origin, connection, answer),
        )  # fmt: skip

    def give_back(self, origin: Origin, connection: http.client.HTTPConnection) -> None:
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

    def _take(self, origin: Origin) -> http.client.HTTPConnection | None:
        """Return the newest idle connection to a server that is still open."""
        oldest = time.monotonic() - KEEP_ALIVE_SECONDS
        expired: list[http.client.HTTPConnection] = []
        found = None
        with self._lock:
            while self._idle and self._idle[0][1] < oldest:
                expired.append(self._idle.pop(0)[2])
            for position in range(len(self._idle) - 1, -1, -1):
                if self._idle[position][0] == origin:
                    connection = self._idle.pop(position)[2]
                    if _is_open(connection.sock):
                        found = connection
                        break
                    expired.append(connection)
        for connection in expired:
            connection.close()
        return found

    def _connected(self, origin: Origin, seconds: float) -> http.client.HTTPConnection:
        # A name that cannot be one fails here; within gevent it would leave a socket behind.
        origin.host.encode("idna")
        connection = self._new_connection(origin, seconds)
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _not_connected(error) from error
        return connection

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

    def _send(self, connection: http.client.HTTPConnection, request: httpx.Request) -> None:
        target = request.url.raw_path.decode("ascii")
        plain_via = self._via is not None and request.url.scheme == "http"
        if plain_via:
            target = str(request.url)
        try:
            connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.raw:
                connection.putheader(name, value)
            if plain_via:
                for words, secret in self._proxy_authorization.items():
                    connection.putheader(words, secret)
            # http.client writes the chunks of an upload whose length nobody knows.
            chunked = "transfer-encoding" in request.headers
            connection.endheaders(request.stream, encode_chunked=chunked)  # type: ignore[arg-type]
        except (BrokenPipeError, ConnectionResetError) as error:
            # A server may refuse a large body before it has read it, and say why.
            if not _has_input(connection.sock):
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
        connection: http.client.HTTPConnection,
        answer: http.client.HTTPResponse,
    ) -> None:
        self._pool = pool
        self._origin = origin
        self._connection = connection
        self._answer = answer
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
        reusable = self._complete and not self._answer.will_close
        self._answer.close()
        if reusable:
            self._complete = False
            self._pool.give_back(self._origin, self._connection)
        else:
            self._connection.close()

    def _pieces(self) -> Iterator[bytes]:
        answer = self._answer
        if answer.chunked:
            yield from self._dechunked()
        elif answer.length is None:
            while piece := answer.fp.read1(_READ_BYTES):
                yield piece
        else:
            yield from self._counted(answer.length)

    def _dechunked(self) -> Iterator[bytes]:
        decoder = ChunkedDecoder()
        while not decoder.complete:
            if content := decoder.feed(self._received()):
                yield content
        self._complete = not decoder.surplus

    def _counted(self, left: int) -> Iterator[bytes]:
        while left > 0:
            piece = self._received(min(left, _READ_BYTES))
            left -= len(piece)
            yield piece
        self._complete = True

    def _received(self, most: int = _READ_BYTES) -> bytes:
        """Return what has arrived, waiting for something; the end is too early here."""
        received = self._answer.fp.read1(most)
        if not received:
            message = "the body ended early"
            raise ProxyProtocolError(message)
        return bytes(received)


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


def _head(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    try:
        answer = connection.getresponse()
    except http.client.RemoteDisconnected as error:
        message = "Server disconnected without sending a response."
        raise httpx.RemoteProtocolError(message) from error
    except TimeoutError as error:
        raise httpx.ReadTimeout("") from error
    except http.client.HTTPException as error:
        raise httpx.RemoteProtocolError(type(error).__name__) from error
    except OSError as error:
        raise httpx.ReadError("") from error
    if answer.headers.defects:
        answer.close()
        message = "a header that is none"
        raise httpx.RemoteProtocolError(message)
    return answer


def _is_open(idle: socket.socket | None) -> bool:
    """Return whether the server has not closed a connection; it has nothing to say on an idle one.

    Linux tells the state in a microsecond; gevent's poll takes fifty.
    """
    if idle is None:
        return False
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
