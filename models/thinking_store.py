"""Reasoning between two turns of a tool conversation.

Dify brings only tool calls back (dify-plugin-contract 1.8), so their reasoning waits here, by the id
of the call and what was asked, until the result is sent. It is lost with the process; then the answer
comes without further reasoning (`translation.request.chat_request.without_reasoning`).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from translation.reasoning import Reasoning

KEPT_SECONDS = 3600.0
MAX_CALLS = 2000
MAX_CHARACTERS = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Key:
    """A call; some models number theirs anew in each conversation (P47)."""

    owner: Hashable
    call_id: str
    question: str


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
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._last: dict[tuple[Hashable, str], _Key] = {}
        self._characters = 0
        self._lock = threading.Lock()

    def keep(
        self, owner: Hashable, question: str, call_ids: Iterable[str], reasoning: Reasoning
    ) -> None:
        """Keep the reasoning that led to these calls; `question` is a digest of what was asked."""
        if not reasoning:
            return
        until = self._clock() + self._kept_seconds
        with self._lock:
            for call_id in call_ids:
                key = _Key(owner, call_id, question)
                self._drop(key)
                self._kept[key] = _Kept(reasoning, until)
                self._last[owner, call_id] = key
                self._characters += reasoning.characters
            while self._kept and self._is_full():
                self._drop(next(iter(self._kept)))

    def of(self, owner: Hashable, question: str, call_ids: Iterable[str]) -> dict[str, Reasoning]:
        """Return what is still kept for these calls of one question.

        Where that question is not known, since Dify brings back another text, the owner's last one counts.
        """
        now = self._clock()
        with self._lock:
            found = {call_id: self._find(owner, question, call_id) for call_id in call_ids}
        return {id_: kept.reasoning for id_, kept in found.items() if kept and now < kept.until}

    def _find(self, owner: Hashable, question: str, call_id: str) -> _Kept | None:
        kept = self._kept.get(_Key(owner, call_id, question))
        last = self._last.get((owner, call_id))
        return kept or (self._kept.get(last) if last else None)

    def _is_full(self) -> bool:
        oldest = next(iter(self._kept.values()))
        return (
            len(self._kept) > self._max_calls
            or self._characters > self._max_characters
            or oldest.until < self._clock()
        )

    def _drop(self, key: _Key) -> None:
        if kept := self._kept.pop(key, None):
            self._characters -= kept.reasoning.characters
            if self._last.get((key.owner, key.call_id)) == key:
                del self._last[key.owner, key.call_id]


store = ThinkingStore()
"""The one of this process."""
