"""Parameters that few models have, from the panel to what the provider is asked."""

from typing import Any

import pytest

from tests.support import openai_format as openai
from tests.support.environment import Environment
from tests.support.providers import anthropic_messages, openai_responses
from tests.support.providers.scenario import Call, Scenario

CODEX = "gpt-5-codex"
SEARCH = "gpt-4o-search-preview"
HI = Scenario(texts=("Hi",))
ADD = {"name": "add", "description": "", "parameters": {"type": "object", "properties": {}}}


def rules(env: Environment, model: str) -> dict[str, dict[str, Any]]:
    answer = next(env.plugin.call("get_ai_model_schemas", model, env.credentials))
    return {rule["name"]: rule for rule in answer["model_schema"]["parameter_rules"]}


def test_web_search_is_a_switch_where_the_proxy_knows_it(env: Environment) -> None:
    offered = rules(env, "known-search")
    assert offered["web_search"]["type"] == "boolean"
    assert offered["search_context_size"]["options"] == ["low", "medium", "high"]
    assert "web_search" not in rules(env, "known-gpt-4o")
    assert "web_search" not in rules(env, "gpt-4")


@pytest.mark.parametrize(
    ("parameters", "asked"),
    [
        ({"web_search": True, "search_context_size": "high"}, {"search_context_size": "high"}),
        ({"web_search": True}, {}),
        ({"web_search": False, "search_context_size": "high"}, None),
        ({"search_context_size": "high"}, None),
    ],
)
def test_a_search_is_asked_for_and_its_pages_are_listed(
    env: Environment, parameters: dict[str, Any], asked: dict[str, str] | None
) -> None:
    page = {"url": "http://a.example", "title": "A", "start_index": 0, "end_index": 5}
    citation = {"type": "url_citation", "url_citation": page}
    env.upstream.on(SEARCH, openai.completion(content="Found", annotations=[citation]))
    form = {**env.credentials, "settings": "custom", "citations": "append"}
    deltas = env.chat("known-search", stream=False, model_parameters=parameters, credentials=form)
    assert env.upstream.asked_for(SEARCH)[-1].get("web_search_options") == asked
    text = "".join(delta["message"]["content"] for delta in deltas)
    assert text == "Found\n\n1. [A](http://a.example)"


def test_verbosity_and_a_summary_of_what_was_thought(env: Environment) -> None:
    offered = rules(env, "known-codex")
    assert offered["verbosity"]["options"] == ["low", "medium", "high"]
    assert offered["reasoning_summary"]["options"] == ["auto", "concise", "detailed"]
    assert "reasoning_summary" not in rules(env, "known-o3")
    env.upstream.on(CODEX, openai_responses.whole(HI))
    parameters = {"verbosity": "low", "reasoning_summary": "detailed", "reasoning_effort": "high"}
    env.chat("known-codex", stream=False, model_parameters=parameters)
    asked = env.upstream.asked_for(CODEX)[-1]
    assert asked["reasoning"] == {"effort": "high", "summary": "detailed"}
    assert asked["text"] == {"verbosity": "low"}
    env.chat("known-codex", stream=False, model_parameters={"reasoning_summary": "auto"})
    assert env.upstream.asked_for(CODEX)[-1]["reasoning"] == {"summary": "auto"}


def test_a_budget_for_thinking(env: Environment) -> None:
    rule = rules(env, "known-claude")["thinking_budget"]
    assert (rule["min"], rule["max"]) == (1024, 63999)
    assert "thinking_budget" not in rules(env, "known-o3")
    env.upstream.on("claude-sonnet-4-5", anthropic_messages.whole(HI))
    parameters = {"thinking_budget": 2000, "reasoning_effort": "low", "max_tokens": 4000}
    env.chat("known-claude", stream=False, model_parameters=parameters)
    asked = env.upstream.asked_for("claude-sonnet-4-5")[-1]
    assert asked["thinking"] == {"type": "enabled", "budget_tokens": 2000}


def test_tools_of_the_gateway_beside_those_of_the_app(env: Environment) -> None:
    model = env.scenario("two-kinds-of-tools", openai.completion(content="Hi"))

    form = {
        **env.credentials,
        "settings": "custom",
        "extra_body": '{"tools": [{"type": "function", "function": {"name": "look"}}]}',
    }
    env.chat(model, stream=False, tools=[ADD], credentials=form)
    env.chat(model, stream=False, credentials=form)
    both, alone = (asked["tools"] for asked in env.upstream.asked_for("two-kinds-of-tools"))
    assert [tool["function"]["name"] for tool in both] == ["add", "look"]
    assert [tool["function"]["name"] for tool in alone] == ["look"]


def test_items_of_reasoning_go_back_with_the_result_of_a_tool(env: Environment) -> None:
    """LiteLLM 1.106 loses them from streams (proxy_server `_fast_serialize_simple_model_response_stream`)."""
    asks = Scenario(thinking="Let me add.", calls=(Call("call_1", "add", {"a": 1}),))
    env.upstream.on(CODEX, openai_responses.whole(asks), openai_responses.whole(HI))
    deltas = env.chat("known-codex", stream=False, tools=[ADD])
    answer_the_call(env, deltas, stream=False)
    asked = env.upstream.asked_for(CODEX)[-1]["input"]
    kinds = [item.get("type") or item["role"] for item in asked]
    assert kinds[-3:] == ["reasoning", "function_call", "function_call_output"]
    (item,) = [item for item in asked if item.get("type") == "reasoning"]
    assert item["id"] == "rs_1"
    assert item["summary"] == [{"type": "summary_text", "text": "Let me add."}]


@pytest.mark.parametrize(
    "words",
    [
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
    ],
)
def test_an_item_that_is_refused_is_left_out(env: Environment, words: str) -> None:
    asks = Scenario(thinking="Let me add.", calls=(Call("call_1", "add", {"a": 1}),))
    env.upstream.on(
        CODEX,
        openai_responses.whole(asks),
        openai_responses.error(400, words),
        openai_responses.whole(HI),
    )
    form = {**env.credentials, "settings": "custom", "extra_headers": f'{{"x-n": "{len(words)}"}}'}
    deltas = env.chat("known-codex", stream=False, tools=[ADD], credentials=form)
    answer_the_call(env, deltas, stream=False, credentials=form)
    refused, taken = env.upstream.asked_for(CODEX)[-2:]
    assert "reasoning" in [item.get("type") for item in refused["input"]]
    assert "reasoning" not in [item.get("type") for item in taken["input"]]


def answer_the_call(env: Environment, deltas: list[dict[str, Any]], **fields: Any) -> None:
    (call,) = deltas[-1]["message"]["tool_calls"]
    history = [
        {"role": "user", "content": "Add"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "2", "tool_call_id": call["id"]},
    ]
    env.chat("known-codex", prompt_messages=history, tools=[ADD], **fields)
