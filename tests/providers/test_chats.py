"""Providers in their own wire formats, behind the real proxy with its defaults."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Cut, Pause
from tests.providers.conftest import QUESTION, Stage
from tests.providers.table import DOCUMENT, document
from tests.support.providers.all import PROVIDERS
from tests.support.providers.scenario import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    Call,
    End,
    Provider,
    Scenario,
)

pytestmark = pytest.mark.slow

TOOL = {
    "name": "weather",
    "description": "The weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
MODES = ["streamed", "blocking"]
EACH = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)


@contextmanager
def capability(provider: Provider, name: str) -> Iterator[None]:
    """What the block shows, or, where LiteLLM cannot, that it still cannot."""
    if name not in provider.cannot:
        yield
        return
    with pytest.raises((AssertionError, PluginError)) as caught:
        yield
    assert provider.cannot[name] in str(caught.value)


def two_calls(provider: Provider) -> tuple[Call, ...]:
    return tuple(
        Call(call_id, "weather", {"city": city})
        for call_id, city in zip(provider.call_ids, ("Paris", "Rome"), strict=True)
    )


def calls_of(delta: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in delta["message"]["tool_calls"]
    ]


def results(delta: dict[str, Any], text: str = "") -> list[dict[str, Any]]:
    """The calls of an answer and their results, as Dify's agents hand them over."""
    calls = delta["message"]["tool_calls"]
    turn = {"role": "assistant", "content": text, "tool_calls": calls}
    return [
        QUESTION, turn,
        *[
            {"role": "tool", "content": f"Sunny {n}", "tool_call_id": call["id"], "name": "weather"}
            for n, call in enumerate(calls)
        ],
    ]  # fmt: skip


@EACH
@pytest.mark.parametrize("mode", MODES)
def test_plain_text_with_usage_and_cost(stage: Stage, provider: Provider, mode: str) -> None:
    provider.answers(stage.upstream, Scenario(("Hel", "lo")))
    with capability(provider, f"text {mode}"):
        text, last = stage.chat(provider.name, stream=mode == "streamed")
        assert (text, last["finish_reason"]) == ("Hello", "stop")
        usage = last["usage"]
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (
            PROMPT_TOKENS,
            COMPLETION_TOKENS,
        )
        assert float(usage["total_price"]) == pytest.approx(
            0.001 * PROMPT_TOKENS + 0.002 * COMPLETION_TOKENS
        )


@EACH
@pytest.mark.parametrize("mode", MODES)
def test_two_tool_calls_and_the_turn_after(stage: Stage, provider: Provider, mode: str) -> None:
    provider.answers(stage.upstream, Scenario(calls=two_calls(provider), end=End.TOOLS))
    with capability(provider, f"tools {mode}"):
        _, last = stage.chat(provider.name, tools=[TOOL], stream=mode == "streamed")
        assert calls_of(last) == [("weather", {"city": "Paris"}), ("weather", {"city": "Rome"})]
        provider.answers(stage.upstream, Scenario(("Sunny.",)))
        for turns in (results(last), results(renamed(last))):
            text, _ = stage.chat(provider.name, *turns, tools=[TOOL], stream=mode == "streamed")
            assert text == "Sunny."
        sent = json.dumps(stage.upstream.asked[-1].body)
        assert "Sunny 0" in sent
        assert "Sunny 1" in sent


def renamed(delta: dict[str, Any]) -> dict[str, Any]:
    """The calls with the ids that Dify gives to those of earlier questions."""
    calls = [
        {**call, "id": f"00000000-0000-000{n}-0000-000000000000"}
        for n, call in enumerate(delta["message"]["tool_calls"])
    ]
    return {**delta, "message": {**delta["message"], "tool_calls": calls}}


@EACH
@pytest.mark.parametrize("mode", MODES)
def test_thinking_and_thinking_that_leads_to_a_tool(
    stage: Stage, provider: Provider, mode: str
) -> None:
    if not provider.thinks:
        pytest.skip("this format has no thinking")
    thinking = Scenario(("Sunny.",), thinking="Hm. I see.", signature="U0lH")
    provider.answers(stage.upstream, thinking)
    with capability(provider, f"thinking {mode}"):
        text, _ = stage.chat(provider.name, stream=mode == "streamed")
        shown = "<think>\nHm. I see.\n</think>\n\n" if mode == "streamed" else ""
        assert text == f"{shown}Sunny."
        calls = two_calls(provider)[:1]
        leading = Scenario(thinking="I need it.", signature="U0lH", calls=calls, end=End.TOOLS)
        provider.answers(stage.upstream, leading)
        text, last = stage.chat(provider.name, tools=[TOOL], stream=mode == "streamed")
        assert text == ("<think>\nI need it.\n</think>" if mode == "streamed" else "")
        provider.answers(stage.upstream, Scenario(("Sunny.",)))
        stage.chat(provider.name, *results(last, text), tools=[TOOL], stream=mode == "streamed")
        sent = json.dumps(stage.upstream.asked[-1].body)
        assert "<think>" not in sent


