"""Events that arrived together: fewer chunks, and the very same answer."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from litellm_proxy.wire.chat import ChatChunk
from litellm_proxy.wire.chat_events import ChatEvent, ChatEvents


def event(content: Any = "", **fields: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return json.dumps({"id": "1", "model": "m", "choices": [choice], **fields}).encode()


def read(*events: bytes) -> list[ChatEvent]:
    chunks: list[ChatEvent] = []
    ChatEvents(ChatChunk.model_validate_json).read(events, chunks)
    return chunks


def texts(chunks: list[ChatEvent]) -> list[str | None]:
    return [text for chunk in chunks for text in texts_of(chunk)]


def texts_of(chunk: ChatEvent) -> list[str | None]:
    if isinstance(chunk, str):
        return [chunk]
    return [choice.piece.text for choice in chunk.choices or ()]


def test_plain_pieces_become_one_chunk() -> None:
    chunks = read(*[event(f" word{n}") for n in range(100)])
    assert "".join(filter(None, texts(chunks))) == "".join(f" word{n}" for n in range(100))
    assert len(chunks) == 3


@pytest.mark.parametrize(
    "piece",
    ['"quoted"', "back\\slash", "line\nbreak", "\x01", "日本語", "", "😀", "</think>", "{}"],
)
def test_every_text_survives(piece: str) -> None:
    pieces = ["a", "b", "c", piece, "d", piece, piece, "e"]
    assert "".join(filter(None, texts(read(*map(event, pieces))))) == "".join(pieces)


def test_what_brings_more_than_text_is_read_in_full() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    chunks = read(*[event("x")] * 5, event("y", usage=usage), *[event("z")] * 5)
    assert "".join(filter(None, texts(chunks))) == "xxxxxyzzzzz"
    assert [chunk for chunk in chunks if isinstance(chunk, ChatChunk) and chunk.usage]
    tools = b'{"id":"1","model":"m","choices":[{"delta":{"tool_calls":[{"index":0,"id":"x"}]}}]}'
    assert read(*[event("x")] * 5, tools)[-1].choices[0].piece.tool_calls  # type: ignore[index, union-attr]


@pytest.mark.parametrize(
    "more",
    [
        {"delta": {"content": "x", "reasoning_content": "r"}},
        {"delta": {"content": "x"}, "finish_reason": "stop"},
        {"delta": {"content": "x"}, "text": "y"},
    ],
)
def test_what_comes_beside_every_text_is_never_lost(more: dict[str, Any]) -> None:
    one = json.dumps({"choices": [more]}).encode()
    assert read(*[one] * 6) == [ChatChunk.model_validate_json(one)] * 6


def test_texts_of_several_choices_are_told_apart() -> None:
    def of(index: int) -> bytes:
        return json.dumps({"choices": [{"index": index, "delta": {"content": "x"}}]}).encode()

    chunks = read(*[of(n % 2) for n in range(40)])
    others = [c for c in chunks if isinstance(c, ChatChunk) and c.choices and c.choices[0].index]
    assert len(others) == 20


def test_a_text_that_is_also_another_fields_value_is_not_confused() -> None:
    """The model is called like the text, and the text is written in another way."""
    odd = b'{"id":"1","model":"word","choices":[{"delta":{"content":"\\u0077ord"}}]}'
    other = b'{"id":"1","model":"else","choices":[{"delta":{"content":"\\u0077ord"}}]}'
    assert texts(read(odd, odd, odd, other, other)) == ["word"] * 5


def test_an_event_that_differs_around_its_text_is_read_in_full() -> None:
    chunks = read(*[event("x", created=n) for n in range(100)])
    assert texts(chunks) == ["x"] * 100


def test_what_came_before_a_damaged_event_is_kept() -> None:
    chunks: list[ChatEvent] = []
    events = ChatEvents(ChatChunk.model_validate_json)
    with pytest.raises(ValidationError):
        events.read([*[event("x")] * 6, b"{oops", event("y")], chunks)
    assert "".join(filter(None, texts(chunks))) == "xxxxxx"


def test_broken_utf_8_is_an_error_within_plain_text_too() -> None:
    broken = event("caf!").replace(b"!", b"\xc3")
    with pytest.raises(ValidationError):
        read(*[event("x")] * 6, broken, event("y"))
