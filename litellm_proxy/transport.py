"""The one connection pool of the process.

What tenants share is this pool and nothing else: requests go straight to the transport, without an
`httpx.Client`, because a client keeps cookies, and building one per call costs a TLS context.
"""

from functools import cache

import httpx

KEEP_ALIVE_SECONDS = 30.0
"""Shorter than the usual 60 s and more of servers and balancers, so that we close first."""


@cache
def shared_transport() -> httpx.BaseTransport:
    """Return the pool; connections are kept alive, and parallel streams are not queued."""
    return httpx.HTTPTransport(
        limits=httpx.Limits(
            max_connections=None,
            max_keepalive_connections=64,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        ),
    )