@EACH
def test_a_picture_goes_in(stage: Stage, provider: Provider) -> None:
    provider.answers(stage.upstream, Scenario(("A dot.",)))
    image = {"type": "image", "format": "png", "base64_data": PNG, "mime_type": "image/jpeg"}
    parts = [{"type": "text", "data": "What is it?"}, image]
    with capability(provider, "picture"):
        assert stage.chat(provider.name, {"role": "user", "content": parts})[0] == "A dot."
        assert PNG in json.dumps(stage.upstream.asked[-1].body)


@EACH
@pytest.mark.parametrize("mode", MODES)
def test_cut_by_length(stage: Stage, provider: Provider, mode: str) -> None:
    provider.answers(stage.upstream, Scenario(("Once upon",), end=End.LENGTH))
    with capability(provider, f"length {mode}"):
        text, last = stage.chat(provider.name, stream=mode == "streamed")
        assert (text, last["finish_reason"]) == ("Once upon", "length")


@EACH
def test_a_conversation_of_instructions_alone(stage: Stage, provider: Provider) -> None:
    provider.answers(stage.upstream, Scenario(("A line.",)))
    system = {"role": "system", "content": "Write a line."}
    with capability(provider, "instructions alone"):
        assert stage.chat(provider.name, system)[0] == "A line."


KINDS = {
    400: "InvokeBadRequestError",
    401: "InvokeBadRequestError",
    403: "InvokeBadRequestError",
    404: "InvokeBadRequestError",
    413: "InvokeBadRequestError",
    429: "InvokeRateLimitError",
    500: "InvokeServerUnavailableError",
    503: "InvokeServerUnavailableError",
}


@EACH
@pytest.mark.parametrize("status", KINDS)
@pytest.mark.parametrize("mode", MODES)
def test_refusals_in_the_providers_words(
    stage: Stage, provider: Provider, status: int, mode: str
) -> None:
    words = f"Provider says {status} here"
    reply = provider.error(status, words)
    provider.replies(stage.upstream, reply, reply)
    error = stage.refused(provider.name, stream=mode == "streamed")
    assert words in error.message
    assert error.error_type == KINDS[status]
    if status == 401:
        assert error.message.startswith(
            "The provider rejected the key inside LiteLLM; LiteLLM's administrator must check it. LiteLLM 401: "
        )


@EACH
@pytest.mark.parametrize("mode", MODES)
def test_the_providers_filter(stage: Stage, provider: Provider, mode: str) -> None:
    if not provider.filters:
        pytest.skip("this format has no filter")
    provider.answers(stage.upstream, Scenario(end=End.FILTER))
    with capability(provider, f"filter {mode}"):
        error = stage.refused(provider.name, stream=mode == "streamed")
        assert error.error_type == "InvokeBadRequestError"
        assert "empty or was blocked" in error.message


def half(stage: Stage, provider: Provider) -> tuple[str, PluginError]:
    received: list[str] = []
    answers = stage.plugin.call(
        "invoke_llm", provider.name, stage.form, prompt_messages=[QUESTION], model_parameters={},
        tools=None, stop=None, stream=True,
    )  # fmt: skip
    with pytest.raises(PluginError) as caught:
        received.extend(answer["delta"]["message"]["content"] for answer in answers)
    return "".join(received), caught.value


@EACH
def test_an_error_in_the_middle_of_a_stream(stage: Stage, provider: Provider) -> None:
    words = "Provider broke midway"
    pieces = (Pause(0.3), provider.midway(words))
    broken = provider.broken(Scenario(("Half an ", "answer")), pieces)
    provider.replies(stage.upstream, broken, broken)
    with capability(provider, "error midway"):
        text, error = half(stage, provider)
        assert text == "Half an answer"
        assert words in error.message


@EACH
def test_a_stream_that_is_cut(stage: Stage, provider: Provider) -> None:
    broken = provider.broken(Scenario(("Half an ", "answer")), (Pause(0.3), Cut()))
    provider.replies(stage.upstream, broken, broken)
    with capability(provider, "cut"):
        text, error = half(stage, provider)
        assert text == "Half an answer"
        assert error.error_type in {"InvokeServerUnavailableError", "InvokeConnectionError"}


def test_the_page_says_what_is_asserted_here() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()
