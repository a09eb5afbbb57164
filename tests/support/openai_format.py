"""Answers in the OpenAI format, as model providers give them."""

import json
from collections.abc import Sequence
from typing import Any

from harness.upstream import Cut, Pause, Reply, json_reply

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def event(data: object) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def delta(finish_reason: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "upstream-model",
        "choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}],
    }


def usage_chunk(**usage: Any) -> dict[str, Any]:
    return {**delta(), "choices": [], "usage": usage or USAGE}


def stream(*chunks: object | Pause | Cut, done: bool = True) -> Reply:
    """Return a stream of these chunks, each an own piece on the network."""
    pieces: list[bytes | Pause | Cut] = [
        chunk if isinstance(chunk, bytes | Pause | Cut) else event(chunk) for chunk in chunks
    ]
    end = [b"data: [DONE]\n\n"] if done else []
    return Reply([*pieces, *end], content_type="text/event-stream")


def text_stream(*texts: str, finish_reason: str = "stop") -> Reply:
    first, *others = texts
    return stream(
        delta(role="assistant", content=first),
        *(delta(content=text) for text in others),
        delta(finish_reason=finish_reason),
        usage_chunk(),
    )


def tool_delta(index: int, *, arguments: str = "", **fields: Any) -> dict[str, Any]:
    """Return a tool call piece; `id` and `name` are for the first piece of a call."""
    function = {"arguments": arguments, **({"name": n} if (n := fields.pop("name", None)) else {})}
    call = {"index": index, "type": "function", "function": function, **fields}
    return delta(tool_calls=[call])


def completion(finish_reason: str = "stop", **message: Any) -> Reply:
    """Return a blocking chat answer."""
    return json_reply(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "upstream-model",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", **message},
                    "finish_reason": finish_reason,
                }
            ],
            "usage": USAGE,
        }
    )


def error(message: str, status: int, error_type: str = "invalid_request_error") -> Reply:
    return json_reply({"error": {"message": message, "type": error_type, "code": None}}, status)


def embeddings(vectors: Sequence[Sequence[float]], order: Sequence[int] | None = None) -> Reply:
    """Return vectors, with their indices, in the given order."""
    rows = [
        {"object": "embedding", "index": index, "embedding": list(vectors[index])}
        for index in (order if order is not None else range(len(vectors)))
    ]
    return json_reply(
        {
            "object": "list",
            "data": rows,
            "model": "upstream-model",
            "usage": {"prompt_tokens": 9, "total_tokens": 9},
        }
    )
