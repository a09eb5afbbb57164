"""What only the whole path shows: signed thinking over two turns, outputs, retries, isolation."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import HANG_UP, Cut, Pause, Reply, Upstream
from tests.support import openai_format as openai
from tests.support.anthropic_format import claude_text, claude_tool_turn
from tests.support.environment import Environment
from tests.support.raw_server import RawServer

WEATHER = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
CLAUDE = "claude-sonnet-4-5"


def text_of(deltas: list[dict[str, Any]]) -> str:
    contents = [delta["message"]["content"] for delta in deltas]
    return "".join(content for content in contents if isinstance(content, str))


def second_turn(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "<think>\nFirst think.\n</think>", "tool_calls": calls},
        {"role": "tool", "content": "Sunny", "tool_call_id": calls[0]["id"]},
    ]


def test_f27_signed_thinking_goes_back_to_claude(env: Environment) -> None:
    env.upstream.on(CLAUDE, claude_tool_turn(), claude_text("Sunny."))
    effort: dict[str, Any] = {"model_parameters": {"reasoning_effort": "low"}, "tools": [WEATHER]}
    first = env.chat("known-claude", "Weather?", **effort)
    assert text_of(first) == "<think>\nFirst think.\n</think>"
    calls = first[-1]["message"]["tool_calls"]
    second = env.chat("known-claude", prompt_messages=second_turn(calls), **effort)
    assert text_of(second) == "Sunny."
    content = env.upstream.asked_for(CLAUDE)[-1]["messages"][1]["content"]
    assert [part["type"] for part in content] == ["thinking", "redacted_thinking", "tool_use"]
    assert content[0]["signature"] == "SIG=="


def test_f27_lost_thinking_is_answered_without_reasoning(env: Environment) -> None:
    refused = openai.error(
        "messages.1.content.0.type: Expected `thinking`, but found `tool_use`", 400
    )
    env.upstream.on(CLAUDE, refused, claude_text("Sunny."))
    calls = [
        {
            "id": "toolu_of_another_process",
            "type": "function",
            "function": {"name": "weather", "arguments": "{}"},
        }
    ]
    before = len(env.upstream.asked_for(CLAUDE))
    deltas = env.chat(
        "known-claude",
        prompt_messages=second_turn(calls),
        model_parameters={"reasoning_effort": "low"},
        tools=[WEATHER],
    )
    assert text_of(deltas) == "Sunny."
    refused_body, accepted_body = env.upstream.asked_for(CLAUDE)[before:]
    assert "thinking" in refused_body
    assert "thinking" not in accepted_body


def test_f24_an_image_reaches_dify(env: Environment) -> None:
    images = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}, "index": 0}]
    model = env.scenario(
        "draw",
        openai.stream(
            openai.delta(role="assistant", content="Here: "),
            openai.delta(images=images),
            openai.delta(finish_reason="stop"),
        ),
    )
    deltas = env.chat(model)
    (image,) = [
        d["message"]["content"][0] for d in deltas if isinstance(d["message"]["content"], list)
    ]
    assert (image["type"], image["base64_data"]) == ("image", "QUJD")


ANNOTATED = openai.stream(
    openai.delta(role="assistant", content="Here"),
    openai.delta(
        annotations=[
            {
                "type": "url_citation",
                "url_citation": {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3},
            }
        ]
    ),
    openai.delta(finish_reason="stop"),
)  # fmt: skip


def test_citations_are_appended_when_the_form_asks_and_never_to_json(env: Environment) -> None:
    model = env.scenario("cited", ANNOTATED)
    form = {**env.credentials, "settings": "custom", "citations": "append"}
    assert text_of(env.chat(model)) == "Here"
    assert text_of(env.chat(model, credentials=form)) == "Here\n\n1. [A](https://a.example)"
    json_wanted = {"response_format": "json_object"}
    assert text_of(env.chat(model, credentials=form, model_parameters=json_wanted)) == "Here"


def test_a_pooled_connection_that_was_closed_before_the_first_byte_is_tried_again(
    upstream: Upstream, env: Environment
) -> None:
    form = {"base_url": upstream.url}
    upstream.on("m", openai.text_stream("Hello"))
    env.chat("m", credentials=form)
    upstream.on("m", Reply([], status=HANG_UP), openai.text_stream("Hello"))
    assert text_of(env.chat("m", credentials=form)) == "Hello"
    assert len(upstream.asked_for("m")) == 3


def test_a_request_on_a_new_connection_is_never_sent_again(env: Environment) -> None:
    """A relay may have passed it on before it closed; a provider would be paid twice."""
    for pieces in ([], [Pause(0.6)], [Cut()], [Pause(0.6), Cut()], [b"HTTP/1.1 2"]):
        with RawServer(*pieces) as relay:
            with pytest.raises(PluginError) as caught:
                env.chat("m", credentials={"base_url": relay.url})
            assert caught.value.error_type == "InvokeConnectionError"
            assert relay.posts == 1


def test_an_answer_that_broke_after_its_first_byte_is_never_asked_for_again(
    upstream: Upstream, env: Environment
) -> None:
    upstream.on("m", openai.stream(openai.delta(content="Half"), Pause(0.2), Cut()))
    with pytest.raises(PluginError):
        env.chat("m", credentials={"base_url": upstream.url})
    assert len(upstream.asked_for("m")) == 1


FAILURES = [
    openai.error("Bad thing", 400),
    openai.error("Too fast", 429),
    openai.error("Down", 503),
    openai.stream(openai.delta(content="Half "), openai.delta(content="way"), Pause(0.3), Cut()),
    openai.text_stream(""),
]


@pytest.mark.slow
def test_a_hundred_at_once_half_of_them_failing_stay_apart(env: Environment) -> None:
    def one(n: int) -> tuple[int, str]:
        name = f"crowd-{n}"
        if n % 2:
            model = env.scenario(name, FAILURES[n // 2 % len(FAILURES)])
        else:
            model = env.scenario(name, openai.text_stream(*[f"{n}. "] * 10))
        try:
            return n, text_of(env.chat(model))
        except PluginError as error:
            return n, error.error_type

    with ThreadPoolExecutor(100) as pool:
        results = dict(pool.map(one, range(100)))
    assert len(results) == 100
    for n, result in results.items():
        assert result.startswith("Invoke") if n % 2 else result == f"{n}. " * 10, (n, result)


def test_tenants_with_the_same_call_ids_do_not_share_thinking(env: Environment) -> None:
    env.upstream.on(CLAUDE, claude_tool_turn(), claude_text("Sunny."))
    effort: dict[str, Any] = {"model_parameters": {"reasoning_effort": "low"}, "tools": [WEATHER]}
    (call,) = env.chat("known-claude", **effort)[-1]["message"]["tool_calls"]
    calls = [{**call, "id": "toolu_1"}]
    other = {**env.credentials, "api_key": "sk-llm-routes"}
    env.chat("known-claude", credentials=other, prompt_messages=second_turn(calls), **effort)
    content = env.upstream.asked_for(CLAUDE)[-1]["messages"][1]["content"]
    assert [part["type"] for part in content] == ["tool_use"]


def test_a_burst_comes_joined_and_lets_others_through(env: Environment, upstream: Upstream) -> None:
    """A short request that is sent when the last of four bursts has begun ends before it."""
    words = 40_000
    events = [openai.event(openai.delta(content=f" {n}")) for n in range(words)]
    end = openai.event(openai.delta("stop"))
    burst = Reply([b"".join(events), end], content_type="text/event-stream")
    upstream.on("burst", burst)
    upstream.on("short", openai.text_stream("Hi"))
    form = {"base_url": upstream.url}
    request: dict[str, Any] = {
        "prompt_messages": [{"role": "user", "content": "Hello"}], "model_parameters": {},
        "tools": None, "stop": None, "stream": True,
    }  # fmt: skip
    env.chat("short", credentials=form)
    start = len(env.plugin.lines)
    bursts = [env.plugin.call("invoke_llm", "burst", form, **request) for _ in range(4)]
    firsts = [next(answer) for answer in bursts]
    env.chat("short", credentials=form)
    for first, answer in zip(firsts, bursts, strict=True):
        chunks = [first, *answer]
        text = "".join(chunk["delta"]["message"]["content"] for chunk in chunks)
        assert text == "".join(f" {n}" for n in range(words))
        assert len(chunks) < words / 10
    frames = [json.loads(line) for line in env.plugin.lines[start:]]
    frames = [frame for frame in frames if frame["event"] == "session"]
    short = {frame["session_id"] for frame in frames if '"Hi"' in json.dumps(frame)}
    ends = [frame["session_id"] for frame in frames if frame["data"]["type"] == "end"]
    assert ends[-1] not in short
