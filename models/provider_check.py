"""Validate the provider's credentials, which all models of a catalogue use."""

import logging
from collections.abc import Mapping, Sequence

from dify_plugin.errors.model import CredentialsValidateFailedError

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError
from models.catalogue import proxy_name
from models.error_log import log_error
from models.facts_cache import VALIDATION_SECONDS
from models.parsed_forms import settings_of
from translation.errors.to_dify import to_invoke_error
from translation.form.labels import label_of
from translation.form.reader import SettingsError
from translation.form.settings import Settings
from translation.request.app_key import with_key
from translation.validation.form_problem import can_use, key_problem, no_usable_model

logger = logging.getLogger(__name__)
_MAX_TOLD = 20


def check_provider(credentials: Mapping[str, object], catalogue: Sequence[str]) -> None:
    """Check URL, keys, and access to at least one catalogue model.

    Models that the key cannot use are logged, since Dify shows only errors. Raises
    CredentialsValidateFailedError with the message that the page shows.
    """
    try:
        settings = settings_of("", credentials)
    except SettingsError as error:
        raise CredentialsValidateFailedError(str(to_invoke_error(error))) from None
    names = _usable_names(settings, "")
    for name, key in settings.keys:
        _usable_names(with_key(settings, key), f'{label_of("keys")}, "{name}": ')
    if names is None:
        return
    missing = [model for model in catalogue if not can_use(proxy_name(model, {}), names)]
    if catalogue and len(missing) == len(catalogue):
        raise CredentialsValidateFailedError(no_usable_model(len(catalogue), names))
    if missing:
        logger.warning(
            "The API key can use %d of the catalogue's %d models; not: %s%s",
            len(catalogue) - len(missing),
            len(catalogue),
            ", ".join(missing[:_MAX_TOLD]),
            ", …" if len(missing) > _MAX_TOLD else "",
        )


def _usable_names(settings: Settings, which: str) -> list[str] | None:
    """Return the models of a key, None if they cannot be listed.

    `which` is a prefix for errors.
    """
    client = ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS)
    try:
        return [row.id for row in client.models(with_patterns=True).data]
    except ProxyError as error:
        if refusal := key_problem(error, settings.proxy.base_url):
            log_error(error, "provider")
            raise CredentialsValidateFailedError(f"{which}{refusal}") from None
        return None
