"""Host names → addresses, in threads that nothing else of the process waits for.

gevent looks names up in a pool of ten threads, in which the SDK reads stdin, too: twenty hosts whose DNS
does not answer would stop every call of the process.
"""

import socket
import time
from collections.abc import Sequence
from functools import partial

from gevent import Timeout
from gevent.event import AsyncResult
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

from litellm_proxy.errors import Failure, RequestFailed
from litellm_proxy.limits import (
    LOOKUP_FAILED_SECONDS,
    MAX_CALLERS,
    MAX_LOOKUPS,
    SHARED_LOOKUP_SECONDS,
)
from litellm_proxy.memory import Memory

_getaddrinfo = get_original("socket", "getaddrinfo")

type Address = tuple[socket.AddressFamily, tuple[str | int, ...]]
"""A family, and what `socket.connect` takes."""


class NameLookup:
    """Looks up each name once at a time, however many calls wait for it."""

    def __init__(self, lookup=_getaddrinfo) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - getaddrinfo
        self._lookup = partial(lookup, type=socket.SOCK_STREAM)
        self._under_way: dict[str, AsyncResult] = {}
        self._failed: Memory[str, str] = Memory(
            MAX_CALLERS, LOOKUP_FAILED_SECONDS, clock=time.monotonic
        )
        self._threads: ThreadPool | None = None

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[Address]:
        """Return the addresses of a host, the preferred one first.

        Raises RequestFailed for a name that is unknown, that takes longer than `seconds`, or that did so
        within LOOKUP_FAILED_SECONDS.
        """
        try:
            # An address needs no DNS, and so no thread.
            found = self._lookup(host, None, flags=socket.AI_NUMERICHOST)
        except OSError:
            found = self._looked_up(host, seconds)
        return [(family, (address[0], port, *address[2:])) for family, *_, address in found]

    def _looked_up(self, host: str, seconds: float) -> list[tuple]:  # type: ignore[type-arg]
        if reason := self._failed.get(host):
            raise RequestFailed(Failure.NAME, reason)
        result = self._under_way.get(host) or self._begun(host)
        try:
            found: list[tuple] = result.get(timeout=seconds)  # type: ignore[type-arg]
        except Timeout:
            reason = "DNS did not answer"
            if seconds < SHARED_LOOKUP_SECONDS:
                # Others may wait for longer.
                raise RequestFailed(Failure.NAME, reason) from None
            raise self._failure(host, reason) from None
        except OSError as error:
            raise self._failure(host, error.strerror or "it is not known") from None
        return found

    def _begun(self, host: str) -> AsyncResult:
        if len(self._under_way) >= MAX_LOOKUPS:
            raise RequestFailed(Failure.NAME, "too many host names are being looked up")
        self._threads = self._threads or ThreadPool(MAX_LOOKUPS)
        result: AsyncResult = self._threads.spawn(self._lookup, host, None)
        self._under_way[host] = result
        result.rawlink(partial(self._ended, host))
        return result

    def _ended(self, host: str, result: AsyncResult) -> None:
        del self._under_way[host]
        if result.successful():
            self._failed.drop(host)

    def _failure(self, host: str, reason: str) -> RequestFailed:
        self._failed.set(host, reason)
        return RequestFailed(Failure.NAME, reason)


names = NameLookup()
"""The one of this process."""
