"""What calls have shown of models, in this process: bounded, and forgotten after a week.

A module of its own and not part of a model class, since the SDK makes a model object for each request.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from dify_plugin.entities.model import ModelType

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.limits import MAX_MODELS
from litellm_proxy.memory import Memory
from litellm_proxy.wire.rejected_requests.rejections import is_permanent
from translation.form.settings import Settings
from translation.validation.stored_facts import KEPT_DAYS

logger = logging.getLogger(__name__)
MAX_REASON = 200
"""Characters of LiteLLM's reason in the log."""
_KEPT_SECONDS = KEPT_DAYS * 24 * 3600


@dataclass(frozen=True, slots=True)
class ModelKey:
    """One model for one caller: `owner` is the digest of proxy and key, `kind` Dify's model type."""

    owner: str
    kind: str
    model: str


def model_key(settings: Settings, model_type: ModelType) -> ModelKey:
    """Return the key under which this process stores what calls have shown of a model."""
    return ModelKey(settings.proxy.cache_key, model_type.value, settings.model)


@dataclass(frozen=True, slots=True)
class _Learned:
    """Fallbacks by name, with the dates on which calls needed them; how much one request may hold."""

    fallbacks: Mapping[str, date] = field(default_factory=dict)
    largest: int | None = None


_NOTHING = _Learned()
_memory: Memory[ModelKey, _Learned] = Memory(MAX_MODELS, _KEPT_SECONDS)


def today() -> date:
    """Return the date in UTC."""
    return datetime.now(UTC).date()


def largest_size(key: ModelKey, wanted: int) -> int:
    """Return how much of a list or text one request may hold, `wanted` if that is unknown.

    Texts for embedding models, documents for rerank models, characters for speech.
    """
    return min(wanted, _learned(key).largest or wanted)


def learn_largest(key: ModelKey, size: int, error: ProxyRejected) -> None:
    """Store and log how much one request may hold, unless the rejection is a passing one."""
    if not is_permanent(error):
        return
    logger.warning(
        "%s %s: a request holds at most %d now, since LiteLLM answered %s: %s (call id %s)",
        key.kind, key.model, size, error.status, error.message[:MAX_REASON], error.call_id,
    )  # fmt: skip
    _memory.set(key, replace(_learned(key), largest=largest_size(key, size)))


def learned_fallbacks(key: ModelKey) -> Mapping[str, date]:
    """Return the fallbacks that a model needs, with the dates on which calls needed them."""
    oldest = today() - timedelta(days=KEPT_DAYS)
    return {name: day for name, day in _learned(key).fallbacks.items() if day > oldest}


def learn_fallbacks(key: ModelKey, names: Iterable[str]) -> None:
    """Store fallbacks of a model, with those that are known."""
    fallbacks = {**learned_fallbacks(key), **dict.fromkeys(names, today())}
    _memory.set(key, replace(_learned(key), fallbacks=fallbacks))


def _learned(key: ModelKey) -> _Learned:
    return _memory.get(key) or _NOTHING
