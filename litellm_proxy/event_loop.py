"""What all calls of the process share: one thread, on which gevent runs a greenlet for each call.

A greenlet runs until it waits for something. So long work calls `give_way` on its way, and whatever
blocks a thread, such as a name look-up, gets threads of its own.
"""

import time

from gevent import get_hub

from litellm_proxy.limits import TURN_SECONDS

_SHORTEST_PAUSE = 1e-6
"""Above zero: gevent runs up to fifty `sleep(0)` before it looks at its sockets (gevent 25, libev)."""


class _Turn:
    """When the event loop of this thread last looked at its sockets."""

    def __init__(self) -> None:
        self.hub = get_hub()
        self.began = time.perf_counter()
        self._watcher = self.hub.loop.check(ref=False)
        self._watcher.start(self._begin)

    def _begin(self) -> None:
        self.began = time.perf_counter()


_turn: _Turn | None = None


def give_way() -> None:
    """Let other calls run, if none could for TURN_SECONDS; else return at once (0.3 µs)."""
    global _turn  # noqa: PLW0603 - one event loop for the process, which begins at the first call
    if _turn is None or _turn.hub is not get_hub():
        _turn = _Turn()
    if time.perf_counter() - _turn.began > TURN_SECONDS:
        time.sleep(_SHORTEST_PAUSE)
