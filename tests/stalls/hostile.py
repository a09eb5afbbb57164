"""A server whose answers are as long and as odd as they can be."""

import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from tests.support.socket_server import SocketServer

NOT_FOUND = b'{"error": {"message": "no such route", "type": "x", "code": "404"}}'


@dataclass(frozen=True)
class Answer:
    """One answer: its body is made while it is sent, or `raw` is all that is sent."""

    body: Callable[[], Iterable[bytes]] = tuple
    content_type: str = "text/event-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[], Iterable[bytes]] | None = None


class HostileServer(SocketServer):
    """Answers the paths that it was given; everything else is not found."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            path = _path_of(connection)
            answer = self.answers.get(path)
            if answer is None:
                _send(connection, Answer(lambda: [NOT_FOUND], "application/json", 404))
            else:
                _send(connection, answer)


def _path_of(connection: socket.socket) -> str:
    """Read one request; return its path."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    left = int(fields.get(b"content-length", 0)) - len(body)
    while left > 0:
        left -= len(connection.recv(65536))
    return head.split(b" ")[1].decode()


def _send(connection: socket.socket, answer: Answer) -> None:
    if answer.raw:
        for piece in answer.raw():
            connection.sendall(piece)
        return
    fields = {"content-type": answer.content_type, "connection": "close", **answer.headers}
    head = f"HTTP/1.1 {answer.status} X\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields.items())
    connection.sendall(head.encode() + b"\r\n")
    for piece in answer.body():
        connection.sendall(piece)
