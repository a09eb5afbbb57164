"""The virtual keys that these tests use; LiteLLM and the tests both load this file."""

from typing import Any

SHARED = "sk-shared-3f9a51c07d"
RESTRICTED = "sk-restricted-8c14be90"
CHAT_ROUTES = "sk-chat-routes-5b7702aa"
SPEECH_ROUTES = "sk-speech-routes-91d3e6f0"

KEYS: dict[str, dict[str, Any]] = {
    SHARED: {},
    RESTRICTED: {"models": ["gpt-4", "embedder"]},
    CHAT_ROUTES: {"allowed_routes": ["/v1/chat/completions", "/chat/completions"]},
    SPEECH_ROUTES: {"allowed_routes": ["/v1/audio/speech", "/audio/speech"]},
}
"""By key, what the row of LiteLLM's database would say of it."""
