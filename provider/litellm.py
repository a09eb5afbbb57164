"""The provider class that the SDK requires."""

from collections.abc import Mapping

from dify_plugin import ModelProvider


class LiteLLMProvider(ModelProvider):
    """A provider of custom models only; each model carries its own URL and key."""

    def validate_provider_credentials(self, credentials: Mapping[str, object]) -> None:
        """Accept everything: Dify never calls this for a provider without a provider form."""
