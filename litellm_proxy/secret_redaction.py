"""Replace secrets in texts that come from the proxy, before a person or the log gets them."""

import re

from litellm_proxy.settings import ProxySettings

_HASH = re.compile(r"(?i)[0-9a-f]{64}")
"""LiteLLM's name of a key: its SHA-256."""
_PROVIDER_KEY = re.compile(
    r"\b(?:sk|gsk|xai|pplx|hf|r8|nvapi|csk|tgp|fw)[-_][A-Za-z0-9_-]{12,200}|\bAIza[A-Za-z0-9_-]{30,200}"
)
"""Keys of LiteLLM and of providers, by the prefixes that they document."""


def without_secrets(text: str, settings: ProxySettings) -> str:
    """Replace the secrets of the settings, and hashes and keys of others, by ***."""
    for secret in settings.secrets:
        text = text.replace(secret, "***")
    if short := settings.short_secret:
        text = short.sub("***", text)
    return _PROVIDER_KEY.sub("***", _HASH.sub("***", text))
