"""Saving the form with keys of every kind, against the real proxy's own checks."""

import json
from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Reply, Upstream, json_reply
from tests.support import openai_format as openai
from tests.support.environment import Environment


def save(env: Environment, model: str, model_type: str = "llm", **form: str) -> dict[str, Any]:
    credentials = {**env.credentials, **form}
    call = env.plugin.call("validate_model_credentials", model, credentials, model_type=model_type)
    saved: dict[str, Any] = next(call)["credentials"]
    return saved


def refusal(env: Environment, model: str, model_type: str = "llm", **form: str) -> str:
    with pytest.raises(PluginError) as caught:
        save(env, model, model_type, **form)
    assert caught.value.error_type == "CredentialsValidateFailedError"
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    ("key", "model", "says"),
    [
        (
            "sk-unknown",
            "gpt-4",
            "API key was rejected: check it. (LiteLLM 401: Invalid proxy server token",
        ),
        ("sk-blocked", "gpt-4", "Key is blocked"),
        ("sk-expired", "gpt-4", "API key has expired: enter another one."),
        (
            "sk-restricted",
            "described",
            'API key may not use "described". Closest: embedder, gpt-4.',
        ),
        ("sk-restricted", "nope", 'API key may not use "nope". Closest: gpt-4, embedder.'),
        ("sk-no-models", "gpt-4", "may use no model at all"),
        ("sk-group", "gpt-4", "Closest: beta."),
        (
            "sk-over-budget",
            "gpt-4",
            "The key's budget is used up: raise it in LiteLLM.",
        ),
    ],
)
def test_f64_each_refusal_has_its_sentence(
    env: Environment, key: str, model: str, says: str
) -> None:
    message = refusal(env, model, api_key=key)
    assert says in message
    assert key not in message
    assert "0a0a0a" not in message


@pytest.mark.parametrize(
    ("key", "model"),
    [
        ("sk-restricted", "gpt-4"),
        ("sk-group", "beta"),
        ("sk-chat-routes", "gpt-4"),
        ("sk-llm-routes", "described"),
        ("sk-slow", "gpt-4"),
        ("sk-slow", "described"),
    ],
)
def test_f09_restricted_but_sufficient_keys_are_accepted(
    env: Environment, key: str, model: str
) -> None:
    save(env, model, api_key=key)


def test_f10_patterns_aliases_and_names_under_a_pattern(env: Environment) -> None:
    for model in ("visible-alias", "hidden-alias", "openai/gpt-4o", "openai/my-own", "scenario/x"):
        save(env, model)
    assert "is a pattern" in refusal(env, "openai/*")


def test_an_unknown_name_is_answered_with_the_closest(env: Environment) -> None:
    message = refusal(env, "descripted")
    assert 'does not know "descripted"' in message
    assert "Closest: described" in message
    assert message.count(",") == 2


@pytest.mark.parametrize(
    ("model", "model_type", "says"),
    [
        ("embedder", "llm", "is a text embedding model (mode embedding): add it as that type"),
        ("described", "text-embedding", "is an LLM (mode chat): add it as that type"),
        ("known-rerank", "llm", "is a rerank model"),
        ("known-whisper", "text-embedding", "is a speech-to-text model"),
    ],
)
def test_a_model_of_another_kind_is_named(
    env: Environment, model: str, model_type: str, says: str
) -> None:
    assert says in refusal(env, model, model_type)


def test_the_facts_are_left_in_the_saved_form(env: Environment) -> None:
    stored = json.loads(save(env, "described")["__litellm_facts"])
    assert stored["context_size"] == 123456
    assert stored["cache_read_price"] == "1E-7"
    assert len(save(env, "known-gemini")["__litellm_facts"]) < 1500


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (
            Reply([b"<html>Welcome</html>"], content_type="text/html"),
            "accepted a request without its input",
        ),
        (Reply([b"404 page not found"], status=404, content_type="text/plain"), "answered 404"),
        (Reply([b""], status=302, headers={"location": "https://h/login"}), "redirected to"),
    ],
)
def test_another_server_is_named(env: Environment, reply: Reply, says: str) -> None:
    with Upstream() as other:
        for path in ("/v1/chat/completions", "/v1/models"):
            other.on(path, reply)
        message = refusal(env, "gpt-4", base_url=other.url)
    assert "does not look like a LiteLLM proxy" in message
    assert says in message


def test_an_endless_answer_does_not_hold_the_form_up(env: Environment) -> None:
    with Upstream() as other:
        refused = openai.error("Missing required parameter: 'messages'.", 400)
        other.on("/v1/chat/completions", refused)
        other.on("/model_group/info", Reply([b'{"data": [' + b" " * 100_000] * 900))
        other.on("/v1/model/info", Reply([b"[" * 200_000]))
        other.on("/v1/models", Reply([b'{"data": [{"id": "gpt-4"}, {"id": 7}, null]}']))
        save(env, "gpt-4", base_url=other.url)


@pytest.mark.parametrize(
    ("probe", "others", "says"),
    [
        (Reply([b"<h1>502</h1>"], 502, "text/html"), Reply([b"<h1>502</h1>"], 502, "text/html"),
         "try again, or look at LiteLLM's log. (LiteLLM 502: 502)"),
        (Reply([b""], 405, "text/html"), Reply([b"<h1>404</h1>"], 404, "text/html"),
         "does not look like a LiteLLM proxy"),
        (Reply([b""], 405, "text/html"), Reply([b"<h1>Hi</h1>"], 200, "text/html"),
         "does not look like a LiteLLM proxy"),
    ],
)  # fmt: skip
def test_a_server_that_shows_nothing_of_a_proxy_is_refused(
    env: Environment, probe: Reply, others: Reply, says: str
) -> None:
    with Upstream() as other:
        other.on("/v1/chat/completions", probe)
        for path in ("/v1/models", "/v1/model/info", "/model_group/info", "/utils/token_counter"):
            other.on(path, others)
        assert says in refusal(env, "gpt-4", base_url=other.url)


def test_a_hidden_alias_is_accepted_when_it_cannot_be_resolved(env: Environment) -> None:
    with Upstream() as other:
        other.on(
            "/v1/chat/completions",
            json_reply(
                {
                    "error": {
                        "message": "Missing required parameter: 'messages'.",
                        "param": "messages",
                    }
                },
                400,
            ),
        )
        other.on("/v1/models", json_reply({"data": [{"id": "other"}]}))
        other.on("/utils/token_counter", json_reply({"detail": "no"}, 403))
        save(env, "hidden", base_url=other.url)
        unresolved = {"model_used": "hidden", "original_response": None}
        other.on("/utils/token_counter", json_reply(unresolved))
        assert "does not know" in refusal(env, "hidden", base_url=other.url)
