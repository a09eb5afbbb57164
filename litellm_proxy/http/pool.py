"""The connection pools of the process: one per TLS setting and HTTP proxy on the way.

All tenants share these pools, but no keys, headers or answers. Requests go straight to a pool, without an
`httpx.Client`: a client stores cookies, and making one for each call costs a TLS context.
"""

import select
import socket
import ssl
import sys
import threading
import time
from collections import deque
from functools import lru_cache, partial

import httpx
from gevent.monkey import get_original

from litellm_proxy.deadline import deadline_of
from litellm_proxy.errors import Failure, RequestFailed
from litellm_proxy.forward_proxy import forward_proxy
from litellm_proxy.http.connect import Connector, Server
from litellm_proxy.http.exchange import ResponseBody, broken, read_head, send
from litellm_proxy.limits import KEEP_ALIVE_SECONDS, MAX_IDLE, MAX_IDLE_PER_SERVER, MAX_POOLS
from litellm_proxy.settings import TLSSettings

ROUND_TRIP_SECONDS = 1.0
"""Within this time, a closed idle connection counts as closed before the request was sent."""


def pool_for(base_url: str, tls: TLSSettings) -> httpx.BaseTransport:
    """Return the pool for a server; parallel streams are not queued.

    The pool that is used least recently is dropped first; its open streams go on, since they hold it.

    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are honoured, and SSL_CERT_FILE and SSL_CERT_DIR
    (by httpx). Raises RequestFailed when the HTTP proxy's URL is invalid.
    """
    return _pool(tls, forward_proxy(base_url))


@lru_cache(maxsize=MAX_POOLS)
def _pool(tls: TLSSettings, via: str | None) -> "ConnectionPool":
    try:
        proxy = httpx.URL(via) if via else None
    except httpx.InvalidURL:
        proxy = httpx.URL()
    if proxy is not None and not (proxy.scheme == "http" and proxy.host):
        raise RequestFailed(Failure.FORWARD_PROXY, "it must be an http:// URL")
    return ConnectionPool(tls, proxy)


class ConnectionPool(httpx.BaseTransport):
    """Sends each request over the connection that was used last, or over a new one.

    Connections in use are not limited, idle ones are. Raises RequestFailed, from the body of a
    response too. A request has its time-outs (seconds) in `extensions["timeout"]`, and may carry a Deadline.
    """

    def __init__(self, tls: TLSSettings, via: httpx.URL | None = None) -> None:
        """`via` is the HTTP proxy on the way, with its user and password."""
        self._connector = Connector(tls, via)
        self.idle = IdleConnections()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return the response with its body unread."""
        timeouts = request.extensions["timeout"]
        seconds = min(timeouts["read"], deadline_of(request).seconds_left)
        server = Server.of(request.url)
        idle = self.idle.take(server)
        connection = idle or self._connector.connect(server, timeouts["connect"])
        begun = time.monotonic()
        try:
            connection.settimeout(seconds)
            send(connection, self._connector.head(request), iter(request.stream))  # type: ignore[arg-type]
            response, content = read_head(connection, seconds)
        except OSError as error:
            connection.close()
            raise broken(error) from None
        except BaseException as error:
            # Also when the greenlet of the call is killed.
            connection.close()
            if isinstance(error, RequestFailed) and error.failure is Failure.UNANSWERED:
                # The server may have closed its other idle connections too: the next try uses none of them.
                self.idle.forget(server)
                at_once = time.monotonic() - begun < ROUND_TRIP_SECONDS
                error.is_unprocessed = idle is not None and at_once
            raise
        body = ResponseBody(connection, request, response, content, partial(self.idle.keep, server))
        extensions = {"reason_phrase": response.reason}
        return httpx.Response(
            response.status, headers=response.fields, stream=body, extensions=extensions
        )

    def close(self) -> None:
        """Close the idle connections."""
        self.idle.close()


class IdleConnections:
    """Idle connections by server: at most MAX_IDLE_PER_SERVER, MAX_IDLE in all, for KEEP_ALIVE_SECONDS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[Server, deque[tuple[float, socket.socket]]] = {}
        """With the time of the last use, oldest first; the server used least recently first."""

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def take(self, server: Server) -> socket.socket | None:
        """Return the connection to a server that was used last and is still open."""
        oldest = time.monotonic() - KEEP_ALIVE_SECONDS
        with self._lock:
            own = self._of.pop(server, None)
            while own:
                used_at, connection = own.pop()
                if used_at >= oldest and _is_open(connection):
                    if own:
                        self._of[server] = own
                    return connection
                connection.close()
        return None

    def keep(self, server: Server, connection: socket.socket) -> None:
        """Keep a connection for the next request; close those that are too old or too many."""
        now = time.monotonic()
        oldest = now - KEEP_ALIVE_SECONDS
        with self._lock:
            own = self._of.pop(server, None) or deque()
            own.append((now, connection))
            self._of[server] = own
            while len(own) > MAX_IDLE_PER_SERVER or own[0][0] < oldest:
                own.popleft()[1].close()
            while (first := next(iter(self._of))) != server and (
                self._of[first][0][0] < oldest or len(self) > MAX_IDLE
            ):
                self._of[first].popleft()[1].close()
                if not self._of[first]:
                    del self._of[first]

    def forget(self, server: Server) -> None:
        """Close the idle connections to a server."""
        with self._lock:
            for _, connection in self._of.pop(server, ()):
                connection.close()

    def close(self) -> None:
        """Close all of them."""
        for server in list(self._of):
            self.forget(server)


def _is_open(idle: socket.socket) -> bool:
    """Return whether the server has neither closed an idle connection nor sent anything on it.

    Unread bytes would be taken for the next response. gevent's own poll takes 50 µs, the system's 2.
    """
    if isinstance(idle, ssl.SSLSocket) and idle.pending():
        return False
    if sys.platform == "win32" or not hasattr(select, "poll"):
        # Dify's remote debugging runs plugins on Windows, too.
        return not get_original("select", "select")([idle], [], [], 0)[0]
    poll = get_original("select", "poll")()
    poll.register(idle, select.POLLIN)
    return not poll.poll(0)
