"""The scripted providers, each behind a deployment of the real proxy."""

from tests.support.providers import (
    anthropic_messages,
    bedrock_converse,
    cohere_chat,
    gemini,
    ollama,
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
        "thinking blocking": "Hm. I see.",
        "length blocking": "'stop' != 'length'",
    },
}
"""What LiteLLM 1.106.2 cannot do, by provider and capability, with what is seen of it."""


def _chat(name: str, prefix: str, base: str, reasoning: str = "", **fields: object) -> Provider:
    chat = ChatFormat(reasoning)
    model = f"prov-{name}"
    params = {"model": f"{prefix}/{model}", "api_base": f"{{url}}{base}", "api_key": "provider-key"}
    return Provider(
        name, {**params, **fields}, chat.stream, chat.whole, chat.error,
        chat.broken, chat.midway, model=model, thinks=bool(reasoning), cannot=CANNOT.get(name, {}),
    )  # fmt: skip


_BEDROCK = "/model/anthropic.claude-sonnet-4-20250514-v1%3A0"
PROVIDERS = (
    _chat("openai", "openai", "/v1"),
    _chat("azure", "azure", "", api_version="2024-10-21"),
    _chat("mistral", "mistral", "/v1"),
    _chat("deepseek", "deepseek", "", "reasoning_content"),
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
)
