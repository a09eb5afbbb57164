"""Write messages for people: what failed and what to do, then LiteLLM's own text."""

import re

from litellm_proxy.errors import (
    AnswerEnd,
    Failure,
    Origin,
    ProxyAnswerEmpty,
    ProxyAnswerEndedEarly,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from litellm_proxy.wire.error_text import without_class_names
from translation.errors.causes import Cause, cause_of
from translation.errors.explanations import EXPLANATIONS
from translation.errors.internal_details import budget_holder, redact

MAX_CHARACTERS = 140
"""Limit without the call id: Dify shows a message for 5 seconds, in lines of about 45 characters."""
_MIN_QUOTE = 20
LONG_QUOTE = 60
"""Minimum for errors about one text or document, which Dify shows in a list."""
_MIN_DETAIL = 35
_MAX_NAME = 40
_MAX_GUARDRAIL = 24
_MAX_URL = 40
_LOOPBACK = re.compile(r"//(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)", re.IGNORECASE)
_REDIRECTS = range(300, 400)
_TRY_AGAIN = re.compile(r"try again( later)?")
_SENTENCE_ENDS = (". ", "! ", "? ", "; ")

_ENDED_EARLY = {
    AnswerEnd.FILTERED: "The provider's filter stopped the answer; change the content.",
    AnswerEnd.REFUSED: "The model refused to continue its answer.",
    AnswerEnd.ONLY_REASONING: (
        "Reasoning used all tokens; raise Max Tokens in the app, or lower Reasoning Effort."
    ),
    AnswerEnd.RUN_UNKNOWN: "LiteLLM does not know this run any more (expired, or started at another LiteLLM); start it again.",
    AnswerEnd.RUN_TOO_LONG: (
        "The run took longer than Dify waits and was cancelled; ask for less, or raise Dify's timeouts."
    ),
    AnswerEnd.RUN_CANCELLED: "The run was cancelled at the provider; start it again.",
    AnswerEnd.CUT_TOOL_CALL: "Max Tokens cut a tool call; raise it in the app's model settings.",
}
_CHECK_FORWARD_PROXY = "Check {scheme}_PROXY and NO_PROXY of the plugin daemon."
_CHECK_ADDRESS = "Check Base URL, and that LiteLLM runs."
_IN_A_CONTAINER = (
    "Check that LiteLLM runs; in Docker, use host.docker.internal or its service name."
)
_NO_CONNECTION = frozenset(
    {Failure.REFUSED, Failure.CONNECT, Failure.NAME, Failure.CONNECT_TIMEOUT}
)
_WITH_DETAIL = frozenset({Failure.CERTIFICATE, Failure.CERTIFICATE_FILE, Failure.FORWARD_PROXY})
"""Failures whose detail is shown even if the message becomes too long."""
_SLOW = frozenset({Failure.READ_TIMEOUT, Failure.TOO_LONG})
_NETWORK_ADVICE = {
    Failure.CERTIFICATE: "Put its CA into CA Certificate.",
    Failure.CERTIFICATE_EXPIRED: "Renew it, and check the clock of Dify's host.",
    Failure.CERTIFICATE_NAME: "Use the host name of the certificate in Base URL.",
    Failure.CERTIFICATE_FILE: "Check SSL_CERT_FILE of the plugin daemon.",
    Failure.TLS: "Without TLS, Base URL begins with http://.",
    Failure.READ_TIMEOUT: "Try again, or raise Timeout.",
    Failure.TOO_LONG: "Try again, or raise Timeout.",
    Failure.BROKEN: "Check Base URL, and the logs of LiteLLM and of servers in front.",
    Failure.UNANSWERED: "Check Base URL, and the logs of LiteLLM and of servers in front.",
}


def app_message(error: Exception) -> str:
    """Return the message for people who use an app, without internal details.

    At most MAX_CHARACTERS before the call id.
    """
    if isinstance(error, ProxyRejected):
        return with_source(_in_app(error), error)
    call_id = error.call_id if isinstance(error, ProxyError) else None
    return f"{_without_a_rejection(error)}{_call(call_id)}"


def with_source(first: str, error: ProxyRejected, min_quote: int = _MIN_QUOTE) -> str:
    """Append who rejected the request, status, reason and call id.

    The reason is cut to fit, but not below `min_quote` characters.
    """
    room = MAX_CHARACTERS - len(first) - 1
    source = _source(error, _public_reason(error), room, min_quote)
    return f"{first} {source}{_call(error.call_id)}"


def form_message(error: Exception) -> str:
    """Return the message for administrators, at most MAX_CHARACTERS long."""
    match error:
        case ProxyRejected():
            cause = cause_of(error)
            first = _filled(EXPLANATIONS[cause].in_form, error)
            room = MAX_CHARACTERS - len(first) - 3
            source = _source(error, error.message, room, _MIN_QUOTE, mark="")
            return f"{first} ({source})"
        case ProxyUnreachable():
            return _unreachable_form(error)
        case _:
            return _without_a_rejection(error)


def short_name(name: str, longest: int = _MAX_NAME) -> str:
    """Return a name, cut to `longest` characters."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def short_quote(text: str, room: int) -> str:
    """Cut a text to `room` characters, after a sentence or word."""
    text = text.strip().rstrip(".")
    if len(text) <= room:
        return text
    cut = text[:room]
    end = max(cut.rfind(mark) for mark in _SENTENCE_ENDS)
    return text[:end] if end >= room // 2 else cut[:-1].rsplit(" ", 1)[0] + "…"


def _without_a_rejection(error: Exception) -> str:
    match error:
        case ProxyUnreachable(failure=failure) if failure in _SLOW:
            return (
                f"No complete answer ({failure.value}); try again, ask for less, or raise Timeout."
            )
        case ProxyUnreachable(failure=failure):
            return f"LiteLLM cannot be reached ({failure.value}); try again."
        case ProxyAnswerEmpty(refusal=str(words)) | ProxyAnswerEndedEarly(refusal=str(words)) if (
            words
        ):
            first = "The model refused to answer: "
            return f'{first}"{short_quote(words, MAX_CHARACTERS - len(first) - 3)}".'
        case ProxyAnswerEndedEarly():
            return _ENDED_EARLY[error.end]
        case ProxyAnswerEmpty():
            reason = short_name(error.finish_reason)
            return f"The model's answer is empty or was blocked (finish reason {reason}); change the prompt."
        case ProxyProtocolError():
            first = "LiteLLM's answer cannot be used: "
            return f"{first}{short_quote(redact(str(error)), MAX_CHARACTERS - len(first) - 1)}."
        case _:
            return str(error)


def _in_app(error: ProxyRejected) -> str:
    text = _filled(EXPLANATIONS[cause_of(error)].in_app, error)
    when = f"try again in {error.retry_after:g} s" if error.retry_after else r"\g<0>"
    return _TRY_AGAIN.sub(when, text)


def _filled(text: str, error: ProxyRejected) -> str:
    """Fill in the placeholders of an explanation."""
    size = f" of {error.sent_bytes / 1_000_000:.1f} MB" if error.sent_bytes else ""
    name = short_name(error.guardrail or "", _MAX_GUARDRAIL)
    is_of_provider = error.classes or error.is_provider_error
    return text.format(
        holder=budget_holder(error.text),
        guardrail=f'Guardrail "{name}"' if name else "A guardrail",
        size=f"The request{size}",
        upstream="The model's provider" if is_of_provider else "LiteLLM",
    )


def _source(error: ProxyRejected, reason: str, room: int, min_quote: int, mark: str = '"') -> str:
    """Return who rejected a request, status and reason.

    At most `room` characters, if possible.
    """
    who = f"{_rejected_by(error)} {error.status or ''}".strip()
    room = max(room - len(who) - 2 - 2 * len(mark), min_quote)
    quote = short_quote(without_class_names(reason), room)
    return f"{who}: {mark}{quote}{mark}" if quote else who


def _rejected_by(error: ProxyRejected) -> str:
    match cause_of(error):
        case Cause.NOT_LITELLM:
            return "Server"
        case Cause.GATEWAY_KEY:
            return "Server in front"
        case _:
            return "Server in front" if error.origin is Origin.PAGE else "LiteLLM"


def _public_reason(error: ProxyRejected) -> str:
    if error.status in _REDIRECTS:
        return "redirected to another address"
    if cause_of(error) is Cause.BUDGET:
        # Amounts and names are for administrators.
        return ""
    return redact(error.message, error.base_url)


def _unreachable_form(error: ProxyUnreachable) -> str:
    via = f" through the HTTP proxy {error.via}" if error.via else ""
    what = "Nothing answers" if error.failure in _NO_CONNECTION else "No connection"
    first = f"{what} at {short_name(error.base_url, _MAX_URL)}{via} "
    advice = _network_advice(error)
    reason = error.failure.value
    room = MAX_CHARACTERS - len(f"{first}({reason}: ). {advice}")
    if error.detail and (room >= _MIN_DETAIL or error.failure in _WITH_DETAIL):
        reason = f"{reason}: {short_quote(error.detail, max(room, _MIN_DETAIL))}"
    return f"{first}({reason}). {advice}"


def _network_advice(error: ProxyUnreachable) -> str:
    scheme = "HTTPS" if error.base_url.startswith("https://") else "HTTP"
    is_refused = error.failure in _NO_CONNECTION
    if error.failure is Failure.FORWARD_PROXY or (is_refused and error.via):
        return _CHECK_FORWARD_PROXY.format(scheme=scheme)
    if is_refused:
        return _IN_A_CONTAINER if _LOOPBACK.search(error.base_url) else _CHECK_ADDRESS
    if error.failure in {Failure.BROKEN, Failure.UNANSWERED} and scheme == "HTTP":
        return "Check Base URL; with TLS, it begins with https://."
    return _NETWORK_ADVICE[error.failure]


def _call(call_id: str | None) -> str:
    return f" (call id {call_id})" if call_id else ""
