"""Cooperative scheduling: all calls of the process share one thread, one gevent greenlet each.

A greenlet runs until it waits for something. So long loops call `give_way`, and operations that
block a thread, such as a name look-up, run in threads of their own.
"""

import time

from gevent import get_hub

from litellm_proxy.limits import TURN_SECONDS

_MIN_PAUSE = 1e-6
"""Above zero: gevent runs up to fifty `sleep(0)` before it polls its sockets (gevent 25, libev)."""


class _Turn:
    """Records when the event loop of this thread last polled its sockets."""

    def __init__(self) -> None:
        self.hub = get_hub()
        self.began = time.perf_counter()
        self._watcher = self.hub.loop.check(ref=False)
        self._watcher.start(self._begin)

    def _begin(self) -> None:
        self.began = time.perf_counter()


_turn: _Turn | None = None


def give_way() -> None:
    """Let other calls run if none could for TURN_SECONDS.

    Else return at once (0.3 µs).
    """
    global _turn  # noqa: PLW0603 - one event loop for the process, which begins at the first call
    if _turn is None or _turn.hub is not get_hub():
        _turn = _Turn()
    if time.perf_counter() - _turn.began > TURN_SECONDS:
        time.sleep(_MIN_PAUSE)
