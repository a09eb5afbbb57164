"""What stands between Dify and LiteLLM in real networks: a TLS front, and an HTTP proxy."""

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.socket_server import SocketServer

_FOLDER = Path(__file__).parent / "tls"
CERTIFICATE = (_FOLDER / "certificate.txt").read_text()
"""Of localhost and 127.0.0.1, signed by itself: its own CA."""
HTTP_OK = b"HTTP/1.1 200 OK\r\n\r\n"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_FOLDER / "certificate.txt", _FOLDER / "key.txt")
    return context


class TlsFront(SocketServer):
    """Ends TLS in front of an http:// server."""

    def __init__(self, target: str) -> None:
        self._target = (urlsplit(target).hostname, urlsplit(target).port)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with (
            suppress(OSError),
            server_context().wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            ) as inner,
        ):
            inner.do_handshake()
            with socket.create_connection(self._target) as outer:
                _carry(inner, outer)


class ForwardProxy(SocketServer):
    """An HTTP proxy: tunnels on CONNECT, and passes on requests that name a whole URL."""

    def __init__(self, refuse: bytes = b"") -> None:
        self._refuse = refuse
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            line, _, rest = head.partition(b"\r\n")
            method, target, _ = line.decode().split()
            self.asked.append(f"{method} {target}")
            if self._refuse:
                connection.sendall(self._refuse)
                return
            url = urlsplit(target if "://" in target else f"//{target}")
            with socket.create_connection((url.hostname, url.port or 80)) as outer:
                if method == "CONNECT":
                    connection.sendall(HTTP_OK)
                else:
                    path = target.partition(url.netloc)[2] or "/"
                    # One request a connection, since only the first line is read.
                    line = f"{method} {path} HTTP/1.1\r\nconnection: close\r\n".encode()
                    outer.sendall(line + rest)
                _carry(connection, outer)


def _carry(one: socket.socket, other: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
