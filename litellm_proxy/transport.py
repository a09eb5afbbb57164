"""The connection pools of the process: one per TLS setting and HTTP proxy on the way.

What tenants share is these pools and nothing else: requests go straight to the transport, without
an `httpx.Client`, because a client keeps cookies, and building one per call costs a TLS context.
"""

import ipaddress
from functools import lru_cache
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the second
    getproxies_environment,
    proxy_bypass_environment,
)

import httpx

from litellm_proxy.settings import TLSSettings

KEEP_ALIVE_SECONDS = 30.0
"""Shorter than the usual 60 s and more of servers and balancers, so that we close first."""
MAX_POOLS = 32
"""A pool that is used least goes first; its open streams go on, since they hold it."""


def pool_for(base_url: str, tls: TLSSettings) -> httpx.BaseTransport:
    """Return the pool for a server; connections are kept alive, parallel streams are not queued.

    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are honoured, and SSL_CERT_FILE and SSL_CERT_DIR
    (by httpx). Raises httpx.ProxyError when the HTTP proxy that they name is none.
    """
    return _pool(tls, forward_proxy(base_url))


@lru_cache(maxsize=1024)
def forward_proxy(base_url: str) -> str | None:
    """Return the URL of the HTTP proxy that the environment names for a server, or None.

    The environment is read once per server: it does not change while the process lives.
    """
    url = httpx.URL(base_url)
    proxies = getproxies_environment()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or _bypassed(url, proxies):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def without_password(url: str) -> str:
    """Return a URL that may be shown."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b""))
    except httpx.InvalidURL:
        return "no URL"


@lru_cache(maxsize=MAX_POOLS)
def _pool(tls: TLSSettings, via: str | None) -> httpx.HTTPTransport:
    context = httpx.create_ssl_context(verify=tls.verify)
    if tls.verify and tls.ca_certificates:
        context.load_verify_locations(cadata=tls.ca_certificates)
    try:
        proxy = httpx.Proxy(via) if via else None
        return httpx.HTTPTransport(
            verify=context,
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=64,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
            ),
        )
    except (ValueError, httpx.InvalidURL, ImportError):
        message = "it must be an http:// or https:// URL"
        raise httpx.ProxyError(message) from None


def _bypassed(url: httpx.URL, proxies: dict[str, str]) -> bool:
    """Return whether NO_PROXY names a server; networks such as 10.0.0.0/8 count, as for curl."""
    if proxy_bypass_environment(f"{url.host}:{url.port or ''}".rstrip(":"), proxies):
        return True
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return False
    return any(_holds(network.strip(), address) for network in proxies.get("no", "").split(","))


def _holds(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return "/" in network and address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
