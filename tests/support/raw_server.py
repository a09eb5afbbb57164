"""A server that sends exactly these bytes, below HTTP, to every connection."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Self

from tests.support.upstream import Pause


class RawServer:
    """Waits for a request, sends the pieces and closes; counts the connections."""

    def __init__(self, *pieces: bytes | Pause, tls: ssl.SSLContext | None = None) -> None:
        self._pieces = pieces
        self._tls = tls
        self.requests = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            if connection.recv(65536):
                self.requests += 1
            for piece in self._pieces:
                if isinstance(piece, Pause):
                    time.sleep(piece.seconds)
                else:
                    connection.sendall(piece)
