"""A pool of HTTP/1.1 connections as an httpx transport.

httpx's own pool asks every idle connection whether it is still open before each request; what that
costs is measured in docs/performance.md. Here a request takes the connection that was used last.
"""

import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import httpx

if sys.platform != "win32":
    import fcntl
    import termios

from litellm_proxy import name_lookup
from litellm_proxy.deadline import deadline_of
from litellm_proxy.errors import Failure
from litellm_proxy.http1 import request_head
from litellm_proxy.http_exchange import (
    Body,
    ClosedUnanswered,
    Patience,
    read_head,
    send,
)
from litellm_proxy.limits import KEEP_ALIVE_SECONDS, MAX_IDLE_CONNECTIONS
from litellm_proxy.name_lookup import Address
from litellm_proxy.request_failed import RequestFailed, not_connected
from litellm_proxy.settings import TLSSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE_WAY_AND_BACK_SECONDS = 1.0
"""A server that had closed an idle connection says so within this; later, it had the request."""
_TELLS_ITS_STATE = sys.platform == "linux"
_ESTABLISHED = 1
"""The first byte of Linux's tcp_info: https://man7.org/linux/man-pages/man7/tcp.7.html"""
_OK = range(200, 300)
_LONGEST_STATUS_LINE = 100


@dataclass(frozen=True, slots=True)
class Server:
    """A server as the pool tells servers apart."""

    scheme: str
    host: str
    port: int


class ConnectionPool(httpx.BaseTransport):
    """Sends each request over the connection that was used last, or over a new one.

    There is no limit to connections in use, and MAX_IDLE_CONNECTIONS of them wait for at most KEEP_ALIVE_SECONDS.
    Raises RequestFailed, from the body of an answer too. A request has its time-outs (seconds) in `extensions["timeout"]`, and
    may carry a Deadline.
    """

    def __init__(self, tls: TLSSettings, via: httpx.URL | None = None) -> None:
        """`via` is the HTTP proxy on the way, with its user and password."""
        self._tls = tls
        self._via = via
        self._idle: list[tuple[Server, float, socket.socket]] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer with its body unread."""
        timeouts: Mapping[str, float] = request.extensions["timeout"]
        deadline = deadline_of(request)
        silence = min(timeouts["read"], deadline.seconds_left)
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        # httpx shows a host in Unicode, and Python's own codec is that of 2003: straße is not strasse.
        server = Server(url.scheme, url.raw_host.decode("ascii"), port)
        pooled = self._take(server)
        connection = pooled or self._connected(server, timeouts["connect"])
        begun = time.monotonic()
        try:
            connection.settimeout(silence)
            send(connection, self._head(request), request)
            answer, content = read_head(connection, silence)
        except ClosedUnanswered as error:
            connection.close()
            # Others that it kept may be closed as well: the next try is to find out on none of them.
            self._forget(server)
            at_once = time.monotonic() - begun < ONE_WAY_AND_BACK_SECONDS
            raise RequestFailed(
                error.failure, error.detail, is_unprocessed=pooled is not None and at_once
            ) from None
        except BaseException:
            # Also when the greenlet of the call is killed.
            connection.close()
            raise
        keep = partial(self._keep, server)
        body = Body(connection, answer, content, Patience(silence, deadline), keep)
        said = {"reason_phrase": answer.reason.encode("latin-1")}
        return httpx.Response(answer.status, headers=answer.fields, stream=body, extensions=said)

    def _keep(self, server: Server, connection: socket.socket) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._lock:
            self._idle.append((server, time.monotonic(), connection))
            old = self._expired()
            old += [idle for _, _, idle in self._idle[:-MAX_IDLE_CONNECTIONS]]
            del self._idle[:-MAX_IDLE_CONNECTIONS]
        for idle in old:
            idle.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, _, connection in idle:
            connection.close()

    def _forget(self, server: Server) -> None:
        """Close the idle connections to a server."""
        with self._lock:
            closed = [each for each in self._idle if each[0] == server]
            self._idle = [each for each in self._idle if each[0] != server]
        for _, _, connection in closed:
            connection.close()

    def _take(self, server: Server) -> socket.socket | None:
        """Return the newest idle connection to a server that is still open."""
        found = None
        with self._lock:
            expired = self._expired()
            for position in range(len(self._idle) - 1, -1, -1):
                if self._idle[position][0] == server:
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

    def _connected(self, server: Server, seconds: float) -> socket.socket:
        try:
            # A name that cannot be one fails here; within gevent it would leave a socket behind.
            server.host.encode("idna")
        except UnicodeError:
            raise RequestFailed(Failure.NAME, "it cannot be one") from None
        tls = self._tls_context if server.scheme == "https" else None
        host, port = (
            (self._via.host, self._via.port or 80) if self._via else (server.host, server.port)
        )
        connection = _connection(name_lookup.names.addresses(host, port, seconds), seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is None:
                return connection
            if self._via:
                self._tunnel(connection, server, seconds)
            return tls.wrap_socket(connection, server_hostname=server.host)
        except OSError as error:
            connection.close()
            raise not_connected(error) from None
        except BaseException:
            connection.close()
            raise

    def _tunnel(self, connection: socket.socket, server: Server, seconds: float) -> None:
        """Let the HTTP proxy connect to the server (RFC 9110, 9.3.6)."""
        host = f"[{server.host}]" if ":" in server.host else server.host
        target = f"{host}:{server.port}".encode("ascii")
        fields = [(b"Host", target), *httpx.Headers(self._proxy_authorization).raw]
        connection.sendall(request_head("CONNECT", target, fields))
        try:
            answer, _ = read_head(connection, seconds)
        except RequestFailed as error:
            if error.failure is Failure.READ_TIMEOUT:
                raise RequestFailed(Failure.CONNECT_TIMEOUT) from None
            raise RequestFailed(Failure.FORWARD_PROXY, "it did not answer in HTTP") from None
        if answer.status not in _OK:
            said = f"{answer.status} {answer.reason}"[:_LONGEST_STATUS_LINE]
            raise RequestFailed(Failure.FORWARD_PROXY, said)

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        """Read the certificates once, at the first https:// server: that takes 25 ms."""
        try:
            context = httpx.create_ssl_context(verify=self._tls.verify)
            if self._tls.verify and self._tls.ca_certificates:
                context.load_verify_locations(cadata=self._tls.ca_certificates)
        except OSError as error:
            raise RequestFailed(Failure.CERTIFICATE_FILE, error.strerror or "") from None
        return context

    @cached_property
    def _proxy_authorization(self) -> dict[str, str]:
        if not (self._via and self._via.userinfo):
            return {}
        credentials = httpx.BasicAuth(self._via.username, self._via.password)
        request = next(credentials.auth_flow(httpx.Request("GET", "http://proxy")))
        return {"Proxy-Authorization": request.headers["Authorization"]}

    def _head(self, request: httpx.Request) -> bytes:
        target, fields = request.url.raw_path, request.headers.raw
        if self._via and request.url.scheme == "http":
            target = str(request.url).encode("ascii")
            fields = [*fields, *httpx.Headers(self._proxy_authorization).raw]
        return request_head(request.method, target, fields)


def _connection(addresses: Sequence[Address], seconds: float) -> socket.socket:
    """Connect to the first address that accepts; raise RequestFailed as the last one failed."""
    failure = RequestFailed(Failure.NAME, "it has no address")
    for family, address in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = not_connected(error)
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


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
    """Return whether there is something to read, on systems without Linux's ways: remote debugging."""
    with suppress(OSError, ValueError):
        return bool(select.select([connection], [], [], 0)[0])
    return True
