"""A few models of each of LiteLLM's providers take everything that the plugin offers them."""

import pytest

from tools.sweep.__main__ import chosen, sweep
from tools.sweep.calls import Findings, SweptModel
from tools.sweep.proxy import catalogue

PROVIDERS = (
    "ai21", "amazon_nova", "anthropic", "azure", "azure_ai", "bedrock", "bedrock_converse", "cohere",
    "cohere_chat", "databricks", "deepseek", "fireworks_ai", "gemini", "gradient_ai", "groq", "jina_ai",
    "mistral", "moonshot", "nvidia_nim", "oci", "ollama", "openai", "openrouter", "perplexity",
    "replicate", "snowflake", "together_ai", "vertex_ai", "vertex_ai-embedding-models", "voyage",
    "watsonx", "xai",
)  # fmt: skip
LITELLM_CANNOT = {
    "temperature": "Only temperature=1 is supported",
    "tools": "does not support parameters: ['tools'",
    "a tool's result": "does not support parameters: ['tools'",
    "speech in mp3": "Supported response formats: pcm, wav",
    "speech in aac": "Supported response formats: pcm, wav",
    "speech in opus": "Supported response formats: pcm, wav",
}
"""What its facts say yes to and its code says no: nothing tells it before the call."""


@pytest.fixture(scope="module")
def models() -> list[SweptModel]:
    return catalogue()


def problems(findings: list[Findings]) -> list[tuple[str, str, str]]:
    return [
        (each.model.name, what, words)
        for each in findings
        for what, words in each.refused
        if LITELLM_CANNOT.get(what, "\0") not in words
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
