"""What can go wrong between this plugin and the proxy, as data; sentences are made elsewhere."""

from enum import Enum


class ProxyError(Exception):
    """The proxy could not be asked, refused, or answered what cannot be read."""


class Failure(Enum):
    """At which step a request could not be carried out."""

    NAME = "the host name is not known"
    REFUSED = "the connection was refused"
    CONNECT = "no connection could be made"
    CONNECT_TIMEOUT = "the connection was not accepted in time"
    FORWARD_PROXY = "the HTTP proxy on the way could not be used"
    CERTIFICATE = "the TLS certificate was not accepted"
    CERTIFICATE_EXPIRED = "the TLS certificate has expired"
    CERTIFICATE_NAME = "the TLS certificate is for another host name"
    CERTIFICATE_FILE = "the trusted certificates cannot be read"
    TLS = "the server did not speak TLS as expected"
    READ_TIMEOUT = "no answer came in time"
    TOO_LONG = "the answer took too long"
    BROKEN = "the connection broke"


class ProxyUnreachable(ProxyError):
    """No complete answer came back: the network, TLS or time.

    `via` is the HTTP proxy on the way, if there is one, without its password.
    """

    def __init__(self, failure: Failure, base_url: str, detail: str = "", via: str = "") -> None:
        super().__init__(f"{base_url}: {failure.value}{f' ({detail})' if detail else ''}")
        self.failure = failure
        self.base_url = base_url
        self.detail = detail
        self.via = via


class ProxyRejected(ProxyError):
    """The proxy answered with an error, as an HTTP status or inside a stream.

    `status` is the HTTP status, for an error inside a stream the `code` it carries, or None.
    `error_type`, `param` and `message` are the proxy's own; secrets are already replaced.
    `classes` are the exception classes that LiteLLM puts before a provider's words, `from_api` says
    whether the body was an API's error and not a page of some other server.
    `guardrail` names the guardrail that blocked the call. `retry_after` is in seconds; `call_id` is LiteLLM's `x-litellm-call-id`.
    """

    def __init__(  # noqa: PLR0913 - one value per fact of the error
        self,
        *,
        status: int | None,
        message: str,
        error_type: str | None = None,
        param: str | None = None,
        call_id: str | None = None,
        retry_after: float | None = None,
        classes: tuple[str, ...] = (),
        from_api: bool = True,
        guardrail: str | None = None,
    ) -> None:
        super().__init__(f"{status or 'error'}: {message}")
        self.status = status
        self.message = message
        self.error_type = error_type
        self.param = param
        self.call_id = call_id
        self.retry_after = retry_after
        self.classes = classes
        self.from_api = from_api
        self.guardrail = guardrail


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
