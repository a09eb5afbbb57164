"""The base of all model classes: settings, facts, requests, and errors for Dify."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar

from dify_plugin import get_current_session
from dify_plugin.entities.model import AIModelEntity, ModelType, ParameterRule
from dify_plugin.errors.model import CredentialsValidateFailedError, InvokeError

from litellm_proxy.client import ProxyClient
from litellm_proxy.litellm_versions import needed_by
from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from litellm_proxy.wire.options import ProxyRequest, RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import PARAMETERS
from litellm_proxy.wire.request import Request
from models.call_log import note_call_id, note_caller
from models.calls_in_flight import one_call
from models.catalogue import is_added_by_hand, proxy_name, with_catalogued_facts
from models.error_log import log_error
from models.facts_cache import facts_of, forget
from models.form_validation import FormRejected, FormValidation
from models.learned_limits import ModelKey, learned_fallbacks, model_key, today
from models.parsed_forms import settings_of
from models.sending import sent
from translation.errors.to_dify import DIFY_ERRORS, form_error_message, to_invoke_error
from translation.facts.model_view import ModelView
from translation.form.settings import Settings, parse_settings
from translation.request.app_key import UnknownKeyError, with_key_of_the_app
from translation.request.options import request_options
from translation.validation.form_problem import Kind
from translation.validation.stored_facts import VARIABLE, stored_learned, to_stored

logger = logging.getLogger(__name__)

type SchemaMaker = Callable[[str, ModelView], AIModelEntity]


class ProxyModel:
    """Mixin of the model classes.

    Not an AIModel, because the SDK would register it.
    """

    _kind: ClassVar[Kind]
    model_type: ModelType
    """Set by the SDK's class of that type."""
    _probe_path: ClassVar[str]
    """The endpoint that validation sends the model's name to."""

    @staticmethod
    def _schema(model: str, view: ModelView) -> AIModelEntity:
        """Return the schema of a model of this type."""
        raise NotImplementedError

    def validate_credentials(self, model: str, credentials: Mapping[str, Any]) -> None:
        """Validate the form without spending tokens, and store the facts.

        Dify stores the facts, because this adds them to `credentials`. Raises
        CredentialsValidateFailedError with the message that the page shows.
        """
        try:
            settings = settings_of(model, credentials)
            # Raises for options that every call would reject.
            request_options(settings)
            forget(settings)
            validation = FormValidation(self._kind, self.model_type, self._probe_path)
            with one_call(credentials):
                facts = validation.facts_of(settings)
        except FormRejected as problem:
            raise CredentialsValidateFailedError(str(problem)) from None
        except Exception as error:  # noqa: BLE001 - the page shows a message for every error
            log_error(error, f"{self.model_type.value} {model}")
            raise CredentialsValidateFailedError(form_error_message(error)) from None
        if isinstance(credentials, dict):
            learned = dict(learned_fallbacks(self._key(settings)))
            learned.update(dict.fromkeys(needed_by(settings.proxy.cache_key), today()))
            credentials[VARIABLE] = to_stored(facts, learned)

    def get_model_schema(
        self, model: str, credentials: Mapping[str, Any] | None = None
    ) -> AIModelEntity | None:
        """Return the schema; ignore the catalogue's for a model added by hand."""
        if credentials and is_added_by_hand(credentials):
            return super().get_customizable_model_schema_from_credentials(model, credentials)  # type: ignore[misc, no-any-return]
        return super().get_model_schema(model, credentials)  # type: ignore[misc, no-any-return]

    def get_customizable_model_schema(
        self, model: str, credentials: Mapping[str, Any]
    ) -> AIModelEntity:
        """Return the schema.

        This never raises, because Dify would drop the model.
        """
        try:
            settings = self._settings(model, credentials)
            view = ModelView(settings, self._facts(model, settings, credentials))
            return _schema_of(self._schema, model, view)
        except Exception as error:  # noqa: BLE001 - without a schema Dify would drop the model
            _explained(error)
            settings = parse_settings(model, {"base_url": "http://unknown"})
            return _schema_of(self._schema, model, ModelView(settings, NOTHING_KNOWN))

    @property
    def _invoke_error_mapping(self) -> dict[type[InvokeError], list[type[Exception]]]:
        """Map each error to itself; `_transform_invoke_error` converts exceptions."""
        return {error: [error] for error in DIFY_ERRORS}

    def _transform_invoke_error(self, error: Exception) -> InvokeError:
        """Replace the SDK's conversion, which changes error classes and messages (dify-plugin 0.10)."""
        return _explained(error)

    def _translated[T](self, results: Iterator[T]) -> Generator[T]:
        """Yield `results`; convert exceptions, since the SDK does not for streams."""
        try:
            yield from results
        except Exception as error:  # noqa: BLE001 - Dify needs its own class for every error
            raise _explained(error) from None

    def _rules(
        self, model: str, credentials: Mapping[str, Any], view: ModelView
    ) -> Sequence[ParameterRule]:
        """Return the parameter rules of the schema that counts (see `get_model_schema`)."""
        listed: AIModelEntity | None = None
        if not is_added_by_hand(credentials):
            listed = super().get_model_schema(model)  # type: ignore[misc]
        return (listed or _schema_of(self._schema, model, view)).parameter_rules

    def _options(
        self,
        settings: Settings,
        credentials: Mapping[str, Any],
        user: str | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> RequestOptions:
        """Return LiteLLM's request options for one call.

        Dify sends an app id only for LLM calls.
        """
        session = get_current_session()
        options = request_options(
            settings,
            user,
            app_id=session.app_id if session else None,
            parameters=parameters,
        )
        stored = stored_learned(credentials, today())
        note_caller(options)
        return options.knowing(needed_by(settings.proxy.cache_key) | stored.keys())

    def _key(self, settings: Settings) -> ModelKey:
        """Return the key for the model's learned limits."""
        return model_key(settings, self.model_type)

    def _ask[A](self, settings: Settings, asked: ProxyRequest, send: Callable[[Request], A]) -> A:
        """Send a request; retry with fallbacks if part of it is rejected."""
        return sent(self._key(settings), asked, send).answer

    def _settings(self, model: str, credentials: Mapping[str, Any]) -> Settings:
        """Return the settings; a catalogue model gets its name on the proxy."""
        settings = settings_of(model, credentials)
        name = proxy_name(model, credentials)
        return settings if name == model else replace(settings, model=name)

    def _calling_settings(
        self,
        model: str,
        credentials: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
    ) -> Settings:
        """Return the settings of one call, with the app's key.

        Raises UnknownKeyError, and logs the first 8 hexadecimal digits of the SHA-256 of the key's
        name.
        """
        settings = self._settings(model, credentials)
        session = get_current_session()
        try:
            return with_key_of_the_app(
                settings, parameters or {}, session.app_id if session else None
            )
        except UnknownKeyError as error:
            # The name may be a user's input, or a key.
            digest = sha256(error.name.encode(errors="replace")).hexdigest()[:8]
            count = len(settings.keys)
            logger.warning(
                "An app asks for a key %s that is not among the %d named ones.", digest, count
            )
            raise

    def _called(
        self,
        model: str,
        credentials: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
    ) -> ModelView:
        """Return the model of one call, with the app's key; raise UnknownKeyError."""
        settings = self._calling_settings(model, credentials, parameters)
        return ModelView(settings, self._facts(model, settings, credentials))

    def _facts(self, model: str, settings: Settings, credentials: Mapping[str, Any]) -> ModelFacts:
        """Return the facts from the proxy, the form or the catalogue."""
        stored = with_catalogued_facts(self.model_type.value, model, credentials)
        facts = facts_of(settings, stored)
        learned = {**stored_learned(stored, today()), **learned_fallbacks(self._key(settings))}
        refused = frozenset(PARAMETERS[name] for name in learned if name in PARAMETERS)
        return replace(facts, rejected_params=refused) if refused else facts

    def _client(self, settings: Settings) -> ProxyClient:
        return ProxyClient(settings.proxy, note_call_id=note_call_id)


def _explained(error: Exception) -> InvokeError:
    """Log an error and convert it to Dify's error."""
    log_error(error)
    return to_invoke_error(error)


def _schema_of(make: SchemaMaker, model: str, view: ModelView) -> AIModelEntity:
    """Return a copy of the cached schema: the SDK replaces its rules."""
    return _remembered_schema(make, model, view).model_copy()


@lru_cache(maxsize=512)
def _remembered_schema(make: SchemaMaker, model: str, view: ModelView) -> AIModelEntity:
    return make(model, view)
