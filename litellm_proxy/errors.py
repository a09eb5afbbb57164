"""Errors between the plugin and the proxy, as data.

Messages for people are made elsewhere.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto


class ProxyError(Exception):
    """The proxy is unreachable, rejected a request, or sent an invalid response.

    `call_id` is LiteLLM's `x-litellm-call-id`. `subject` is the type and name of the requested
    model.
    """

    call_id: str | None = None
    subject: str | None = None


def own_call_id() -> str:
    """Return a call id of our own, for the message and the log."""
    return secrets.token_hex(4)


@contextmanager
def about(subject: str, call_id: str | None = None) -> Iterator[None]:
    """Add model (type and name) and call id to ProxyErrors without them."""
    try:
        yield
    except ProxyError as error:
        error.subject = error.subject or subject
        error.call_id = error.call_id or call_id
        raise


class Failure(Enum):
    """The step at which a request failed."""

    NAME = "host name not known"
    REFUSED = "connection refused"
    CONNECT = "no connection possible"
    CONNECT_TIMEOUT = "no connection in time"
    FORWARD_PROXY = "HTTP proxy failed"
    CERTIFICATE = "TLS certificate not accepted"
    CERTIFICATE_EXPIRED = "TLS certificate expired"
    CERTIFICATE_NAME = "TLS certificate for another host name"
    CERTIFICATE_FILE = "trusted certificates not readable"
    TLS = "no valid TLS"
    READ_TIMEOUT = "no answer in time"
    TOO_LONG = "answer too slow"
    UNANSWERED = "connection closed"
    BROKEN = "connection broken"


class RequestFailed(Exception):
    """A request could not be carried out: at which step, and in whose words.

    `is_unprocessed`: the connection was refused, or an idle one was closed before the first byte of a
    response, within a second. (A server that dies in that second may have read the request.) On a new
    connection a server in front of LiteLLM may have passed the request on.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure.value}{f' ({detail})' if detail else ''}")
        self.failure = failure
        self.detail = detail
        self.is_unprocessed = failure is Failure.REFUSED


class Origin(Enum):
    """The author of an error response, detected from its format."""

    LITELLM = auto()
    OTHER_API = auto()
    """Another API's error, in a format that LiteLLM does not use."""
    PAGE = auto()
    """HTML, as load balancers and gateways send it."""
    TEXT = auto()
    """Anything else; LiteLLM's own "Internal Server Error" is such a text."""


class ProxyUnreachable(ProxyError):
    """No complete response arrived, because of the network, TLS or a timeout.

    `via` is the HTTP proxy on the way, if any, without its password. `call_id` is created here, as
    LiteLLM sent none; it is in the message and in the log.
    """

    def __init__(self, failure: Failure, base_url: str, detail: str = "", via: str = "") -> None:
        super().__init__(f"{base_url}: {failure.value}{f' ({detail})' if detail else ''}")
        self.failure = failure
        self.base_url = base_url
        self.detail = detail
        self.via = via
        self.call_id = own_call_id()


class ProxyRejected(ProxyError):
    """The proxy returned an error, as an HTTP status or inside a stream.

    `status` is the HTTP status, or for an error inside a stream its `code`, or None. `error_type`,
    `param` and `message` are the proxy's own; `message` is the essential part of `text`, the whole
    message. Secrets are redacted in both. `classes` are the exception classes that LiteLLM writes
    before a provider's message, `origin` is the author of the error, `is_provider_error` is whether
    LiteLLM passes on a provider's error. `guardrail` is the guardrail that blocked the call.
    `retry_after` is in seconds; `call_id` is LiteLLM's `x-litellm-call-id`; `sent_bytes` is the
    size of the rejected request's body; `base_url` is the proxy's.
    """

    def __init__(  # noqa: PLR0913 - one value per fact of the error
        self,
        *,
        status: int | None,
        message: str,
        text: str | None = None,
        error_type: str | None = None,
        param: str | None = None,
        call_id: str | None = None,
        retry_after: float | None = None,
        classes: tuple[str, ...] = (),
        origin: Origin = Origin.LITELLM,
        is_provider_error: bool = False,
        guardrail: str | None = None,
        sent_bytes: int = 0,
        base_url: str = "",
    ) -> None:
        super().__init__(f"{status or 'error'}: {message}")
        self.status = status
        self.message = message
        self.text = message if text is None else text
        self.error_type = error_type
        self.param = param
        self.call_id = call_id
        self.retry_after = retry_after
        self.classes = classes
        self.origin = origin
        self.is_provider_error = is_provider_error
        self.guardrail = guardrail
        self.sent_bytes = sent_bytes
        self.base_url = base_url

    @property
    def from_api(self) -> bool:
        """Return whether the error has the format of an API."""
        return self.origin in {Origin.LITELLM, Origin.OTHER_API}


class ProxyProtocolError(ProxyError):
    """The response violates the OpenAI format; the message describes the violation."""


class ProxyAnswerEmpty(ProxyError):
    """A complete response without text, tool calls or other content to display.

    `refusal` is the model's refusal, if any; LiteLLM may have lost a part of it.
    """

    def __init__(self, finish_reason: str, refusal: str = "") -> None:
        super().__init__(f"nothing was answered (finish reason {finish_reason})")
        self.finish_reason = finish_reason
        self.refusal = refusal


class AnswerEnd(Enum):
    """Why a response ended before it was complete."""

    FILTERED = auto()
    REFUSED = auto()
    ONLY_REASONING = auto()
    """All tokens were used for reasoning."""
    CUT_TOOL_CALL = auto()
    RUN_UNKNOWN = auto()
    """LiteLLM does not know the background run, or no longer."""
    RUN_CANCELLED = auto()
    RUN_TOO_LONG = auto()


class ProxyAnswerEndedEarly(ProxyError):
    """A response that the provider ended too early.

    The part before has been shown. `refusal` is the model's refusal, if any.
    """

    def __init__(self, end: AnswerEnd, refusal: str = "") -> None:
        super().__init__(f"the answer ended early ({end.name})")
        self.end = end
        self.refusal = refusal
