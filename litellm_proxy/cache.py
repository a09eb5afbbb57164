"""A bounded, process-wide cache of the proxies' responses, for many tenants at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from litellm_proxy.errors import ProxyError, ProxyProtocolError, ProxyRejected

_UNAUTHORISED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Cached[V]:
    """A value, perhaps an old one, and the error of the last load if it failed."""

    value: V | None = None
    error: ProxyError | None = None


@dataclass(slots=True)
class _Entry[V]:
    """The value of one key, until when it is fresh, and the load under way, if there is one."""

    cached: Cached[V] = field(default_factory=Cached)
    fresh_until: float = 0.0
    size: int = 1
    under_way: threading.Event | None = None


@dataclass
class ProxyCache[K, V]:
    """Loads a value once per key and `kept_seconds`, however many callers want it at the same time.

    After an error the last value is kept, and the next load begins after `retry_seconds`; a 401 or
    403 drops the value. The values have at most `max_size` in all, by `size_of` (at least 1 for each
    key); the least recently used go first.
    """

    kept_seconds: float
    retry_seconds: float
    max_size: int
    size_of: Callable[[V], int] = lambda _: 1
    clock: Callable[[], float] = time.monotonic
    _entries: OrderedDict[K, _Entry[V]] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, key: K, load: Callable[[], V]) -> None:
        """Begin a load that is due, without waiting for it: `get` waits."""
        with self._lock:
            self._begin(key, load)

    def get(
        self, key: K, load: Callable[[], V], wait_seconds: float, late: Callable[[], ProxyError]
    ) -> Cached[V]:
        """Return the value of a key; begin a load that is due, and wait for it.

        `load` runs in a thread of its own and may raise ProxyError; it has to end by itself, since a
        key has one load at a time. After `wait_seconds` callers get the old value and the error of
        `late`, at once for the next `retry_seconds`; the load still fills the cache. Callers that
        come during a load get an old value at once.
        """
        with self._lock:
            entry, is_ours = self._begin(key, load)
            under_way = entry.under_way
            has_value = entry.cached.value is not None
            if under_way is None or self._is_fresh(entry) or (has_value and not is_ours):
                return entry.cached
        if not under_way.wait(wait_seconds):
            with self._lock:
                if entry.under_way is under_way:
                    self._fail(entry, late())
        return entry.cached

    def drop(self, key: K) -> None:
        """Remove a key, so that the next call loads it."""
        with self._lock:
            if entry := self._entries.pop(key, None):
                self._size -= entry.size

    def _begin(self, key: K, load: Callable[[], V]) -> tuple[_Entry[V], bool]:
        """Return the entry of a key, and whether a load was begun for it just now."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
            self._size += entry.size
        self._entries.move_to_end(key)
        self._make_room()
        if entry.under_way or self._is_fresh(entry):
            return entry, False
        entry.under_way = threading.Event()
        threading.Thread(target=self._run, args=(key, entry, load), daemon=True).start()
        return entry, True

    def _is_fresh(self, entry: _Entry[V]) -> bool:
        return self.clock() < entry.fresh_until

    def _fail(self, entry: _Entry[V], error: ProxyError) -> None:
        is_unauthorised = isinstance(error, ProxyRejected) and error.status in _UNAUTHORISED
        entry.cached = Cached(None if is_unauthorised else entry.cached.value, error)
        entry.fresh_until = self.clock() + self.retry_seconds

    def _run(self, key: K, entry: _Entry[V], load: Callable[[], V]) -> None:
        outcome = _outcome_of(load)
        with self._lock:
            if isinstance(outcome, ProxyError):
                self._fail(entry, outcome)
            else:
                entry.cached = Cached(outcome)
                entry.fresh_until = self.clock() + self.kept_seconds
                self._resize(key, entry, max(1, self.size_of(outcome)))
            ended, entry.under_way = entry.under_way, None
        if ended:
            ended.set()

    def _resize(self, key: K, entry: _Entry[V], size: int) -> None:
        if self._entries.get(key) is entry:
            self._size += size - entry.size
            entry.size = size
            self._make_room()

    def _make_room(self) -> None:
        while self._size > self.max_size and len(self._entries) > 1:
            _, entry = self._entries.popitem(last=False)
            self._size -= entry.size


def _outcome_of[V](load: Callable[[], V]) -> V | ProxyError:
    try:
        return load()
    except ProxyError as error:
        # The traceback would keep its frames in memory, with megabytes of a body that is invalid.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    except Exception as unforeseen:  # noqa: BLE001 - a thread has no caller that would see it
        return ProxyProtocolError(type(unforeseen).__name__)
