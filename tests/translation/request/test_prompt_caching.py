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
