"""What calls have shown of models, in this process: bounded, and forgotten after a week.

A module of its own and not part of a model class, since the SDK makes a model object for each request.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from litellm_proxy.memory import Memory
from translation.saving.stored_facts import KEPT_DAYS

MAX_MODELS = 4096
_KEPT_SECONDS = KEPT_DAYS * 24 * 3600


@dataclass(frozen=True, slots=True)
class ModelKey:
    """One model for one caller: `owner` is the digest of proxy and key, `kind` Dify's model type."""

    owner: str
    kind: str
    model: str


_learned: Memory[ModelKey, Mapping[str, date]] = Memory(MAX_MODELS, _KEPT_SECONDS)
largest_batches: Memory[ModelKey, int] = Memory(MAX_MODELS, _KEPT_SECONDS)
"""How many texts an embedding request may hold, where a provider has rejected more."""


def today() -> date:
    """Return the date in UTC."""
    return datetime.now(UTC).date()


def learned_of(key: ModelKey) -> Mapping[str, date]:
    """Return the fallbacks that a model needs, with the dates at which calls showed it."""
    return _learned.get(key) or {}


def learn(key: ModelKey, names: Iterable[str]) -> None:
    """Remember fallbacks of a model beside those that are known."""
    _learned.set(key, {**learned_of(key), **dict.fromkeys(names, today())})
