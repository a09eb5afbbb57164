"""OpenAI's responses, which LiteLLM asks for models of that mode.

https://platform.openai.com/docs/api-reference/responses-streaming
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

_USAGE = {
    "input_tokens": PROMPT_TOKENS,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": COMPLETION_TOKENS,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
}
_REASONS = {End.LENGTH: "max_output_tokens", End.FILTER: "content_filter"}


def stream(scenario: Scenario) -> Reply:
    kind = "response.incomplete" if scenario.end in _REASONS else "response.completed"
    end = _event(kind, response=_response(scenario))
    return Reply([*_beginning(scenario), end], content_type="text/event-stream")


def broken(scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
    return Reply([*_beginning(scenario), *last], content_type="text/event-stream")


def midway(words: str) -> bytes:
    return _event("error", code="server_error", message=words, param=None)


def whole(scenario: Scenario) -> Reply:
    return json_reply(_response(scenario))


def error(status: int, words: str) -> Reply:
    detail = {"message": words, "type": "provider_error", "param": None, "code": None}
    return json_reply({"error": detail}, status)


def _response(scenario: Scenario, status: str | None = None) -> dict[str, Any]:
    reason = _REASONS.get(scenario.end)
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status or ("incomplete" if reason else "completed"),
        "incomplete_details": {"reason": reason} if reason else None,
        "error": None,
        "model": "prov-responses",
        "output": _items(scenario),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": _USAGE,
    }


def _items(scenario: Scenario) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if scenario.thinking:
        summary = [{"type": "summary_text", "text": scenario.thinking}]
        items.append({"type": "reasoning", "id": "rs_1", "summary": summary})
    if scenario.texts:
        text = {"type": "output_text", "text": "".join(scenario.texts), "annotations": []}
        items.append({
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [text],
        })  # fmt: skip
    items += [
        {
            "type": "function_call", "id": f"fc_{n}", "call_id": call.id, "name": call.name,
            "arguments": json.dumps(call.arguments), "status": "completed",
        }
        for n, call in enumerate(scenario.calls)
    ]  # fmt: skip
    return items


def _beginning(scenario: Scenario) -> list[bytes]:
    empty = {**_response(Scenario(), "in_progress"), "output": [], "usage": None}
    events = [_event("response.created", response=empty)]
    for index, item in enumerate(_items(scenario)):
        place = {"output_index": index, "item_id": item["id"]}
        events += _item(item, place, scenario)
    return events


def _item(item: dict[str, Any], place: dict[str, Any], scenario: Scenario) -> list[bytes]:
    index = place["output_index"]
    match item["type"]:
        case "reasoning":
            start = {**item, "summary": []}
            deltas = [
                _event("response.reasoning_summary_text.delta", **place, summary_index=0,
                       delta=scenario.thinking)
            ]  # fmt: skip
        case "message":
            start = {**item, "content": [], "status": "in_progress"}
            deltas = [
                _event("response.output_text.delta", **place, content_index=0, delta=text)
                for text in scenario.texts
            ]
        case _:
            start = {**item, "arguments": "", "status": "in_progress"}
            text = item["arguments"]
            deltas = [
                _event("response.function_call_arguments.delta", **place, delta=piece)
                for piece in (text[:4], text[4:])
            ]
            deltas.append(_event("response.function_call_arguments.done", **place, arguments=text))
    return [
        _event("response.output_item.added", output_index=index, item=start),
        *deltas,
        _event("response.output_item.done", output_index=index, item=item),
    ]


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()
