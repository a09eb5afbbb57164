"""Saving the form, and the schema that follows from it, through the process and the real proxy."""

from typing import Any

import pytest

from harness.child import free_port
from harness.plugin_process import PluginError
from harness.upstream import Upstream, json_reply
from tests.support import openai_format as openai
from tests.support.environment import Environment


def save(env: Environment, model: str, model_type: str = "llm", **form: str) -> dict[str, Any]:
    credentials = {**env.credentials, **form}
    call = env.plugin.call("validate_model_credentials", model, credentials, model_type=model_type)
    return next(iter(list(call)))


def refusal(env: Environment, model: str, model_type: str = "llm", **form: str) -> str:
    with pytest.raises(PluginError) as caught:
        save(env, model, model_type, **form)
    assert caught.value.error_type == "CredentialsValidateFailedError"
    return caught.value.message


@pytest.mark.parametrize(
    ("model", "model_type"),
    [
        ("gpt-4", "llm"),
        ("described", "llm"),
        ("old-completion", "llm"),
        ("embedder", "text-embedding"),
    ],
)
def test_a_right_form_is_saved_without_asking_a_model(
    env: Environment, model: str, model_type: str
) -> None:
    before = env.upstream.posts
    assert save(env, model, model_type)["result"] is True
    assert env.upstream.posts == before


@pytest.mark.parametrize("suffix", ["/", "/v1", "/v1/", "/ui", "/ui/"])
def test_f11_every_form_of_the_url_is_saved(env: Environment, suffix: str) -> None:
    assert save(env, "gpt-4", base_url=env.proxy_url + suffix)["result"] is True


def test_a_malformed_value_is_refused_by_name(env: Environment) -> None:
    assert refusal(env, "gpt-4", context_size="128k").startswith("Context Length must be")
    assert refusal(env, "gpt-4", base_url="litellm:4000").startswith("Base URL must be a URL")
    assert refusal(env, "gpt-4", settings="custom", extra_headers="x").startswith("Extra Headers")


def test_a_wrong_key_is_named(env: Environment) -> None:
    message = refusal(env, "gpt-4", api_key="sk-wrong")
    assert message.startswith("API key was rejected: check it. (LiteLLM 401: ")
    assert "sk-wrong" not in message


def test_an_unknown_model_is_named_with_what_there_is(env: Environment) -> None:
    message = refusal(env, "gpt-5000")
    assert '"gpt-5000"' in message
    assert "gpt-4" in message


def test_f03_an_unreachable_proxy_is_named(env: Environment) -> None:
    message = refusal(env, "gpt-4", base_url=f"http://localhost:{free_port()}")
    assert "refused" in message
    assert "host.docker.internal" in message


def test_another_server_is_named(env: Environment) -> None:
    with Upstream() as other:
        other.on("/v1/chat/completions", json_reply({"detail": "Not Found"}, 404))
        message = refusal(env, "gpt-4", base_url=other.url)
    assert message.startswith("Base URL does not look like a LiteLLM proxy: check it.")


def test_a_page_of_litellm_that_is_no_api_is_named(env: Environment) -> None:
    message = refusal(env, "nonsense", base_url=f"{env.proxy_url}/health", api_key="sk-wrong")
    assert message.startswith("Base URL does not look like a LiteLLM proxy: check it.")


def test_schema_of_a_described_model(env: Environment) -> None:
    answer = next(env.plugin.call("get_ai_model_schemas", "described", env.credentials))
    schema = answer["model_schema"]
    assert schema["model_properties"] == {"mode": "chat", "context_size": 123456}
    assert "vision" in schema["features"]
    assert schema["pricing"]["input"] == "1"


def test_schema_of_an_embedding_model(env: Environment) -> None:
    answer = next(
        env.plugin.call(
            "get_ai_model_schemas", "embedder", env.credentials, model_type="text-embedding"
        )
    )
    assert answer["model_schema"]["model_properties"]["context_size"] == 512


def test_embeddings_in_order_with_usage_and_price(env: Environment) -> None:
    env.upstream.on("embedder", openai.embeddings([[0.0], [1.0], [2.0]], order=(2, 0, 1)))
    answer = next(
        env.plugin.call(
            "invoke_text_embedding",
            "embedder",
            env.credentials,
            model_type="text-embedding",
            texts=["a", "b", "c"],
            input_type="document",
        )
    )
    assert answer["embeddings"] == [[0.0], [1.0], [2.0]]
    assert answer["usage"]["tokens"] == 9
    assert float(answer["usage"]["total_price"]) == pytest.approx(9 * 2e-8, abs=1e-7)


def test_token_counts_need_nobody(env: Environment) -> None:
    answer = next(
        env.plugin.call(
            "get_text_embedding_num_tokens",
            "embedder",
            {"base_url": f"http://127.0.0.1:{free_port()}"},
            model_type="text-embedding",
            texts=["Hello world", ""],
        )
    )
    assert answer["num_tokens"][0] > 0
    assert answer["num_tokens"][1] == 0
