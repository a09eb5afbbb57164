"""The SDK's own registration loads the plugin."""

from pathlib import Path

import pytest
from dify_plugin import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelType

ROOT = Path(__file__).parent.parent


def test_every_declared_model_type_has_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    registration = PluginRegistration(DifyPluginEnv())
    provider = registration.models_configuration[0]
    assert provider.provider == "litellm"
    assert set(provider.supported_model_types) == {
        ModelType.LLM,
        ModelType.TEXT_EMBEDDING,
        ModelType.RERANK,
        ModelType.SPEECH2TEXT,
        ModelType.TTS,
        ModelType.MODERATION,
    }
    for model_type in provider.supported_model_types:
        instance = registration.get_model_instance("litellm", model_type)
        assert instance
        assert type(instance).__name__.startswith("LiteLLM")
    registration.get_model_provider_instance("litellm").validate_provider_credentials({})  # type: ignore[union-attr]
