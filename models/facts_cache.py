"""What the proxies in use know of their models, kept for all calls of this process.

A plain module and not part of a model class, because the SDK makes a model object per request and
runs its file without registering it (dify-plugin 0.10).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from litellm_proxy.cache import Cached, ProxyCache
from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import Failure, ProxyError, ProxyUnreachable
from litellm_proxy.event_loop import give_way
from litellm_proxy.limits import MAX_CACHED_BYTES, MAX_CACHED_RESPONSES
from litellm_proxy.memory import Memory
from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import Deployments, ModelGroups, ModelList
from translation.facts.discovery import (
    DEPLOYMENTS,
    GROUP,
    LISTING,
    Discovery,
    facts_of_deployments,
    facts_of_groups,
    facts_of_listing,
)
from translation.form.settings import Settings
from translation.validation.stored_facts import from_stored

SCHEMA_SECONDS = 2.0
"""What a cold look-up may take in all: Dify's model list waits for it, model by model."""
VALIDATION_SECONDS = 20.0
KEPT_SECONDS = 300.0
RETRY_SECONDS = 30.0
_NAME_BYTES = 150
"""A name in a response, with its place in the dictionary."""
_FACTS_BYTES = 1000
"""The facts of one model; equal ones are there once."""

type _Facts = Mapping[str, ModelFacts]


@dataclass(frozen=True, slots=True)
class _Content:
    """The facts of one response, and about how many bytes they are."""

    facts: _Facts
    size: int


_contents: Memory[bytes, _Content] = Memory(
    MAX_CACHED_BYTES, size_of=lambda content: content.size, clock=time.monotonic
)
_responses: ProxyCache[tuple[str, str, str], bytes] = ProxyCache(
    KEPT_SECONDS, RETRY_SECONDS, MAX_CACHED_RESPONSES
)
"""By endpoint, caller and model the digest of the response; `_contents` has its facts."""
_LOADS: Mapping[str, Callable[[ProxyClient, str], bytes]] = {
    DEPLOYMENTS: lambda client, _: client.read_deployments(
        _digested(DEPLOYMENTS, Deployments.read, facts_of_deployments)
    ),
    GROUP: lambda client, model: client.read_model_group(
        model, _digested(GROUP, ModelGroups.read, facts_of_groups)
    ),
    LISTING: lambda client, _: client.read_models(
        _digested(LISTING, ModelList.read, facts_of_listing)
    ),
}
"""How to load the response of an endpoint, and keep its facts."""


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
    """Return what the endpoints say of a model, within `seconds` in all.

    /v1/model/info and /model_group/info are requested at the same time, /v1/models only for a name
    that neither of them has.
    """
    deadline = time.monotonic() + seconds
    _responses.start(_key(DEPLOYMENTS, settings), lambda: _load(DEPLOYMENTS, settings))
    group = _facts_at(GROUP, settings, deadline)
    found = {DEPLOYMENTS: _facts_at(DEPLOYMENTS, settings, deadline), GROUP: group}
    if not any(isinstance(facts, ModelFacts) for facts in found.values()):
        found[LISTING] = _facts_at(LISTING, settings, deadline)
    return Discovery(found)


def forget(settings: Settings) -> None:
    """Drop the responses about a model, so that a form saved after a change on the proxy has the change."""
    for endpoint in _LOADS:
        _responses.drop(_key(endpoint, settings))


def _key(endpoint: str, settings: Settings) -> tuple[str, str, str]:
    return endpoint, settings.proxy.cache_key, settings.model if endpoint == GROUP else ""


def _load(endpoint: str, settings: Settings) -> bytes:
    """Request an endpoint. The response fills the cache even after callers have timed out."""
    client = ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS, tries=1)
    return _LOADS[endpoint](client, settings.model)


def _facts_at(endpoint: str, settings: Settings, deadline: float) -> ModelFacts | ProxyError | None:
    """Return the facts that an endpoint has of the model; None if it does not name the model."""
    key = _key(endpoint, settings)

    def late() -> ProxyError:
        return ProxyUnreachable(Failure.TOO_LONG, settings.proxy.base_url)

    def response() -> Cached[bytes]:
        seconds = max(0.0, deadline - time.monotonic())
        return _responses.get(key, lambda: _load(endpoint, settings), seconds, late)

    found = response()
    if found.value and not _contents.get(found.value):
        # The facts were dropped for those of other responses.
        _responses.drop(key)
        found = response()
    if found.value is None:
        return found.error
    content = _contents.get(found.value)
    return content.facts.get(settings.model) if content else late()


def _digested[A](
    endpoint: str,
    parse: Callable[[bytes], A],
    facts_in: Callable[[A], Iterator[tuple[str, ModelFacts]]],
) -> Callable[[bytes], bytes]:
    """Return a reader that keeps a response's facts, and returns the digest of the response.

    Equal responses are parsed once: the keys of one proxy often see the same models.
    """

    def read(body: bytes) -> bytes:
        # Two million bytes take a millisecond.
        digest = sha256(body).digest() + endpoint.encode()
        give_way()
        if not _contents.get(digest):
            _contents.set(digest, _content(facts_in(parse(body))))
        return digest

    return read


def _content(facts_by_name: Iterator[tuple[str, ModelFacts]]) -> _Content:
    """Gather the facts of all models, letting other calls run meanwhile."""
    facts: dict[str, ModelFacts] = {}
    for name, each in facts_by_name:
        facts[name] = each
        give_way()
    different = len(set(map(id, facts.values())))
    return _Content(facts, 1 + len(facts) * _NAME_BYTES + different * _FACTS_BYTES)
