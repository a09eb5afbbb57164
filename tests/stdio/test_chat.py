"""Chat through the plugin process and the real proxy."""

import json
from typing import Any

import pytest

from harness.plugin_process import MAX_LINE_BYTES, PluginError
from harness.upstream import Cut, Pause, Reply
from tests.support import openai_format as openai
from tests.support.environment import MASTER_KEY, Environment

WEATHER = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def text_of(deltas: list[dict[str, Any]]) -> str:
    return "".join(delta["message"]["content"] for delta in deltas)


def test_text_arrives_piece_by_piece_with_usage_at_the_end(env: Environment) -> None:
    pieces = [openai.delta(role="assistant", content="Hel"), Pause(0.3), openai.delta(content="lo"),
              Pause(0.3), openai.delta(content="!"), Pause(0.3)]  # fmt: skip
    end = [openai.delta(finish_reason="stop"), openai.usage_chunk()]
    deltas = env.chat(env.scenario("hello", openai.stream(*pieces, *end)))
    assert [delta["message"]["content"] for delta in deltas] == ["Hel", "lo", "!", ""]
    assert deltas[-1]["finish_reason"] == "stop"
    assert deltas[-1]["usage"]["prompt_tokens"] == 11
    assert deltas[-1]["usage"]["completion_tokens"] == 7


def test_a_blocking_answer_is_the_same(env: Environment) -> None:
    model = env.scenario("blocking", openai.completion("length", content="Hello!"))
    deltas = env.chat(model, stream=False)
    assert text_of(deltas) == "Hello!"
    assert deltas[-1]["finish_reason"] == "length"
    assert deltas[-1]["usage"]["total_tokens"] == 18


def test_f45_the_cost_of_a_priced_model_comes_from_the_proxy(env: Environment) -> None:
    env.upstream.on("described", openai.text_stream("Hello"))
    usage = env.chat("described")[-1]["usage"]
    assert float(usage["total_price"]) == pytest.approx(11 * 1e-6 + 7 * 2e-6)
    assert float(usage["prompt_unit_price"]) == 1


def test_load_balanced_names_are_names_like_any_other(env: Environment) -> None:
    for backend in ("pool-a", "pool-b", "pool-c"):
        env.upstream.on(backend, openai.text_stream("Hello"))
    for _ in range(6):
        assert text_of(env.chat("gpt-4")) == "Hello"


def test_completion_mode_follows_the_proxy(env: Environment) -> None:
    piece = {"id": "1", "object": "text_completion", "created": 1, "model": "old"}
    chunks = [
        {**piece, "choices": [{"index": 0, "text": " upon", "finish_reason": None}]},
        {**piece, "choices": [{"index": 0, "text": " a time", "finish_reason": "stop"}]},
    ]
    env.upstream.on("old", openai.stream(*chunks))
    deltas = env.chat("old-completion", "Once", stop=["END"])
    assert text_of(deltas) == " upon a time"
    assert deltas[-1]["usage"]["prompt_tokens"] > 0
    asked = env.upstream.asked_for("old")[-1]
    assert (asked["prompt"], asked["stop"]) == ("Once", ["END"])


def test_a_tool_is_called_and_its_result_goes_back(env: Environment) -> None:
    model = env.scenario(
        "tools",
        openai.stream(
            openai.delta(role="assistant", content=None),
            openai.tool_delta(0, id="call_a", name="weather"),
            openai.tool_delta(1, id="call_b", name="weather"),
            openai.tool_delta(0, arguments='{"city": '),
            openai.tool_delta(1, arguments='{"city": "Rome"}'),
            openai.tool_delta(0, arguments='"Oslo"}'),
            openai.delta(finish_reason="tool_calls"),
            openai.usage_chunk(),
        ),
        openai.text_stream("Sunny in both."),
    )
    last = env.chat(model, "Weather?", tools=[WEATHER])[-1]
    calls = last["message"]["tool_calls"]
    assert [(call["id"], call["function"]["arguments"]) for call in calls] == [
        ("call_a", '{"city": "Oslo"}'),
        ("call_b", '{"city": "Rome"}'),
    ]
    assert last["finish_reason"] == "tool_calls"
    history = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": "Sunny", "tool_call_id": "call_a"},
        {"role": "tool", "content": "Sunny", "tool_call_id": "call_b"},
    ]
    assert text_of(env.chat(model, prompt_messages=history, tools=[WEATHER])) == "Sunny in both."
    asked = env.upstream.asked_for("tools")
    assert asked[0]["tools"][0]["function"] == WEATHER
    assert [message["role"] for message in asked[1]["messages"]] == [
        "user", "assistant", "tool", "tool",
    ]  # fmt: skip
    assert [call["id"] for call in asked[1]["messages"][1]["tool_calls"]] == ["call_a", "call_b"]


