"""Measure the benchmark's server alone, to show that it is not the bottleneck."""

import json
import socket
import time
from urllib.parse import urlsplit


def raw_chunks_per_second(server: str, chunks: int) -> float:
    """Read one burst from a raw socket; return chunks per second."""
    url = urlsplit(server)
    body = json.dumps({"model": f"burst-{chunks}"}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection((url.hostname or "", url.port or 80)) as connection:
        started = time.monotonic()
        connection.sendall(head.encode() + body)
        tail = b""
        while not tail.endswith(b"0\r\n\r\n"):
            tail = tail[-10:] + connection.recv(1 << 20)
        return chunks / (time.monotonic() - started)
