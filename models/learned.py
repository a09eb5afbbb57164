"""What calls have shown of models, in this process: bounded, and forgotten after a week.

A module of its own and not part of a model class, since the SDK makes a model object for each request.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dify_plugin.entities.model import ModelType

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.limits import MAX_MODELS
from litellm_proxy.memory import Memory
from litellm_proxy.wire.rejected_requests.rejections import teaches
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


def key_of(settings: Settings, model_type: ModelType) -> ModelKey:
    """Return under what this process remembers a model."""
    return ModelKey(settings.proxy.cache_key, model_type.value, settings.model)


_learned: Memory[ModelKey, Mapping[str, date]] = Memory(MAX_MODELS, _KEPT_SECONDS)
_sizes: Memory[ModelKey, int] = Memory(MAX_MODELS, _KEPT_SECONDS)


def today() -> date:
    """Return the date in UTC."""
    return datetime.now(UTC).date()


def largest_of(key: ModelKey, wanted: int) -> int:
    """Return how much of a list or text one request may hold, `wanted` where nothing is known.

    That is texts for embedding models, documents for rerank models, characters for speech.
    """
    return min(wanted, _sizes.get(key) or wanted)


def learn_largest(key: ModelKey, size: int, error: ProxyRejected) -> None:
    """Remember and log how much one request may hold, if the rejection was not a passing one."""
    if not teaches(error):
        return
    logger.warning(
        "%s %s: a request holds at most %d now, since LiteLLM answered %s: %s (call id %s)",
        key.kind, key.model, size, error.status, error.message[:MAX_REASON], error.call_id,
    )  # fmt: skip
    _sizes.set(key, largest_of(key, size))


def learned_of(key: ModelKey) -> Mapping[str, date]:
    """Return the fallbacks that a model needs, with the dates at which calls showed it."""
    oldest = today() - timedelta(days=KEPT_DAYS)
    return {name: day for name, day in (_learned.get(key) or {}).items() if day > oldest}


def learn(key: ModelKey, names: Iterable[str]) -> None:
    """Remember fallbacks of a model beside those that are known."""
    _learned.set(key, {**learned_of(key), **dict.fromkeys(names, today())})
