"""Map our exceptions to Dify's invoke errors."""

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
from translation.errors.causes import cause_of
from translation.errors.explanations import EXPLANATIONS
from translation.errors.messages import app_message, form_message
from translation.errors.request_error import RequestError, TooManyCallsError
from translation.form.reader import SettingsError
from translation.line_limit import shortened

DIFY_ERRORS = (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
"""The invoke errors whose class name Dify's API recognises (Dify 1.14, core/plugin/impl/base.py)."""

EXPECTED_ERRORS = (ProxyError, SettingsError, RequestError)
"""Our own exceptions; their messages are written for people."""


def to_invoke_error(error: Exception) -> InvokeError:
    """Return the error that Dify shows; return one of DIFY_ERRORS unchanged."""
    if isinstance(error, InvokeError) and type(error) in DIFY_ERRORS:
        return error
    if not isinstance(error, EXPECTED_ERRORS):
        return InvokeBadRequestError(_unforeseen(error))
    return _kind_of(error)(shortened(app_message(error)))


def _kind_of(error: Exception) -> type[InvokeError]:
    match error:
        case ProxyRejected():
            return EXPLANATIONS[cause_of(error)].error
        case ProxyUnreachable():
            return InvokeConnectionError
        case TooManyCallsError():
            return InvokeRateLimitError
        case ProxyProtocolError():
            return InvokeServerUnavailableError
        case _:
            return InvokeBadRequestError


def form_error_message(error: Exception) -> str:
    """Return the message that explains why a form cannot be saved."""
    if not isinstance(error, EXPECTED_ERRORS):
        return _unforeseen(error)
    return shortened(form_message(error))


def _unforeseen(error: Exception) -> str:
    name = type(error).__name__
    return f"The LiteLLM plugin failed: {name}. Please report it with the plugin's log."
