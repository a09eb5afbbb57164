"""A server that sends exactly these bytes, below HTTP, to every connection."""

import socket
import ssl
import time
from contextlib import suppress

from harness.upstream import Cut, Pause, reset
from tests.support.socket_server import SocketServer


class RawServer(SocketServer):
    """Waits for a request, sends the pieces and closes; counts the connections."""

    def __init__(self, *pieces: bytes | Pause | Cut, tls: ssl.SSLContext | None = None) -> None:
        self._pieces = pieces
        self._tls = tls
        self.requests = 0
        self.posts = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            if received := connection.recv(65536):
                self.requests += 1
                self.posts += received.startswith(b"POST")
            for piece in self._pieces:
                match piece:
                    case Pause():
                        time.sleep(piece.seconds)
                    case Cut():
                        reset(connection)
                    case bytes():
                        connection.sendall(piece)
