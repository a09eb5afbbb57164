"""What only LiteLLM can do, asked for from Dify: cost, options, fallbacks, guardrails, caches."""

import json
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Pause, json_reply
from litellm_proxy.client import ProxyClient
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.chat import ChatRequest, Usage
from models.facts_cache import VALIDATION_SECONDS, discover
from tests.support import openai_format as openai
from tests.support.captured import chunks_of
from tests.support.environment import HAS_LOG, MASTER_KEY, Environment
from translation.answer.usage import TokenCounts, counts_of, llm_usage
from translation.facts.model_view import ModelView
from translation.form.settings import parse_settings

FORBIDDEN = "forbidden-word"
"""What the guardrail in tests/support/guardrail.py blocks."""


def custom(env: Environment, **form: str) -> dict[str, str]:
    return {**env.credentials, "settings": "custom", **form}


def text_of(deltas: list[dict[str, Any]]) -> str:
    return "".join(delta["message"]["content"] for delta in deltas)


def price(deltas: list[dict[str, Any]]) -> float:
    usage = deltas[-1]["usage"]
    parts = float(usage["prompt_price"]) + float(usage["completion_price"])
    assert float(usage["total_price"]) == pytest.approx(parts, abs=1e-12)
    return float(usage["total_price"])


# Cost.


@pytest.mark.parametrize("stream", [True, False])
def test_f45_cost_is_the_proxys_in_both_modes(env: Environment, *, stream: bool) -> None:
    env.upstream.on(
        "described", openai.text_stream("Hi") if stream else openai.completion(content="Hi")
    )
    assert price(env.chat("described", stream=stream)) == pytest.approx(25e-6)
    assert price(env.chat("visible-alias", stream=stream)) == pytest.approx(25e-6)


def test_f44_a_price_in_the_form_counts_instead(env: Environment) -> None:
    env.upstream.on("described", openai.text_stream("Hi"))
    credentials = custom(env, input_price="1000 / 0")
    assert price(env.chat("described", credentials=credentials)) == pytest.approx(11e-3)


def test_an_unknown_cost_is_0(env: Environment) -> None:
    assert price(env.chat(env.scenario("unpriced", openai.text_stream("Hi")))) == 0


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_from_litellms_cache_costs_nothing(env: Environment, *, stream: bool) -> None:
    env.upstream.on(
        "described", openai.text_stream("Cached") if stream else openai.completion(content="Cached")
    )
    extra = json.dumps({"cache": {"use-cache": True}})
    fields: dict[str, Any] = {
        "text": f"Remember {stream}",
        "stream": stream,
        "credentials": custom(env, extra_body=extra),
    }
    assert price(env.chat("described", **fields)) == pytest.approx(25e-6)
    env.attributed(cache_hit=False if stream else None, model_group="described")
    before = env.upstream.posts
    again = env.chat("described", **fields)
    assert text_of(again) == "Cached"
    assert price(again) == 0
    assert env.upstream.posts == before
    env.chat("described", **{**fields, "credentials": env.credentials})
    assert env.upstream.posts == before + 1


USAGES = [
    {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
    {"prompt_tokens": 160, "completion_tokens": 12, "total_tokens": 172,
     "prompt_tokens_details": {"cached_tokens": 50}},
    {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500,
     "completion_tokens_details": {"reasoning_tokens": 300}},
    {"prompt_tokens": 200_000, "completion_tokens": 10, "total_tokens": 200_010},
    {"prompt_tokens": 200_001, "completion_tokens": 10, "total_tokens": 200_011,
     "completion_tokens_details": {"reasoning_tokens": 4}},
]  # fmt: skip


@pytest.mark.parametrize("model", ["described", "tiered"])
@pytest.mark.parametrize("usage", USAGES, ids=lambda usage: json.dumps(usage)[:60])
def test_f46_computed_cost_is_what_litellm_computes(
    env: Environment, model: str, usage: dict[str, Any]
) -> None:
    answer = {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"},
                     "finish_reason": "stop"}],
    }  # fmt: skip
    env.upstream.on(model, json_reply(answer))
    settings = parse_settings(model, env.credentials)
    request = ChatRequest(model, [{"role": "user", "content": "Hi"}], stream=False)
    reply = ProxyClient(ProxySettings(env.proxy_url, MASTER_KEY)).chat(request)
    told = next(chunk.usage for chunk in chunks_of(reply)) or Usage()
    counts = counts_of(told, lambda: TokenCounts(0, 0))
    prices = ModelView(settings, discover(settings, VALIDATION_SECONDS).facts).prices
    computed = llm_usage(counts, None, prices, 0)
    assert reply.report.cost
    assert float(computed.total_price) == pytest.approx(reply.report.cost, abs=2e-7)


