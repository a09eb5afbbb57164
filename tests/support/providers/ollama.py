"""Ollama's chat: one JSON object a line. https://github.com/ollama/ollama/blob/main/docs/api.md"""

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

_DONE = {End.STOP: "stop", End.LENGTH: "length", End.TOOLS: "stop", End.FILTER: "stop"}
_TYPE = "application/x-ndjson"


def stream(scenario: Scenario) -> Reply:
    return Reply([*_beginning(scenario), _line({}, **_end(scenario))], content_type=_TYPE)


def broken(scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
    return Reply([*_beginning(scenario), *last], content_type=_TYPE)


def whole(scenario: Scenario) -> Reply:
    message: dict[str, Any] = {"content": "".join(scenario.texts)}
    if scenario.thinking:
        message["thinking"] = scenario.thinking
    if scenario.calls:
        message["tool_calls"] = _calls(scenario)
    return json_reply(json.loads(_line(message, **_end(scenario))))


def error(status: int, words: str) -> Reply:
    return json_reply({"error": words}, status)


def _beginning(scenario: Scenario) -> list[bytes]:
    lines = [_line({"content": "", "thinking": scenario.thinking})] if scenario.thinking else []
    lines += [_line({"content": text}) for text in scenario.texts]
    if scenario.calls:
        lines.append(_line({"content": "", "tool_calls": _calls(scenario)}))
    return lines


def _calls(scenario: Scenario) -> list[dict[str, Any]]:
    return [
        {"function": {"name": call.name, "arguments": dict(call.arguments)}}
        for call in scenario.calls
    ]


def _end(scenario: Scenario) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": _DONE[scenario.end],
        "prompt_eval_count": PROMPT_TOKENS,
        "eval_count": COMPLETION_TOKENS,
        "total_duration": 1,
    }


def _line(message: dict[str, Any], **fields: Any) -> bytes:
    body = {
        "model": "m",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": "", **message},
        "done": False,
        **fields,
    }
    return json.dumps(body).encode() + b"\n"


def midway(words: str) -> bytes:
    return json.dumps({"error": words}).encode() + b"\n"
