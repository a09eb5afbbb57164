"""Forms in use, parsed once: Dify sends the whole form with every call."""

from collections.abc import Mapping
from functools import lru_cache

from litellm_proxy.limits import MAX_FORMS
from translation.form.settings import Settings, parse_settings


def settings_of(model: str, credentials: Mapping[str, object]) -> Settings:
    """Return the settings of one model; raise SettingsError for a malformed form."""
    try:
        return _parsed(model, tuple(credentials.items()))
    except TypeError:
        # A value that is no text, and of a type that cannot be a key of the memory.
        return parse_settings(model, credentials)


@lru_cache(maxsize=MAX_FORMS)
def _parsed(model: str, values: tuple[tuple[str, object], ...]) -> Settings:
    return parse_settings(model, dict(values))
