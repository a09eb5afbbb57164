"""Which HTTP proxy the environment names for a server."""

import ipaddress
from contextlib import suppress
from functools import lru_cache
from urllib.request import getproxies_environment

import httpx


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
