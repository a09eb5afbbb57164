"""Amazon Bedrock's Converse and ConverseStream, whose stream is binary.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (the event stream encoding)
"""

import json
from collections.abc import Sequence
from struct import pack
from typing import Any
from zlib import crc32

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
    End.FILTER: "guardrail_intervened",
}
_USAGE = {
    "inputTokens": PROMPT_TOKENS,
    "outputTokens": COMPLETION_TOKENS,
    "totalTokens": PROMPT_TOKENS + COMPLETION_TOKENS,
}
_CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7
"""The type of a header whose value is a string."""


def stream(scenario: Scenario) -> Reply:
    end = [
        _event("messageStop", {"stopReason": STOP[scenario.end]}),
        _event("metadata", {"usage": _USAGE, "metrics": {"latencyMs": 1}}),
    ]
    return Reply([*_beginning(scenario), *end], content_type=_CONTENT_TYPE)


def broken(scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
    return Reply([*_beginning(scenario), *last], content_type=_CONTENT_TYPE)


def midway(words: str) -> bytes:
    headers = {":message-type": "exception", ":exception-type": "internalServerException"}
    return _message(headers, {"message": words})


def whole(scenario: Scenario) -> Reply:
    content: list[dict[str, Any]] = []
    if scenario.thinking:
        text = {"text": scenario.thinking, "signature": scenario.signature}
        content.append({"reasoningContent": {"reasoningText": text}})
    if scenario.texts:
        content.append({"text": "".join(scenario.texts)})
    content += [
        {"toolUse": {"toolUseId": call.id, "name": call.name, "input": dict(call.arguments)}}
        for call in scenario.calls
    ]
    message = {"role": "assistant", "content": content}
    body = {"output": {"message": message}, "stopReason": STOP[scenario.end], "usage": _USAGE}
    return json_reply({**body, "metrics": {"latencyMs": 1}})


def error(status: int, words: str) -> Reply:
    return json_reply({"message": words}, status)


def _beginning(scenario: Scenario) -> list[bytes]:
    pieces = [_event("messageStart", {"role": "assistant"})]
    index = 0
    if scenario.thinking:
        thinking = ({"text": scenario.thinking}, {"signature": scenario.signature})
        pieces += [_delta(index, {"reasoningContent": delta}) for delta in thinking]
        pieces.append(_event("contentBlockStop", {"contentBlockIndex": index}))
        index += 1
    if scenario.texts:
        pieces += [_delta(index, {"text": text}) for text in scenario.texts]
        pieces.append(_event("contentBlockStop", {"contentBlockIndex": index}))
        index += 1
    for call in scenario.calls:
        start = {"toolUse": {"toolUseId": call.id, "name": call.name}}
        pieces.append(_event("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        text = json.dumps(call.arguments)
        pieces += [_delta(index, {"toolUse": {"input": piece}}) for piece in (text[:4], text[4:])]
        pieces.append(_event("contentBlockStop", {"contentBlockIndex": index}))
        index += 1
    return pieces


def _delta(index: int, delta: dict[str, Any]) -> bytes:
    return _event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})


def _event(name: str, payload: dict[str, Any]) -> bytes:
    return _message({":event-type": name, ":message-type": "event"}, payload)


def _message(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    """Return one message: lengths, their checksum, headers, payload, checksum of all."""
    written = {**headers, ":content-type": "application/json"}
    head = b"".join(
        pack(">B", len(name)) + name.encode() + pack(">BH", _TEXT, len(value)) + value.encode()
        for name, value in written.items()
    )
    body = json.dumps(payload).encode()
    prelude = pack(">II", 12 + len(head) + len(body) + 4, len(head))
    message = prelude + pack(">I", crc32(prelude)) + head + body
    return message + pack(">I", crc32(message))
