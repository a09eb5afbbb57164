"""What all model classes share: the form, the proxy, the facts, and how errors reach Dify."""

from collections.abc import Generator, Mapping
from typing import ClassVar

from dify_plugin.entities.model import AIModelEntity
from dify_plugin.errors.model import CredentialsValidateFailedError, InvokeError

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError
from litellm_proxy.wire.model_info import ModelGroup, ModelList
from models.known_facts import facts_of
from translation.errors import DIFY_ERRORS, to_invoke_error
from translation.facts import ModelFacts
from translation.settings import Settings, SettingsError, parse_settings
from translation.validation import Findings, refusal_of


class ProxyModel:
    """Mixin of the model classes; not an AIModel itself, or the SDK would register it."""

    _probe_path: ClassVar[str]
    """The endpoint that validation names the model at."""

    def validate_credentials(self, model: str, credentials: Mapping[str, object]) -> None:
        """Check form, proxy, key and model without spending tokens.

        Raises CredentialsValidateFailedError with the sentence that the user reads.
        """
        try:
            settings = parse_settings(model, credentials)
        except SettingsError as error:
            raise CredentialsValidateFailedError(str(error)) from None
        if refusal := refusal_of(settings.model, self._findings(settings)):
            raise CredentialsValidateFailedError(refusal)

    def get_customizable_model_schema(
        self, model: str, credentials: Mapping[str, object]
    ) -> AIModelEntity:
        """Return what Dify shows of the model; never raises, for Dify would drop the model."""
        try:
            settings = parse_settings(model, credentials)
        except SettingsError:
            settings = parse_settings(model, {"base_url": "http://unknown"})
            return self._schema(model, settings, ModelFacts())
        return self._schema(model, settings, self._facts(settings))

    @property
    def _invoke_error_mapping(self) -> dict[type[InvokeError], list[type[Exception]]]:
        """Return the identity; `_transform_invoke_error` does the work."""
        return {error: [error] for error in DIFY_ERRORS}

    def _transform_invoke_error(self, error: Exception) -> InvokeError:
        """Translate ourselves: the SDK relabels and downgrades (dify-plugin-contract 7)."""
        return to_invoke_error(error)

    def _translated[T](self, results: Generator[T]) -> Generator[T]:
        """Yield `results`; the SDK does not translate what is raised while a stream is read."""
        try:
            yield from results
        except Exception as error:  # noqa: BLE001 - whatever it is, Dify needs its own kind
            raise to_invoke_error(error) from None

    def _schema(self, model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
        raise NotImplementedError

    def _client(self, settings: Settings) -> ProxyClient:
        return ProxyClient(settings.proxy)

    def _facts(self, settings: Settings) -> ModelFacts:
        return facts_of(settings, self._client(settings))

    def _findings(self, settings: Settings) -> Findings:
        client = self._client(settings)
        return Findings(
            probe=_probe(client, self._probe_path, settings.model),
            listed=_listed(client),
            group=_group(client, settings.model),
        )


def _probe(client: ProxyClient, path: str, model: str) -> ProxyError | None:
    try:
        client.probe(path, model)
    except ProxyError as error:
        return error
    return None


def _listed(client: ProxyClient) -> ModelList | ProxyError:
    try:
        return client.models()
    except ProxyError as error:
        return error


def _group(client: ProxyClient, model: str) -> ModelGroup | ProxyError | None:
    try:
        return next(iter(client.model_group(model).data), None)
    except ProxyError as error:
        return error
