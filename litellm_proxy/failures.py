"""Which step of a request failed, read from httpx's exceptions and what caused them."""

import socket
import ssl
from collections.abc import Iterator

import httpx

from litellm_proxy.errors import Failure, ProxyProtocolError

_OF_VERIFY_CODE = {
    10: Failure.CERTIFICATE_EXPIRED,
    62: Failure.CERTIFICATE_NAME,
    64: Failure.CERTIFICATE_NAME,
}
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH."""
_LONGEST_DETAIL = 100


class StaleConnectionError(httpx.RemoteProtocolError):
    """A connection that had served before was closed before the first byte of this answer."""


class CertificateFileError(Exception):
    """The file or folder of trusted certificates cannot be read; the text says why."""


def failure_of(error: BaseException) -> tuple[Failure, str]:  # noqa: C901, PLR0912 - a case per failure
    """Return the step that failed, in the operating system's, the TLS library's or our own words."""
    for cause in _causes(error):
        match cause:
            case CertificateFileError():
                return Failure.CERTIFICATE_FILE, str(cause)
            case ssl.SSLCertVerificationError():
                code = getattr(cause, "verify_code", 0)
                failure = _OF_VERIFY_CODE.get(code, Failure.CERTIFICATE)
                return failure, getattr(cause, "verify_message", "")
            case ssl.SSLError():
                return Failure.TLS, cause.reason or ""
            case socket.gaierror():
                return Failure.NAME, cause.strerror or ""
            case ConnectionRefusedError():
                return Failure.REFUSED, ""
            case UnicodeError() | httpx.InvalidURL():
                return Failure.NAME, "it cannot be one"
            case _:
                pass
    match error:
        case httpx.ProxyError():
            # Its text is the status line with which the HTTP proxy refused to connect.
            return Failure.FORWARD_PROXY, str(error)[:_LONGEST_DETAIL]
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Failure.CONNECT_TIMEOUT, ""
        case httpx.TimeoutException():
            return Failure.READ_TIMEOUT, ""
        case TimeoutError():
            return Failure.TOO_LONG, str(error)
        case httpx.ConnectError() | httpx.UnsupportedProtocol():
            return Failure.CONNECT, _system_words(error)
        case httpx.RemoteProtocolError():
            ours = (str(cause) for cause in _causes(error) if isinstance(cause, ProxyProtocolError))
            words = _system_words(error) or "the server closed it early or did not speak HTTP"
            return Failure.BROKEN, next(ours, words)
        case _:
            return Failure.BROKEN, _system_words(error)


def surely_not_processed(error: httpx.TransportError) -> bool:
    """Return whether a request cannot have been worked on.

    No connection was made, or the server had given up the pooled one that the request went to. On a
    new connection nobody can tell: what is in front of LiteLLM may have passed the request on.
    """
    if isinstance(error, httpx.ConnectError):
        return failure_of(error)[0] is Failure.REFUSED
    return isinstance(error, StaleConnectionError)


def _system_words(error: BaseException) -> str:
    words = (cause.strerror for cause in _causes(error) if isinstance(cause, OSError))
    return next(filter(None, words), "")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
