"""Print LiteLLM's catalogue as JSON; run in LiteLLM's own environment, which contains it."""

import json
import sys
from contextlib import redirect_stdout

import litellm

MODES = (
    "chat",
    "completion",
    "responses",
    "embedding",
    "rerank",
    "audio_transcription",
    "audio_speech",
    "moderation",
)

LOGS_IN = frozenset({"github_copilot", "chatgpt"})
"""Providers for which LiteLLM would log in over the network to resolve a name."""


def backend_of(name: str, provider: str) -> str:
    """Return a name that LiteLLM resolves to the provider."""
    if provider in LOGS_IN:
        return name if name.startswith(f"{provider}/") else f"{provider}/{name}"
    for candidate in (name, f"{provider}/{name}"):
        try:
            litellm.get_llm_provider(candidate)
        except Exception:  # noqa: BLE001, S112 - LiteLLM raises its own BadRequestError
            continue
        return candidate
    return f"{provider}/{name}"


with redirect_stdout(sys.stderr):
    # LiteLLM prints a hint for every unresolved name.
    models = [
        {
            "name": f"{row['litellm_provider']}:{name}",
            "provider": row["litellm_provider"],
            "mode": row["mode"],
            "backend": backend_of(name, row["litellm_provider"]),
        }
        for name, row in sorted(litellm.model_cost.items())
        if row.get("mode") in MODES and row.get("litellm_provider") and name != "sample_spec"
    ]
print(json.dumps(models))
