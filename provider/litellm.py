"""The provider class that the SDK requires."""

from collections.abc import Mapping

from dify_plugin import ModelProvider

from models.provider_check import check_provider


class LiteLLMProvider(ModelProvider):
    """A provider of custom models, each with its own URL and key; with a catalogue, of its models."""

    def validate_provider_credentials(self, credentials: Mapping[str, object]) -> None:
        """Check the provider's form; a package without catalogue has none."""
        if self.provider_schema.provider_credential_schema:
            check_provider(credentials, [model.model for model in self.provider_schema.models])
