"""Select the API key of a call: the form's own, or the key that the app names."""

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
"""Basic apps do not resolve variables in parameters (Dify 1.14)."""


class UnknownKeyError(RequestError):
    """The app names a key that the form does not have.

    App users see the message, so it does not contain names.
    """

    def __init__(self, message: str, name: str) -> None:
        """`name` is the key's name in the app."""
        super().__init__(message)
        self.name = name


def with_key_of_the_app(
    settings: Settings, parameters: Mapping[str, Json], app_id: str | None
) -> Settings:
    """Return the settings with the key of the app's parameter or id.

    If neither selects a key, the form's own is used. Raises UnknownKeyError for an unknown name,
    since another key would charge the call to another team.
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
    """Return the settings with another key; still redact the form's own."""
    own = (settings.proxy.api_key,) if settings.proxy.api_key else ()
    secrets = (*settings.proxy.other_secrets, *own)
    proxy = replace(settings.proxy, api_key=key, other_secrets=secrets)
    return replace(settings, proxy=proxy)
