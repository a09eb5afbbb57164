"""A server below HTTP: what it does with a connection, its subclasses say."""

import socket
import threading
from contextlib import suppress
from typing import Self


class SocketServer:
    """Accepts connections on a loopback port until the `with` block ends, each in a thread."""

    def __enter__(self) -> Self:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        raise NotImplementedError
