"""Cache parsed forms, because Dify sends the whole form with every call."""

from collections.abc import Mapping
from functools import lru_cache

from litellm_proxy.limits import MAX_FORMS
from translation.form.settings import Settings, parse_settings


def settings_of(model: str, credentials: Mapping[str, object]) -> Settings:
    """Return the settings of one model; raise SettingsError for a malformed form."""
    try:
        return _parsed(model, tuple(credentials.items()))
    except TypeError:
        # A value that is not hashable cannot be a key of the cache.
        return parse_settings(model, credentials)


@lru_cache(maxsize=MAX_FORMS)
def _parsed(model: str, values: tuple[tuple[str, object], ...]) -> Settings:
    return parse_settings(model, dict(values))
