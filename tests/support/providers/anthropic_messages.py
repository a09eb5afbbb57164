"""Anthropic's messages.

https://docs.anthropic.com/en/docs/build-with-claude/streaming, https://docs.anthropic.com/en/api/errors
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

STOP = {
    End.STOP: "end_turn",
    End.LENGTH: "max_tokens",
    End.TOOLS: "tool_use",
    End.FILTER: "refusal",
}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
}


def stream(scenario: Scenario) -> Reply:
    end = {"stop_reason": STOP[scenario.end], "stop_sequence": None}
    usage = {"output_tokens": COMPLETION_TOKENS}
    return Reply(
        [
            *_beginning(scenario),
            _event("message_delta", delta=end, usage=usage),
            _event("message_stop"),
        ],
        content_type="text/event-stream",
    )


def broken(scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
    return Reply([*_beginning(scenario), *last], content_type="text/event-stream")


def whole(scenario: Scenario) -> Reply:
    usage = {"input_tokens": PROMPT_TOKENS, "output_tokens": COMPLETION_TOKENS}
    blocks = [block for block, _ in _blocks(scenario, whole=True)]
    return json_reply(
        {**_MESSAGE, "content": blocks, "stop_reason": STOP[scenario.end], "usage": usage}
    )


def error(status: int, words: str) -> Reply:
    detail = {"type": _TYPES[status], "message": words}
    return json_reply({"type": "error", "error": detail}, status)


_MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "stop_sequence": None,
}


def _beginning(scenario: Scenario) -> list[bytes]:
    usage = {"input_tokens": PROMPT_TOKENS, "output_tokens": 1}
    message = {**_MESSAGE, "content": [], "stop_reason": None, "usage": usage}
    pieces = [_event("message_start", message=message), _event("ping")]
    for index, (start, deltas) in enumerate(_blocks(scenario)):
        pieces.append(_event("content_block_start", index=index, content_block=start))
        pieces += [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
        pieces.append(_event("content_block_stop", index=index))
    return pieces


def _blocks(
    scenario: Scenario, *, whole: bool = False
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return each block as it begins (or is, as a whole) and what comes to it."""
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if scenario.thinking:
        kept = (scenario.thinking, scenario.signature) if whole else ("", "")
        start = {"type": "thinking", "thinking": kept[0], "signature": kept[1]}
        deltas = [
            {"type": "thinking_delta", "thinking": scenario.thinking},
            {"type": "signature_delta", "signature": scenario.signature},
        ]
        blocks.append((start, deltas))
    if scenario.texts:
        start = {"type": "text", "text": "".join(scenario.texts) if whole else ""}
        blocks.append((start, [{"type": "text_delta", "text": text} for text in scenario.texts]))
    for call in scenario.calls:
        start = {"type": "tool_use", "id": call.id, "name": call.name}
        text = json.dumps(call.arguments)
        deltas = [
            {"type": "input_json_delta", "partial_json": piece} for piece in (text[:4], text[4:])
        ]
        blocks.append(({**start, "input": dict(call.arguments) if whole else {}}, deltas))
    return blocks


def _event(name: str, **data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def midway(words: str) -> bytes:
    return _event("error", error={"type": "overloaded_error", "message": words})
