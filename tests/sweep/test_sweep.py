"""A model of each mode of 32 of LiteLLM's providers answers what the plugin offers for it."""

import pytest

from tools.sweep.__main__ import chosen, sweep
from tools.sweep.calls import Findings, SweptModel
from tools.sweep.proxy import catalogue

pytestmark = pytest.mark.slow

PROVIDERS = (
    "ai21", "amazon_nova", "anthropic", "azure", "azure_ai", "bedrock", "bedrock_converse", "cohere",
    "cohere_chat", "databricks", "deepseek", "fireworks_ai", "gemini", "gradient_ai", "groq", "jina_ai",
    "mistral", "moonshot", "nvidia_nim", "oci", "ollama", "openai", "openrouter", "perplexity",
    "replicate", "snowflake", "together_ai", "vertex_ai", "vertex_ai-embedding-models", "voyage",
    "watsonx", "xai",
)  # fmt: skip
LITELLM_CANNOT = {
    "temperature": "while reasoning is active",
    "top_p": "when reasoning_effort resolves to 'none'",
    "reasoning_effort=minimal": "reasoning_effort=minimal is not supported",
    "speech in mp3": "response_format='mp3'",
    "speech in aac": "response_format='aac'",
    "speech in opus": "response_format='opus'",
}
"""What holds under a condition, or in one format: nothing tells it before the call."""
NEVER = "GradientAI does not support parameter 'max_retries'"
"""LiteLLM 1.106.2 refuses every chat of this provider for a parameter that it adds by itself."""


@pytest.fixture(scope="module")
def models() -> list[SweptModel]:
    return catalogue()


def problems(findings: list[Findings]) -> list[tuple[str, str, str]]:
    return [
        (each.model.name, what, words)
        for each in findings
        for what, words in each.refused
        if LITELLM_CANNOT.get(what, "\0") not in words and NEVER not in words
    ]


def test_a_sample_of_every_provider_takes_what_is_offered(models: list[SweptModel]) -> None:
    sample = chosen(models, "*", PROVIDERS, 1)
    assert len(sample) > len(PROVIDERS)
    findings = sweep(sample, 8)
    assert sum(each.calls for each in findings) > 5 * len(sample)
    assert problems(findings) == []


def test_the_instrument_reports_a_refused_field(models: list[SweptModel]) -> None:
    """Nothing of what a person asked for by name is taken out, so it has to be reported."""
    sample = chosen(models, "mistral:*embed*", [], 1)
    form = {"settings": "custom", "extra_body": '{"encoding_format": "float", "user": "asked-for"}'}
    (found,) = sweep(sample, 1, form=form)
    assert len(found.refused) == 4
    assert all("'user': 'asked-for'" in words for _, words in found.refused)
