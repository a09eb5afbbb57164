"""What can go wrong between this plugin and the proxy, as data; sentences are made elsewhere."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto


class ProxyError(Exception):
    """The proxy could not be asked, rejected a request, or answered what cannot be read.

    `call_id` is LiteLLM's `x-litellm-call-id`. `subject` is the kind and name of the model that was asked.
    """

    call_id: str | None = None
    subject: str | None = None


def own_call_id() -> str:
    """Return an id for a call that LiteLLM gave none: it stands in the sentence and in the log."""
    return secrets.token_hex(4)


@contextmanager
def about(subject: str, call_id: str | None = None) -> Iterator[None]:
    """Add the model (kind and name) and the call id to a ProxyError that is raised within, where it has none."""
    try:
        yield
    except ProxyError as error:
        error.subject = error.subject or subject
        error.call_id = error.call_id or call_id
        raise


class Failure(Enum):
    """At which step a request could not be carried out."""

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

    `is_unprocessed`: the server cannot have worked on it, since no connection was made, or the server had
    closed the idle one that was used and reported it at once. On a new connection that is unknown:
    a server in front of LiteLLM may have passed the request on.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure.value}{f' ({detail})' if detail else ''}")
        self.failure = failure
        self.detail = detail
        self.is_unprocessed = failure is Failure.REFUSED


class Origin(Enum):
    """Who wrote an error, as its shape tells."""

    LITELLM = auto()
    OTHER_API = auto()
    """An API's error, in a shape that LiteLLM does not write."""
    PAGE = auto()
    """HTML, as balancers and gateways write it."""
    TEXT = auto()
    """Anything else; LiteLLM's own "Internal Server Error" is such a text."""


class ProxyUnreachable(ProxyError):
    """No complete answer came back: the network, TLS or time.

    `via` is the HTTP proxy on the way, if there is one, without its password. `call_id` is of our own
    making, since LiteLLM gave none: it stands in the sentence and in the log.
    """

    def __init__(self, failure: Failure, base_url: str, detail: str = "", via: str = "") -> None:
        super().__init__(f"{base_url}: {failure.value}{f' ({detail})' if detail else ''}")
        self.failure = failure
        self.base_url = base_url
        self.detail = detail
        self.via = via
        self.call_id = own_call_id()


class ProxyRejected(ProxyError):
    """The proxy answered with an error, as an HTTP status or inside a stream.

    `status` is the HTTP status, for an error inside a stream the `code` it carries, or None.
    `error_type`, `param` and `message` are the proxy's own, `text` is the whole of what `message` is
    the telling part of; secrets are already replaced.
    `classes` are the exception classes that LiteLLM puts before a provider's words, `origin` says who
    wrote the error, `of_provider` whether LiteLLM only passes it on.
    `guardrail` names the guardrail that blocked the call. `retry_after` is in seconds; `call_id` is
    LiteLLM's `x-litellm-call-id`; `sent_bytes` is the size of the refused request's body; `base_url`
    is the proxy's.
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
        of_provider: bool = False,
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
        self.of_provider = of_provider
        self.guardrail = guardrail
        self.sent_bytes = sent_bytes
        self.base_url = base_url

    @property
    def from_api(self) -> bool:
        """Return whether the error has the shape of an API's, not of a page."""
        return self.origin in {Origin.LITELLM, Origin.OTHER_API}


class ProxyProtocolError(ProxyError):
    """What came back is not what the OpenAI format promises; the text says what was wrong."""


class ProxyAnswerEmpty(ProxyError):
    """A complete answer without text, tool calls or anything else to show.

    `refusal` holds the model's words if it refused, of which LiteLLM may have lost the rest.
    """

    def __init__(self, finish_reason: str, refusal: str = "") -> None:
        super().__init__(f"nothing was answered (finish reason {finish_reason})")
        self.finish_reason = finish_reason
        self.refusal = refusal


class AnswerEnd(Enum):
    """How an answer that had begun ended before it was whole."""

    FILTERED = auto()
    REFUSED = auto()
    ALL_THOUGHT = auto()
    """Every token went into reasoning."""
    CUT_TOOL_CALL = auto()
    RUN_GONE = auto()
    """A run in the background that LiteLLM does not know, or no longer."""
    RUN_CANCELLED = auto()
    RUN_TOO_LONG = auto()


class ProxyAnswerEndedEarly(ProxyError):
    """An answer that its provider ended before it was whole; what came before has been shown.

    `refusal` holds the model's words if it refused.
    """

    def __init__(self, end: AnswerEnd, refusal: str = "") -> None:
        super().__init__(f"the answer ended early ({end.name})")
        self.end = end
        self.refusal = refusal
