"""Signed reasoning that outlives the process: tool call, restart, result of the tool."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.support.environment import Environment, judged_plugin
from tests.support.providers import anthropic_messages
from tests.support.providers.scenario import Call, Scenario

CLAUDE = "claude-sonnet-4-5"
SIGNED = Scenario(
    thinking="A private thought.", signature="c2lnbmVk", calls=(Call("toolu_1", "add", {"a": 1}),)
)
ADD = {"name": "add", "description": "", "parameters": {"type": "object", "properties": {}}}


@contextmanager
def restarted(env: Environment, storage: dict[str, bytes]) -> Iterator[Environment]:
    with judged_plugin() as plugin:
        plugin.storage = storage
        yield replace(env, plugin=plugin)


def form(env: Environment, **more: str) -> dict[str, str]:
    return {**env.credentials, "settings": "custom", "keep_reasoning": "storage", **more}


def ask(env: Environment, credentials: dict[str, str]) -> dict[str, Any]:
    """Let the model call a tool; return the call."""
    env.upstream.on(CLAUDE, anthropic_messages.stream(SIGNED))
    deltas = env.chat("known-claude", tools=[ADD], credentials=credentials)
    (call,) = deltas[-1]["message"]["tool_calls"]
    return dict(call)


def blocks_sent_with(
    env: Environment, call: dict[str, Any], credentials: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the signed blocks that go out with the result of a tool."""
    env.upstream.on(CLAUDE, anthropic_messages.stream(Scenario(texts=("2",))))
    history = [
        {"role": "user", "content": "Add"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "2", "tool_call_id": call["id"]},
    ]
    env.chat("known-claude", prompt_messages=history, tools=[ADD], credentials=credentials)
    turns = env.upstream.asked_for(CLAUDE)[-1]["messages"]
    parts = [part for turn in turns if turn["role"] == "assistant" for part in turn["content"]]
    return [part for part in parts if part["type"] == "thinking"]


def test_it_is_there_after_a_restart_where_the_form_says_so(env: Environment) -> None:
    storage: dict[str, bytes] = {}
    with restarted(env, storage) as first:
        call = ask(first, form(first))
        assert storage
    kept = json.dumps({key: value.decode() for key, value in storage.items()})
    assert "A private thought." in kept
    assert env.key not in kept
    with restarted(env, storage) as second:
        (block,) = blocks_sent_with(second, call, form(second))
        assert (block["thinking"], block["signature"]) == ("A private thought.", "c2lnbmVk")
        # Another key is another owner.
        assert blocks_sent_with(second, call, form(second, api_key="sk-tenant-one")) == []


def test_nothing_is_stored_unless_the_form_says_so(env: Environment) -> None:
    storage: dict[str, bytes] = {}
    with restarted(env, storage) as first:
        call = ask(first, first.credentials)
        assert blocks_sent_with(first, call, first.credentials)
    assert storage == {}
    with restarted(env, storage) as second:
        assert blocks_sent_with(second, call, form(second)) == []


def test_a_storage_that_does_not_answer_holds_nothing_up_for_long(env: Environment) -> None:
    with judged_plugin() as plugin:
        plugin.storage_answers = False
        deaf = replace(env, plugin=plugin)
        call = ask(deaf, form(deaf))
        # The memory is looked at first.
        assert blocks_sent_with(deaf, call, form(deaf))
        told = [line for line in plugin.lines if b"did not answer within" in line]
    assert told
