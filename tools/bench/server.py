"""A fast OpenAI-format server, in a process of its own: `python -m tools.bench.server`.

The model's name sets the response: `burst-N` streams N chunks as fast as the client reads,
`paced-N-MS` sends one every MS milliseconds with its sending time, `short` responds at once, and
`embed-D` returns vectors of D numbers. GET /connections returns the number of connections opened so
far.
"""

import argparse
import asyncio
import base64
import json
import ssl
import struct
import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n"
_STREAM = _HEAD % b"text/event-stream" + b"transfer-encoding: chunked\r\n\r\n"
_EVENTS_A_WRITE = 32
_USAGE = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
_LISTING = {"data": [], "object": "list"}


class Server:
    """Counts connections and answers requests, several in sequence on one connection."""

    def __init__(self) -> None:
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until the client disconnects."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _content_length(head)
                body = await reader.readexactly(length) if length else b""
                async for piece in self._answer(head.split(b" ", 2)[1], body):
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: bytes, body: bytes) -> AsyncIterator[bytes]:
        if path == b"/connections":
            yield _json(json.dumps(self.connections).encode())
            return
        asked = json.loads(body) if body else {}
        kind, _, arguments = str(asked.get("model", "")).partition("-")
        numbers = [int(part) for part in arguments.split("-") if part.isdigit()]
        match kind, numbers:
            case "burst", [count, *_]:
                yield _STREAM
                for start in range(0, count, _EVENTS_A_WRITE):
                    yield _burst(min(_EVENTS_A_WRITE, count - start))
                yield _end()
            case "paced", [count, milliseconds, *_]:
                yield _STREAM
                start_at = time.monotonic()
                for n in range(count):
                    await asyncio.sleep(start_at + n * milliseconds / 1000 - time.monotonic())
                    yield _chunk(_event(f"@{time.monotonic_ns()} "))
                yield _end()
            case "short", _ if asked.get("stream"):
                yield _STREAM + _chunk(_event("Hello")) + _end()
            case "short", _:
                yield _short()
            case "embed", [size, *_]:
                texts = len(asked["input"]) if isinstance(asked["input"], list) else 1
                yield _vectors(size, texts, asked.get("encoding_format") == "base64")
            case _:
                yield _json(json.dumps(_LISTING).encode())


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _json(body: bytes) -> bytes:
    return _HEAD % b"application/json" + b"content-length: %d\r\n\r\n" % len(body) + body


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(content: str, **fields: object) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    shared = {"id": "chatcmpl-bench-0123456789", "object": "chat.completion.chunk", "created": 1}
    body = {**shared, "model": "bench", "choices": [choice], **fields}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


@cache
def _burst(count: int) -> bytes:
    # LiteLLM ends a stream that repeats one chunk a hundred times.
    return b"".join(_chunk(_event(f" word{n}")) for n in range(count))


@cache
def _end() -> bytes:
    stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return (
        _chunk(_event("", choices=[stop]))
        + _chunk(_event("", choices=[], usage=_USAGE))
        + _chunk(b"data: [DONE]\n\n")
        + b"0\r\n\r\n"
    )


@cache
def _short() -> bytes:
    message = {"role": "assistant", "content": "Hello"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "bench"}
    return _json(json.dumps({**body, "choices": [choice], "usage": _USAGE}).encode())


@cache
def _vectors(size: int, count: int, as_base64: bool) -> bytes:  # noqa: FBT001
    numbers = [((n * 7919) % 2000 - 1000) / 1000 for n in range(size)]
    packed = struct.pack(f"<{size}f", *numbers)
    as_floats = list(struct.unpack(f"<{size}f", packed))
    vector = base64.b64encode(packed).decode() if as_base64 else as_floats
    rows = [{"object": "embedding", "index": n, "embedding": vector} for n in range(count)]
    body = {"object": "list", "data": rows, "model": "bench", "usage": _USAGE}
    return _json(json.dumps(body).encode())


async def _main(port: int, tls_port: int, certificate: Path, key: Path) -> None:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loopback = ["127.0.0.1", "127.0.0.2"]
    plain = await asyncio.start_server(server.serve, loopback, port, backlog=1024)
    over_tls = await asyncio.start_server(
        server.serve, "127.0.0.1", tls_port, ssl=context, backlog=1024
    )
    async with plain, over_tls:
        await asyncio.gather(plain.serve_forever(), over_tls.serve_forever())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls-port", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(_main(options.port, options.tls_port, options.certificate, options.key))
