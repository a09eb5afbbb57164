"""A line for each call, where it is wanted; nothing where it is not."""

import logging
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelType
from dify_plugin.entities.model.message import UserPromptMessage
from dify_plugin.errors.model import InvokeError

from harness.upstream import Cut, Pause, Reply, Upstream, json_reply
from models.call_log import VARIABLE
from tests.support import openai_format as openai

REGISTRATION = PluginRegistration(DifyPluginEnv())
SECRET = "sk-of-the-log-test-1234"
_LINE = re.compile(r"call kind=(\S+) model=\"(.+?)\" status=(\S+)(.*)")


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv(VARIABLE, "True")
    caplog.set_level(logging.INFO, "models.call_log")


def ask(upstream: Upstream, reply: Reply) -> list[Any]:
    upstream.on("m", reply)
    model = REGISTRATION.get_model_instance("litellm", ModelType.LLM)
    answers = model.invoke(  # type: ignore[union-attr]
        model="m", credentials={"base_url": upstream.url, "api_key": SECRET},
        prompt_messages=[UserPromptMessage(content="A private question")],
    )  # fmt: skip
    return list(answers)


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, ...]]:
    told = [r.getMessage() for r in caplog.records if r.name == "models.call_log"]
    assert not any(word in line for line in told for word in (SECRET, "private", "Good"))
    return [match.groups() for line in told if (match := _LINE.fullmatch(line))]


@pytest.mark.usefixtures("on")
def test_an_answer(upstream: Upstream, caplog: pytest.LogCaptureFixture) -> None:
    reply = openai.text_stream("Good ", "morning")
    ask(upstream, Reply(reply.pieces, 200, reply.content_type, {"x-litellm-call-id": "c-1"}))
    ((kind, model, status, rest),) = lines(caplog)
    assert (kind, model, status) == ("llm", "m", "ok")
    assert re.fullmatch(
        r" first_ms=\d+ total_ms=\d+ prompt_tokens=11 completion_tokens=7 call_id=c-1",
        rest,
    )


@pytest.mark.usefixtures("on")
def test_the_caller_and_the_tokens_inside_others(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18,
             "prompt_tokens_details": {"cached_tokens": 5},
             "completion_tokens_details": {"reasoning_tokens": 3}}  # fmt: skip
    upstream.on(
        "m", openai.stream(openai.delta("stop", content="Good "), openai.usage_chunk(**usage))
    )
    model = REGISTRATION.get_model_instance("litellm", ModelType.LLM)
    list(model.invoke(  # type: ignore[union-attr]
        model="m", credentials={"base_url": upstream.url, "api_key": SECRET}, user="u 1",
        model_parameters={"session": "s-1"},
        prompt_messages=[UserPromptMessage(content="A private question")],
    ))  # fmt: skip
    ((*_, rest),) = lines(caplog)
    assert rest.endswith(
        ' completion_tokens=7 cached_tokens=5 reasoning_tokens=3 user="u 1" session="s-1"'
    )


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (openai.error("Slow down", 429), "InvokeRateLimitError"),
        (openai.error("Broken", 500), "InvokeServerUnavailableError"),
        (openai.stream(openai.delta(content="Good "), Pause(0.05), Cut()), "InvokeConnectionError"),
    ],
)
def test_an_error_before_and_in_a_stream(
    upstream: Upstream, caplog: pytest.LogCaptureFixture, reply: Reply, status: str
) -> None:
    with pytest.raises(InvokeError):
        ask(upstream, reply)
    ((_, _, told, rest),) = lines(caplog)
    assert told == status
    assert "total_ms=" in rest
    assert "tokens" not in rest


@pytest.mark.usefixtures("on")
def test_embeddings_and_a_kind_without_tokens(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    form = {"base_url": upstream.url, "api_key": SECRET}
    upstream.on("e", openai.embeddings([[0.5]]))
    model = REGISTRATION.get_model_instance("litellm", ModelType.TEXT_EMBEDDING)
    model.invoke(model="e", credentials=form, texts=["private"])  # type: ignore[union-attr]
    judged = {"flagged": False, "categories": {}, "category_scores": {}}
    upstream.on("j", json_reply({"id": "1", "model": "j", "results": [judged]}))
    model = REGISTRATION.get_model_instance("litellm", ModelType.MODERATION)
    model.invoke(model="j", credentials=form, text="private")  # type: ignore[union-attr]
    first, second = lines(caplog)
    assert first[:3] == ("text-embedding", "e", "ok")
    assert "prompt_tokens=" in first[3]
    assert second[:3] == ("moderation", "j", "ok")
    assert "tokens" not in second[3]


def spoken(model: Any, form: dict[str, str]) -> None:
    list(model.invoke(model="m", tenant_id="t", credentials=form, content_text="Hi", voice=""))


def transcribed(model: Any, form: dict[str, str]) -> None:
    model.invoke(model="m", credentials=form, file=BytesIO(b"RIFF"))


def ranked(model: Any, form: dict[str, str]) -> None:
    model.invoke(model="m", credentials=form, query="q", docs=["a"])


def moderated(model: Any, form: dict[str, str]) -> None:
    model.invoke(model="m", credentials=form, text="a text")


def embedded(model: Any, form: dict[str, str]) -> None:
    model.invoke(model="m", credentials=form, texts=["a text"])


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize(
    ("kind", "invoke", "body"),
    [
        (ModelType.TEXT_EMBEDDING, embedded, {"data": [{"index": 0, "embedding": [0.5]}]}),
        (ModelType.RERANK, ranked, {"results": [{"index": 0, "relevance_score": 0.5}]}),
        (ModelType.MODERATION, moderated, {"results": [{"flagged": False}]}),
        (ModelType.SPEECH2TEXT, transcribed, {"text": "Hi"}),
        (ModelType.TTS, spoken, None),
    ],
)
def test_the_call_id_of_every_kind(
    upstream: Upstream,
    caplog: pytest.LogCaptureFixture,
    kind: ModelType,
    invoke: Callable[[Any, dict[str, str]], None],
    body: object,
) -> None:
    headers = {"x-litellm-call-id": f"c-{SECRET}"}
    reply = json_reply(body) if body else Reply([b"ID3"], content_type="audio/mpeg")
    for name in ("m", "/v1/audio/transcriptions"):
        upstream.on(name, Reply(reply.pieces, 200, reply.content_type, headers))
    invoke(
        REGISTRATION.get_model_instance("litellm", kind),
        {"base_url": upstream.url, "api_key": SECRET},
    )
    ((told, _, status, rest),) = lines(caplog)
    assert (told, status) == (kind.value, "ok")
    assert rest.endswith(" call_id=c-***")
    assert "cost_usd" not in rest


@pytest.mark.usefixtures("on")
def test_a_cost_that_is_known(upstream: Upstream, caplog: pytest.LogCaptureFixture) -> None:
    reply = openai.completion(content="Good")
    headers = {"x-litellm-response-cost": "0.0025"}
    ask(upstream, Reply(reply.pieces, 200, reply.content_type, headers))
    ((_, _, _, rest),) = lines(caplog)
    assert "cost_usd=0.0025" in rest


def test_nothing_unless_it_is_wanted(
    upstream: Upstream, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "models.call_log")
    for value in ("", "false", "0"):
        monkeypatch.setenv(VARIABLE, value)
        ask(upstream, openai.text_stream("Good"))
    assert lines(caplog) == []
