"""Our exceptions → one sentence for a person: for whoever uses an app, or for who saves the form."""

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
from translation.errors.causes import Cause, cause_of
from translation.errors.internals import used_up_budget, without_internals

_CHECK_FORWARD_PROXY = (
    "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the plugin daemon; NO_PROXY lists hosts reached "
    "directly"
)
_LOOPBACK = re.compile(r"//(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)", re.IGNORECASE)
_REDIRECTS = range(300, 400)

_ADVICE = {
    Cause.KEY: "Check the API key in the model's settings.",
    Cause.NO_DATABASE: (
        "LiteLLM is starting up, so try again; or it has no database, and takes its master key alone as API key."
    ),
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
        "Remove that field from Extra Fields: LiteLLM takes it from a caller only if its "
        "administrator allows it."
    ),
    Cause.USER_REQUIRED: (
        "This LiteLLM wants an end user with every call: set End User in the model's form to "
        "Dify's user id or a hash of it, or in the app's model settings."
    ),
    Cause.TAGS_REFUSED: (
        "LiteLLM lets this model be called with other tags only: change Tags in the model's form, or "
        "in the app's model settings."
    ),
    Cause.GUARDRAIL: "A guardrail in LiteLLM blocked it; change the content of the request.",
    Cause.UPSTREAM_KEY: "The provider key inside LiteLLM needs its administrator.",
    Cause.UPSTREAM_CREDIT: (
        "The account at the provider has no credit left: whoever runs LiteLLM has to add some there, or raise "
        "its limit."
    ),
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

_ENDED_EARLY = {
    AnswerEnd.FILTERED: (
        "The provider's filter ended the answer before it was whole. Change the content of the request."
    ),
    AnswerEnd.REFUSED: "The model refused to go on with its answer.",
    AnswerEnd.ALL_THOUGHT: (
        "All tokens of the answer went into the model's reasoning, and none was left for its text: raise "
        "Max Tokens in the app's model settings, or lower Reasoning Effort."
    ),
    AnswerEnd.RUN_GONE: (
        "LiteLLM no longer knows the run that was started: it has expired, or another LiteLLM answered. "
        "Run it again."
    ),
    AnswerEnd.RUN_TOO_LONG: (
        "The run took longer than Dify waits, and was cancelled: ask for less, or let an administrator raise "
        "PLUGIN_MAX_EXECUTION_TIMEOUT and PLUGIN_DAEMON_TIMEOUT."
    ),
    AnswerEnd.RUN_CANCELLED: "The run was cancelled at the provider. Run it again.",
    AnswerEnd.CUT_TOOL_CALL: (
        "The answer was cut within a tool call, since it had reached its most tokens: raise Max Tokens in "
        "the app's model settings."
    ),
}

_WHEN_SAVING = {
    Cause.KEY: "The API key was refused: check API Key",
    Cause.NO_DATABASE: "The API key was not checked: LiteLLM is starting up, or has no database",
    Cause.BUDGET: "The API key is right, but its budget is used up: raise it in LiteLLM",
    Cause.MODEL_ACCESS: "The API key may not use this model: allow it in LiteLLM",
    Cause.ROUTE_ACCESS: "The API key may not call this endpoint: allow the route for it in LiteLLM",
    Cause.COOLDOWN: "LiteLLM pauses this model after errors: its log has the first one",
    Cause.RATE_LIMIT: "The limit of the API key is reached: try again later",
    Cause.USER_REQUIRED: "This LiteLLM wants an end user with every call: change End User",
    Cause.TAGS_REFUSED: "LiteLLM refuses this model with these tags: change Tags",
    Cause.BANNED_FIELD: "LiteLLM does not take a field of yours: remove it from Extra Fields",
    Cause.UNSUPPORTED_PARAMETER: "The model does not take a field of yours: change Extra Fields",
    Cause.GUARDRAIL: "A guardrail in LiteLLM blocked the question of this form: look at its rules",
    Cause.UPSTREAM_KEY: "The provider's key inside LiteLLM was refused: its administrator has to set it",
    Cause.UPSTREAM_CREDIT: (
        "The provider's account inside LiteLLM has no credit left: its administrator has to add some"
    ),
    Cause.TIMEOUT: "LiteLLM did not answer in time: try again, or raise Time-out",
    Cause.NOT_LITELLM: "Base URL does not look like a LiteLLM proxy: check it",
    Cause.GATEWAY_KEY: (
        "Something in front of LiteLLM wants a key of its own: put it into Extra Headers"
    ),
    Cause.GATEWAY_DOWN: "LiteLLM does not answer behind this address: look whether LiteLLM runs",
    Cause.PROVIDER: "LiteLLM failed: try again; if it stays, look at its log",
}
"""What is wrong and what to do: Dify shows a refused form for some seconds (dify-plugin-contract 14)."""


def sentence(error: Exception) -> str:
    """Return what happened and what to do, for whoever uses an app: no address, nothing internal."""
    call_id = error.call_id if isinstance(error, ProxyError) else None
    return f"{_what_happened(error)}{_call(call_id)}"


