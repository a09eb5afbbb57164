"""New connections: name look-up, TCP, the tunnel of an HTTP proxy, TLS."""

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import httpx

from litellm_proxy import name_lookup
from litellm_proxy.errors import Failure, RequestFailed
from litellm_proxy.http.exchange import read_head, request_head
from litellm_proxy.name_lookup import Address
from litellm_proxy.settings import TLSSettings

_OK = range(200, 300)
_MAX_STATUS_CHARACTERS = 100
_OF_VERIFY_CODE = {
    10: Failure.CERTIFICATE_EXPIRED,
    62: Failure.CERTIFICATE_NAME,
    64: Failure.CERTIFICATE_NAME,
}
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as the pool distinguishes them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> "Server":
        """Return the server of a URL.

        `raw_host` is ASCII: httpx shows a host in Unicode, which Python's codec of 2003 encodes
        differently (straße is not strasse).
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        return cls(url.scheme, url.raw_host.decode("ascii"), port)


class Connector:
    """Connects to servers with one TLS setting, directly or through one HTTP proxy."""

    def __init__(self, tls: TLSSettings, via: httpx.URL | None) -> None:
        """`via` is the HTTP proxy, with its user and password."""
        self._tls = tls
        self._via = via

    def connect(self, server: Server, seconds: float) -> socket.socket:
        """Return a new connection; `seconds` bound each step. Raises RequestFailed."""
        try:
            # An invalid name fails here; within gevent it would leave a socket behind.
            server.host.encode("idna")
        except UnicodeError:
            raise RequestFailed(Failure.NAME, "it cannot be one") from None
        tls = self._tls_context if server.scheme == "https" else None
        host, port = server.host, server.port
        if self._via:
            host, port = self._via.host, self._via.port or 80
        connection = _connected(name_lookup.names.addresses(host, port, seconds), seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is None:
                return connection
            if self._via:
                self._tunnel(connection, server, seconds)
            return tls.wrap_socket(connection, server_hostname=server.host)
        except OSError as error:
            connection.close()
            raise not_connected(error) from None
        except BaseException:
            connection.close()
            raise

    def head(self, request: httpx.Request) -> bytes:
        """Return the head of a request: for an HTTP proxy with the whole URL and its password."""
        target, fields = request.url.raw_path, request.headers.raw
        if self._via and request.url.scheme == "http":
            target = str(request.url).encode("ascii")
            fields = [*fields, *self._proxy_authorization]
        return request_head(request.method, target, fields)

    def _tunnel(self, connection: socket.socket, server: Server, seconds: float) -> None:
        """Let the HTTP proxy connect to the server (RFC 9110, 9.3.6)."""
        host = f"[{server.host}]" if ":" in server.host else server.host
        target = f"{host}:{server.port}".encode("ascii")
        fields = [(b"Host", target), *self._proxy_authorization]
        connection.sendall(request_head("CONNECT", target, fields))
        try:
            response, _ = read_head(connection, seconds)
        except RequestFailed as error:
            if error.failure is Failure.READ_TIMEOUT:
                raise RequestFailed(Failure.CONNECT_TIMEOUT) from None
            raise RequestFailed(Failure.FORWARD_PROXY, "it did not answer in HTTP") from None
        if response.status not in _OK:
            status = f"{response.status} {response.reason.decode('latin-1')}"
            raise RequestFailed(Failure.FORWARD_PROXY, status[:_MAX_STATUS_CHARACTERS])

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        """Read the certificates once, at the first https:// server: that takes 25 ms."""
        try:
            context = httpx.create_ssl_context(verify=self._tls.verify)
            if self._tls.verify and self._tls.ca_certificates:
                context.load_verify_locations(cadata=self._tls.ca_certificates)
        except OSError as error:
            raise RequestFailed(Failure.CERTIFICATE_FILE, error.strerror or "") from None
        return context

    @cached_property
    def _proxy_authorization(self) -> Sequence[tuple[bytes, bytes]]:
        if not (self._via and self._via.userinfo):
            return []
        credentials = httpx.BasicAuth(self._via.username, self._via.password)
        request = next(credentials.auth_flow(httpx.Request("GET", "http://proxy")))
        return [(b"Proxy-Authorization", request.headers["Authorization"].encode("ascii"))]


def _connected(addresses: Sequence[Address], seconds: float) -> socket.socket:
    """Connect to the first address that accepts; raise RequestFailed as the last one failed."""
    failure = RequestFailed(Failure.NAME, "it has no address")
    for family, address in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = not_connected(error)
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


def not_connected(error: OSError) -> RequestFailed:
    """Return why no connection was made, in the text of the system or the TLS library."""
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
            return RequestFailed(Failure.REFUSED)
        case TimeoutError():
            return RequestFailed(Failure.CONNECT_TIMEOUT)
        case _:
            return RequestFailed(Failure.CONNECT, error.strerror or "")
