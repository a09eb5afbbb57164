"""Reasoning between two turns of one conversation: in memory, and where the form says so in Dify's storage."""

from collections.abc import Sequence
from dataclasses import dataclass

from dify_plugin import get_current_session

from models.reasoning_storage import ReasoningStorage
from models.thinking_store import store
from translation.form.settings import Settings
from translation.reasoning import Reasoning


@dataclass(frozen=True, slots=True)
class KeptReasoning:
    """The reasoning of one caller; `storage` is None where it is not to be used, or not there."""

    owner: str
    storage: ReasoningStorage | None = None

    def of(self, call_ids: Sequence[str]) -> dict[str, Reasoning]:
        """Return what is kept for these tool calls; the memory is looked at first."""
        found = store.of(self.owner, call_ids)
        missing = [call_id for call_id in call_ids if call_id not in found]
        if missing and self.storage:
            found |= self.storage.of(self.owner, missing)
        return found

    def keep(self, call_ids: Sequence[str], reasoning: Reasoning) -> None:
        """Keep what led to these tool calls."""
        store.keep(self.owner, call_ids, reasoning)
        if self.storage and reasoning and call_ids:
            self.storage.keep(self.owner, call_ids, reasoning)


def kept_reasoning(settings: Settings) -> KeptReasoning:
    """Return what is kept for the caller of the request that is under way."""
    session = get_current_session() if settings.stores_reasoning else None
    storage = ReasoningStorage(session.storage) if session else None
    return KeptReasoning(settings.proxy.cache_key, storage)
