"""What all model classes share: the form, the proxy, the facts, and how errors reach Dify."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar

from dify_plugin import get_current_session
from dify_plugin.entities.model import AIModelEntity, ModelType
from dify_plugin.errors.model import CredentialsValidateFailedError, InvokeError

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError
from litellm_proxy.versions import needed_by
from litellm_proxy.wire.model_info import ModelQuestion
from litellm_proxy.wire.options import ProxyRequest, RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import PARAMETERS
from litellm_proxy.wire.request import Request
from models.calls_in_flight import one_call
from models.catalogue import is_added_by_hand, proxy_name_of, with_catalogued_facts
from models.error_log import log_error
from models.forms import settings_of
from models.known_facts import VALIDATION_SECONDS, discover, facts_of, forget
from models.learned import ModelKey, learned_of, today
from models.sending import sent
from translation.errors.to_dify import DIFY_ERRORS, to_invoke_error, to_refusal
from translation.facts.model_facts import NOTHING_KNOWN, ModelFacts
from translation.form.labels import label_of
from translation.form.settings import Settings, parse_settings
from translation.request.app_key import UnknownKeyError, with_key, with_key_of_the_app
from translation.request.options import probing_user, request_options
from translation.saving.stored_facts import VARIABLE, stored_learned, to_stored
from translation.saving.validation import Findings, Kind, is_a_bare_fault, knows_the_key, refusal_of

logger = logging.getLogger(__name__)
RESOLVING_SECONDS = 4.0
"""LiteLLM's token counter looks for a tokenizer on a hub, half a minute long where there is none."""

type SchemaMaker = Callable[[str, Settings, ModelFacts], AIModelEntity]


