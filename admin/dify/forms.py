"""The saved forms of the plugin in a workspace of Dify: of the provider, and of models added by hand."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from admin.dify.console import Console
from admin.dify.responses import CustomModel, Provider

HIDDEN = "[__HIDDEN__]"
"""In place of a secret: Dify keeps the stored one (constants/__init__.py of Dify 1.14)."""
KEY = "api_key"


@dataclass(frozen=True, slots=True)
class SavedForm:
    """A saved form. `model` is None for the provider's; `values` have the secrets obfuscated."""

    credential_id: str
    name: str
    model: CustomModel | None
    values: Mapping[str, Any] = field(repr=False)

    @property
    def shown_key(self) -> str:
        """Return the API key as Dify shows it: its first six and last two characters."""
        return str(self.values.get(KEY) or "")

    @property
    def label(self) -> str:
        """Return the form's name for people."""
        of = self.model.model if self.model else "the provider"
        return f"{of} ({self.name})" if self.name else of

    def with_key(self, key: str, secrets: Collection[str]) -> dict[str, Any]:
        """Return the values to save: another key, and the other secrets as stored."""
        kept = {name: HIDDEN for name in secrets if self.values.get(name)}
        return {**self.values, **kept, KEY: key}


def saved_forms(console: Console, provider: Provider) -> Iterator[SavedForm]:
    """Yield all forms, also those of models that were removed from the list."""
    for saved in provider.custom_configuration.available_credentials or ():
        form = console.provider_form(provider.provider, saved.credential_id)
        values = form.credentials or {}
        yield SavedForm(saved.credential_id, saved.credential_name or "", None, values)
    for model in provider.custom_configuration.custom_models or ():
        for saved in model.available_model_credentials or ():
            found = console.model_form(
                provider.provider, model.model_type, model.model, saved.credential_id
            )
            yield SavedForm(
                saved.credential_id, saved.credential_name or "", model, found.credentials
            )