def test_embeddings_cost_what_the_proxy_says(env: Environment) -> None:
    env.upstream.on("text-embedding-3-small", openai.embeddings([[0.5], [0.5]]))
    answer = next(
        env.plugin.call(
            "invoke_text_embedding", "known-small", env.credentials, model_type="text-embedding",
            texts=["a", "b"], input_type="document",
        )
    )  # fmt: skip
    assert float(answer["usage"]["total_price"]) == pytest.approx(1.8e-07, abs=5e-8)


# Request options.


def test_f71_extra_fields_dify_wins_over_the_call_and_the_call_over_the_form(
    env: Environment,
) -> None:
    model = env.scenario("extra", openai.text_stream("ok"))
    form = {"top_k": 1, "seed": 1, "temperature": 1.5, "model": "other",
            "metadata": {"a": 1, "b": {"c": 1}}}  # fmt: skip
    app = {"seed": 2, "temperature": 0.7, "metadata": {"b": {"d": 2}}}
    deltas = env.chat(
        model,
        credentials=custom(env, extra_body=json.dumps(form)),
        model_parameters={"temperature": 0.2, "extra_body": json.dumps(app)},
        user_id="user-extra",
    )
    assert text_of(deltas) == "ok"
    sent = env.upstream.asked_for("extra")[-1]
    assert (sent["top_k"], sent["seed"], sent["temperature"]) == (1, 2, 0.2)
    assert sent["stream"] is True
    told = env.attributed(end_user="user-extra")["requester_metadata"]
    assert (told["a"], told["b"]) == (1, {"c": 1, "d": 2})


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("[1]", 'Extra Fields must be a JSON object such as {"guardrails": ["pii"]}'),
        ("{oops", "Extra Fields must be a JSON object"),
        ('{"a": NaN}', "Extra Fields must be a JSON object"),
        ('{"n": 2}', "Extra Fields cannot set n: Dify shows one answer"),
        ('{"extra_headers": {"x": "y"}}', "Extra Fields cannot set extra_headers"),
        ('{"api_base": "http://x"}', "api_base is not allowed"),
    ],
)
def test_extra_fields_that_cannot_be_are_explained(
    env: Environment, extra: str, words: str
) -> None:
    with pytest.raises(PluginError) as caught:
        env.chat("described", model_parameters={"extra_body": extra})
    assert caught.value.error_type == "InvokeBadRequestError"
    assert words in caught.value.message
    if "api_base" in extra:
        assert "Remove this field from Extra Fields" in caught.value.message


def test_extra_fields_in_the_form_are_checked_when_it_is_saved(env: Environment) -> None:
    with pytest.raises(PluginError) as caught:
        list(env.plugin.call(
            "validate_model_credentials", "described", custom(env, extra_body='"text"')
        ))  # fmt: skip
    assert caught.value.message.startswith("Extra Fields must be a JSON object")


def test_f59_the_language_of_a_transcription_can_be_set(env: Environment) -> None:
    env.upstream.on("/v1/audio/transcriptions", json_reply({"text": "Hallo"}))
    answer = next(
        env.plugin.call(
            "invoke_speech2text", "known-whisper", custom(env, extra_body='{"language": "de"}'),
            model_type="speech2text", file=b"audio".hex(),
        )
    )  # fmt: skip
    assert answer["result"] == "Hallo"
    assert b'name="language"\r\n\r\nde\r\n' in env.upstream.asked[-1].body


