"""What the field cases share: asking through the plugin process, directly or through the real proxy."""

from typing import Any

import pytest

from harness.plugin_process import PluginError
from harness.upstream import Upstream
from tests.support.environment import Environment

BAD, KEY, RATE = "InvokeBadRequestError", "InvokeConnectionError", "InvokeRateLimitError"
DOWN = "InvokeServerUnavailableError"


def direct(upstream: Upstream, **form: str) -> dict[str, str]:
    """Return the form of a model on a server in LiteLLM's place."""
    custom = {"settings": "custom", **form} if form else {}
    return {"base_url": upstream.url, "api_key": "sk-of-the-field", **custom}


def chat(
    env: Environment, model: str, credentials: dict[str, str], *messages: Any, **fields: Any
) -> tuple[str, dict[str, Any]]:
    """Return the whole text of an answer, and its last delta."""
    turns = list(messages) or [{"role": "user", "content": "Hello"}]
    deltas = env.chat(model, credentials=credentials, prompt_messages=turns, **fields)
    return "".join(delta["message"]["content"] for delta in deltas), deltas[-1]


def refusal(
    env: Environment, model: str, credentials: dict[str, str], *messages: Any, **fields: Any
) -> PluginError:
    with pytest.raises(PluginError) as caught:
        chat(env, model, credentials, *messages, **fields)
    return caught.value


def call(
    env: Environment, action: str, model: str, credentials: dict[str, str], **fields: Any
) -> dict[str, Any]:
    return next(env.plugin.call(action, model, credentials, **fields))


def embed(
    env: Environment, model: str, credentials: dict[str, str], texts: list[str], **fields: Any
) -> list[list[float]]:
    request = {"texts": texts, "input_type": "document", "model_type": "text-embedding", **fields}
    vectors: list[list[float]] = call(env, "invoke_text_embedding", model, credentials, **request)[
        "embeddings"
    ]
    return vectors


def saved(
    env: Environment, model: str, credentials: dict[str, str], model_type: str = "llm"
) -> dict[str, str]:
    """Save a form; return what Dify stores of it."""
    answer = call(env, "validate_model_credentials", model, credentials, model_type=model_type)
    stored: dict[str, str] = answer["credentials"]
    return stored


def tool_turn(call_id: str, text: str = "", name: str = "get_weather") -> list[dict[str, Any]]:
    """Return a call of a tool and its result, as Dify hands them over."""
    function = {"name": name, "arguments": '{"city": "Paris"}'}
    tool_call = {"id": call_id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": text, "tool_calls": [tool_call]},
        {"role": "tool", "content": "Sunny", "tool_call_id": call_id, "name": name},
    ]


def tool(name: str = "get_weather") -> dict[str, Any]:
    return {"name": name, "description": "", "parameters": {"type": "object", "properties": {}}}