def _what_happened(error: Exception) -> str:
    match error:
        case ProxyRejected():
            return _refusal(error)
        case ProxyUnreachable():
            return _unreachable(error)
        case ProxyAnswerEmpty(refusal=str(words)) | ProxyAnswerEndedEarly(refusal=str(words)) if (
            words
        ):
            return f'The model refused to answer: "{words}".'
        case ProxyAnswerEndedEarly():
            return _ENDED_EARLY[error.end]
        case ProxyAnswerEmpty():
            return (
                "The model's answer is empty or was blocked: it ended with finish reason "
                f"{error.finish_reason} and no content."
            )
        case ProxyProtocolError():
            return f"The answer from LiteLLM cannot be used: {without_internals(str(error))}."
        case _:
            return str(error)


def sentence_when_saving(error: Exception) -> str:
    """Return what is wrong and what to do in some 20 words, then the proxy's own, addresses among them."""
    match error:
        case ProxyRejected():
            first = _WHEN_SAVING.get(cause_of(error), "LiteLLM refused the question of this form")
            return f"{first}. {quoted(error)}"
        case ProxyUnreachable():
            via = f" through the HTTP proxy {error.via}" if error.via else ""
            detail = f" ({error.detail})" if error.detail else ""
            return (
                f"LiteLLM cannot be reached: {_network_advice(error)}. {error.base_url}{via}: "
                f"{error.failure.value}{detail}."
            )
        case _:
            return sentence(error)


def quoted(error: ProxyRejected) -> str:
    """Return who refused, with what status, in what words, and the call id."""
    return f"{_told(error, error.message)}{_call(error.call_id)}"


def public_quote(error: ProxyRejected) -> str:
    """Return who rejected a request, with what status, in what words, and the call id, for whoever uses an app."""
    return f"{_told(error, _for_everybody(error))}{_call(error.call_id)}"


def _told(error: ProxyRejected, words: str) -> str:
    in_front = error.origin is Origin.PAGE or cause_of(error) is Cause.GATEWAY_KEY
    who = "A server in front of LiteLLM" if in_front else "LiteLLM"
    status = f"{who} answered {error.status}" if error.status else f"{who} reported an error"
    said = f': "{words.rstrip(".")}"' if words else ""
    return f"{status}{said}."


def _refusal(error: ProxyRejected) -> str:
    cause = cause_of(error)
    told = _told(error, _for_everybody(error))
    advice = _ADVICE[cause]
    if cause is Cause.TOO_LARGE and error.sent_bytes:
        advice = f"The request has {error.sent_bytes / 1_000_000:.1f} MB. {advice}"
    if error.guardrail:
        advice = advice.replace("A guardrail", f'The guardrail "{error.guardrail}"')
    retry = f" Retry after {error.retry_after:g} s." if error.retry_after else ""
    return f"{told}{f' {advice}' if advice else ''}{retry}"


def _for_everybody(error: ProxyRejected) -> str:
    if error.status in _REDIRECTS:
        return "redirected to another address"
    if cause_of(error) is Cause.BUDGET:
        return used_up_budget(error.text)
    return without_internals(error.message, error.base_url)


def _unreachable(error: ProxyUnreachable) -> str:
    if error.failure in {Failure.READ_TIMEOUT, Failure.TOO_LONG}:
        what = "LiteLLM did not answer in full"
        advice = "Try again, ask for less, or raise Time-out in the model's settings"
    else:
        what = "LiteLLM cannot be reached just now"
        advice = "Try again; if it stays, whoever runs Dify finds more in the plugin daemon's log"
    return f"{what}: {error.failure.value}. {advice}."


def _call(call_id: str | None) -> str:
    return f" (call id {call_id})" if call_id else ""


def _network_advice(error: ProxyUnreachable) -> str:
    match error.failure:
        case Failure.FORWARD_PROXY:
            return _CHECK_FORWARD_PROXY
        case Failure.REFUSED | Failure.CONNECT | Failure.NAME | Failure.CONNECT_TIMEOUT if (
            error.via
        ):
            return _CHECK_FORWARD_PROXY
        case Failure.REFUSED | Failure.CONNECT | Failure.NAME | Failure.CONNECT_TIMEOUT:
            if _LOOPBACK.search(error.base_url):
                return (
                    "inside a container localhost is the container itself; use host.docker.internal "
                    "or LiteLLM's service name"
                )
            return "check Base URL, and that LiteLLM runs and can be reached from the plugin daemon"
        case Failure.CERTIFICATE:
            return "put the CA of its certificate into CA Certificate"
        case Failure.CERTIFICATE_EXPIRED:
            return "renew its certificate, and check the clock of Dify's host"
        case Failure.CERTIFICATE_NAME:
            return "use the host name that its certificate is for in Base URL"
        case Failure.CERTIFICATE_FILE:
            return "check SSL_CERT_FILE and SSL_CERT_DIR of the plugin daemon"
        case Failure.TLS:
            return "if LiteLLM has no TLS there, Base URL begins with http://"
        case Failure.READ_TIMEOUT | Failure.TOO_LONG:
            return "try again, or raise Time-out"
        case Failure.BROKEN if error.base_url.startswith("http://"):
            return "look at its log; with TLS there, Base URL begins with https://"
        case Failure.BROKEN:
            return "look at the log of LiteLLM and of what is in front of it"
