"""Turns in the order and shape that strict providers take, and nothing lost."""

from typing import Any

import pytest

from translation.request.turn_order import normalise_turns

CALL: dict[str, Any] = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OTHER = {**CALL, "id": "b"}
PICTURE = {"type": "image_url", "image_url": {"url": "u"}}
TEXT = {"type": "text", "text": "look"}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def system(content: str) -> dict[str, Any]:
    return {"role": "system", "content": content}


def said(content: str | None, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def result(call_id: str, content: str = "42") -> dict[str, Any]:
    return {"role": "tool", "content": content, "tool_call_id": call_id}


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        # Neighbours of one speaker are one.
        ([system("a"), system("b"), user("c")], [system("a\n\nb"), user("c")]),
        ([user("a"), user("b")], [user("a\n\nb")]),
        ([user("a"), user([TEXT])], [user([{"type": "text", "text": "a"}, TEXT])]),
        ([user([TEXT]), user("b")], [user([TEXT, {"type": "text", "text": "b"}])]),
        ([user("q"), said("a"), said("b")], [user("q"), said("a\n\nb")]),
        ([user("q"), said(None, tool_calls=[CALL]), said("b", tool_calls=[OTHER]),
          result("a"), result("b")],
         [user("q"), said("b", tool_calls=[CALL, OTHER]), result("a"), result("b")]),
        ([user("q"), said("a", reasoning_content="x"), said("b", reasoning_content="y")],
         [user("q"), said("a\n\nb", reasoning_content="x\n\ny")]),
        ([user("q"), said("a", thinking_blocks=[{"n": 1}]), said("b", thinking_blocks=[{"n": 2}])],
         [user("q"), said("a\n\nb", thinking_blocks=[{"n": 1}, {"n": 2}])]),
        # What a tool has brought is not the user's.
        ([user([PICTURE]), user("b")], [user([PICTURE]), user("b")]),
        # Blank turns go, but not the last of all.
        ([user("q"), said("  "), user(" "), user("r")], [user("q\n\nr")]),
        ([user(" ")], [user(" ")]),
        ([user("q"), said(None, tool_calls=[CALL]), result("a", "")],
         [user("q"), said(None, tool_calls=[CALL]), result("a", "")]),
        # A lone instruction is the user's.
        ([system("do it")], [user("do it")]),
        ([system("a"), system("b")], [user("a\n\nb")]),
        ([system("a"), said("b")], [system("a"), said("b")]),
        # A call without a result, a result without a call.
        ([user("q"), said(None, tool_calls=[CALL]), user("r")],
         [user("q"), said(None, tool_calls=[CALL]), result("a", "(No result was recorded.)"), user("r")]),
        ([result("gone"), user("r")], [user("Result of a tool call:\n42\n\nr")]),
        ([user("q"), said(None, tool_calls=[CALL])], [user("q"), said(None, tool_calls=[CALL])]),
        ([user("q"), said(None, tool_calls=[CALL, OTHER]), result("b"), user("r")],
         [user("q"), said(None, tool_calls=[CALL, OTHER]), result("b"),
          result("a", "(No result was recorded.)"), user("r")]),
    ],
)  # fmt: skip
def test_turns(turns: list[Any], expected: list[Any]) -> None:
    before = repr(turns)
    assert normalise_turns(turns) == expected
    assert repr(turns) == before


def test_calls_of_one_turn_that_share_an_id_get_ids_of_their_own_and_keep_their_results() -> None:
    turns: list[Any] = [
        user("q"), said(None, tool_calls=[CALL, CALL, OTHER]),
        result("a", "1"), result("a", "2"), result("b", "3"),
    ]  # fmt: skip
    _, asked, *results = normalise_turns(turns)
    ids = [call["id"] for call in asked["tool_calls"]]  # type: ignore[typeddict-item]
    assert ids[0] == "a"
    assert ids[2] == "b"
    assert len(set(ids)) == 3
    assert [each["tool_call_id"] for each in results] == ids  # type: ignore[typeddict-item]
    assert [each["content"] for each in results] == ["1", "2", "3"]
    assert all(call["type"] == "function" for call in asked["tool_calls"])  # type: ignore[typeddict-item]
