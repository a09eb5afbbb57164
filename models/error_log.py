"""Log errors, one line each, with the details that messages for people omit."""

import logging
import traceback
from collections.abc import Callable

from dify_plugin.errors.model import InvokeError

from litellm_proxy.errors import ProxyError, ProxyRejected, ProxyUnreachable, own_call_id
from translation.errors.request_error import RequestError
from translation.errors.to_dify import EXPECTED_ERRORS

logger = logging.getLogger(__name__)


def log_error(error: Exception, subject: str = "request of the plugin") -> None:
    """Log a proxy error with model, reason and call id.

    An unexpected exception is logged with its location, but without its text. `subject` is the
    model if the error has none. An error without a call id gets one, since LiteLLM sends none if it
    rejects a key or a budget.
    """
    if isinstance(error, ProxyError):
        error.call_id = error.call_id or own_call_id()
        logger.warning(
            "%s: %s (call id %s)", error.subject or subject, _reason(error), error.call_id
        )
    elif not isinstance(error, (*EXPECTED_ERRORS, InvokeError)):
        places = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        logger.error("%s at %s", type(error).__name__, " < ".join(reversed(places)))


def explained_or_self(
    error: ProxyRejected, explain: Callable[[ProxyRejected], RequestError | None]
) -> Exception:
    """Log a rejection and return its explanation; else return the rejection."""
    error.call_id = error.call_id or own_call_id()
    explanation = explain(error)
    if explanation is None:
        return error
    log_error(error)
    return explanation


def _reason(error: ProxyError) -> str:
    """Return the reason for administrators, without text of a model's answer."""
    match error:
        case ProxyUnreachable():
            via = f" through {error.via}" if error.via else ""
            return f"{error.base_url}{via}: {error.failure.value} {error.detail}".rstrip()
        case ProxyRejected():
            return f"LiteLLM at {error.base_url} answered {error.status}: {error.message}"
        case _:
            return type(error).__name__
