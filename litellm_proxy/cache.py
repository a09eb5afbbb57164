"""A bounded, process-wide memory of what a proxy said, for many tenants at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from litellm_proxy.errors import ProxyError, ProxyProtocolError, ProxyRejected

_UNAUTHORISED = frozenset({401, 403})


@dataclass(slots=True)
class _Load:
    """One question to the proxy; those that were asked later have a higher number."""

    number: int
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Entry[V]:
    """What is kept under one key; `decided_by` is the number of the newest load that said something."""

    value: V | None = None
    error: ProxyError | None = None
    good_until: float = 0.0
    size: int = 1
    loading: _Load | None = None
    loads: int = 0
    decided_by: int = 0


@dataclass(frozen=True, slots=True)
class Answer[V]:
    """What the memory has: a value, maybe an old one, and the error of the last try if it failed."""

    value: V | None = None
    error: ProxyError | None = None


@dataclass
class ProxyCache[K, V]:
    """Asks once per key and `kept_seconds`, however many ask at the same time.

    After an error the last value is kept and the proxy left alone for `retry_seconds`; a 401 or 403
    drops the value. What is held has at most `max_size` in all, by `size_of` (at least 1 for each key);
    the longest unused goes first.
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
        """Begin to ask, if that is due, and do not wait: `get` will."""
        with self._lock:
            self._begun(key, load)

    def get(
        self, key: K, load: Callable[[], V], wait_seconds: float, late: Callable[[], ProxyError]
    ) -> Answer[V]:
        """Return what is known under a key, asking `load` if that is due.

        `load` runs in a thread of its own and may raise ProxyError. Whoever asks waits for it up to
        `wait_seconds`, then gets the old value or, without one, the error of `late`; those who come
        while others wait get an old value at once. A load that is late counts as failed, and what
        it brings after all is still taken, unless a later one has said something since.
        """
        with self._lock:
            entry, begun = self._begun(key, load)
            loading = entry.loading
            if loading is None or (not begun and entry.value is not None):
                return Answer(entry.value, entry.error)
        if not loading.done.wait(wait_seconds):
            self._give_up(entry, loading, late())
        return Answer(entry.value, entry.error)

    def drop(self, key: K) -> None:
        """Forget one key, so that the next question is asked."""
        with self._lock:
            if entry := self._entries.pop(key, None):
                self._size -= entry.size

    def _begun(self, key: K, load: Callable[[], V]) -> tuple[_Entry[V], bool]:
        """Return what is under a key, and whether a load was begun for it just now."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
            self._size += entry.size
        self._entries.move_to_end(key)
        self._make_room()
        if self.clock() < entry.good_until or entry.loading:
            return entry, False
        entry.loads += 1
        loading = entry.loading = _Load(entry.loads)
        arguments = (key, entry, load, loading)
        threading.Thread(target=self._load, args=arguments, daemon=True).start()
        return entry, True

    def _make_room(self) -> None:
        while self._size > self.max_size and len(self._entries) > 1:
            _, entry = self._entries.popitem(last=False)
            self._size -= entry.size

    def _load(self, key: K, entry: _Entry[V], load: Callable[[], V], loading: _Load) -> None:
        value: V | None = None
        error: ProxyError | None = None
        try:
            value = load()
        except ProxyError as failed:
            error = failed
        except Exception as unforeseen:  # noqa: BLE001 - nobody else would hear of it
            error = ProxyProtocolError(type(unforeseen).__name__)
        with self._lock:
            if error:
                self._failed(entry, error, loading)
            elif value is not None and loading.number > entry.decided_by:
                entry.decided_by = loading.number
                entry.value, entry.error = value, None
                entry.good_until = self.clock() + self.kept_seconds
                self._resize(key, entry, max(1, self.size_of(value)))
            if entry.loading is loading:
                entry.loading = None
        loading.done.set()

    def _failed(self, entry: _Entry[V], error: ProxyError, loading: _Load) -> None:
        """Take a failure; one that is late and says nothing of the key is no news."""
        refused = isinstance(error, ProxyRejected) and error.status in _UNAUTHORISED
        if refused and loading.number > entry.decided_by:
            entry.decided_by = loading.number
            entry.value = None
        elif entry.loading is not loading:
            return
        entry.error = error
        entry.good_until = self.clock() + self.retry_seconds

    def _resize(self, key: K, entry: _Entry[V], size: int) -> None:
        if self._entries.get(key) is entry:
            self._size += size - entry.size
            entry.size = size
            self._make_room()

    def _give_up(self, entry: _Entry[V], loading: _Load, late: ProxyError) -> None:
        """Leave a late load to itself, so that the next one can be tried when it is due."""
        with self._lock:
            if entry.loading is loading:
                self._failed(entry, late, loading)
                entry.loading = None
