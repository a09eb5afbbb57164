"""Rearrange Dify's turns so that strict providers accept them, without losing content.

Each function names the providers that need it. Most providers accept the turns unchanged.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from litellm_proxy.wire import chat as wire
from litellm_proxy.wire.call_ids import strict_call_id

_NO_RESULT = "(No result was recorded.)"
_RESULT_OF_A_CALL = "Result of a tool call:"


def normalise_turns(turns: Sequence[wire.Message]) -> list[wire.Message]:
    """Return alternating turns, none blank, each tool call with its result.

    `turns` are not changed.
    """
    told = [turn for turn in turns if not _is_blank(turn)] or list(turns[-1:])
    return _with_a_user(_with_neighbours_joined(_paired(_with_neighbours_joined(told))))


def _is_blank(turn: wire.Message) -> bool:
    """Return whether a turn is blank: Anthropic and Bedrock reject blank texts."""
    if turn["role"] == "tool" or (turn["role"] == "assistant" and turn.get("tool_calls")):
        return False
    content = turn["content"]
    return not content or (isinstance(content, str) and not content.strip())


def _paired(turns: Iterable[wire.Message]) -> Iterator[wire.Message]:
    """Yield the turns, each tool call with its result and unique id.

    OpenAI and Anthropic reject a call without a result and a result without its call, and Dify may
    cut a long history between them. Calls at the end of the history get no placeholder, since their
    results may follow.
    """
    waiting: list[_Waiting] = []
    for turn in turns:
        if turn["role"] == "tool":
            call_id = turn["tool_call_id"]
            found = next((each for each in waiting if each.came_as == call_id), None)
            if found is None:
                yield {"role": "user", "content": f"{_RESULT_OF_A_CALL}\n{turn['content']}"}
            else:
                waiting.remove(found)
                yield {**turn, "tool_call_id": found.sent_as}
            continue
        yield from _missing(waiting)
        waiting = []
        if turn["role"] == "assistant" and turn.get("tool_calls"):
            waiting = list(_waiting(turn["tool_calls"]))
            calls: list[wire.ToolCall] = [
                {"id": each.sent_as, "type": "function", "function": call["function"]}
                for call, each in zip(turn["tool_calls"], waiting, strict=True)
            ]
            yield {**turn, "tool_calls": calls}
        else:
            yield turn


class _Waiting(NamedTuple):
    """A tool call without result: id in Dify, id to send."""

    came_as: str
    sent_as: str


def _waiting(calls: Iterable[wire.ToolCall]) -> Iterator[_Waiting]:
    taken: set[str] = set()
    for place, call in enumerate(calls):
        call_id = call["id"]
        sent = strict_call_id(f"{call_id}#{place}") if call_id in taken else call_id
        taken.add(call_id)
        yield _Waiting(call_id, sent)


def _missing(waiting: Iterable[_Waiting]) -> Iterator[wire.ToolMessage]:
    for each in waiting:
        yield {"role": "tool", "content": _NO_RESULT, "tool_call_id": each.sent_as}


def _with_neighbours_joined(turns: Iterable[wire.Message]) -> list[wire.Message]:
    """Join consecutive turns of one role.

    Chat templates of open models require this.
    """
    merged: list[wire.Message] = []
    for turn in turns:
        both = _as_one(merged[-1], turn) if merged else None
        if both:
            merged[-1] = both
        else:
            merged.append(turn)
    return merged


def _as_one(previous: wire.Message, turn: wire.Message) -> wire.Message | None:
    match previous["role"], turn["role"]:
        case "system", "system":
            return {"role": "system", "content": f"{previous['content']}\n\n{turn['content']}"}
        case "user", "user":
            return _user(previous, turn)
        case "assistant", "assistant":
            return _assistant(previous, turn)
        case _:
            return None


def _user(previous: wire.Message, turn: wire.Message) -> wire.UserMessage | None:
    first, second = previous["content"], turn["content"]
    if isinstance(first, str) and isinstance(second, str):
        return {"role": "user", "content": f"{first}\n\n{second}"}
    if isinstance(first, list) and all(part["type"] != "text" for part in first):
        # These are files of a tool result, not of the user.
        return None
    return {"role": "user", "content": [*_parts(first), *_parts(second)]}


def _parts(content: object) -> list[wire.ContentPart]:
    return content if isinstance(content, list) else [{"type": "text", "text": str(content)}]


def _assistant(previous: wire.Message, turn: wire.Message) -> wire.AssistantMessage | None:
    if previous["role"] != "assistant" or turn["role"] != "assistant":
        return None
    texts = [text for text in (previous["content"], turn["content"]) if text]
    merged: wire.AssistantMessage = {"role": "assistant", "content": "\n\n".join(texts) or None}
    if calls := [*previous.get("tool_calls", []), *turn.get("tool_calls", [])]:
        merged["tool_calls"] = calls
    if blocks := [*previous.get("thinking_blocks", []), *turn.get("thinking_blocks", [])]:
        merged["thinking_blocks"] = blocks
    if items := [*previous.get("reasoning_items", []), *turn.get("reasoning_items", [])]:
        merged["reasoning_items"] = items
    thoughts = (previous.get("reasoning_content"), turn.get("reasoning_content"))
    if thought := "\n\n".join(filter(None, thoughts)):
        merged["reasoning_content"] = thought
    return merged


def _with_a_user(turns: list[wire.Message]) -> list[wire.Message]:
    """Convert lone instructions to a user turn, which Claude requires."""
    match turns:
        case [{"role": "system", "content": text}]:
            return [{"role": "user", "content": str(text)}]
        case _:
            return turns
