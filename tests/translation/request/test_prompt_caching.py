from typing import Any

import pytest

from litellm_proxy.wire import chat as wire
from translation.request.prompt_caching import MAX_BREAKPOINTS, with_breakpoints

MARK = {"type": "ephemeral"}


def user(content: Any) -> wire.Message:
    return {"role": "user", "content": content}


def marked(messages: list[wire.Message]) -> list[int]:
    return [
        n for n, message in enumerate(with_breakpoints(messages)) if "cache_control" in str(message)
    ]


def test_instructions_and_the_last_user_turns_are_marked() -> None:
    turns: list[wire.Message] = [{"role": "system", "content": "Be kind."}]
    turns += [user(f"Question {n}") for n in range(6)]
    assert marked(turns) == [0, 4, 5, 6]
    assert len(marked(turns[1:])) == MAX_BREAKPOINTS
    assert with_breakpoints(turns)[0] == {
        "role": "system",
        "content": [{"type": "text", "text": "Be kind.", "cache_control": MARK}],
    }


def test_what_is_passed_in_is_not_changed() -> None:
    image: wire.ContentPart = {"type": "image_url", "image_url": {"url": "data:,"}}
    turns = [user([{"type": "text", "text": "What?"}, image])]
    assert with_breakpoints(turns)[0]["content"][1]["cache_control"] == MARK  # type: ignore[index,typeddict-item]
    assert turns == [user([{"type": "text", "text": "What?"}, image])]


@pytest.mark.parametrize(
    "content",
    ["", " \n", [], [{"type": "text", "text": ""}], [{"type": "file", "file": {"format": "a/b"}}]],
)
def test_what_cannot_be_cached_is_left_alone(content: Any) -> None:
    turns = [user("Hello"), user(content)]
    assert marked(turns) == [0]
    assert with_breakpoints(turns)[1] == user(content)


MARKER = {"cache_control": {"type": "ephemeral"}}
SYSTEM: wire.Message = {"role": "system", "content": "Be kind."}
ANSWER: wire.Message = {"role": "assistant", "content": "Yes."}
TEXT: wire.TextPart = {"type": "text", "text": "What?"}
IMAGE: wire.ImagePart = {"type": "image_url", "image_url": {"url": "https://h/a.png"}}
FILE: wire.FilePart = {"type": "file", "file": {"file_id": "https://h/a.pdf"}}


def tool(content: str) -> wire.Message:
    return {"role": "tool", "content": content, "tool_call_id": "a"}


def marked_parts(*messages: wire.Message) -> list[int]:
    with_them = with_breakpoints(messages)
    return [place for place, message in enumerate(with_them) if "cache_control" in str(message)]


@pytest.mark.parametrize(
    ("content", "with_mark"),
    [
        ("What?", [{**TEXT, **MARKER}]),
        ([TEXT], [{**TEXT, **MARKER}]),
        ([IMAGE, TEXT], [IMAGE, {**TEXT, **MARKER}]),
        ([TEXT, IMAGE], [TEXT, {**IMAGE, **MARKER}]),
        ([IMAGE], [{**IMAGE, **MARKER}]),
    ],
)
def test_the_last_part_of_a_question_is_marked(content: Any, with_mark: Any) -> None:
    assert with_breakpoints([user(content)]) == [{"role": "user", "content": with_mark}]


@pytest.mark.parametrize(
    "content",
    [[TEXT, FILE], [FILE], [IMAGE, {"type": "text", "text": " "}], [{"type": "text", "text": ""}]],
)
def test_a_question_that_ends_with_what_cannot_be_cached_stays(content: Any) -> None:
    assert with_breakpoints([user(content)]) == [user(content)]
    assert marked_parts(user("Earlier"), user(content)) == [0]


def test_a_result_at_the_end_is_marked_and_keeps_its_call() -> None:
    assert with_breakpoints([tool("Sunny")]) == [
        {"role": "tool", "tool_call_id": "a",
         "content": [{"type": "text", "text": "Sunny", **MARKER}]}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("messages", "places"),
    [
        ([tool("one"), tool("two")], [1]),
        ([user("?"), tool("one"), ANSWER], [0]),
        ([user("?"), ANSWER], [0]),
        ([tool("one"), user("?")], [1]),
        ([SYSTEM, SYSTEM, user("?")], [1, 2]),
        ([SYSTEM, {"role": "system", "content": " "}, user("?")], [2]),
        ([SYSTEM], [0]),
        ([SYSTEM, user("1"), user("2"), user("3"), tool("x")], [0, 2, 3, 4]),
    ],
)
def test_the_last_instructions_the_last_questions_and_a_result_at_the_end_are_marked(
    messages: list[wire.Message], places: list[int]
) -> None:
    assert marked_parts(*messages) == places


def test_what_cannot_be_cached_takes_no_breakpoint_away() -> None:
    assert marked_parts(user("Earlier"), *[user([FILE])] * 4) == [0]


def test_instructions_in_parts_stay_as_they_are() -> None:
    in_parts: wire.Message = {"role": "system", "content": [TEXT]}
    assert with_breakpoints([in_parts]) == [in_parts]
