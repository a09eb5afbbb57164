"""Answers in Anthropic's own streaming format, which LiteLLM translates."""

import json
from typing import Any

from harness.upstream import Reply


def claude_tool_turn() -> Reply:
    """Return signed thinking, a redacted block, and a call of the tool `weather`."""
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        (
            {"type": "thinking", "thinking": "", "signature": ""},
            [
                {"type": "thinking_delta", "thinking": "First "},
                {"type": "thinking_delta", "thinking": "think."},
                {"type": "signature_delta", "signature": "SIG=="},
            ],
        ),
        ({"type": "redacted_thinking", "data": "REDACTED"}, []),
        (
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
            [{"type": "input_json_delta", "partial_json": '{"city": "Oslo"}'}],
        ),
    ]
    return _message(blocks, "tool_use")


def claude_text(text: str) -> Reply:
    """Return plain text."""
    block = ({"type": "text", "text": ""}, [{"type": "text_delta", "text": text}])
    return _message([block], "end_turn")


def _message(blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]], stop_reason: str) -> Reply:
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude",
        "stop_reason": None,
        "usage": {"input_tokens": 10, "output_tokens": 1},
    }
    pieces = [_event("message_start", message=message)]
    for index, (start, deltas) in enumerate(blocks):
        pieces.append(_event("content_block_start", index=index, content_block=start))
        pieces += [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
        pieces.append(_event("content_block_stop", index=index))
    end = {"stop_reason": stop_reason}
    pieces.append(_event("message_delta", delta=end, usage={"output_tokens": 20}))
    pieces.append(_event("message_stop"))
    return Reply(pieces, content_type="text/event-stream")


def _event(name: str, **data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
