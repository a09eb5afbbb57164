"""Fallbacks, caches, shares and waiting are priced and named as they are."""

import time
from decimal import Decimal
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Reply, Upstream, json_reply
from litellm_proxy.errors import ProxyRejected
from models.embedding_calls import _Run
from models.embedding_gate import EmbeddingGate
from tests.field.asking import BAD, call, direct, embed
from tests.support import openai_format as openai
from tests.support.environment import Environment
from translation.answer.usage import TokenCounts, llm_usage
from translation.facts.prices import Prices


def answered_by(model: str | None, *vectors: list[float], **headers: str) -> Reply:
    """Return vectors as LiteLLM sends them, after a fallback if a model is named."""
    told = {"x-litellm-model-group": model or "m", "x-litellm-attempted-fallbacks": str(int(bool(model))),
            "x-litellm-call-id": "c-1", **headers}  # fmt: skip
    return Reply(openai.embeddings(vectors).pieces, headers=told)


def embedding(
    env: Environment, upstream: Upstream, texts: list[str], **form: str
) -> dict[str, Any]:
    return call(
        env, "invoke_text_embedding", "m", direct(upstream, **form), texts=texts,
        input_type="document", model_type="text-embedding",
    )  # fmt: skip


def test_an_embedding_fallback_is_named_logged_and_costs_what_litellm_says(
    env: Environment, upstream: Upstream
) -> None:
    cost = {"x-litellm-response-cost": "0.0000042"}
    upstream.on("m", answered_by("other", [0.5], **cost))
    result = embedding(env, upstream, ["a"], input_price="1000")
    assert result["model"] == "other"
    assert Decimal(result["usage"]["total_price"]) == Decimal("0.0000042")
    assert Decimal(result["usage"]["unit_price"]) == 0
    line = next(line for line in reversed(env.plugin.lines) if b"embedded with" in line)
    assert b'\\"other\\" instead of \\"m\\"' in line


def test_vectors_of_two_models_in_one_call_are_an_error(
    env: Environment, upstream: Upstream
) -> None:
    upstream.on("m", answered_by(None, [0.5]), answered_by("other", [0.5]))
    with pytest.raises(PluginError) as caught:
        embed(env, "m", direct(upstream, max_chunks="1"), ["a", "b"])
    assert caught.value.error_type == BAD
    assert "(m, other)" in caught.value.message
    assert "cannot be compared" in caught.value.message


def test_vectors_out_of_litellms_cache_cost_nothing(env: Environment, upstream: Upstream) -> None:
    upstream.on("m", answered_by(None, [0.5]))
    result = embedding(env, upstream, ["a"])
    assert Decimal(result["usage"]["total_price"]) == 0
    paid = {"x-litellm-response-cost": "0.5", "x-litellm-response-duration-ms": "3"}
    upstream.on("m", answered_by(None, [0.5], **paid))
    assert Decimal(embedding(env, upstream, ["a"])["usage"]["total_price"]) == Decimal("0.5")


def test_a_cost_without_prices_is_split_by_tokens() -> None:
    usage = llm_usage(TokenCounts(30, 10), 0.004, Prices(), 1)
    assert (usage.prompt_price, usage.completion_price) == (Decimal("0.003"), Decimal("0.001"))
    assert llm_usage(TokenCounts(0, 0), 0.004, Prices(), 1).total_price == Decimal("0.004")


@pytest.mark.parametrize(
    ("retry_after", "left", "waits"), [(60, 500, True), (60, 59, False), (2, 1, False)]
)
def test_a_retry_after_is_waited_for_as_long_as_the_call_has_time(
    monkeypatch: pytest.MonkeyPatch,
    retry_after: float,
    left: float,
    waits: bool,  # noqa: FBT001
) -> None:
    gate = EmbeddingGate()
    run = _Run(gate, time.monotonic() + left)
    paused: list[float] = []
    monkeypatch.setattr(gate, "limited", paused.append)
    refusals = [ProxyRejected(status=429, message="slow", retry_after=retry_after)]

    def ask() -> str:
        if refusals:
            raise refusals.pop()
        return "vectors"

    if waits:
        assert run.retried(ask) == "vectors"
        assert paused == [retry_after]
    else:
        with pytest.raises(ProxyRejected):
            run.retried(ask)
        assert not paused


TOO_LONG = json_reply(
    {"error": {"message": "This model's maximum context length is 10 tokens", "type": None,
               "param": None, "code": "400"}}, 400)  # fmt: skip


class TakesFew(Upstream):
    """Takes texts of at most so many characters."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def reply_to(self, asked: Any) -> Reply:
        if not (isinstance(asked.body, dict) and "input" in asked.body):
            return super().reply_to(asked)
        texts = asked.body["input"]
        if any(len(text) > self._most for text in texts):
            return TOO_LONG
        return openai.embeddings([[float(len(text))] for text in texts])


def test_a_text_that_was_cut_and_is_still_too_long_is_cut_again(env: Environment) -> None:
    with TakesFew(30) as upstream:
        form = direct(upstream, long_texts="cut", context_size="1000")
        first, second = embed(env, "m", form, ["short", "x" * 100])
        assert first == [5.0]
        assert 10 < second[0] <= 30
        asked = len(upstream.asked_for("m"))
    with TakesFew(3) as upstream, pytest.raises(PluginError) as caught:
        embed(env, "m", direct(upstream, long_texts="cut", context_size="1000"), ["x" * 100])
    # What is set already is not advised.
    assert "set Long Texts to Cut" not in caught.value.message
    assert "smaller Context Length" in caught.value.message
    assert asked <= 5
