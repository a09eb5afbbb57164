"""A bounded in-memory cache, shared by many tenants."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field


@dataclass
class Memory[K: Hashable, V]:
    """A cache that evicts the least recently used entries. A miss is None.

    `size_of` returns the share of `max_size` that a value uses, 1 by default. A value expires
    `kept_seconds` after it was set. Thread-safe.
    """

    max_size: int
    kept_seconds: float = float("inf")
    size_of: Callable[[V], int] = lambda _: 1
    clock: Callable[[], float] = time.time
    _entries: OrderedDict[K, tuple[V, float]] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: K) -> V | None:
        """Return the value of a key, None if it is missing or expired."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, until = entry
            if self.clock() >= until:
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return value

    def set(self, key: K, value: V) -> None:
        """Store a value, replacing the previous one."""
        with self._lock:
            self._drop(key)
            self._entries[key] = (value, self.clock() + self.kept_seconds)
            self._size += self.size_of(value)
            while self._size > self.max_size and len(self._entries) > 1:
                self._drop(next(iter(self._entries)))

    def drop(self, key: K) -> None:
        """Remove a key."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: K) -> None:
        if entry := self._entries.pop(key, None):
            self._size -= self.size_of(entry[0])
