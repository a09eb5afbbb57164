"""What the proxy knows of the models in use, kept for all calls of this process.

This is a plain module and not part of a model class, because the SDK makes a model object per
request and runs its file without registering it (dify-plugin-contract 9).
"""

import time
from dataclasses import dataclass

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError
from translation.facts import NOTHING_KNOWN, ModelFacts, facts_from_group
from translation.settings import Settings

KEPT_SECONDS = 300.0
MAX_MODELS = 1000


@dataclass(frozen=True, slots=True)
class _Kept:
    facts: ModelFacts
    until: float


_kept: dict[tuple[str, str], _Kept] = {}


def facts_of(settings: Settings, client: ProxyClient) -> ModelFacts:
    """Return what the proxy knows of a model; never raises, unknown when it cannot be asked."""
    key = (settings.proxy.cache_key, settings.model)
    kept = _kept.get(key)
    if kept and time.monotonic() < kept.until:
        return kept.facts
    facts = _ask(settings, client)
    while len(_kept) >= MAX_MODELS:
        del _kept[next(iter(_kept))]
    _kept[key] = _Kept(facts, time.monotonic() + KEPT_SECONDS)
    return facts


def _ask(settings: Settings, client: ProxyClient) -> ModelFacts:
    try:
        rows = client.model_group(settings.model).data
    except ProxyError:
        return NOTHING_KNOWN
    return facts_from_group(rows[0]) if rows else NOTHING_KNOWN
