"""The connection pools of the process: one per TLS setting and HTTP proxy on the way.

What tenants share is these pools and nothing else: requests go straight to the transport, without
an `httpx.Client`, because a client keeps cookies, and building one per call costs a TLS context.
"""

import ipaddress
from contextlib import suppress
from functools import lru_cache
from urllib.request import getproxies_environment

import httpx

from litellm_proxy.connections import ConnectionPool
from litellm_proxy.errors import Failure
from litellm_proxy.limits import MAX_POOLS
from litellm_proxy.request_failed import RequestFailed
from litellm_proxy.settings import TLSSettings


def pool_for(base_url: str, tls: TLSSettings) -> httpx.BaseTransport:
    """Return the pool for a server; connections are kept alive, parallel streams are not queued.

    A pool that is used least is let go first; its open streams go on, since they hold it.

    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are honoured, and SSL_CERT_FILE and SSL_CERT_DIR
    (by httpx). Raises RequestFailed when the HTTP proxy that they name is none.
    """
    return _pool(tls, forward_proxy(base_url))


@lru_cache(maxsize=1024)
def forward_proxy(base_url: str) -> str | None:
    """Return the URL of the HTTP proxy that the environment names for a server, or None.

    The environment is read once per server: it does not change while the process lives.
    """
    url = httpx.URL(base_url)
    proxies = getproxies_environment()
    proxy = (proxies.get(url.scheme) or proxies.get("all") or "").strip()
    if not proxy or _bypassed(url, proxies.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def without_password(url: str) -> str:
    """Return a URL that may be shown."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b""))
    except httpx.InvalidURL:
        return "no URL"


@lru_cache(maxsize=MAX_POOLS)
def _pool(tls: TLSSettings, via: str | None) -> ConnectionPool:
    try:
        proxy = httpx.URL(via) if via else None
    except httpx.InvalidURL:
        proxy = httpx.URL()
    if proxy is not None and not (proxy.scheme == "http" and proxy.host):
        raise RequestFailed(Failure.FORWARD_PROXY, "it must be an http:// URL")
    return ConnectionPool(tls, proxy)


def _bypassed(url: httpx.URL, no_proxy: str) -> bool:
    """Return whether NO_PROXY names a server, as curl reads it.

    Separated by commas or blanks: `*`, hosts with all that is below them, with a port or without, and
    networks such as 10.0.0.0/8.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    names = no_proxy.replace(",", " ").lower().split()
    return any(_stands_for(name, url.host.lower(), port) for name in names)


def _stands_for(name: str, host: str, port: int) -> bool:
    if name == "*":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(name.strip("[]"), strict=False)
    domain, colon, its_port = name.rpartition(":")
    if colon and its_port.isdigit():
        if int(its_port) != port:
            return False
        name = domain.strip("[]")
    name = name.removeprefix("*").removeprefix(".")
    return host == name or host.endswith(f".{name}")
