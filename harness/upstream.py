"""An OpenAI-format server with configurable responses, which records its requests.

It replaces the model providers: behind the real LiteLLM proxy, or, for bytes that a proxy would not
pass on, directly behind the plugin. Tests, soak and demo use it; the benchmark has its own
(`tools/bench/server.py`), as this one would be the bottleneck.
"""

import json
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Pause:
    """Wait before the next piece."""

    seconds: float


@dataclass(frozen=True)
class Cut:
    """Reset the connection here, in the middle of the body."""


@dataclass(frozen=True)
class Reply:
    """A response as bytes; the body is sent piece by piece, chunked."""

    pieces: Sequence[bytes | Pause | Cut]
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


HANG_UP = -1
"""As a status: close the connection without sending a byte."""


@dataclass(frozen=True)
class Asked:
    """A recorded request.

    `body` is the decoded JSON, or raw bytes for other types.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


def json_reply(body: object, status: int = 200, **headers: str) -> Reply:
    """Return a JSON response; `headers` are the names and values of additional headers."""
    return Reply([json.dumps(body).encode()], status=status, headers=headers)


class Upstream:
    """Serves until the `with` block ends.

    Replies are selected by the model in the request.
    """

    def __init__(self, port: int = 0) -> None:
        """`port` is a loopback port, 0 for any free one."""
        self._port = port
        self._replies: dict[str, list[Reply]] = {}
        self._by_mode: dict[str, tuple[Reply, Reply]] = {}
        self.asked: list[Asked] = []
        self.connections = 0

    def __enter__(self) -> Self:
        upstream = self

        class Handler(_Handler):
            def setup(self) -> None:
                upstream.connections += 1
                super().setup()

            def answer(self, asked: Asked) -> Reply:
                upstream.asked.append(asked)
                return upstream.reply_to(asked)

        self._server = _Server(("127.0.0.1", self._port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return the base URL, without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, model: str, *replies: Reply) -> None:
        """Return these replies in turn to requests for a model (or a path).

        Repeat the last one.
        """
        self._replies[model] = list(replies)

    def by_mode(self, model: str, stream: Reply, whole: Reply) -> None:
        """Set the replies for a model by whether the request asks for a stream."""
        self._by_mode[model] = (stream, whole)

    @property
    def posts(self) -> int:
        """Return the number of POST requests.

        LiteLLM lists the upstream's models with a GET.
        """
        return sum(asked.method == "POST" for asked in self.asked)

    def asked_for(self, model: str) -> list[Any]:
        """Return the bodies of the requests that named a model, in order."""
        return [
            asked.body
            for asked in self.asked
            if isinstance(asked.body, dict) and asked.body.get("model") == model
        ]

    def reply_to(self, asked: Asked) -> Reply:
        """Return the reply to one request; subclasses may override this."""
        path = urlsplit(asked.path).path
        model = asked.body.get("model") if isinstance(asked.body, dict) else None
        if str(model) in self._by_mode:
            stream, whole = self._by_mode[str(model)]
            return stream if asked.body.get("stream") else whole
        replies = self._replies.get(str(model)) or self._replies.get(path)
        if not replies:
            return json_reply(
                {"error": {"message": f"no reply set for {model or path} at {path}"}}, 404
            )
        return replies.pop(0) if len(replies) > 1 else replies[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """Stay silent: clients that disconnect are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Send each piece at once, as a streaming server does.
    wbufsize = 0
    disable_nagle_algorithm = True

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        # Some clients of providers send no content type.
        is_json = "json" in self.headers.get("content-type", "") or raw.startswith(b"{")
        body = json.loads(raw) if raw and is_json else raw
        reply = self.answer(Asked(self.command, self.path, dict(self.headers), body))
        if reply.status == HANG_UP:
            self._reset()
            return
        try:
            self._send(reply)
        except OSError:
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", reply.content_type)
        self.send_header("transfer-encoding", "chunked")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in reply.pieces:
            match piece:
                case Pause():
                    time.sleep(piece.seconds)
                case Cut():
                    self._reset()
                    return
                case bytes():
                    if piece:
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        reset(self.connection)
        self.close_connection = True


def reset(connection: socket.socket) -> None:
    """Close a connection with RST instead of FIN, by setting linger to 0."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
