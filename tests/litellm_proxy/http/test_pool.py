"""The pool on real sockets."""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from harness.upstream import Cut, Pause, Reply, Upstream, json_reply, reset
from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import Failure, ProxyUnreachable, RequestFailed
from litellm_proxy.http import pool as http_pool
from litellm_proxy.http.connect import Server
from litellm_proxy.http.pool import ConnectionPool, IdleConnections
from litellm_proxy.limits import MAX_IDLE, MAX_IDLE_PER_SERVER
from litellm_proxy.settings import ProxySettings, TLSSettings
from tests.support.raw_server import RawServer
from tests.support.relay import ForwardProxy, server_context
from tests.support.socket_server import SocketServer

TIMEOUTS = httpx.Timeout(5).as_dict()


def ask(pool: ConnectionPool, url: str, body: bytes = b"{}") -> bytes:
    request = httpx.Request("POST", url, content=body, extensions={"timeout": TIMEOUTS})
    response = pool.handle_request(request)
    try:
        return b"".join(response.iter_raw())
    finally:
        response.close()


@pytest.fixture
def pool() -> Iterator[ConnectionPool]:
    started = ConnectionPool(TLSSettings())
    yield started
    started.close()


def test_one_connection_serves_one_call_after_the_other(
    upstream: Upstream, pool: ConnectionPool
) -> None:
    upstream.on("/x", json_reply({"a": 1}))
    assert {ask(pool, f"{upstream.url}/x") for _ in range(50)} == {b'{"a": 1}'}
    assert upstream.connections == 1


def test_128_streams_at_a_time_wait_for_nobody(upstream: Upstream, pool: ConnectionPool) -> None:
    upstream.on("/x", Reply([b"a", Pause(1), b"b"]))
    started = threading.Barrier(129)
    bodies: list[bytes] = []

    def work() -> None:
        request = httpx.Request("POST", f"{upstream.url}/x", extensions={"timeout": TIMEOUTS})
        response = pool.handle_request(request)
        pieces = response.iter_raw()
        first = next(pieces)
        # Reached only when every stream has begun before any has ended.
        started.wait(30)
        bodies.append(first + b"".join(pieces))
        response.close()

    workers = [threading.Thread(target=work) for _ in range(128)]
    for worker in workers:
        worker.start()
    started.wait(30)
    for worker in workers:
        worker.join()
    assert bodies == [b"ab"] * 128
    assert len(pool.idle) <= MAX_IDLE_PER_SERVER


def test_a_connection_that_the_server_closed_is_not_used(pool: ConnectionPool) -> None:
    """The server answers once a connection and hangs up, as after its idle time-out."""
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    with RawServer(answer) as server:
        for _ in range(5):
            assert ask(pool, server.url) == b"ok"
            time.sleep(0.05)
        assert server.requests == 5


class Forgetful(SocketServer):
    """Answers one request a connection; the next one it takes, and closes after a while unanswered."""

    def __init__(self, seconds: float, *, resets: bool = False) -> None:
        self.requests = 0
        self._seconds = seconds
        self._resets = resets

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self.requests += bool(connection.recv(65536))
            time.sleep(0.1)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            self.requests += bool(connection.recv(65536))
            time.sleep(self._seconds)
            if self._resets:
                reset(connection)


