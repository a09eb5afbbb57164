"""Classify rejected requests by cause."""

import re
from enum import Enum, auto

from litellm_proxy.errors import Origin, ProxyRejected


class Cause(Enum):
    """Why a request was rejected."""

    KEY = auto()
    KEY_EXPIRED = auto()
    NO_DATABASE = auto()
    """LiteLLM is starting up, or has no database of keys."""
    BUDGET = auto()
    MODEL_ACCESS = auto()
    ROUTE_ACCESS = auto()
    UNKNOWN_MODEL = auto()
    COOLDOWN = auto()
    RATE_LIMIT = auto()
    CONTEXT_TOO_LONG = auto()
    CONTENT_POLICY = auto()
    UNSUPPORTED_PARAMETER = auto()
    BANNED_FIELD = auto()
    USER_REQUIRED = auto()
    TAGS_REJECTED = auto()
    GUARDRAIL = auto()
    UPSTREAM_KEY = auto()
    UPSTREAM_CREDIT = auto()
    TIMEOUT = auto()
    NOT_LITELLM = auto()
    GATEWAY_KEY = auto()
    GATEWAY_DOWN = auto()
    TOO_LARGE = auto()
    PROVIDER = auto()
    REQUEST = auto()


REFUSED_REQUEST = frozenset({Cause.REQUEST, Cause.UNSUPPORTED_PARAMETER})
"""A part of the request was rejected; the request may succeed without it."""
_OWN_TYPES = {
    "budget_exceeded": Cause.BUDGET,
    "no_db_connection": Cause.NO_DATABASE,
    "token_not_found_in_db": Cause.KEY,
    "expired_key": Cause.KEY_EXPIRED,
    "all_deployments_in_cooldown": Cause.COOLDOWN,
}
_CAUSE_BY_CLASS = {
    "ContextWindowExceededError": Cause.CONTEXT_TOO_LONG,
    "ContentPolicyViolationError": Cause.CONTENT_POLICY,
    "UnsupportedParamsError": Cause.UNSUPPORTED_PARAMETER,
    "RejectedRequest": Cause.BANNED_FIELD,
    "UserRequired": Cause.USER_REQUIRED,
    "TagsRejected": Cause.TAGS_REJECTED,
    "BudgetCrossed": Cause.BUDGET,
    "BudgetExceededError": Cause.BUDGET,
    "ModelRejected": Cause.MODEL_ACCESS,
    "ModelUnknown": Cause.UNKNOWN_MODEL,
    "RouteRejected": Cause.ROUTE_ACCESS,
    "AuthenticationError": Cause.UPSTREAM_KEY,
    "RateLimitError": Cause.RATE_LIMIT,
    "Timeout": Cause.TIMEOUT,
}
_CAUSE_BY_STATUS = {
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
"""For rejections by the provider, which never concern the caller's key."""
_CAUSE_BY_GATEWAY_STATUS = {
    401: Cause.GATEWAY_KEY,
    403: Cause.GATEWAY_KEY,
    404: Cause.NOT_LITELLM,
    405: Cause.NOT_LITELLM,
    407: Cause.GATEWAY_KEY,
    413: Cause.TOO_LARGE,
    501: Cause.NOT_LITELLM,
}
"""For errors that are not in LiteLLM's format: a server in front of LiteLLM sent them."""
_CAUSE_BY_PAGE_STATUS = {
    502: Cause.GATEWAY_DOWN,
    503: Cause.GATEWAY_DOWN,
    504: Cause.TIMEOUT,
    522: Cause.GATEWAY_DOWN,
    524: Cause.TIMEOUT,
}
"""For HTML error pages, which LiteLLM does not send."""
_OF_A_FILTER = frozenset({400, 403})
_FILTERED = re.compile(
    r"\b(content_policy_violation|content_filter|ResponsibleAIPolicyViolation)\b"
)
"""Codes of providers; LiteLLM 1.108 no longer has an exception class for them."""
_WITHOUT_CREDIT = frozenset({400, 402, 403, 429})
_NO_CREDIT = re.compile(
    r"insufficient[ _](quota|balance|credits?|funds)|exceeded your current quota|more credits"
    r"|\barrearage\b|account is in good standing|credit balance is too low",
    re.IGNORECASE,
)
_PASSES = re.compile(r"(retry|try again) (in|after)", re.IGNORECASE)
"""Gemini's "exceeded your current quota" is a limit per minute and includes a time to retry."""
_PAYMENT_REQUIRED = 402
_CLIENT_ERROR = 400
_STATUS_OF_A_PROVIDER = re.compile(r"Exception - Error code: ([45]\d\d) - ")
_SERVER_ERROR = 500


def cause_of(error: ProxyRejected) -> Cause:
    """Classify a rejection by LiteLLM's error type, class names, then status.

    LiteLLM's types and classes are more stable than its messages. Messages are matched only for
    rejections that `litellm_proxy.wire.error_body` gives our own class name, for accounts without
    credit, which providers report as rate limits, for the codes of content filters, and for a
    provider's status.
    """
    if error.guardrail:
        return Cause.GUARDRAIL
    error_type = error.error_type or ""
    if error_type in _OWN_TYPES:
        return _OWN_TYPES[error_type]
    if error_type.endswith("_model_access_denied"):
        return Cause.MODEL_ACCESS
    if _is_without_credit(error):
        return Cause.UPSTREAM_CREDIT
    for name in error.classes:
        if name in _CAUSE_BY_CLASS:
            return _CAUSE_BY_CLASS[name]
    return _cause_by_status(error)


def _is_without_credit(error: ProxyRejected) -> bool:
    if error.status not in _WITHOUT_CREDIT or _PASSES.search(error.text):
        return False
    return error.status == _PAYMENT_REQUIRED or _NO_CREDIT.search(error.text) is not None


def _cause_by_status(error: ProxyRejected) -> Cause:
    status = error.status
    if status is None:
        return Cause.PROVIDER
    if status == _CLIENT_ERROR and (told := _STATUS_OF_A_PROVIDER.search(error.text)):
        # LiteLLM up to 1.63 returns 400 for many 429 and 500 of providers.
        status = int(told[1])
    if status in _OF_A_FILTER and _FILTERED.search(error.text):
        return Cause.CONTENT_POLICY
    if (error.classes or error.is_provider_error) and status in _OF_UPSTREAM_STATUS:
        return _OF_UPSTREAM_STATUS[status]
    if error.origin is not Origin.LITELLM and status in _CAUSE_BY_GATEWAY_STATUS:
        return _CAUSE_BY_GATEWAY_STATUS[status]
    if error.origin is Origin.PAGE and status in _CAUSE_BY_PAGE_STATUS:
        return _CAUSE_BY_PAGE_STATUS[status]
    if status in _CAUSE_BY_STATUS:
        return _CAUSE_BY_STATUS[status]
    if status >= _SERVER_ERROR:
        return Cause.PROVIDER
    return Cause.REQUEST if status >= _CLIENT_ERROR else Cause.NOT_LITELLM
