"""Reasoning between two turns of a tool conversation.

Dify brings only tool calls back (dify-plugin-contract 1.8), so their reasoning waits here, by the id
of the call, until the result is sent. It is lost with the process; then the answer comes without
further reasoning (`translation.chat_request.without_reasoning`).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from translation.reasoning import Reasoning

KEPT_SECONDS = 3600.0
MAX_CALLS = 2000
MAX_CHARACTERS = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    reasoning: Reasoning
    until: float


class ThinkingStore:
    """Keeps the reasoning of each owner apart; the oldest goes first when it is full."""

    def __init__(
        self,
        kept_seconds: float = KEPT_SECONDS,
        max_calls: int = MAX_CALLS,
        max_characters: int = MAX_CHARACTERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept_seconds = kept_seconds
        self._max_calls = max_calls
        self._max_characters = max_characters
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def keep(self, owner: str, call_ids: Iterable[str], reasoning: Reasoning) -> None:
        """Keep the reasoning that led to these calls; `owner` is a digest of proxy and key."""
        if not reasoning:
            return
        until = self._clock() + self._kept_seconds
        with self._lock:
            for call_id in call_ids:
                self._drop((owner, call_id))
                self._kept[owner, call_id] = _Kept(reasoning, until)
                self._characters += reasoning.characters
            while self._kept and self._is_full():
                self._drop(next(iter(self._kept)))

    def of(self, owner: str, call_ids: Iterable[str]) -> dict[str, Reasoning]:
        """Return what is still kept for these calls."""
        now = self._clock()
        with self._lock:
            found = {call_id: self._kept.get((owner, call_id)) for call_id in call_ids}
        return {id_: kept.reasoning for id_, kept in found.items() if kept and now < kept.until}

    def _is_full(self) -> bool:
        oldest = next(iter(self._kept.values()))
        return (
            len(self._kept) > self._max_calls
            or self._characters > self._max_characters
            or oldest.until < self._clock()
        )

    def _drop(self, key: tuple[str, str]) -> None:
        if kept := self._kept.pop(key, None):
            self._characters -= kept.reasoning.characters


store = ThinkingStore()
"""The one of this process."""
