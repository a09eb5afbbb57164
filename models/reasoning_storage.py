"""Reasoning in Dify's own storage of a plugin and a workspace, which outlives this process.

Dify's storage lists nothing and forgets nothing, so that its entries are kept in a fixed number of slots:
what is expired, and the oldest where a slot is full, goes when the slot is written next. Two writers of
one slot at the same time may lose an entry; then the answer comes without further reasoning, as after a
restart without storage. It never makes a call fail, nor waits longer than STORAGE_SECONDS.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from translation.reasoning import Reasoning

logger = logging.getLogger(__name__)
SLOTS = 64
MAX_SLOT_BYTES = 64 * 1024
"""64 slots of them are half of what the manifest asks for (`resource.permission.storage`)."""
KEPT_SECONDS = 24 * 3600
STORAGE_SECONDS = 2.0
_PREFIX = "reasoning-"
_REASONING = TypeAdapter(Reasoning)

type Slot = dict[str, tuple[float, Mapping[str, object]]]
"""Until when (seconds since 1970) and what, by the digest of owner and tool call."""


class KeyValues(Protocol):
    """What of the SDK's storage is used; both raise Exception for whatever goes wrong."""

    def get(self, key: str) -> bytes:
        """Return a value."""

    def set(self, key: str, val: bytes) -> None:
        """Keep a value."""


class ReasoningStorage:
    """Keeps the reasoning of each owner apart."""

    def __init__(self, storage: KeyValues, clock: Callable[[], float] = time.time) -> None:
        self._storage = storage
        self._clock = clock

    def keep(self, owner: str, call_ids: Iterable[str], reasoning: Reasoning) -> None:
        """Keep the reasoning that led to these calls; what does not fit into a slot is not kept."""
        told = _REASONING.dump_python(reasoning, mode="json")
        until = self._clock() + KEPT_SECONDS

        def write() -> None:
            for digest in [_digest(owner, call_id) for call_id in call_ids]:
                slot = self._read(digest)
                slot.pop(digest, None)
                slot[digest] = (until, told)
                self._storage.set(_slot_name(digest), self._fitting(slot))

        _in_time(write)

    def of(self, owner: str, call_ids: Iterable[str]) -> dict[str, Reasoning]:
        """Return what is still kept for these calls."""
        found: dict[str, Reasoning] = {}

        def read() -> None:
            for call_id in call_ids:
                digest = _digest(owner, call_id)
                until, told = self._read(digest).get(digest, (0.0, {}))
                if until > self._clock():
                    found[call_id] = _REASONING.validate_python(told)

        _in_time(read)
        return dict(found)

    def _read(self, digest: str) -> Slot:
        """Return a slot; one that was never written, or is garbled, is empty."""
        try:
            content = json.loads(self._storage.get(_slot_name(digest)))
            return {key: (float(until), told) for key, (until, told) in content.items()}
        except Exception:  # noqa: BLE001 - the SDK raises nothing more telling for a missing key
            return {}

    def _fitting(self, slot: Slot) -> bytes:
        """Return a slot without what is expired, and without its oldest entries if it is too large."""
        now = self._clock()
        entries = [(key, entry) for key, entry in slot.items() if entry[0] > now]
        while True:
            content = json.dumps(dict(entries), separators=(",", ":")).encode()
            if len(content) <= MAX_SLOT_BYTES or not entries:
                return content
            entries = entries[1:]


def _in_time(work: Callable[[], None]) -> None:
    """Do it, or let it be after STORAGE_SECONDS: what is wrong with the storage is for the log."""

    def tolerant() -> None:
        try:
            work()
        except ValidationError:
            logger.warning("Dify's storage holds reasoning that cannot be read.")
        except Exception as error:  # noqa: BLE001 - the call goes on without it
            logger.warning("Dify's storage does not keep reasoning: %s", type(error).__name__)

    thread = threading.Thread(target=tolerant, daemon=True)
    thread.start()
    thread.join(STORAGE_SECONDS)
    if thread.is_alive():
        logger.warning("Dify's storage did not answer within %s s.", STORAGE_SECONDS)


def _digest(owner: str, call_id: str) -> str:
    return sha256(f"{owner}\0{call_id}".encode(errors="replace")).hexdigest()


def _slot_name(digest: str) -> str:
    return f"{_PREFIX}{int(digest[:4], 16) % SLOTS}"
