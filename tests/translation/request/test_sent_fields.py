"""What a chat or a completion sends beside its turns, and what it does without after a refusal."""

from typing import Any

import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageTool,
    SystemPromptMessage,
    ToolPromptMessage,
    UserPromptMessage,
)

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.chat import ChatRequest, CompletionRequest
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import fallbacks_for
from litellm_proxy.wire.request import Request
from translation.reasoning import Reasoning
from translation.request.chat_request import chat_request, completion_request

QUESTION = UserPromptMessage(content="Weather?")
FUNCTION = AssistantPromptMessage.ToolCall.ToolCallFunction(name="f", arguments="{}")
CALLED = AssistantPromptMessage(
    content="",
    tool_calls=[AssistantPromptMessage.ToolCall(id="a", type="function", function=FUNCTION)],
)
RESULT = ToolPromptMessage(content="Sunny", tool_call_id="a")
FOR_ALICE = RequestOptions(user="alice", extra={"thinking": {"type": "enabled"}, "seed": 1})


def chat(*messages: PromptMessage, **more: Any) -> ChatRequest:
    return chat_request("m", messages, more.pop("parameters", {}), stream=True, **more)


def test_stops_and_options_go_along() -> None:
    request = chat(QUESTION, stop=["END"], options=FOR_ALICE)
    assert request.stop == ["END"]
    assert request.options is FOR_ALICE


def test_a_stop_word_that_was_cleared_is_none() -> None:
    assert chat(QUESTION, stop=["", "END", "\n", ""]).stop == ["END", "\n"]
    assert b'"stop"' not in chat(QUESTION, stop=[""]).to_json()
    assert completion_request("m", [QUESTION], {}, stop=["", "END"], stream=False).stop == ["END"]


def test_a_prompt_is_marked_for_the_cache_only_where_asked() -> None:
    assert chat(QUESTION).messages == [{"role": "user", "content": "Weather?"}]
    assert chat(QUESTION, cache_prompt=True).messages == [
        {"role": "user",
         "content": [{"type": "text", "text": "Weather?", "cache_control": {"type": "ephemeral"}}]}
    ]  # fmt: skip


def test_tools_of_the_history_are_told_only_where_there_are_no_others() -> None:
    tool = PromptMessageTool(name="g", description="Says the time.", parameters={})
    request = chat(CALLED, RESULT, tools=[tool])
    assert request.tools_of_the_history == ()
    no_parameters = {"type": "object", "properties": {}}
    assert request.tools == [
        {"type": "function",
         "function": {"name": "g", "description": "Says the time.", "parameters": no_parameters}}
    ]  # fmt: skip
    (told,) = chat(CALLED, RESULT).tools_of_the_history
    assert told["function"]["name"] == "f"


@pytest.mark.parametrize("stream", [True, False])
def test_a_completion_is_what_was_asked(stream: bool) -> None:  # noqa: FBT001
    request = completion_request(
        "m", [QUESTION], {"seed": 7, "top_p": ""}, stop=["END"], stream=stream, options=FOR_ALICE
    )
    assert request == CompletionRequest(
        model="m", prompt="Weather?", stream=stream, stop=["END"], parameters={"seed": 7},
        options=FOR_ALICE,
    )  # fmt: skip


def test_a_conversation_becomes_a_transcript() -> None:
    thought = AssistantPromptMessage(content="<think>\nhm\n</think>\n\nI look.")
    turns = [SystemPromptMessage(content="Be brief."), QUESTION, thought, RESULT]
    assert completion_request("m", turns, {}, stream=True).prompt == (
        "Be brief.\n\nUser: Weather?\n\nAssistant: I look.\n\nTool: Sunny\n\nAssistant:"
    )


REFUSED = ProxyRejected(status=400, message="Expected `thinking`, but found `tool_use`")


def changed(asked: ChatRequest, error: ProxyRejected) -> Request | None:
    """Return what is sent after a rejection, None where it is not sent again."""
    meant, request = fallbacks_for(error, asked.request(), ())
    return request if meant else None


def test_without_reasoning_only_what_asks_for_it_is_left_out() -> None:
    parameters = {"reasoning_effort": "low", "top_p": 0.5}
    asked = chat(CALLED, RESULT, parameters=parameters, options=FOR_ALICE)
    again = changed(asked, REFUSED)
    assert again
    before = asked.request()
    assert again.own == {n: v for n, v in before.own.items() if n != "reasoning_effort"}
    assert again.extra == {
        n: v for n, v in before.extra.items() if n not in {"reasoning", "thinking"}
    }


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "The seed is too large"), (429, "Too many thinking tokens"), (500, "reasoning failed")],
)
def test_another_rejection_takes_no_reasoning_away(status: int, words: str) -> None:
    asked = chat(CALLED, RESULT, options=FOR_ALICE)
    assert changed(asked, ProxyRejected(status=status, message=words)) is None


SIGNED = {"type": "thinking", "thinking": "hm", "signature": "SIG=="}


@pytest.mark.parametrize(
    "words",
    [
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified",
        "Unknown parameter: 'messages[1].thinking_blocks'.",
        "messages.1.thinking_blocks: Extra inputs are not permitted",
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
    ],
)
@pytest.mark.parametrize("parameters", [{"reasoning_effort": "low"}, {}])
def test_signed_reasoning_that_is_rejected_is_left_out(
    words: str, parameters: dict[str, Any]
) -> None:
    kept = {"a": Reasoning(blocks=(SIGNED,))}
    asked = chat(QUESTION, CALLED, RESULT, parameters=parameters, reasoning=kept)
    again = changed(asked, ProxyRejected(status=400, message=words))
    assert again
    assert again.own["messages"] == chat(QUESTION, CALLED, RESULT).request().own["messages"]
    assert "reasoning_effort" not in again.own
    assert asked == chat(QUESTION, CALLED, RESULT, parameters=parameters, reasoning=kept)


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens must be greater than thinking.budget_tokens",
        "reasoning_effort must be one of low, high",
        "The seed is too large",
    ],
)
def test_a_rejection_of_something_else_takes_no_signed_reasoning_away(words: str) -> None:
    kept = {"a": Reasoning(blocks=(SIGNED,))}
    asked = chat(QUESTION, CALLED, RESULT, options=FOR_ALICE, reasoning=kept)
    assert changed(asked, ProxyRejected(status=400, message=words)) is None
