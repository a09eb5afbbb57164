"""Our exceptions → the errors that Dify knows, each with one sentence for a person."""

import re
from enum import Enum, auto

from dify_plugin.errors.model import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)

from litellm_proxy.errors import (
    Failure,
    Origin,
    ProxyAnswerEmpty,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from translation.form import SettingsError
from translation.request_error import RequestError

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

_FORWARD_PROXY_ADVICE = (
    "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the plugin daemon: NO_PROXY lists hosts that are "
    "reached directly."
)
_LOOPBACK = re.compile(r"//(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)", re.IGNORECASE)


class Cause(Enum):
    """What a refusal means for the person who reads it."""

    KEY = auto()
    BUDGET = auto()
    MODEL_ACCESS = auto()
    ROUTE_ACCESS = auto()
    COOLDOWN = auto()
    RATE_LIMIT = auto()
    CONTEXT_TOO_LONG = auto()
    CONTENT_POLICY = auto()
    UNSUPPORTED_PARAMETER = auto()
    BANNED_FIELD = auto()
    USER_REQUIRED = auto()
    TAGS_REFUSED = auto()
    GUARDRAIL = auto()
    UPSTREAM_KEY = auto()
    TIMEOUT = auto()
    NOT_LITELLM = auto()
    GATEWAY_KEY = auto()
    GATEWAY_DOWN = auto()
    TOO_LARGE = auto()
    PROVIDER = auto()
    REQUEST = auto()


_ADVICE = {
    Cause.KEY: "Check the API key in the model's settings.",
    Cause.BUDGET: "Raise the budget in LiteLLM, or use another key or model.",
    Cause.MODEL_ACCESS: "Allow this model for the key in LiteLLM, or choose another model.",
    Cause.ROUTE_ACCESS: "Allow this route for the key in LiteLLM.",
    Cause.COOLDOWN: "Earlier errors made LiteLLM pause this model; its log has the first one.",
    Cause.RATE_LIMIT: "Try again later, or raise the limit in LiteLLM.",
    Cause.CONTEXT_TOO_LONG: "Shorten the conversation or choose a model with a larger context.",
    Cause.CONTENT_POLICY: "Change the content of the request.",
    Cause.UNSUPPORTED_PARAMETER: (
        "Turn that parameter off in the app's model settings, or let Unsupported Parameters in the "
        "model's form drop it."
    ),
    Cause.BANNED_FIELD: (
        "Remove that field from extra_body: LiteLLM takes it from a caller only if its "
        "administrator allows it."
    ),
    Cause.USER_REQUIRED: (
        "This LiteLLM wants an end user with every call: set End User in the model's form to "
        "Dify's user id or a hash of it."
    ),
    Cause.TAGS_REFUSED: (
        "LiteLLM lets this model be called with other tags only: change Tags in the model's form, or "
        "the tags in Extra Fields."
    ),
    Cause.GUARDRAIL: "A guardrail in LiteLLM blocked it; change the content of the request.",
    Cause.UPSTREAM_KEY: "The provider key inside LiteLLM needs its administrator.",
    Cause.TIMEOUT: "Try again, or raise the time-outs in LiteLLM and in the model's settings.",
    Cause.NOT_LITELLM: "Check the base URL, and what stands between Dify and LiteLLM.",
    Cause.GATEWAY_KEY: (
        "Something in front of LiteLLM wants a key or header of its own: put it into Extra Headers in "
        "the model's form."
    ),
    Cause.GATEWAY_DOWN: "LiteLLM does not answer behind it: look whether LiteLLM runs.",
    Cause.TOO_LARGE: (
        "Something in front of LiteLLM (such as nginx) takes no request of this size: raise its limit "
        "(client_max_body_size, 1 MB by default), or send fewer or smaller pictures, files and texts, "
        "or pictures by URL."
    ),
    Cause.PROVIDER: "Try again; if it stays, look at LiteLLM's log.",
    Cause.REQUEST: "",
}

_DIFY_ERROR: dict[Cause, type[InvokeError]] = {
    Cause.KEY: InvokeAuthorizationError,
    Cause.BUDGET: InvokeRateLimitError,
    Cause.COOLDOWN: InvokeRateLimitError,
    Cause.RATE_LIMIT: InvokeRateLimitError,
    Cause.TIMEOUT: InvokeConnectionError,
    Cause.PROVIDER: InvokeServerUnavailableError,
    Cause.GATEWAY_DOWN: InvokeServerUnavailableError,
}
"""All other causes are bad requests: their sentence is shown, an authorization error's is not."""

_OWN_TYPES = {
    "budget_exceeded": Cause.BUDGET,
    "no_db_connection": Cause.KEY,
    "token_not_found_in_db": Cause.KEY,
    "expired_key": Cause.KEY,
    "all_deployments_in_cooldown": Cause.COOLDOWN,
}
_OF_CLASS = {
    "ContextWindowExceededError": Cause.CONTEXT_TOO_LONG,
    "ContentPolicyViolationError": Cause.CONTENT_POLICY,
    "UnsupportedParamsError": Cause.UNSUPPORTED_PARAMETER,
    "RejectedRequest": Cause.BANNED_FIELD,
    "UserRequired": Cause.USER_REQUIRED,
    "TagsRefused": Cause.TAGS_REFUSED,
    "BudgetCrossed": Cause.BUDGET,
    "BudgetExceededError": Cause.BUDGET,
    "ModelRefused": Cause.MODEL_ACCESS,
    "RouteRefused": Cause.ROUTE_ACCESS,
    "AuthenticationError": Cause.UPSTREAM_KEY,
    "RateLimitError": Cause.RATE_LIMIT,
    "Timeout": Cause.TIMEOUT,
}
_OF_STATUS = {
    401: Cause.KEY,
    403: Cause.ROUTE_ACCESS,
    404: Cause.NOT_LITELLM,
    405: Cause.NOT_LITELLM,
    408: Cause.TIMEOUT,
    429: Cause.RATE_LIMIT,
}
_OF_UPSTREAM_STATUS = {
    401: Cause.UPSTREAM_KEY,
    403: Cause.REQUEST,
    404: Cause.REQUEST,
    413: Cause.REQUEST,
}
"""What LiteLLM passes on is the provider's refusal, never the caller's key."""
_OF_A_GATEWAY = {
    401: Cause.GATEWAY_KEY,
    403: Cause.GATEWAY_KEY,
    404: Cause.NOT_LITELLM,
    405: Cause.NOT_LITELLM,
    407: Cause.GATEWAY_KEY,
    413: Cause.TOO_LARGE,
    501: Cause.NOT_LITELLM,
}
"""With another error than LiteLLM writes, these come from something in front of it."""
_OF_A_PAGE = {
    502: Cause.GATEWAY_DOWN,
    503: Cause.GATEWAY_DOWN,
    504: Cause.TIMEOUT,
    522: Cause.GATEWAY_DOWN,
    524: Cause.TIMEOUT,
}
"""LiteLLM writes no pages."""
_CLIENT_ERROR = 400
_SERVER_ERROR = 500


def to_invoke_error(error: Exception) -> InvokeError:
    """Return the error that Dify shows; one that Dify knows already passes unchanged."""
    match error:
        case InvokeError() if type(error) in DIFY_ERRORS:
            return error
        case ProxyRejected():
            return _DIFY_ERROR.get(cause_of(error), InvokeBadRequestError)(sentence(error))
        case ProxyUnreachable():
            return InvokeConnectionError(sentence(error))
        case ProxyAnswerEmpty() | SettingsError() | RequestError():
            return InvokeBadRequestError(sentence(error))
        case ProxyProtocolError():
            return InvokeServerUnavailableError(sentence(error))
        case _:
            return InvokeBadRequestError(
                f"The LiteLLM plugin failed: {type(error).__name__}. Please report it with the "
                "plugin's log."
            )


def cause_of(error: ProxyRejected) -> Cause:
    """Classify a refusal: LiteLLM's own error type, then class names, then the HTTP status.

    Free text is not matched (litellm-proxy-contract 5, classification rule), but for the refusals
    that `litellm_proxy.wire.error_body` gives a class name of ours.
    """
    if error.guardrail:
        return Cause.GUARDRAIL
    error_type = error.error_type or ""
    if error_type in _OWN_TYPES:
        return _OWN_TYPES[error_type]
    if error_type.endswith("_model_access_denied"):
        return Cause.MODEL_ACCESS
    for name in error.classes:
        if name in _OF_CLASS:
            return _OF_CLASS[name]
    return _cause_by_status(error)


def _cause_by_status(error: ProxyRejected) -> Cause:
    status = error.status
    if status is None:
        return Cause.PROVIDER
    if (error.classes or error.of_provider) and status in _OF_UPSTREAM_STATUS:
        return _OF_UPSTREAM_STATUS[status]
    if error.origin is not Origin.LITELLM and status in _OF_A_GATEWAY:
        return _OF_A_GATEWAY[status]
    if error.origin is Origin.PAGE and status in _OF_A_PAGE:
        return _OF_A_PAGE[status]
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status >= _SERVER_ERROR:
        return Cause.PROVIDER
    return Cause.REQUEST if status >= _CLIENT_ERROR else Cause.NOT_LITELLM


def sentence(error: Exception) -> str:
    """Return what happened, where, and what to do; the proxy's own words are quoted."""
    match error:
        case ProxyRejected():
            return _refusal(error)
        case ProxyUnreachable():
            return _unreachable(error)
        case ProxyAnswerEmpty(refusal=str(words)) if words:
            return f'The model refused to answer: "{words}".'
        case ProxyAnswerEmpty():
            return (
                "The model's answer is empty or was blocked: it ended with finish reason "
                f"{error.finish_reason} and no content."
            )
        case ProxyProtocolError():
            return f"The answer from LiteLLM cannot be used: {error}."
        case _:
            return str(error)


def _refusal(error: ProxyRejected) -> str:
    cause = cause_of(error)
    in_front = error.origin is Origin.PAGE or cause is Cause.GATEWAY_KEY
    who = "A server in front of LiteLLM" if in_front else "LiteLLM"
    status = f"{who} answered {error.status}" if error.status else f"{who} reported an error"
    said = f': "{error.message.rstrip(".")}"' if error.message else ""
    retry = f" Retry after {error.retry_after:g} s." if error.retry_after else ""
    call = f" (call id {error.call_id})" if error.call_id else ""
    advice = _ADVICE[cause]
    if cause is Cause.TOO_LARGE and error.sent_bytes:
        advice = f"The request has {error.sent_bytes / 1_000_000:.1f} MB. {advice}"
    if error.guardrail:
        advice = advice.replace("A guardrail", f'The guardrail "{error.guardrail}"')
    return f"{status}{said}.{f' {advice}' if advice else ''}{retry}{call}"


def _unreachable(error: ProxyUnreachable) -> str:
    detail = f" ({error.detail})" if error.detail else ""
    via = f" through the HTTP proxy {error.via}" if error.via else ""
    where = f"LiteLLM at {error.base_url}{via}"
    return f"{where}: {error.failure.value}{detail}. {_network_advice(error)}"


def _network_advice(error: ProxyUnreachable) -> str:
    match error.failure:
        case Failure.FORWARD_PROXY:
            return _FORWARD_PROXY_ADVICE
        case Failure.REFUSED | Failure.CONNECT | Failure.NAME | Failure.CONNECT_TIMEOUT if (
            error.via
        ):
            return _FORWARD_PROXY_ADVICE
        case Failure.REFUSED | Failure.CONNECT | Failure.NAME | Failure.CONNECT_TIMEOUT:
            if _LOOPBACK.search(error.base_url):
                return (
                    "Inside a container localhost is the container itself: use "
                    "host.docker.internal or the proxy's service name."
                )
            return "Check the base URL, and that the proxy runs and can be reached from Dify."
        case Failure.CERTIFICATE:
            return (
                "Put the CA of its certificate into CA Certificate in the model's form, or into the "
                "file that SSL_CERT_FILE names for the plugin daemon."
            )
        case Failure.CERTIFICATE_EXPIRED:
            return "Renew the certificate on the server, and check the clock of Dify's host."
        case Failure.CERTIFICATE_NAME:
            return "Use the host name that the certificate is for in the base URL."
        case Failure.CERTIFICATE_FILE:
            return "Check SSL_CERT_FILE and SSL_CERT_DIR of the plugin daemon."
        case Failure.TLS:
            return "If LiteLLM has no TLS there, the base URL begins with http://."
        case Failure.READ_TIMEOUT | Failure.TOO_LONG:
            return "Try again, or raise the time-out in the model's settings."
        case Failure.BROKEN:
            told = "Try again; if it stays, look at the log of LiteLLM and of what is in front."
            is_plain = error.base_url.startswith("http://")
            return (
                f"{told} With TLS there, the base URL begins with https://." if is_plain else told
            )
