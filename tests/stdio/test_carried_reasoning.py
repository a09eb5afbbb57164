"""Signed reasoning that outlives the plugin's process: another node, or the same after a restart."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support import openai_format as openai
from tests.support.anthropic_format import claude_text, claude_tool_turn
from tests.support.environment import Environment, judged_plugin
from tests.support.providers import openai_responses
from tests.support.providers.scenario import Call, Scenario

CLAUDE = "claude-sonnet-4-5"
CODEX = "gpt-5-codex"
WEATHER = {"name": "weather", "description": "", "parameters": {"type": "object", "properties": {}}}
REASONING_FORM = {"settings": "custom", "reasoning": "yes"}


@pytest.fixture(scope="module")
def other_node(env: Environment) -> Iterator[Environment]:
    """The same proxy through another process of the plugin, which remembers nothing of the first."""
    with judged_plugin() as plugin:
        yield replace(env, plugin=plugin)


def turns(deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls = deltas[-1]["message"]["tool_calls"]
    return [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        *({"role": "tool", "content": "Sunny", "tool_call_id": call["id"]} for call in calls),
    ]


def asked(env: Environment, model: str, parameters: dict[str, Any], *messages: Any) -> Any:
    more = {"prompt_messages": list(messages)} if messages else {}
    return env.chat(model, "Weather?", model_parameters=parameters, tools=[WEATHER], **more)


def test_claude_thinks_on_in_another_process(env: Environment, other_node: Environment) -> None:
    effort = {"reasoning_effort": "low"}
    env.upstream.on(CLAUDE, claude_tool_turn(), claude_text("Sunny."))
    first = asked(env, "known-claude", effort)
    asked(other_node, "known-claude", effort, *turns(first))
    sent = env.upstream.asked_for(CLAUDE)[-1]
    thinking, redacted, call = sent["messages"][1]["content"]
    assert thinking == {"type": "thinking", "thinking": "First think.", "signature": "SIG=="}
    assert redacted == {"type": "redacted_thinking", "data": "REDACTED"}
    (result,) = sent["messages"][2]["content"]
    assert call["id"] == result["tool_use_id"] == "toolu_1"


@pytest.mark.parametrize(
    ("model", "upstream_name", "refusal"),
    [
        ("known-claude", CLAUDE, "messages.1.content.0: Invalid `signature` in `thinking` block"),
        ("known-gpt-4o", "gpt-4o", "Unknown parameter: 'messages[1].thinking_blocks'."),
    ],
)
def test_what_another_account_or_provider_refuses_is_left_out(
    env: Environment, other_node: Environment, model: str, upstream_name: str, refusal: str
) -> None:
    """Signed for another account, or a fallback that is no Claude."""
    env.upstream.on(CLAUDE, claude_tool_turn())
    first = asked(env, "known-claude", {"reasoning_effort": "low"})
    answer = claude_text("Sunny.") if model == "known-claude" else openai.text_stream("Sunny.")
    env.upstream.on(upstream_name, openai.error(refusal, 400), answer)
    second = asked(other_node, model, {}, *turns(first))
    assert "".join(delta["message"]["content"] for delta in second) == "Sunny."
    assert "SIG==" in json.dumps(env.upstream.asked_for(upstream_name)[-2])
    assert "SIG==" not in json.dumps(env.upstream.asked_for(upstream_name)[-1])


def test_items_of_openai_come_back_too(env: Environment, other_node: Environment) -> None:
    thinks = Scenario(thinking="Let me look.", calls=(Call("call_1", "weather", {"a": 1}),))
    done = openai_responses.whole(Scenario(texts=("Sunny.",)))
    env.upstream.on(CODEX, openai_responses.whole(thinks), done)
    more: dict[str, Any] = {"model_parameters": {}, "tools": [WEATHER], "stream": False}
    first = env.chat("known-codex", **more)
    other_node.chat("known-codex", prompt_messages=turns(first), **more)
    sent = env.upstream.asked_for(CODEX)[-1]["input"]
    kinds = [item.get("type") or item["role"] for item in sent]
    assert kinds[-3:] == ["reasoning", "function_call", "function_call_output"]
    # LiteLLM calls the call by its item's id.
    assert [item["call_id"] for item in sent[-2:]] == ["fc_0", "fc_0"]


@pytest.mark.parametrize("users", [("alice", "bob"), ("api", "api"), ("", "")])
def test_calls_of_one_name_bring_each_conversation_its_own(
    env: Environment, users: tuple[str, str]
) -> None:
    """Kimi numbers its calls anew in each conversation."""
    histories: list[tuple[list[dict[str, Any]], str, dict[str, Any]]] = []
    for user in users:
        thought = f"What {user} and {len(histories)} thinks."
        call = openai.tool_delta(0, id="functions.weather:0", name="weather", arguments="{}")
        end = openai.delta(finish_reason="tool_calls")
        env.upstream.on("kimi", openai.stream(openai.delta(reasoning_content=thought), call, end))
        question = {"role": "user", "content": f"I am {len(histories)}. Weather?"}
        more: dict[str, Any] = {
            "tools": [WEATHER],
            "user_id": user,
            "credentials": REASONING_FORM | env.credentials,
        }
        first = env.chat("scenario/kimi", prompt_messages=[question], **more)
        histories.append(([question, *turns(first)[1:]], thought, more))
    env.upstream.on("kimi", openai.text_stream("Sunny."))
    for history, thought, more in histories:
        env.chat("scenario/kimi", prompt_messages=history, **more)
        (turn,) = [m for m in env.upstream.asked_for("kimi")[-1]["messages"] if "tool_calls" in m]
        assert turn["reasoning_content"] == thought


def test_what_is_carried_counts_for_no_tokens(env: Environment) -> None:
    env.upstream.on(CLAUDE, claude_tool_turn())
    first = asked(env, "known-claude", {"reasoning_effort": "low"})
    carried = turns(first)
    plain = turns(first)
    for message in plain[1:]:
        for call in message.get("tool_calls", []):
            call["id"] = "toolu_1"
        if "tool_call_id" in message:
            message["tool_call_id"] = "toolu_1"

    def tokens(messages: list[dict[str, Any]]) -> int:
        question: dict[str, Any] = {"prompt_messages": messages, "tools": None}
        asking = env.plugin.call("get_llm_num_tokens", "known-claude", env.credentials, **question)
        answer = next(asking)
        count: int = answer["num_tokens"]
        return count

    assert tokens(carried) == tokens(plain)


def test_a_history_without_reasoning_gets_none_of_another_user(env: Environment) -> None:
    """A call id that repeats, the same words, no user: another's thought must not go out."""
    call = openai.tool_delta(0, id="functions.weather:0", name="weather", arguments="{}")
    end = openai.delta(finish_reason="tool_calls")
    env.upstream.on(
        "kimi", openai.stream(openai.delta(reasoning_content="Alice is ill."), call, end),
        openai.text_stream("Sunny."),
    )  # fmt: skip
    question = {"role": "user", "content": "Weather?"}
    more: dict[str, Any] = {
        "tools": [WEATHER], "user_id": "", "credentials": REASONING_FORM | env.credentials,
    }  # fmt: skip
    env.chat("scenario/kimi", prompt_messages=[question], **more)
    other = [
        question,
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "functions.weather:0", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
        {"role": "tool", "content": "Sunny", "tool_call_id": "functions.weather:0"},
    ]  # fmt: skip
    env.chat("scenario/kimi", prompt_messages=other, **more)
    assert "Alice" not in json.dumps(env.upstream.asked_for("kimi")[-1])
