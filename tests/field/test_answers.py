"""Field cases of answers: as models and their servers write them, streamed and blocking."""

import json
from typing import Any

import pytest

from harness.upstream import Reply, Upstream, json_reply
from tests.field.asking import chat, direct, refusal, tool
from tests.support import openai_format as openai
from tests.support.environment import Environment

JSON = {"response_format": "json_object"}


def whole(*tool_calls: dict[str, Any], **message: Any) -> Reply:
    calls = {"tool_calls": list(tool_calls)} if tool_calls else {}
    return openai.completion(**{"content": None, **message, **calls})


def written(name: str, arguments: str, call_id: str = "a") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function}


def called(env: Environment, upstream: Upstream, name: str, arguments: str) -> list[Any]:
    """Return the call as it reaches Dify, streamed and blocking."""
    told = []
    delta = openai.delta(tool_calls=[{"index": 0, **written(name, arguments)}])
    replies = {
        True: openai.stream(delta, openai.delta(finish_reason="tool_calls")),
        False: whole(written(name, arguments)),
    }
    for stream, reply in replies.items():
        upstream.on("m", reply)
        _, last = chat(env, "m", direct(upstream), tools=[tool()], stream=stream)
        (call,) = last["message"]["tool_calls"]
        told.append((call["function"]["name"], json.loads(call["function"]["arguments"])))
    return told


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("get_weather<|channel|>commentary", "{}", {}),
        ("functions.get_weather:0", "{}", {}),
        (" get_weather\n", "{}", {}),
        ("get_weather", '{"city": "Par\nis\t"}', {"city": "Par\nis\t"}),
        ("get_weather", r'{"city": "C:\Users"}', {"city": r"C:\Users"}),
        ("get_weather", '{"city": "Paris"}}', {"city": "Paris"}),
        ("get_weather", '{"city": "Paris"}}<|call|>', {"city": "Paris"}),
    ],
)
def test_a_call_is_the_one_that_is_meant(
    env: Environment, upstream: Upstream, name: str, arguments: str, value: Any
) -> None:
    assert called(env, upstream, name, arguments) == [("get_weather", value)] * 2


@pytest.mark.parametrize("name", ["get_weather_v2", "weather"])
def test_a_name_that_means_no_declared_tool_stays(
    env: Environment, upstream: Upstream, name: str
) -> None:
    assert called(env, upstream, name, "{}") == [(name, {})] * 2


@pytest.mark.parametrize("arguments", ['{"city": "Par', '{"city": "Paris"}{"city": "Rome"}'])
def test_arguments_with_two_readings_are_an_error(
    env: Environment, upstream: Upstream, arguments: str
) -> None:
    upstream.on("m", whole(written("get_weather", arguments)))
    error = refusal(env, "m", direct(upstream), tools=[tool()], stream=False)
    assert "get_weather with arguments that are no JSON object" in error.message


def test_p09_two_objects_under_one_index_are_two_calls(
    env: Environment, upstream: Upstream
) -> None:
    upstream.on("m", openai.stream(
        openai.tool_delta(0, id="t1", name="get_weather", arguments=""),
        openai.tool_delta(0, name="", arguments='{"city":"Paris"}'),
        openai.tool_delta(0, name="", arguments='{"city":"Rome"}'),
        openai.delta(finish_reason="tool_calls"),
    ))  # fmt: skip
    _, last = chat(env, "m", direct(upstream), tools=[tool()])
    calls = [call["function"] for call in last["message"]["tool_calls"]]
    assert [json.loads(call["arguments"])["city"] for call in calls] == ["Paris", "Rome"]
    assert {call["name"] for call in calls} == {"get_weather"}


@pytest.mark.parametrize("stream", [True, False])
def test_p32_text_and_calls_in_two_choices_are_one_answer(
    env: Environment, upstream: Upstream, *, stream: bool
) -> None:
    call = written("get_weather", "{}")
    contents: list[dict[str, Any]] = [
        {"content": "Let me see."},
        {"tool_calls": [{"index": 0, **call}]},
    ]
    kind = "delta" if stream else "message"
    choices = [
        {"index": n, kind: {"role": "assistant", **content}, "finish_reason": reason}
        for n, (content, reason) in enumerate(zip(contents, ("stop", "tool_calls"), strict=True))
    ]
    body = {"id": "c", "object": "x", "created": 1, "model": "m"}
    reply = (
        openai.stream(*({**body, "choices": [choice]} for choice in choices))
        if stream
        else json_reply({**body, "choices": choices})
    )
    upstream.on("m", reply)
    text, last = chat(env, "m", direct(upstream), tools=[tool()], stream=stream)
    assert text == "Let me see."
    assert [call["id"] for call in last["message"]["tool_calls"]] == ["a"]


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("[THINK]", "[/THINK]"), ("<|channel>thought", "<channel|>"), ("<seed:think>", "</seed:think>"),
     ("<thought>", "</thought>"), ("<think>", "</think>")],
)  # fmt: skip
def test_h11_tags_around_reasoning(
    env: Environment, upstream: Upstream, opening: str, closing: str
) -> None:
    content = f"{opening}\nhm {{1}}\n{closing}\n\nAnswer."
    pieces = [openai.delta(content=content[n : n + 3]) for n in range(0, len(content), 3)]
    upstream.on("m", openai.stream(*pieces, openai.delta(finish_reason="stop")))
    assert chat(env, "m", direct(upstream))[0] == "<think>\nhm {1}\n</think>\n\nAnswer."
    upstream.on("m", openai.completion(content=content))
    assert chat(env, "m", direct(upstream), stream=False)[0] == "Answer."
    upstream.on("m", openai.completion(content=content.replace("Answer.", '{"b": 2}')))
    for stream in (True, False):
        text, _ = chat(env, "m", direct(upstream), model_parameters=JSON, stream=stream)
        assert text == '{"b": 2}'


def test_p26_a_closing_tag_alone(env: Environment, upstream: Upstream) -> None:
    content = "I think hard.\n</think>\n\nAnswer."
    upstream.on("m", openai.completion(content=content))
    assert chat(env, "m", direct(upstream), stream=False)[0] == "Answer."
    upstream.on("m", openai.text_stream(content))
    streamed, _ = chat(env, "m", direct(upstream))
    assert streamed == content
    chat(env, "m", direct(upstream),
         {"role": "user", "content": "?"}, {"role": "assistant", "content": streamed},
         {"role": "user", "content": "And?"})  # fmt: skip
    assert upstream.asked_for("m")[-1]["messages"][1]["content"] == "Answer."


def test_a_blocking_answer_holds_no_reasoning(env: Environment, upstream: Upstream) -> None:
    upstream.on("m", openai.completion(content='{"b": 2}', reasoning_content='maybe {"a": 1}'))
    assert chat(env, "m", direct(upstream), stream=False)[0] == '{"b": 2}'


def test_content_in_parts(env: Environment, upstream: Upstream) -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Answer."},
    ]
    deltas = [openai.delta(content=[part]) for part in parts]
    upstream.on("m", openai.stream(*deltas, openai.delta(finish_reason="stop")))
    assert chat(env, "m", direct(upstream))[0] == "<think>\nhm\n</think>\n\nAnswer."
    upstream.on("m", openai.completion(content=parts))
    assert chat(env, "m", direct(upstream), stream=False)[0] == "Answer."
