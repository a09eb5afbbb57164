"""The scripted providers, each behind a deployment of the real proxy."""

from collections.abc import Callable
from typing import Any

from tests.support.providers import (
    anthropic_messages,
    bedrock_converse,
    cohere_chat,
    gemini,
    ollama,
    openai_responses,
)
from tests.support.providers.openai_chat import ChatFormat
from tests.support.providers.scenario import Provider

_LINES = "Error parsing chunk"
CANNOT = {
    # Its transformation keeps the texts of a message and drops the rest, without a word.
    "deepseek": {"picture": "iVBOR"},
    # Its reader takes each line of a stream for JSON; Cohere documents lines that begin with `event:`.
    "cohere": {
        **dict.fromkeys(
            ("text streamed", "tools streamed", "thinking streamed", "length streamed", "picture"),
            _LINES,
        ),
        "filter streamed": "InvokeServerUnavailableError",
        "error midway": "'' == 'Half an answer'",
        "cut": "'' == 'Half an answer'",
        "instructions alone": _LINES,
        "length blocking": "'stop' != 'length'",
    },
    # It ends the stream with an error, but without the provider's words.
    "responses": {"error midway": "Response API in-stream error"},
}
"""What LiteLLM 1.106.2 cannot do, by provider and capability, with what is seen of it."""


def _ids_of_other_forms(body: dict[str, Any]) -> str | None:
    """Refuse ids as Mistral does (code 3280)."""
    calls = [call for turn in body["messages"] for call in turn.get("tool_calls") or ()]
    odd = next((c["id"] for c in calls if len(c["id"]) != 9 or not c["id"].isalnum()), None)
    return odd and f"Tool call id was {odd} but must be a-z, A-Z, 0-9, with a length of 9."


def _missing_reasoning(body: dict[str, Any]) -> str | None:
    """Refuse a tool turn without the reasoning that led to it, as DeepSeek has done."""
    turns = [turn for turn in body["messages"] if turn.get("tool_calls")]
    if all(turn.get("reasoning_content") for turn in turns):
        return None
    return "The `reasoning_content` in the thinking mode must be passed back to the API."


def _chat(
    name: str,
    prefix: str,
    base: str,
    reasoning: str = "",
    refuses: Callable[[dict[str, Any]], str | None] | None = None,
    **fields: object,
) -> Provider:
    chat = ChatFormat(reasoning)
    model = f"prov-{name}"
    params = {"model": f"{prefix}/{model}", "api_base": f"{{url}}{base}", "api_key": "provider-key"}
    return Provider(
        name, {**params, **fields}, chat.stream, chat.whole, chat.error,
        chat.broken, chat.midway, model=model, thinks=bool(reasoning), cannot=CANNOT.get(name, {}),
        refuses=refuses,
    )  # fmt: skip


_BEDROCK = "/model/anthropic.claude-sonnet-4-20250514-v1%3A0"
PROVIDERS = (
    _chat("openai", "openai", "/v1"),
    _chat("azure", "azure", "", api_version="2024-10-21"),
    _chat("mistral", "mistral", "/v1", refuses=_ids_of_other_forms),
    _chat("deepseek", "deepseek", "", "reasoning_content", refuses=_missing_reasoning),
    _chat("vllm", "hosted_vllm", "/v1", "reasoning_content"),
    _chat("openrouter", "openrouter", "/v1", "reasoning"),
    Provider(
        "anthropic",
        {"model": "anthropic/prov-claude", "api_base": "{url}", "api_key": "provider-key"},
        anthropic_messages.stream,
        anthropic_messages.whole,
        anthropic_messages.error,
        anthropic_messages.broken,
        anthropic_messages.midway,
        model="prov-claude",
        call_ids=("toolu_1", "toolu_2"),
    ),
    Provider(
        "gemini",
        {"model": "gemini/prov-gemini", "api_base": "{url}/gemini", "api_key": "provider-key"},
        gemini.stream,
        gemini.whole,
        gemini.error,
        gemini.broken,
        gemini.midway,
        paths=(
            "/gemini/models/prov-gemini:streamGenerateContent",
            "/gemini/models/prov-gemini:generateContent",
        ),
        call_ids=("", ""),
    ),
    Provider(
        "bedrock",
        {
            "model": "bedrock/converse/anthropic.claude-sonnet-4-20250514-v1:0",
            "aws_bedrock_runtime_endpoint": "{url}",
            "aws_access_key_id": "provider-key",
            "aws_secret_access_key": "provider-secret",
            "aws_region_name": "us-east-1",
        },
        bedrock_converse.stream,
        bedrock_converse.whole,
        bedrock_converse.error,
        bedrock_converse.broken,
        bedrock_converse.midway,
        paths=(f"{_BEDROCK}/converse-stream", f"{_BEDROCK}/converse"),
        call_ids=("tooluse_1", "tooluse_2"),
    ),
    Provider(
        "cohere",
        {
            "model": "cohere_chat/prov-cohere",
            "api_base": "{url}/v2/chat",
            "api_key": "provider-key",
        },
        cohere_chat.stream,
        cohere_chat.whole,
        cohere_chat.error,
        cohere_chat.broken,
        cohere_chat.midway,
        model="prov-cohere",
        cannot=CANNOT["cohere"],
    ),
    Provider(
        "ollama",
        {"model": "ollama_chat/prov-ollama", "api_base": "{url}"},
        ollama.stream,
        ollama.whole,
        ollama.error,
        ollama.broken,
        ollama.midway,
        model="prov-ollama",
        call_ids=("", ""),
        filters=False,
    ),
    Provider(
        "responses",
        {
            "model": "openai/responses/prov-responses",
            "api_base": "{url}/v1",
            "api_key": "provider-key",
        },
        openai_responses.stream,
        openai_responses.whole,
        openai_responses.error,
        openai_responses.broken,
        openai_responses.midway,
        model="prov-responses",
        cannot=CANNOT["responses"],
    ),
)
