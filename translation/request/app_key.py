"""Which key an app's call goes out with: the form's own, or the one that the app names."""

import re
from collections.abc import Mapping
from dataclasses import replace

from litellm_proxy.wire.reading import Json
from translation.errors.request_error import RequestError
from translation.facts.parameter_rules import KEY
from translation.form.labels import label_of
from translation.form.reader import MAX_KEY_NAME, FormReader
from translation.form.settings import Settings

UNRESOLVED = re.compile(r"\{\{[^{}]{1,200}\}\}")
"""Basic apps resolve no variables in parameters (Dify 1.14)."""


class UnknownKeyError(RequestError):
    """An app names a key that the form does not have; its text is for those who chat, without names."""

    def __init__(self, message: str, name: str) -> None:
        """`name` is what the app named."""
        super().__init__(message)
        self.name = name


def with_key_of_the_app(
    settings: Settings, parameters: Mapping[str, Json], app_id: str | None
) -> Settings:
    """Return the settings with the key that the app's parameter names, or the app's id.

    An app that names none uses the form's own. Raises UnknownKeyError: to fall back to another key would
    book the call to another team.
    """
    keys = dict(settings.keys)
    name = FormReader(parameters).text(KEY, MAX_KEY_NAME)
    if UNRESOLVED.search(name):
        message = f"{label_of(KEY)} takes no variables in this kind of app: enter a name in the app's model settings."
        raise UnknownKeyError(message, name)
    if name and name not in keys:
        message = (
            f"The model's form has no key of this name: add it to {label_of('keys')}, or change "
            f"{label_of(KEY)} in the app."
        )
        raise UnknownKeyError(message, name)
    key = keys.get(name or app_id or "")
    return with_key(settings, key) if key else settings


def with_key(settings: Settings, key: str) -> Settings:
    """Return the settings with another key in place of the form's own, which stays a secret."""
    own = (settings.proxy.api_key,) if settings.proxy.api_key else ()
    secrets = (*settings.proxy.other_secrets, *own)
    proxy = replace(settings.proxy, api_key=key, other_secrets=secrets)
    return replace(settings, proxy=proxy)
