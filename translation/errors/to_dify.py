"""Our exceptions → the errors that Dify knows."""

from dify_plugin.errors.model import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)

from litellm_proxy.errors import (
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from translation.errors.causes import Cause, cause_of
from translation.errors.request_error import RequestError, TooManyCallsError
from translation.errors.sentences import sentence, sentence_when_saving
from translation.form.reader import SettingsError
from translation.line_limit import shortened

DIFY_ERRORS = (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
"""The invocation errors whose class name Dify's API recognises (dify-plugin-contract 7)."""

FORESEEN = (ProxyError, SettingsError, RequestError)
"""Our own exceptions, whose text is made for people."""

_DIFY_ERROR: dict[Cause, type[InvokeError]] = {
    # Dify puts words of its own in the place of an InvokeAuthorizationError's. Its load balancing leaves a key
    # alone for a while for either (Dify 1.14, core/model_manager.py).
    Cause.KEY: InvokeConnectionError,
    Cause.NO_DATABASE: InvokeConnectionError,
    Cause.BUDGET: InvokeRateLimitError,
    Cause.UPSTREAM_CREDIT: InvokeRateLimitError,
    Cause.COOLDOWN: InvokeRateLimitError,
    Cause.RATE_LIMIT: InvokeRateLimitError,
    Cause.TIMEOUT: InvokeConnectionError,
    Cause.PROVIDER: InvokeServerUnavailableError,
    Cause.GATEWAY_DOWN: InvokeServerUnavailableError,
}
"""All other causes are bad requests: their sentence is shown, an authorization error's is not."""


def to_invoke_error(error: Exception) -> InvokeError:
    """Return the error that Dify shows; one that Dify knows already passes unchanged."""
    if isinstance(error, InvokeError) and type(error) in DIFY_ERRORS:
        return error
    if not isinstance(error, FORESEEN):
        return InvokeBadRequestError(_unforeseen(error))
    return _kind_of(error)(shortened(sentence(error)))


def _kind_of(error: Exception) -> type[InvokeError]:
    match error:
        case ProxyRejected():
            return _DIFY_ERROR.get(cause_of(error), InvokeBadRequestError)
        case ProxyUnreachable():
            return InvokeConnectionError
        case TooManyCallsError():
            return InvokeRateLimitError
        case ProxyProtocolError():
            return InvokeServerUnavailableError
        case _:
            return InvokeBadRequestError


def to_refusal(error: Exception) -> str:
    """Return why a form cannot be saved."""
    if not isinstance(error, FORESEEN):
        return _unforeseen(error)
    return shortened(sentence_when_saving(error))


def _unforeseen(error: Exception) -> str:
    name = type(error).__name__
    return f"The LiteLLM plugin failed: {name}. Please report it with the plugin's log."
