"""Gemini's generateContent and streamGenerateContent.

https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/thinking,
https://ai.google.dev/gemini-api/docs/troubleshooting
"""

import json
from collections.abc import Sequence
from typing import Any

from harness.upstream import Cut, Pause, Reply, json_reply
from tests.support.providers.scenario import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    End,
    Scenario,
)

FINISH = {End.STOP: "STOP", End.LENGTH: "MAX_TOKENS", End.TOOLS: "STOP", End.FILTER: "SAFETY"}
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_USAGE = {
    "promptTokenCount": PROMPT_TOKENS,
    "candidatesTokenCount": COMPLETION_TOKENS,
    "totalTokenCount": PROMPT_TOKENS + COMPLETION_TOKENS,
}


def stream(scenario: Scenario) -> Reply:
    parts = _parts(scenario)
    chunks = [_chunk([part]) for part in parts[:-1]]
    last = _chunk(parts[-1:], FINISH[scenario.end])
    return Reply([_event(chunk) for chunk in [*chunks, last]], content_type="text/event-stream")


def broken(scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
    pieces = [_event(_chunk([part])) for part in _parts(scenario)]
    return Reply([*pieces, *last], content_type="text/event-stream")


def whole(scenario: Scenario) -> Reply:
    return json_reply(_chunk(_parts(scenario), FINISH[scenario.end]))


def error(status: int, words: str) -> Reply:
    return json_reply(
        {"error": {"code": status, "message": words, "status": _STATUS[status]}}, status
    )


def _parts(scenario: Scenario) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if scenario.thinking:
        parts.append({"text": scenario.thinking, "thought": True})
    parts += [{"text": text} for text in scenario.texts]
    for call in scenario.calls:
        part: dict[str, Any] = {"functionCall": {"name": call.name, "args": dict(call.arguments)}}
        if scenario.signature and call is scenario.calls[0]:
            part["thoughtSignature"] = scenario.signature
        parts.append(part)
    return parts


def _chunk(parts: list[dict[str, Any]], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": "gemini"}


def _event(data: object) -> bytes:
    return f"data: {json.dumps(data)}\r\n\r\n".encode()


def midway(words: str) -> bytes:
    return _event({"error": {"code": 500, "message": words, "status": "INTERNAL"}})
