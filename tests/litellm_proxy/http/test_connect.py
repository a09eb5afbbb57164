"""New connections, and why none was made."""

import socket
import ssl

import pytest

from litellm_proxy.errors import Failure
from litellm_proxy.http.connect import not_connected


def _unverified(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "bad")
    error.verify_code, error.verify_message = code, "as OpenSSL says"
    return error


@pytest.mark.parametrize(
    ("error", "failure", "detail"),
    [
        (_unverified(10), Failure.CERTIFICATE_EXPIRED, "as OpenSSL says"),
        (_unverified(62), Failure.CERTIFICATE_NAME, "as OpenSSL says"),
        (_unverified(64), Failure.CERTIFICATE_NAME, "as OpenSSL says"),
        (_unverified(18), Failure.CERTIFICATE, "as OpenSSL says"),
        (ssl.SSLError(1, "wrong version"), Failure.TLS, ""),
        (
            socket.gaierror(-2, "Name or service not known"),
            Failure.NAME,
            "Name or service not known",
        ),
        (ConnectionRefusedError(111, "Connection refused"), Failure.REFUSED, ""),
        (TimeoutError("timed out"), Failure.CONNECT_TIMEOUT, ""),
        (OSError(113, "No route to host"), Failure.CONNECT, "No route to host"),
    ],
)
def test_a_connection_that_is_not_made(error: OSError, failure: Failure, detail: str) -> None:
    told = not_connected(error)
    assert (told.failure, told.detail) == (failure, detail)
    assert told.is_unprocessed is (failure is Failure.REFUSED)
