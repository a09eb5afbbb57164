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
type _Responses[K] = ProxyCache[K, bytes]
"""By key, the digest of the response, under which `_contents` has its facts."""


@dataclass(frozen=True, slots=True)
class _Content:
    """The facts of one response, and about how many bytes they are."""

    facts: _Facts
    size: int


_contents: Memory[bytes, _Content] = Memory(
    MAX_CACHED_BYTES, size_of=lambda content: content.size, clock=time.monotonic
)
_groups: _Responses[tuple[str, str]] = ProxyCache(KEPT_SECONDS, RETRY_SECONDS, MAX_CACHED_RESPONSES)
_deployments: _Responses[str] = ProxyCache(KEPT_SECONDS, RETRY_SECONDS, MAX_CACHED_RESPONSES)
_listings: _Responses[str] = ProxyCache(KEPT_SECONDS, RETRY_SECONDS, MAX_CACHED_RESPONSES)


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

    def load_deployments() -> bytes:
        return _client(settings).read_deployments(
            _digested(DEPLOYMENTS, Deployments.read, facts_of_deployments)
        )

    def load_group() -> bytes:
        read = _digested(GROUP, ModelGroups.read, facts_of_groups)
        return _client(settings).read_model_group(settings.model, read)

    def load_listing() -> bytes:
        return _client(settings).read_models(_digested(LISTING, ModelList.read, facts_of_listing))

    _deployments.start(key, load_deployments)
    group = _ask(_groups, (key, settings.model), settings, deadline, load_group)
    by_endpoint = {
        DEPLOYMENTS: _ask(_deployments, key, settings, deadline, load_deployments),
        GROUP: group,
    }
    if not any(isinstance(found, ModelFacts) for found in by_endpoint.values()):
        by_endpoint[LISTING] = _ask(_listings, key, settings, deadline, load_listing)
    return Discovery(by_endpoint)


def forget(settings: Settings) -> None:
    """Forget one model, so that a form saved after a change on the proxy sees the change."""
    key = settings.proxy.cache_key
    _groups.drop((key, settings.model))
    _deployments.drop(key)
    _listings.drop(key)


def _ask[K](
    cache: _Responses[K],
    key: K,
    settings: Settings,
    deadline: float,
    load: Callable[[], bytes],
) -> ModelFacts | ProxyError | None:
    """Return what a response says of the model; None where it does not name it."""

    def late() -> ProxyError:
        return ProxyUnreachable(Failure.TOO_LONG, settings.proxy.base_url)

    def known() -> Cached[bytes]:
        return cache.get(key, load, max(0.0, deadline - time.monotonic()), late)

    found = known()
    if found.value and not (content := _contents.get(found.value)):
        # It had to go for the responses of others.
        cache.drop(key)
        found = known()
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


def _client(settings: Settings) -> ProxyClient:
    """Return the client for background loads.

    Its answer fills the cache even after callers have timed out.
    """
    return ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS, tries=1)
