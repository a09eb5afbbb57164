"""What the proxies in use know of their models, kept for all calls of this process.

A plain module and not part of a model class, because the SDK makes a model object per request and
runs its file without registering it (dify-plugin-contract 9).
"""

import time
from collections.abc import Callable, Iterator, Mapping

from litellm_proxy.cache import ProxyCache, Remembered
from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import Failure, ProxyError, ProxyUnreachable
from translation.facts.discovery import (
    DEPLOYMENTS,
    GROUP,
    LISTING,
    Discovery,
    facts_of_deployments,
    facts_of_groups,
    facts_of_listing,
)
from translation.facts.model_facts import ModelFacts
from translation.form.settings import Settings
from translation.saving.stored_facts import from_stored

SCHEMA_SECONDS = 2.0
"""What a cold look-up may take in all: Dify's model list waits for it, model by model."""
VALIDATION_SECONDS = 20.0
KEPT_SECONDS = 300.0
RETRY_SECONDS = 30.0

GIVE_WAY_MODELS = 100
"""After so many, some milliseconds, streams of other calls go on."""
MAX_MODELS = 65_536
"""Models in memory for each endpoint, of all keys together; what is the same is there once."""

_groups: ProxyCache[tuple[str, str], Mapping[str, ModelFacts]] = ProxyCache(
    KEPT_SECONDS, RETRY_SECONDS, MAX_MODELS, len
)
_deployments: ProxyCache[str, Mapping[str, ModelFacts]] = ProxyCache(
    KEPT_SECONDS, RETRY_SECONDS, MAX_MODELS, len
)
_listings: ProxyCache[str, Mapping[str, ModelFacts]] = ProxyCache(
    KEPT_SECONDS, RETRY_SECONDS, MAX_MODELS, len
)


def facts_of(settings: Settings, credentials: Mapping[str, object]) -> ModelFacts:
    """Return what is known of a model: now, and for what cannot be asked now, when its form was saved.

    Never raises. Takes at most about SCHEMA_SECONDS when nothing is remembered yet, else no time and
    no request.
    """
    discovery = discover(settings, SCHEMA_SECONDS)
    if discovery.is_complete:
        return discovery.facts
    return discovery.completed_by(from_stored(credentials))


def discover(settings: Settings, seconds: float) -> Discovery:
    """Ask the endpoints that are due within `seconds` in all; the two of infos at the same time.

    The listing is asked only for a name that the other two do not know.
    """
    deadline = time.monotonic() + seconds
    key = settings.proxy.cache_key

    def ask_deployments() -> Mapping[str, ModelFacts]:
        return _gathered(facts_of_deployments(_client(settings).deployments()))

    _deployments.start(key, ask_deployments)
    group = _ask(
        _groups,
        (key, settings.model),
        settings,
        deadline,
        lambda: _gathered(facts_of_groups(_client(settings).model_group(settings.model))),
    )
    deployments = _ask(_deployments, key, settings, deadline, ask_deployments)
    by_endpoint: dict[str, ModelFacts | ProxyError | None] = {
        DEPLOYMENTS: _found(deployments, lambda known: known.get(settings.model)),
        GROUP: _found(group, lambda known: known.get(settings.model)),
    }
    if not any(isinstance(found, ModelFacts) for found in by_endpoint.values()):
        listing = _ask(
            _listings,
            key,
            settings,
            deadline,
            lambda: _gathered(facts_of_listing(_client(settings).models())),
        )
        by_endpoint[LISTING] = _found(listing, lambda known: known.get(settings.model))
    return Discovery(by_endpoint)


def forget(settings: Settings) -> None:
    """Forget one model, so that a form saved after a change on the proxy sees the change."""
    key = settings.proxy.cache_key
    _groups.drop((key, settings.model))
    _deployments.drop(key)
    _listings.drop(key)


def _ask[K, V](
    cache: ProxyCache[K, V],
    key: K,
    settings: Settings,
    deadline: float,
    load: Callable[[], V],
) -> Remembered[V]:
    seconds = max(0.0, deadline - time.monotonic())

    def late() -> ProxyError:
        return ProxyUnreachable(Failure.TOO_LONG, settings.proxy.base_url)

    return cache.get(key, load, seconds, late)


def _gathered(facts_by_name: Iterator[tuple[str, ModelFacts]]) -> Mapping[str, ModelFacts]:
    """Return the facts of all models, letting other calls through on the way."""
    known: dict[str, ModelFacts] = {}
    for name, facts in facts_by_name:
        known[name] = facts
        if len(known) % GIVE_WAY_MODELS == 0:
            time.sleep(0)
    return known


def _client(settings: Settings) -> ProxyClient:
    """Return who asks; whoever waits goes on sooner, and what comes later is still remembered."""
    return ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS, tries=1)


def _found[V](
    answer: Remembered[V], facts: Callable[[V], ModelFacts | None]
) -> ModelFacts | ProxyError | None:
    return answer.error if answer.value is None else facts(answer.value)
