"""Turns of a conversation as Dify hands them over → as they go out."""

from typing import Any

import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageContent,
    PromptMessageRole,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
    VideoPromptMessageContent,
)

from translation.errors.request_error import RequestError
from translation.reasoning import Reasoning
from translation.request.call_ids import sent_call_id
from translation.request.messages import wire_messages

PNG = "iVBORw0KGgoAAAANSUhEUgAA"
MP4 = "AAAAGGZ0eXBpc29tAAACAA=="
IMAGE = ImagePromptMessageContent(format="png", mime_type="image/png", base64_data=PNG)
SENT_IMAGE = {
    "type": "image_url",
    "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"},
}


def text(words: str) -> TextPromptMessageContent:
    return TextPromptMessageContent(data=words)


def called(call_id: str, content: str = "") -> AssistantPromptMessage:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(name="f", arguments="{}")
    call = AssistantPromptMessage.ToolCall(id=call_id, type="", function=function)
    return AssistantPromptMessage(content=content, tool_calls=[call])


def result(call_id: str, content: Any) -> ToolPromptMessage:
    return ToolPromptMessage(tool_call_id=call_id, content=content)


def test_a_call_goes_out_as_a_function_whatever_dify_names_it() -> None:
    (turn, *_) = wire_messages([called("a"), result("a", "x")], {})
    assert turn == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    }


def test_each_result_is_followed_by_what_it_carries_and_by_nothing_of_another() -> None:
    turns = wire_messages(
        [
            called("a"),
            result("a", [text("one"), IMAGE]),
            called("b"),
            result("b", [text("two"), IMAGE]),
        ],
        {},
    )
    assert [turn["role"] for turn in turns] == ["assistant", "tool", "user"] * 2
    assert [turns[2], turns[5]] == [{"role": "user", "content": [SENT_IMAGE]}] * 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("It rains.", "It rains."),
        ("", "(The result is empty.)"),
        (" \n", "(The result is empty.)"),
        ([text(" "), IMAGE], "The result follows as an attachment."),
        ([text("Look:"), IMAGE], "Look:"),
    ],
)
def test_the_text_of_a_result_is_never_blank(content: Any, told: str) -> None:
    assert wire_messages([called("a"), result("a", content)], {})[1] == {
        "role": "tool",
        "content": told,
        "tool_call_id": "a",
    }


def test_blank_texts_among_parts_go() -> None:
    (turn,) = wire_messages([UserPromptMessage(content=[text(" "), IMAGE, text("What?")])], {})
    assert turn == {"role": "user", "content": [SENT_IMAGE, {"type": "text", "text": "What?"}]}


def test_a_question_without_content_is_a_blank_one() -> None:
    assert wire_messages([UserPromptMessage(content=None)], {}) == [{"role": "user", "content": ""}]


def test_a_video_is_named_by_its_bytes() -> None:
    part = VideoPromptMessageContent(format="bin", mime_type="video/x-odd", base64_data=MP4)
    (turn,) = wire_messages([UserPromptMessage(content=[part])], {})
    assert turn["content"] == [
        {"type": "file",
         "file": {"format": "video/mp4", "file_data": f"data:video/mp4;base64,{MP4}"}}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kept", "thought"),
    [
        ("", "by memory", "by memory"),
        ("<think>\nin the text\n</think>\n\nHm.", "", "in the text"),
        ("<think>\nin the text\n</think>\n\nHm.", "by memory", "by memory"),
    ],
)
def test_reasoning_goes_back_with_its_call(content: str, kept: str, thought: str) -> None:
    turn: Any = wire_messages(
        [called("a", content), result("a", "x")], {"a": Reasoning(text=kept)}
    )[0]
    assert turn["reasoning_content"] == thought


@pytest.mark.parametrize("content", ["Hm.", "Hm. <think>later</think>"])
def test_without_reasoning_a_call_goes_alone(content: str) -> None:
    turn = wire_messages([called("a", content), result("a", "x")], {})[0]
    assert turn["content"] == content
    assert turn.keys() == {"role", "content", "tool_calls"}


class Odd(PromptMessageContent):
    """A kind of content that a later Dify may bring."""

    type: str = "hologram"


@pytest.mark.parametrize(
    ("part", "kind"), [(Odd(), "hologram"), (PromptMessageContent(), "PromptMessageContent")]
)
def test_content_that_has_no_form_is_refused_by_its_kind(
    part: PromptMessageContent, kind: str
) -> None:
    content: Any = [part]
    message = UserPromptMessage.model_construct(role=PromptMessageRole.USER, content=content)
    with pytest.raises(RequestError, match=rf"\b{kind} cannot be sent"):
        wire_messages([message], {})


def test_messages_of_another_role_are_refused_by_it() -> None:
    with pytest.raises(RequestError, match=r"\brole user cannot be sent"):
        wire_messages([PromptMessage(role=PromptMessageRole.USER, content="?")], {})


@pytest.mark.parametrize(
    ("call_id", "sent"),
    [
        ("call_1", "call_1"),
        ("123456789", "123456789"),
        ("x550e8400-e29b-41d4-a716-446655440000", "x550e8400-e29b-41d4-a716-446655440000"),
        ("550e8400-e29b-41d4-a716-446655440000", "a3a9e1ed9"),
        ("", "e3b0c4429"),
    ],
)
def test_only_ids_that_dify_made_become_others(call_id: str, sent: str) -> None:
    assert sent_call_id(call_id) == sent
