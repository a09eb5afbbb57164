"""Limit the embedding requests of one proxy and key, over all calls of this process.

Indexing runs many embedding calls at a time, each with several batches. Without a common limit they
meet the rate limit together, wait for the same Retry-After and come back together.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from litellm_proxy.limits import MAX_CALLERS
from litellm_proxy.memory import Memory

MAX_IN_FLIGHT = 16
"""Requests at a time of one proxy and key: four calls with four batches each."""
_JITTER = 0.1
"""Share of a pause that is added at random: other processes wait for the same Retry-After."""

_GROWTH = 0.25
"""How much more is allowed when as many requests as were allowed have succeeded."""


class NotSent(Exception):
    """A request was not sent: its deadline would pass first, or its call has failed meanwhile."""


class EmbeddingGate:
    """Lets requests pass in the order in which they came, a limited number at a time.

    A rejection for a rate limit halves the number, down to one; successes increase it slowly (additive
    increase, multiplicative decrease: https://www.rfc-editor.org/rfc/rfc5681#section-3.1).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        """One event for each request, set when the request is the first."""
        self._changed = threading.Event()
        self._allowed = float(MAX_IN_FLIGHT)
        self._in_flight = 0
        self._closed_until = 0.0

    @contextmanager
    def passed(self, deadline: float, stopped: threading.Event) -> Iterator[None]:
        """Wait until a request may be sent; it is in flight until the block ends.

        `deadline` is monotonic, in seconds; `stopped` is set when the call has failed. Raises NotSent.
        """
        first = threading.Event()
        with self._lock:
            self._waiting.append(first)
            self._waiting[0].set()
        try:
            self._wait(first, deadline, stopped)
        finally:
            with self._lock:
                self._waiting.remove(first)
                if self._waiting:
                    self._waiting[0].set()
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
            self._changed.set()

    def succeeded(self) -> None:
        """Allow more requests at a time."""
        with self._lock:
            self._allowed = min(MAX_IN_FLIGHT, self._allowed + _GROWTH / self._allowed)

    def limited(self, seconds: float) -> None:
        """Send nothing for so long, and then fewer requests at a time."""
        now = time.monotonic()
        with self._lock:
            if now >= self._closed_until:
                # Requests that were in flight together are rejected together: that is one rejection.
                self._allowed = max(1.0, self._allowed / 2)
            until = now + seconds * random.uniform(1, 1 + _JITTER)  # noqa: S311
            self._closed_until = max(self._closed_until, until)

    def _wait(self, first: threading.Event, deadline: float, stopped: threading.Event) -> None:
        is_first = first.wait(max(0.0, deadline - time.monotonic()))
        while is_first and not stopped.is_set():
            with self._lock:
                self._changed.clear()
                closed_for = self._closed_until - time.monotonic()
                if closed_for <= 0 and self._in_flight < int(self._allowed):
                    self._in_flight += 1
                    return
            left = deadline - time.monotonic()
            if left <= 0 or closed_for > left:
                break
            self._changed.wait(min(left, closed_for) if closed_for > 0 else left)
        raise NotSent


_gates: Memory[str, EmbeddingGate] = Memory(MAX_CALLERS)


def gate_of(caller: str) -> EmbeddingGate:
    """Return the gate of a proxy and key (`ProxySettings.cache_key`)."""
    gate = _gates.get(caller)
    if gate is None:
        gate = EmbeddingGate()
        _gates.set(caller, gate)
    return gate
