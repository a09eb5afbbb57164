"""Captured answers of the real proxy, read the way the client reads them."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx

from litellm_proxy.chat_response import ChatArrivals
from litellm_proxy.client import ProxyClient
from litellm_proxy.response_headers import ProxyAnswer
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.chat import ChatChunk, Choice, Delta

CAPTURES = Path(__file__).parent.parent / "captures"
INDEX = json.loads((CAPTURES / "index.json").read_text())
SETTINGS = ProxySettings("http://proxy", api_key="sk-secret-key-of-a-caller")


def answer(file: str) -> httpx.Response:
    """Return a captured answer with its status and headers."""
    row = INDEX[file]
    return httpx.Response(
        row["status"], headers=row["headers"], content=(CAPTURES / file).read_bytes()
    )


def chunks_of(reply: ProxyAnswer[ChatArrivals]) -> Iterator[ChatChunk]:
    """Yield the chunks of an answer one by one; a plain text as the chunk that it came in."""
    for chunks in reply.content:
        for chunk in chunks:
            if isinstance(chunk, str):
                yield ChatChunk(choices=[Choice(delta=Delta(content=chunk))])
            else:
                yield chunk


def client_answered_with(file: str) -> ProxyClient:
    """Return a client whose proxy answers every request with one capture."""
    return ProxyClient(SETTINGS, httpx.MockTransport(lambda _: answer(file)))


def client_answered_with_bytes(
    body: bytes, content_type: str = "text/event-stream", status: int = 200
) -> ProxyClient:
    """Return a client whose proxy answers every request with these bytes."""
    headers = {"content-type": content_type}
    return ProxyClient(
        SETTINGS,
        httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=body)),
    )
