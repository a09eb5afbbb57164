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
    """What is kept under one key, and the question that is under way for it, if there is one."""

    value: V | None = None
    error: ProxyError | None = None
    good_until: float = 0.0
    size: int = 1
    under_way: _Load | None = None
    loads: int = 0
    newest_word: int = 0
    """The number of the newest load that has said something of the key."""

    def begin(self) -> _Load:
        """Return a new question, for which others can wait."""
        self.loads += 1
        self.under_way = _Load(self.loads)
        return self.under_way

    def learn(self, load: _Load, value: V, good_until: float) -> bool:
        """Take a value, however late, unless a later load has said something; return whether."""
        if load.number <= self.newest_word:
            return False
        self.newest_word = load.number
        self.value, self.error, self.good_until = value, None, good_until
        return True

    def fail(self, load: _Load, error: ProxyError, good_until: float) -> None:
        """Take a failure; one that is late is no news, unless it says that the key is refused."""
        refused = isinstance(error, ProxyRejected) and error.status in _UNAUTHORISED
        if refused and load.number > self.newest_word:
            self.newest_word = load.number
            self.value = None
        elif self.under_way is not load:
            return
        self.error, self.good_until = error, good_until

    def end(self, load: _Load) -> None:
        """Let the next question be asked when it is due."""
        if self.under_way is load:
            self.under_way = None


@dataclass(frozen=True, slots=True)
class Remembered[V]:
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
    ) -> Remembered[V]:
        """Return what is known under a key, asking `load` if that is due.

        `load` runs in a thread of its own and may raise ProxyError. Whoever asks waits for it up to
        `wait_seconds`, then gets the old value or, without one, the error of `late`; those who come
        while others wait get an old value at once. A load that is late counts as failed, and what
        it brings after all is still taken, unless a later one has said something since.
        """
        with self._lock:
            entry, begun = self._begun(key, load)
            under_way = entry.under_way
            if under_way is None or (not begun and entry.value is not None):
                return Remembered(entry.value, entry.error)
        if not under_way.done.wait(wait_seconds):
            with self._lock:
                if entry.under_way is under_way:
                    entry.fail(under_way, late(), self.clock() + self.retry_seconds)
                    entry.end(under_way)
        return Remembered(entry.value, entry.error)

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
        if self.clock() < entry.good_until or entry.under_way:
            return entry, False
        arguments = (key, entry, entry.begin(), load)
        threading.Thread(target=self._run, args=arguments, daemon=True).start()
        return entry, True

    def _make_room(self) -> None:
        while self._size > self.max_size and len(self._entries) > 1:
            _, entry = self._entries.popitem(last=False)
            self._size -= entry.size

    def _run(self, key: K, entry: _Entry[V], under_way: _Load, load: Callable[[], V]) -> None:
        outcome = _outcome_of(load)
        with self._lock:
            if isinstance(outcome, ProxyError):
                entry.fail(under_way, outcome, self.clock() + self.retry_seconds)
            elif entry.learn(under_way, outcome, self.clock() + self.kept_seconds):
                self._resize(key, entry, max(1, self.size_of(outcome)))
            entry.end(under_way)
        under_way.done.set()

    def _resize(self, key: K, entry: _Entry[V], size: int) -> None:
        if self._entries.get(key) is entry:
            self._size += size - entry.size
            entry.size = size
            self._make_room()


def _outcome_of[V](load: Callable[[], V]) -> V | ProxyError:
    try:
        return load()
    except ProxyError as error:
        # What a traceback holds, megabytes of a body that could not be read among it, would be kept too.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    except Exception as unforeseen:  # noqa: BLE001 - nobody else would hear of it
        return ProxyProtocolError(type(unforeseen).__name__)