class ProxyModel:
    """Mixin of the model classes; not an AIModel itself, or the SDK would register it."""

    _kind: ClassVar[Kind]
    model_type: ModelType
    """Set by the SDK's class of that type."""
    _probe_path: ClassVar[str]
    """The endpoint that validation names the model at."""

    @staticmethod
    def _schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
        """Return what Dify shows of a model of this type."""
        raise NotImplementedError

    def validate_credentials(self, model: str, credentials: Mapping[str, Any]) -> None:
        """Check form, proxy, key and model without spending tokens, and leave the facts behind.

        Dify stores what this leaves in `credentials` (dify-plugin-contract 1.3). Raises
        CredentialsValidateFailedError with the sentence that the user reads.
        """
        subject = f"{self.model_type.value} {model}"
        try:
            settings = settings_of(model, credentials)
            # What every call would refuse.
            request_options(settings)
            forget(settings)
            with one_call(credentials):
                findings = self._findings(settings)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user reads a sentence
            log_error(error, subject)
            raise CredentialsValidateFailedError(to_refusal(error)) from None
        refusal = refusal_of(settings.model, self._kind, findings) or self._refusal_of_a_key(
            settings, findings
        )
        if refusal:
            if findings.probe:
                log_error(findings.probe, subject)
            raise CredentialsValidateFailedError(refusal)
        if isinstance(credentials, dict):
            learned = dict(learned_of(self._key(settings)))
            learned.update(dict.fromkeys(needed_by(settings.proxy.cache_key), today()))
            credentials[VARIABLE] = to_stored(findings.facts, learned)

    def _refusal_of_a_key(self, settings: Settings, findings: Findings) -> str | None:
        """Return why a key that apps may choose cannot be saved, None if all can."""
        for name, key in settings.keys:
            with_it = with_key(settings, key)
            probe = self._probed(with_it)
            client = ProxyClient(with_it.proxy, total_seconds=VALIDATION_SECONDS)
            # What the form's own key may use says nothing of this one.
            names = _listed_names(client) if probe else findings.names
            found = replace(findings, probe=probe, names=names, resolves=None)
            if refusal := refusal_of(settings.model, self._kind, found):
                return f'{label_of("keys")}, "{name}": {refusal}'
        return None

    def get_model_schema(
        self, model: str, credentials: Mapping[str, Any] | None = None
    ) -> AIModelEntity | None:
        """Return the schema that counts; of a model added by hand, never the catalogue's."""
        if credentials and is_added_by_hand(credentials):
            return super().get_customizable_model_schema_from_credentials(model, credentials)  # type: ignore[misc, no-any-return]
        return super().get_model_schema(model, credentials)  # type: ignore[misc, no-any-return]

    def get_customizable_model_schema(
        self, model: str, credentials: Mapping[str, Any]
    ) -> AIModelEntity:
        """Return what Dify shows of the model; never raises, for Dify would drop the model."""
        try:
            settings = self._settings(model, credentials)
            facts = self._facts(model, settings, credentials)
            return _schema_of(self._schema, model, settings, facts)
        except Exception as error:  # noqa: BLE001 - without a schema the model would vanish
            _explained(error)
            settings = parse_settings(model, {"base_url": "http://unknown"})
            return _schema_of(self._schema, model, settings, NOTHING_KNOWN)

    @property
    def _invoke_error_mapping(self) -> dict[type[InvokeError], list[type[Exception]]]:
        """Return the identity; `_transform_invoke_error` does the work."""
        return {error: [error] for error in DIFY_ERRORS}

    def _transform_invoke_error(self, error: Exception) -> InvokeError:
        """Translate ourselves: the SDK relabels and downgrades (dify-plugin-contract 7)."""
        return _explained(error)

    def _translated[T](self, results: Iterator[T]) -> Generator[T]:
        """Yield `results`; the SDK does not translate what is raised while a stream is read."""
        try:
            yield from results
        except Exception as error:  # noqa: BLE001 - whatever it is, Dify needs its own kind
            raise _explained(error) from None

    def _options(
        self,
        settings: Settings,
        credentials: Mapping[str, Any],
        user: str | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> RequestOptions:
        """Return what is asked of LiteLLM for one call of Dify; the API names apps for LLMs only."""
        session = get_current_session()
        options = request_options(
            settings,
            user,
            app_id=session.app_id if session else None,
            parameters=parameters,
        )
        stored = stored_learned(credentials, today())
        return options.knowing(needed_by(settings.proxy.cache_key) | stored.keys())

    def _key(self, settings: Settings) -> ModelKey:
        """Return under what this process remembers the model."""
        return ModelKey(settings.proxy.cache_key, self.model_type.value, settings.model)

    def _ask[A](self, settings: Settings, asked: ProxyRequest, send: Callable[[Request], A]) -> A:
        """Send a request, with fallbacks where a part of it is rejected."""
        return sent(self._key(settings), asked, send).answer

    def _settings(self, model: str, credentials: Mapping[str, Any]) -> Settings:
        """Return the settings of a model that was added by hand, or of one of the catalogue."""
        settings = settings_of(model, credentials)
        name = model if is_added_by_hand(credentials) else proxy_name_of(model)
        return settings if name == model else replace(settings, model=name)

    def _calling_settings(
        self,
        model: str,
        credentials: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
    ) -> Settings:
        """Return the settings of one call, with the key that its app chooses.

        Raises UnknownKeyError. The log has a digest of the name: the first 8 hexadecimal digits of its
        SHA-256.
        """
        settings = self._settings(model, credentials)
        session = get_current_session()
        try:
            return with_key_of_the_app(
                settings, parameters or {}, session.app_id if session else None
            )
        except UnknownKeyError as error:
            # Apps may fill it with what a user typed, or with a key.
            digest = sha256(error.name.encode(errors="replace")).hexdigest()[:8]
            count = len(settings.keys)
            logger.warning(
                "An app asks for a key %s that is not among the %d named ones.", digest, count
            )
            raise

    def _facts(self, model: str, settings: Settings, credentials: Mapping[str, Any]) -> ModelFacts:
        """Return what is known of a model: now, when its form was saved, or in the catalogue."""
        if not is_added_by_hand(credentials):
            credentials = with_catalogued_facts(self.model_type.value, model, credentials)
        return self._with_refusals(facts_of(settings, credentials), settings, credentials)

    def _with_refusals(
        self, facts: ModelFacts, settings: Settings, credentials: Mapping[str, Any]
    ) -> ModelFacts:
        """Return the facts with what calls have shown, now or before the form was saved."""
        learned = {**stored_learned(credentials, today()), **learned_of(self._key(settings))}
        refused = frozenset(PARAMETERS[name] for name in learned if name in PARAMETERS)
        return replace(facts, refused_params=refused) if refused else facts

    def _client(self, settings: Settings) -> ProxyClient:
        return ProxyClient(settings.proxy)

    def _probed(self, settings: Settings) -> ProxyError | None:
        """Name the model at its endpoint; return the refusal, None if calls would get through."""
        client = ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS)
        options = _probing_options(settings).knowing(needed_by(settings.proxy.cache_key))
        question = ModelQuestion(settings.model, self._probe_path, options)
        return _error_of(lambda: self._ask(settings, question, client.probe))

    def _resolves(self, settings: Settings) -> bool | None:
        """Return whether the proxy knows a name that no list shows; None if it does not say."""
        client = ProxyClient(settings.proxy, total_seconds=RESOLVING_SECONDS, tries=1)
        try:
            return client.resolves(settings.model, _probing_options(settings))
        except ProxyError:
            return None

    def _findings(self, settings: Settings) -> Findings:
        client = ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS)
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
            resolves=known or self._resolves(settings),
            is_litellm=discovery.was_reached or _is_litellm(client, names),
        )


def _probing_options(settings: Settings) -> RequestOptions:
    return RequestOptions(user=probing_user(settings), tags=settings.tags)


def _explained(error: Exception) -> InvokeError:
    """Return Dify's error; what its message leaves out is in the log."""
    log_error(error)
    return to_invoke_error(error)


def _schema_of(
    make: SchemaMaker, model: str, settings: Settings, facts: ModelFacts
) -> AIModelEntity:
    """Return a schema of the caller's own: the SDK sets its rules anew."""
    return _remembered_schema(make, model, settings, facts).model_copy()


@lru_cache(maxsize=512)
def _remembered_schema(
    make: SchemaMaker, model: str, settings: Settings, facts: ModelFacts
) -> AIModelEntity:
    return make(model, settings, facts)


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
    return knows_the_key(names) or (is_a_bare_fault(names) and client.is_alive())
