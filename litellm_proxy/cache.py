"""A bounded, process-wide memory of what a proxy said, for many tenants at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from litellm_proxy.errors import ProxyError, ProxyProtocolError, ProxyRejected

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

    def get(
        self, key: K, load: Callable[[], V], wait_seconds: float, late: Callable[[], ProxyError]
    ) -> Answer[V]:
        """Return what is known under a key, asking `load` if that is due.

        `load` runs in a thread of its own and may raise ProxyError. Whoever asks waits for it up to
        `wait_seconds`, then gets the old value or, without one, the error of `late`; those who come
        while others wait get an old value at once. A load that is late counts as failed, and what
        it brings after all is still taken.
        """
        with self._lock:
            entry = self._entry(key)
            if self.clock() < entry.good_until:
                return Answer(entry.value, entry.error)
            loading = entry.loading
            if loading is not None and entry.value is not None:
                return Answer(entry.value, entry.error)
            if loading is None:
                loading = entry.loading = threading.Event()
                arguments = (entry, load, loading)
                threading.Thread(target=self._load, args=arguments, daemon=True).start()
        if not loading.wait(wait_seconds):
            self._give_up(entry, loading, late())
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
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            unforeseen = ProxyProtocolError(type(error).__name__)
            if entry.loading is loading:
                self._fail(entry, error if isinstance(error, ProxyError) else unforeseen)
        else:
            entry.value, entry.error = value, None
            entry.good_until = self.clock() + self.kept_seconds
        finally:
            if entry.loading is loading:
                entry.loading = None
            loading.set()

    def _fail(self, entry: _Entry[V], error: ProxyError) -> None:
        if isinstance(error, ProxyRejected) and error.status in _UNAUTHORISED:
            entry.value = None
        entry.error = error
        entry.good_until = self.clock() + self.retry_seconds

    def _give_up(self, entry: _Entry[V], loading: threading.Event, late: ProxyError) -> None:
        """Leave a late load to itself, so that the next one can be tried when it is due."""
        with self._lock:
            if entry.loading is loading:
                entry.loading = None
                self._fail(entry, late)