def test_images_reach_the_model(env: Environment) -> None:
    model = env.scenario("image", openai.text_stream("A cat."))
    image = {"type": "image", "format": "png", "base64_data": "QUJD", "mime_type": "image/png"}
    content = [{"type": "text", "data": "What is it?"}, image]
    env.chat(model, prompt_messages=[{"role": "user", "content": content}])
    asked = env.upstream.asked_for("image")[-1]["messages"][0]["content"]
    assert asked[0] == {"type": "text", "text": "What is it?"}
    assert asked[1]["image_url"]["url"] == "data:image/png;base64,QUJD"


def test_parameters_reach_the_model_and_only_those(env: Environment) -> None:
    model = env.scenario("parameters", openai.text_stream("ok"))
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    env.chat(
        model,
        model_parameters={
            "temperature": 0.2,
            "max_tokens": 50,
            "response_format": "json_schema",
            "json_schema": json.dumps({"name": "llm_response", "schema": schema}),
        },
        stop=["END"],
        credentials={**env.credentials, "settings": "custom", "structured_output": "yes"},
    )
    asked = env.upstream.asked_for("parameters")[-1]
    assert asked["temperature"] == 0.2
    assert asked["max_tokens"] == 50
    assert asked["stop"] == ["END"]
    assert asked["response_format"]["json_schema"]["schema"] == schema
    assert not set(asked) & {"tools", "tool_choice", "seed", "top_p", "json_schema"}


def test_reasoning_is_shown_in_one_block(env: Environment) -> None:
    model = env.scenario(
        "reasoning",
        openai.stream(
            openai.delta(role="assistant", reasoning_content="First "),
            openai.delta(reasoning_content="think."),
            openai.delta(content="42"),
            openai.delta(finish_reason="stop"),
            openai.usage_chunk(),
        ),
    )
    assert text_of(env.chat(model)) == "<think>\nFirst think.\n</think>\n\n42"


@pytest.mark.parametrize(
    ("name", "reply", "error_type", "words"),
    [
        ("e400", openai.error("Bad thing", 400), "InvokeBadRequestError", "Bad thing"),
        (
            "e401",
            openai.error("Bad provider key", 401),
            "InvokeBadRequestError",
            "Bad provider key",
        ),
        ("e429", openai.error("Too fast", 429), "InvokeRateLimitError", "Too fast"),
        ("e503", openai.error("Overloaded", 503), "InvokeServerUnavailableError", "Overloaded"),
        (
            "empty",
            openai.text_stream(""),
            "InvokeBadRequestError",
            "empty or was blocked",
        ),
        (
            "cut",
            openai.stream(
                openai.delta(content="Half an "), openai.delta(content="answer"), Pause(0.5), Cut()
            ),
            "InvokeServerUnavailableError",
            "Response payload is not completed",
        ),
    ],
)
def test_errors_reach_dify_typed_and_in_the_proxys_words(
    env: Environment, name: str, reply: Reply, error_type: str, words: str
) -> None:
    with pytest.raises(PluginError) as caught:
        env.chat(env.scenario(name, reply))
    assert caught.value.error_type == error_type
    assert words in caught.value.message


def test_the_callers_key_and_others_stay_secret(env: Environment) -> None:
    credentials = {"base_url": env.proxy_url, "api_key": "sk-wrong-key-of-a-caller"}
    with pytest.raises(PluginError) as caught:
        env.chat("gpt-4", credentials=credentials)
    assert caught.value.error_type == "InvokeConnectionError"
    assert "sk-wrong-key-of-a-caller" not in json.dumps(caught.value.details)
    written = b"".join(env.plugin.lines)
    # A saved form is given back to Dify, which keeps it; no other line may hold a key.
    leaks = [line for line in written.splitlines() if MASTER_KEY.encode() in line]
    assert all(b'"credentials"' in line for line in leaks)


def test_answers_of_parallel_calls_do_not_mix(env: Environment) -> None:
    models = [env.scenario(f"parallel-{n}", openai.text_stream(*[f"{n} "] * 20)) for n in range(20)]
    request: dict[str, Any] = {"model_parameters": {}, "tools": None, "stop": None, "stream": True}
    message = [{"role": "user", "content": "Hello"}]
    calls = [
        env.plugin.call("invoke_llm", model, env.credentials, prompt_messages=message, **request)
        for model in models
    ]
    for n, call in enumerate(calls):
        assert text_of([chunk["delta"] for chunk in call]) == f"{n} " * 20


def test_no_line_is_longer_than_the_daemon_takes(env: Environment) -> None:
    env.chat(env.scenario("long", openai.text_stream("x" * 1_000_000)))
    assert max(map(len, env.plugin.lines)) < MAX_LINE_BYTES
