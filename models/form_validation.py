"""Validate a model's form with requests to the proxy that do not spend tokens."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dify_plugin.entities.model import ModelType

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError
from litellm_proxy.litellm_versions import needed_by
from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import ProbeRequest
from models.error_log import log_error
from models.facts_cache import VALIDATION_SECONDS, discover
from models.learned_limits import model_key
from models.sending import sent
from translation.form.labels import label_of
from translation.form.settings import Settings
from translation.request.app_key import with_key
from translation.request.options import probe_options
from translation.validation.form_problem import (
    Findings,
    Kind,
    form_problem_of,
    is_key_accepted,
    is_plain_500,
)

RESOLVING_SECONDS = 4.0
"""LiteLLM's token counter may try for half a minute to find a tokenizer on a hub."""


class FormRejected(Exception):
    """A form cannot be saved; the message is for administrators."""


@dataclass(frozen=True, slots=True)
class FormValidation:
    """Validates forms of one model type, with probe requests to `probe_path`."""

    kind: Kind
    model_type: ModelType
    probe_path: str

    def facts_of(self, settings: Settings) -> ModelFacts:
        """Return the facts of a model whose form can be saved.

        Raises FormRejected, or ProxyError if the proxy cannot be reached.
        """
        findings = self._findings(settings)
        self._require_no_problem(settings.model, findings)
        for name, key in settings.keys:
            with_it = with_key(settings, key)
            probe = self._probed(with_it)
            # This key may have other models than the form's own key.
            names = _listed_names(_client(with_it)) if probe else findings.names
            found = replace(findings, probe=probe, names=names, resolves=None)
            self._require_no_problem(settings.model, found, f'{label_of("keys")}, "{name}": ')
        return findings.facts

    def _require_no_problem(self, model: str, findings: Findings, which: str = "") -> None:
        """Raise FormRejected if there is a problem; log a rejected probe.

        `which` is a prefix with the name of the tested key, "" for the form's own key.
        """
        problem = form_problem_of(model, self.kind, findings)
        if problem is None:
            return
        if findings.probe:
            log_error(findings.probe, f"{self.model_type.value} {model}")
        raise FormRejected(f"{which}{problem}")

    def _findings(self, settings: Settings) -> Findings:
        client = _client(settings)
        probe = self._probed(settings)
        discovery = discover(settings, VALIDATION_SECONDS)
        names = _listed_names(client)
        listed = not isinstance(names, ProxyError) and settings.model in names
        known = listed or any(
            isinstance(found, ModelFacts) for found in discovery.by_endpoint.values()
        )
        return Findings(
            probe=probe,
            names=names,
            facts=discovery.facts,
            in_a_list=known,
            resolves=known or _resolves(settings),
            is_litellm=discovery.was_reached or _is_litellm(client, names),
        )

    def _probed(self, settings: Settings) -> ProxyError | None:
        """Send a probe request; return the error, None if calls would succeed."""
        options = probe_options(settings).knowing(needed_by(settings.proxy.cache_key))
        question = ProbeRequest(settings.model, self.probe_path, options)
        key = model_key(settings, self.model_type)
        return _error_of(lambda: sent(key, question, _client(settings).probe))


def _client(settings: Settings) -> ProxyClient:
    return ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS)


def _resolves(settings: Settings) -> bool | None:
    """Return whether the proxy knows an unlisted name, None if unclear."""
    client = ProxyClient(settings.proxy, total_seconds=RESOLVING_SECONDS, tries=1)
    try:
        return client.resolves(settings.model, probe_options(settings))
    except ProxyError:
        return None


def _error_of(ask: Callable[[], object]) -> ProxyError | None:
    try:
        ask()
    except ProxyError as error:
        return error
    return None


def _listed_names(client: ProxyClient) -> list[str] | ProxyError:
    try:
        return [row.id for row in client.models(with_patterns=True).data]
    except ProxyError as error:
        return error


def _is_litellm(client: ProxyClient, names: list[str] | ProxyError) -> bool:
    if not isinstance(names, ProxyError):
        return True
    return is_key_accepted(names) or (is_plain_500(names) and client.is_alive())
