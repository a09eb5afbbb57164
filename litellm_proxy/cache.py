"""A bounded, process-wide memory of what a proxy said, for many tenants at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from litellm_proxy.errors import ProxyError, ProxyRejected

_UNAUTHORISED = frozenset({401, 403})


@dataclass(slots=True)
class _Entry[V]:
    value: V | None = None
    error: ProxyError | None = None
    good_until: float = 0.0
    loading: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Answer[V]:
    """What the memory has: a value, maybe an old one, and the error of the last try if it failed."""

    value: V | None = None
    error: ProxyError | None = None


@dataclass
class ProxyCache[K, V]:
    """Asks once per key and `kept_seconds`, however many ask at the same time.

    After an error the last value is kept and the proxy left alone for `retry_seconds`; a 401 or 403
    drops the value. At most `max_entries` keys are held, the longest unused goes first.
    """

    kept_seconds: float
    retry_seconds: float
    max_entries: int
    clock: Callable[[], float] = time.monotonic
    _entries: OrderedDict[K, _Entry[V]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: K, load: Callable[[], V], wait_seconds: float) -> Answer[V]:
        """Return what is known under a key, asking `load` if that is due.

        `load` is called without a lock held and may raise ProxyError. Those who come meanwhile get
        the old value at once; without one they wait up to `wait_seconds` for the new.
        """
        with self._lock:
            entry = self._entry(key)
            if self.clock() < entry.good_until:
                return Answer(entry.value, entry.error)
            others = entry.loading
            mine = entry.loading = others or threading.Event()
        if others is None:
            self._load(entry, load, mine)
        elif entry.value is None:
            others.wait(wait_seconds)
        return Answer(entry.value, entry.error)

    def drop(self, key: K) -> None:
        """Forget one key, so that the next question is asked."""
        with self._lock:
            self._entries.pop(key, None)

    def _entry(self, key: K) -> _Entry[V]:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        while len(self._entries) > self.max_entries:
            self._entries.popitem(last=False)
        return entry

    def _load(self, entry: _Entry[V], load: Callable[[], V], loading: threading.Event) -> None:
        try:
            value = load()
        except ProxyError as error:
            if isinstance(error, ProxyRejected) and error.status in _UNAUTHORISED:
                entry.value = None
            entry.error = error
            entry.good_until = self.clock() + self.retry_seconds
        else:
            entry.value, entry.error = value, None
            entry.good_until = self.clock() + self.kept_seconds
        finally:
            entry.loading = None
            loading.set()
