"""Add breakpoints for prompt caching to messages.

Only Anthropic and a few others need them
(https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching); LiteLLM 1.106 removes them
for OpenAI's own endpoint (litellm llms/openai/chat/gpt_transformation.py).
"""

from collections.abc import Iterator, Sequence

from litellm_proxy.wire import chat as wire

MAX_BREAKPOINTS = 4
"""Anthropic rejects more."""
_HERE: wire.CacheControl = {"type": "ephemeral"}


def with_breakpoints(messages: Sequence[wire.Message]) -> list[wire.Message]:
    """Add breakpoints to the instructions and the last user turns.

    A tool result at the end is marked too, since results accumulate in an agent's loop. The next
    call reads the longest part of its prompt that is cached at a breakpoint.
    """
    marked = list(messages)
    for position in _positions(messages):
        marked[position] = _marked(messages[position])
    return marked


def _positions(messages: Sequence[wire.Message]) -> Iterator[int]:
    left = MAX_BREAKPOINTS
    instructions = [n for n, message in enumerate(messages) if message["role"] == "system"]
    for position in instructions[-1:]:
        if _can_be_marked(messages[position]):
            yield position
            left -= 1
    last = len(messages) - 1
    for position in reversed(range(len(messages))):
        role = messages[position]["role"]
        takes_one = role == "user" or (role == "tool" and position == last)
        if left and takes_one and _can_be_marked(messages[position]):
            yield position
            left -= 1


def _can_be_marked(message: wire.Message) -> bool:
    """Return whether a message ends with an image or non-blank text."""
    match message["content"]:
        case str(text):
            return not (not text or text.isspace())
        case [*_, {"type": "text", "text": str(text)}]:
            return not (not text or text.isspace())
        case [*_, {"type": "image_url"}]:
            return True
        case _:
            return False


def _marked(message: wire.Message) -> wire.Message:
    match message["role"], message["content"]:
        case "system", str(text):
            return {"role": "system", "content": [_text(text)]}
        case "user", str(text):
            return {"role": "user", "content": [_text(text)]}
        case "tool", str(text):
            return {**message, "content": [_text(text)]}  # type: ignore[return-value]
        case "user", [*others, last]:
            return {"role": "user", "content": [*others, _marked_part(last)]}
        case _:
            return message


def _marked_part(part: wire.ContentPart) -> wire.ContentPart:
    if part["type"] == "text":
        return {**part, "cache_control": _HERE}
    if part["type"] == "image_url":
        return {**part, "cache_control": _HERE}
    return part


def _text(text: str) -> wire.TextPart:
    return {"type": "text", "text": text, "cache_control": _HERE}
