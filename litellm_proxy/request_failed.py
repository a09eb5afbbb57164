"""At which step a request failed: from what the system and the TLS library say, and from httpx."""

import socket
import ssl

import httpx

from litellm_proxy.errors import Failure

_OF_VERIFY_CODE = {
    10: Failure.CERTIFICATE_EXPIRED,
    62: Failure.CERTIFICATE_NAME,
    64: Failure.CERTIFICATE_NAME,
}
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH."""


class RequestFailed(Exception):
    """A request could not be carried out: at which step, and in whose words.

    `is_unprocessed`: nobody can have worked on it, since no connection was made, or the server had
    given up the pooled one that it went to, as it said at once. On a new connection nobody can tell:
    what is in front of LiteLLM may have passed the request on.
    """

    def __init__(self, failure: Failure, detail: str = "", *, is_unprocessed: bool = False) -> None:
        super().__init__(f"{failure.value}{f' ({detail})' if detail else ''}")
        self.failure = failure
        self.detail = detail
        self.is_unprocessed = is_unprocessed


def not_connected(error: OSError) -> RequestFailed:
    """Return why no connection was made, by the system's or the TLS library's words."""
    match error:
        case ssl.SSLCertVerificationError():
            code = getattr(error, "verify_code", 0)
            failure = _OF_VERIFY_CODE.get(code, Failure.CERTIFICATE)
            return RequestFailed(failure, getattr(error, "verify_message", ""))
        case ssl.SSLError():
            return RequestFailed(Failure.TLS, getattr(error, "reason", None) or "")
        case socket.gaierror():
            return RequestFailed(Failure.NAME, error.strerror or "")
        case ConnectionRefusedError():
            return RequestFailed(Failure.REFUSED, is_unprocessed=True)
        case TimeoutError():
            return RequestFailed(Failure.CONNECT_TIMEOUT)
        case _:
            return RequestFailed(Failure.CONNECT, error.strerror or "")


def broken(error: OSError) -> RequestFailed:
    """Return how a connection that had been made ended before the answer did."""
    match error:
        case TimeoutError():
            return RequestFailed(Failure.READ_TIMEOUT)
        case _:
            return RequestFailed(Failure.BROKEN, error.strerror or "")


def refused_by_httpx(error: ValueError | httpx.InvalidURL) -> RequestFailed:
    """Return why httpx could not write the request."""
    match error:
        case httpx.InvalidURL() | UnicodeError():
            return RequestFailed(Failure.NAME, "it cannot be one")
        case _:
            return RequestFailed(Failure.BROKEN)