def several_kept(pool: ConnectionPool, url: str) -> None:
    threads = [threading.Thread(target=ask, args=(pool, url)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("resets", [True, False])
def test_a_server_that_had_the_request_for_a_while_may_have_worked_on_it(
    pool: ConnectionPool,
    resets: bool,  # noqa: FBT001
) -> None:
    with Forgetful(1.5, resets=resets) as server:
        several_kept(pool, server.url)
        before = server.requests
        with pytest.raises(RequestFailed) as caught:
            ask(pool, server.url)
    assert not caught.value.is_unprocessed
    assert server.requests == before + 1


def test_after_one_kept_connection_was_closed_no_other_is_tried(pool: ConnectionPool) -> None:
    with Forgetful(0) as server:
        several_kept(pool, server.url)
        assert len(pool.idle) > 1
        before = server.connections
        with pytest.raises(RequestFailed) as caught:
            ask(pool, server.url)
        assert caught.value.is_unprocessed
        assert ask(pool, server.url) == b"ok"
        assert server.connections == before + 1


def test_idle_connections_are_closed_in_time(
    upstream: Upstream, pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.on("/x", json_reply({}))
    ask(pool, f"{upstream.url}/x")
    monkeypatch.setattr(http_pool, "KEEP_ALIVE_SECONDS", 0)
    ask(pool, f"{upstream.url}/x")
    assert upstream.connections == 2


def server(number: int) -> Server:
    return Server("http", f"litellm-{number}", 4000)


def kept(idle: IdleConnections, number: int) -> tuple[socket.socket, socket.socket]:
    """Keep a connection to a server; return it and the server's end."""
    ours, theirs = socket.socketpair()
    idle.keep(server(number), ours)
    return ours, theirs


def test_300_servers_in_turn_keep_a_connection_each() -> None:
    idle = IdleConnections()
    ends = [kept(idle, n) for n in range(300)]
    for _ in range(2):
        for n, (ours, _) in enumerate(ends):
            assert idle.take(server(n)) is ours
            idle.keep(server(n), ours)
    idle.close()
    assert len(idle) == 0
    assert all(ours.fileno() == -1 for ours, _ in ends)
    for _, theirs in ends:
        theirs.close()


def test_idle_connections_are_bounded_for_a_server_and_in_all() -> None:
    idle = IdleConnections()
    busy = [kept(idle, 0) for _ in range(MAX_IDLE_PER_SERVER + 1)]
    assert [ours.fileno() == -1 for ours, _ in busy] == [True] + [False] * MAX_IDLE_PER_SERVER
    ends = busy + [kept(idle, n + 1) for n in range(MAX_IDLE)]
    assert len(idle) == MAX_IDLE
    # The server that was used least recently goes first.
    assert idle.take(server(0)) is None
    assert idle.take(server(MAX_IDLE)) is ends[-1][0]
    idle.close()
    for pair in ends:
        for end in pair:
            end.close()


def test_old_connections_to_other_servers_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = IdleConnections()
    ends = [kept(idle, n) for n in range(3)]
    monkeypatch.setattr(http_pool, "KEEP_ALIVE_SECONDS", 0)
    ends.append(kept(idle, 3))
    assert [ours.fileno() == -1 for ours, _ in ends] == [True, True, True, False]
    idle.close()
    for _, theirs in ends:
        theirs.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nHel",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 200_000 + b"\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_whole_answer_is_an_error(pool: ConnectionPool, answer: bytes) -> None:
    with RawServer(answer) as server, pytest.raises(RequestFailed) as caught:
        ask(pool, server.url)
    if answer:
        assert caught.value.failure is Failure.BROKEN
        assert caught.value.detail
    else:
        assert caught.value.failure is Failure.UNANSWERED
    assert not pool.idle


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", b"ok"),
    ],
)
def test_every_way_to_end_a_body(pool: ConnectionPool, answer: bytes, body: bytes) -> None:
    with RawServer(answer) as server:
        assert ask(pool, server.url) == body


def test_a_refusal_of_a_large_body_is_read(pool: ConnectionPool) -> None:
    """The server says no and stops reading before it has seen the whole body."""
    with RawServer(b"HTTP/1.1 413 Too Large\r\ncontent-length: 4\r\n\r\nbig!") as server:
        assert ask(pool, server.url, b"x" * 50_000_000) == b"big!"


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Talkative(SocketServer):
    """Says something more, unasked, after each answer."""

    def __init__(self, tls: ssl.SSLContext | None, pause: float) -> None:
        self._tls = tls
        self._pause = pause

    def _serve(self, connection: socket.socket) -> None:
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with suppress(OSError), connection:
            while connection.recv(65536):
                connection.sendall(OK + b"ok")
                time.sleep(self._pause)
                connection.sendall(OK + b"no")


@pytest.mark.parametrize("pause", [0, 0.05])
@pytest.mark.parametrize("tls", [False, True])
def test_what_a_server_says_unasked_is_nobodys_answer(tls: bool, pause: float) -> None:  # noqa: FBT001
    pool = ConnectionPool(TLSSettings(verify=False))
    with Talkative(server_context() if tls else None, pause) as server:
        url = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}/x"
        for _ in range(5):
            assert ask(pool, url) == b"ok"
            time.sleep(0.1)
    pool.close()


def test_a_tunnel_to_an_ipv6_address_is_asked_for_in_brackets() -> None:
    with ForwardProxy(b"HTTP/1.1 403 Not there\r\n\r\n") as proxy:
        pool = ConnectionPool(TLSSettings(), httpx.URL(proxy.url))
        with pytest.raises(RequestFailed, match="403 Not there"):
            ask(pool, "https://[::1]:4000/x")
        assert proxy.asked == ["CONNECT [::1]:4000"]


def test_a_head_that_breaks_off_is_not_asked_for_again() -> None:
    with RawServer(b"HTTP/1.1 200 OK\r\nx-a: ", Cut()) as server:
        client = ProxyClient(ProxySettings(server.url))
        with pytest.raises(ProxyUnreachable, match="its head broke off"):
            client.models()
        assert server.requests == 1


def test_a_silent_server_is_a_time_out(pool: ConnectionPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        request = httpx.Request(
            "GET", f"http://127.0.0.1:{silent.getsockname()[1]}",
            extensions={"timeout": httpx.Timeout(0.2).as_dict()},
        )  # fmt: skip
        with pytest.raises(RequestFailed, match=Failure.READ_TIMEOUT.value):
            pool.handle_request(request)


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"HTTP/1.1 200 OK\r\n", b"x"), (b"", b"HTTP/1.1 100 Continue\r\n\r\n")],
)
def test_a_head_that_never_ends_is_a_time_out(
    pool: ConnectionPool, first: bytes, drop: bytes
) -> None:
    drops = [part for _ in range(200) for part in (drop, Pause(0.01))]
    with RawServer(first, *drops) as server:
        request = httpx.Request(
            "GET", server.url, extensions={"timeout": httpx.Timeout(0.3).as_dict()}
        )
        with pytest.raises(RequestFailed, match=Failure.READ_TIMEOUT.value):
            pool.handle_request(request)


def test_it_loads_on_windows() -> None:
    """Dify's remote debugging runs a plugin there; Python has no fcntl, termios and poll on Windows."""
    program = (
        "import sys, select; sys.modules['fcntl'] = sys.modules['termios'] = None; del select.poll;"
        "import httpx; sys.platform = 'win32'; import litellm_proxy.http.pool as c, socket;"
        "a, b = socket.socketpair(); print(c._is_open(a), end=' '); b.send(b'x'); print(c._is_open(a))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.stdout == "True False\n", ran.stderr
