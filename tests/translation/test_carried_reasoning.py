"""Reasoning in the id of a tool call, whatever became of the id on the way."""

import json
import random
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    ToolPromptMessage,
    UserPromptMessage,
)
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy.limits import MAX_CARRIED, MAX_CARRIED_IN_ALL
from translation import carried_reasoning
from translation.carried_reasoning import id_with_reasoning, restore_call_ids
from translation.reasoning import Reasoning

BLOCK = {"type": "thinking", "thinking": "hm", "signature": "SIG=="}
ITEM = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
KEY = "a digest of the proxy's key"
SIGNED = Reasoning(blocks=(BLOCK,))


def turns(*ids: str) -> list[PromptMessage]:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(name="f", arguments="{}")
    calls = [AssistantPromptMessage.ToolCall(id=i, type="function", function=function) for i in ids]
    return [
        UserPromptMessage(content="Hi"),
        AssistantPromptMessage(content="Text", tool_calls=calls),
        *(ToolPromptMessage(content="Sunny", tool_call_id=each) for each in ids),
    ]


@pytest.mark.parametrize(
    "reasoning",
    [
        SIGNED,
        Reasoning(blocks=(BLOCK, {"type": "redacted_thinking", "data": "ä"})),
        Reasoning(items=(ITEM,)),
        Reasoning(text="hm"),
        Reasoning((BLOCK,), "", (ITEM,)),
    ],
)
def test_what_was_thought_comes_back_as_it_was(reasoning: Reasoning) -> None:
    carried = id_with_reasoning("a", reasoning, KEY)
    assert carried.startswith("a__reasoning__")
    assert carried.isascii()
    before = turns(carried, "b")
    back = restore_call_ids(before, KEY)
    assert back.messages == turns("a", "b")
    assert back.reasoning.keys() == {"a"}
    came = back.reasoning["a"]
    assert (tuple(came.blocks), came.text, tuple(came.items)) == (
        tuple(reasoning.blocks), reasoning.text, tuple(reasoning.items),
    )  # fmt: skip
    # Dify's own objects stay as they were.
    assert before == turns(carried, "b")


@given(st.text(), st.lists(st.dictionaries(st.text(), st.text() | st.integers())))
def test_any_reasoning_survives(text: str, blocks: list[dict[str, Any]]) -> None:
    text = "" if blocks else text
    reasoning = Reasoning(blocks=tuple(blocks), text=text)
    back = restore_call_ids(turns(id_with_reasoning("a", reasoning, KEY)), KEY)
    assert back.messages == turns("a")
    assert back.reasoning.get("a", Reasoning()).text == text
    assert list(back.reasoning.get("a", Reasoning()).blocks) == blocks


def test_nothing_is_carried_for_nothing() -> None:
    assert id_with_reasoning("a", Reasoning(), KEY) == "a"
    assert restore_call_ids(turns("a", "b")).reasoning == {}
    assert restore_call_ids([]).messages == []


def test_what_is_signed_is_carried_once() -> None:
    both = Reasoning((BLOCK,), "hm")
    back = restore_call_ids(turns(id_with_reasoning("a", both, KEY)), KEY)
    assert back.reasoning["a"].text == ""
    assert list(back.reasoning["a"].blocks) == [BLOCK]


def test_what_is_too_long_is_not_carried() -> None:
    noise = random.Random(1)  # noqa: S311 - what does not become shorter
    fits = "".join(noise.choices("0123456789abcdef", k=MAX_CARRIED))
    assert "a__reasoning__" in id_with_reasoning("a", Reasoning(text=fits), KEY)
    assert id_with_reasoning("a", Reasoning(text=fits * 3), KEY) == "a"
    # Short when packed, and long again when it comes back.
    assert id_with_reasoning("a", Reasoning(text="a" * 2_000_000), KEY) == "a"


def packed(written: bytes) -> str:
    sealed = carried_reasoning._sealed(zlib.compress(written), KEY)
    return urlsafe_b64encode(sealed).decode()


WHOLE = packed(json.dumps({"text": "hm"}).encode())


@pytest.mark.parametrize(
    "damaged",
    [
        WHOLE[:-6],
        "eJnotpackedatall" * 5,
        packed(b"{"),
        packed(b"[]"),
        packed(b'{"text": 5, "blocks": "x", "items": [1]}'),
        packed(b"\xff"),
        packed(b'{"text": "' + b"a" * 50_000_000 + b'"}'),
    ],
)
def test_what_is_damaged_is_left_out_and_the_call_keeps_its_own_id(damaged: str) -> None:
    back = restore_call_ids(turns(f"a__reasoning__{damaged}"), KEY)
    assert back.messages == turns("a")
    assert not any(back.reasoning.values())


@pytest.mark.parametrize(
    "own",
    [
        "__reasoning__",
        "a__reasoning__",
        "__reasoning__b",
        "a__reasoning__b",
        "a__reasoning__…",
        "",
        "a\nb",
    ],
)
def test_an_id_that_carries_nothing_is_the_models_own(own: str) -> None:
    assert restore_call_ids(turns(own)).messages == turns(own)


def test_the_signature_that_litellm_keeps_in_an_id_stays_there() -> None:
    gemini = "call_1__thought__U0lH"
    assert restore_call_ids(turns(gemini)).messages == turns(gemini)
    assert restore_call_ids(turns(id_with_reasoning(gemini, SIGNED, KEY))).messages == turns(gemini)


def test_what_another_key_has_sealed_brings_nothing_and_nobody_can_read_it() -> None:
    carried = id_with_reasoning("a", Reasoning(text="Alice is ill."), KEY)
    back = restore_call_ids(turns(carried), "another key")
    assert back.messages == turns("a")
    assert back.reasoning == {}
    assert b"Alice" not in urlsafe_b64decode(carried.partition("__reasoning__")[2])
    assert id_with_reasoning("a", Reasoning(text="Alice is ill."), KEY) != carried


def test_the_ids_of_a_conversation_carry_so_much_in_all() -> None:
    """Dify's agent plugin ended where its line of 5 MiB was full, with each id in it twice."""
    noise = random.Random(1)  # noqa: S311 - what does not become shorter
    ids: list[str] = []
    for number in range(40):
        text = "".join(noise.choices("0123456789abcdef", k=80_000))
        room = restore_call_ids(turns(*ids), KEY).room
        ids.append(id_with_reasoning(f"call_{number}", Reasoning(text=text), KEY, room))
    assert sum(map(len, ids)) <= MAX_CARRIED_IN_ALL + 2000
    assert "__reasoning__" in ids[0]
    assert ids[-1] == "call_39"
