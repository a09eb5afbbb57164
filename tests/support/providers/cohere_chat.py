"""Cohere's chat, version 2. https://docs.cohere.com/reference/chat-stream"""

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

FINISH = {
    End.STOP: "COMPLETE",
    End.LENGTH: "MAX_TOKENS",
    End.TOOLS: "TOOL_CALL",
    End.FILTER: "ERROR_TOXIC",
}
_USAGE = {"tokens": {"input_tokens": PROMPT_TOKENS, "output_tokens": COMPLETION_TOKENS}}


def stream(scenario: Scenario) -> Reply:
    end = _event("message-end", delta={"finish_reason": FINISH[scenario.end], "usage": _USAGE})
    return Reply([*_beginning(scenario), end], content_type="text/event-stream")


def broken(scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
    return Reply([*_beginning(scenario), *last], content_type="text/event-stream")


def whole(scenario: Scenario) -> Reply:
    content: list[dict[str, Any]] = []
    if scenario.thinking:
        content.append({"type": "thinking", "thinking": scenario.thinking})
    if scenario.texts:
        content.append({"type": "text", "text": "".join(scenario.texts)})
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if scenario.calls:
        message["tool_calls"] = [
            _call(call.id, call.name, call.arguments) for call in scenario.calls
        ]
    return json_reply(
        {"id": "1", "finish_reason": FINISH[scenario.end], "message": message, "usage": _USAGE}
    )


def error(status: int, words: str) -> Reply:
    return json_reply({"id": "1", "message": words}, status)


def _beginning(scenario: Scenario) -> list[bytes]:
    events = [_event("message-start", id="1", delta={"message": {"role": "assistant"}})]
    index = 0
    if scenario.thinking:
        events += _content(index, "thinking", (scenario.thinking,))
        index += 1
    if scenario.texts:
        events += _content(index, "text", scenario.texts)
    for number, call in enumerate(scenario.calls):
        start = {"message": {"tool_calls": _call(call.id, call.name, None)}}
        events.append(_event("tool-call-start", index=number, delta=start))
        text = json.dumps(call.arguments)
        for piece in (text[:4], text[4:]):
            delta = {"message": {"tool_calls": {"function": {"arguments": piece}}}}
            events.append(_event("tool-call-delta", index=number, delta=delta))
        events.append(_event("tool-call-end", index=number))
    return events


def _content(index: int, kind: str, texts: tuple[str, ...]) -> list[bytes]:
    def delta(**content: str) -> dict[str, Any]:
        return {"message": {"content": content}}

    return [
        _event("content-start", index=index, delta=delta(type=kind, **{kind: ""})),
        *[_event("content-delta", index=index, delta=delta(**{kind: text})) for text in texts],
        _event("content-end", index=index),
    ]


def _call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    text = "" if arguments is None else json.dumps(arguments)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


def midway(words: str) -> bytes:
    return _event("message-end", delta={"finish_reason": "ERROR", "error": words})
