"""The LLM class through the SDK's own `invoke`, so that the SDK's traps are inside the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelType
from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.entities.model.message import UserPromptMessage
from dify_plugin.errors.model import (
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)

from harness.upstream import Cut, Pause, Reply, Upstream
from tests.support import openai_format as openai

REGISTRATION = PluginRegistration(DifyPluginEnv())


def invoke(upstream: Upstream, reply: Reply, **arguments: Any) -> Iterator[LLMResultChunk]:
    upstream.on("m", reply)
    model = REGISTRATION.get_model_instance("litellm", ModelType.LLM)
    assert model
    return model.invoke(  # type: ignore[attr-defined,no-any-return]
        model="m",
        credentials={"base_url": upstream.url, **arguments.pop("form", {})},
        prompt_messages=[UserPromptMessage(content="Hello")],
        **arguments,
    )


def text_of(chunks: list[LLMResultChunk]) -> str:
    return "".join(str(chunk.delta.message.content) for chunk in chunks)


def test_a_blocking_answer_keeps_its_finish_reason(upstream: Upstream) -> None:
    reply = openai.completion("length", content="Once upon")
    chunks = list(invoke(upstream, reply, stream=False))
    assert text_of(chunks) == "Once upon"
    assert chunks[-1].delta.finish_reason == "length"
    assert "stream" not in upstream.asked_for("m")[0]


def test_content_is_never_null_and_usage_comes_once_at_the_end(upstream: Upstream) -> None:
    chunks = list(invoke(upstream, openai.text_stream("a", "b")))
    assert all(isinstance(chunk.delta.message.content, str) for chunk in chunks)
    assert [bool(chunk.delta.usage) for chunk in chunks][-2:] == [False, True]


def test_a_parameter_of_a_wrong_type_is_a_typed_error(upstream: Upstream) -> None:
    with pytest.raises(InvokeBadRequestError, match="Temperature must be at most 2, not 99"):
        list(invoke(upstream, openai.text_stream("a"), model_parameters={"temperature": 99}))


def test_f40_options_left_blank_are_unset(upstream: Upstream) -> None:
    parameters = {"response_format": "", "temperature": 0.5}
    list(invoke(upstream, openai.text_stream("a"), model_parameters=parameters))
    assert upstream.asked_for("m")[0]["temperature"] == 0.5
    assert "response_format" not in upstream.asked_for("m")[0]


@pytest.mark.parametrize(
    ("reply", "kind", "received"),
    [
        (openai.error("No such thing", 400), InvokeBadRequestError, ""),
        (openai.error("Slow down", 429), InvokeRateLimitError, ""),
        (openai.stream(openai.delta(content="Half"), Pause(0.1), Cut()), InvokeConnectionError, "Half"),
        (openai.stream(openai.delta(content="Half")), InvokeServerUnavailableError, "Half"),
        (
            openai.stream(openai.delta(content="Half"), b"data: {oops\n\n"),
            InvokeServerUnavailableError,
            "Half",
        ),
        (
            openai.stream(
                openai.delta(content="Half"), {"error": {"message": "Blocked", "code": "400"}}
            ),
            InvokeBadRequestError,
            "Half",
        ),
        (openai.text_stream(""), InvokeBadRequestError, ""),
    ],
)  # fmt: skip
def test_errors_are_typed_before_and_during_a_stream(
    upstream: Upstream, reply: Reply, kind: type[InvokeError], received: str
) -> None:
    chunks: list[LLMResultChunk] = []
    with pytest.raises(kind) as caught:
        chunks.extend(invoke(upstream, reply))
    assert type(caught.value) is kind
    assert text_of(chunks) == received


def test_a_malformed_form_is_named_when_invoked(upstream: Upstream) -> None:
    with pytest.raises(InvokeBadRequestError, match="Context Length must be"):
        list(invoke(upstream, openai.text_stream("a"), form={"context_size": "x"}))


def test_a_malformed_form_still_has_a_schema() -> None:
    model = REGISTRATION.get_model_instance("litellm", ModelType.LLM)
    assert model
    schema = model.get_model_schema("m", {"base_url": "nonsense"})
    assert schema
    assert schema.model == "m"