def test_f76_an_unsupported_parameter_is_named_or_dropped(env: Environment) -> None:
    env.upstream.on("claude-sonnet-4-5", json_reply({
        "id": "m", "type": "message", "role": "assistant", "model": "claude",
        "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }))  # fmt: skip
    asked: dict[str, Any] = {"stream": False, "model_parameters": {"extra_body": '{"seed": 1}'}}
    with pytest.raises(PluginError) as caught:
        env.chat("known-claude", **asked)
    assert caught.value.error_type == "InvokeBadRequestError"
    assert "does not support parameters: ['seed']" in caught.value.message
    assert "or set Unsupported Parameters to Drop." in caught.value.message
    deltas = env.chat("known-claude", **asked, credentials=custom(env, drop_params="yes"))
    assert text_of(deltas) == "Hi"


# Prompt caching.

SYSTEM = {"role": "system", "content": "You are helpful."}


def breakpoints(body: Any) -> int:
    return json.dumps(body).count('"cache_control"')


def test_f79_prompts_are_cached_where_the_model_can(env: Environment) -> None:
    turns: list[dict[str, Any]] = [SYSTEM]
    for n in range(5):
        turns += [
            {"role": "user", "content": f"Question {n}"},
            {"role": "assistant", "content": f"Answer {n}"},
        ]
    turns.append({"role": "user", "content": "Last question"})
    env.upstream.on("claude-sonnet-4-5", json_reply({
        "id": "m", "type": "message", "role": "assistant", "model": "claude",
        "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 1000,
                  "cache_creation_input_tokens": 100},
    }))  # fmt: skip
    auto = custom(env, prompt_caching="auto")
    asked: dict[str, Any] = {"prompt_messages": turns, "stream": False}
    cached = env.chat("known-claude", **asked, credentials=auto)
    sent = env.upstream.asked[-1].body
    assert breakpoints(sent) == 4
    assert sent["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert [breakpoints(turn) for turn in sent["messages"][-3:]] == [1, 0, 1]
    # Read at 0.3 and written at 3.75 USD per million tokens, beside 3 and 15.
    expected = 10 * 3e-6 + 1000 * 0.3e-6 + 100 * 3.75e-6 + 2 * 15e-6
    assert price(cached) == pytest.approx(expected, abs=1e-7)
    env.chat("known-claude", **asked)
    assert breakpoints(env.upstream.asked[-1].body) == 0


def test_a_model_that_is_not_known_to_cache_gets_no_breakpoints(env: Environment) -> None:
    env.upstream.on("no-vision", openai.text_stream("ok"))
    env.chat("no-vision", credentials=custom(env, prompt_caching="auto"))
    assert breakpoints(env.upstream.asked_for("no-vision")[-1]) == 0


# Refusals and what stands in for them.


@pytest.mark.parametrize("stream", [True, False])
def test_a_fallback_is_named(env: Environment, *, stream: bool) -> None:
    env.upstream.on("falls-back", openai.error("Down", 500, "server_error"))
    env.upstream.on(
        "described", openai.text_stream("Hi") if stream else openai.completion(content="Hi")
    )
    chunks = list(
        env.plugin.call(
            "invoke_llm", "falls-back", env.credentials, stream=stream, tools=None, stop=None,
            prompt_messages=[{"role": "user", "content": "Hi"}], model_parameters={},
        )
    )  # fmt: skip
    assert {chunk["model"] for chunk in chunks} == {"described"}
    assert price([chunk["delta"] for chunk in chunks]) == pytest.approx(25e-6)
    words = b'LiteLLM answered with \\"described\\" instead of \\"falls-back\\"'
    assert not HAS_LOG or any(words in line for line in env.plugin.lines)


def test_fallbacks_of_one_call(env: Environment) -> None:
    model = env.scenario("down", openai.error("Down", 500, "server_error"))
    env.upstream.on("described", openai.text_stream("Instead"))
    extra = json.dumps({"fallbacks": ["described"]})
    assert text_of(env.chat(model, model_parameters={"extra_body": extra})) == "Instead"


def test_f20_a_guardrail_that_blocks_a_question_is_named(env: Environment) -> None:
    extra = json.dumps({"guardrails": ["no-secrets"]})
    with pytest.raises(PluginError) as caught:
        env.chat("described", FORBIDDEN, credentials=custom(env, extra_body=extra))
    assert caught.value.error_type == "InvokeBadRequestError"
    message = caught.value.message
    assert message.startswith(
        'Guardrail "no-secrets" blocked the request; change its content. '
        'LiteLLM 400: "Violated guardrail policy"'
    )
    assert "(call id " in message


def test_f20_a_guardrail_that_blocks_an_answer_ends_it_with_an_error(env: Environment) -> None:
    model = env.scenario("leaky", openai.text_stream("Well, ", "the ", FORBIDDEN))
    extra = json.dumps({"guardrails": ["no-secrets"]})
    with pytest.raises(PluginError) as caught:
        env.chat(model, model_parameters={"extra_body": extra})
    assert caught.value.error_type.startswith("Invoke")
    assert FORBIDDEN not in caught.value.message


def test_f66_the_proxy_stops_when_we_stop_waiting(env: Environment) -> None:
    model = env.scenario("slow", json_reply({}))
    env.upstream.on("slow", openai.stream(Pause(3), openai.delta(content="Late")))
    with pytest.raises(PluginError) as caught:
        env.chat(model, stream=False, credentials=custom(env, timeout="1"), user_id="user-slow")
    assert caught.value.error_type == "InvokeConnectionError"
    row = env.attributed(end_user="user-slow")
    assert row["status"] == "failure"


def test_a_video_goes_as_each_provider_takes_it(env: Environment) -> None:
    """LiteLLM hands OpenAI-compatible servers the parts as they are."""
    clip = {"type": "video", "format": "mp4", "base64_data": "AAAA", "mime_type": "video/mp4"}
    turn = {"role": "user", "content": [{"type": "text", "data": "What is it?"}, clip]}
    form = {**env.credentials, "settings": "custom", "input_types": "video"}
    env.upstream.on("gpt-4o", openai.text_stream("A cat."))
    env.chat("known-gpt-4o", credentials=form, prompt_messages=[turn])
    part = env.upstream.asked_for("gpt-4o")[-1]["messages"][0]["content"][1]
    assert part == {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
