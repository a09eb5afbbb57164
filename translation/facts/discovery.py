"""What three endpoints said of one model → its facts. Any of them may have refused."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from litellm_proxy.errors import ProxyError
from litellm_proxy.event_loop import give_way
from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts, merged
from litellm_proxy.wire.model_info import Deployments, ModelGroups, ModelList

DEPLOYMENTS = "/v1/model/info"
GROUP = "/model_group/info"
LISTING = "/v1/models"

_ONLY_THE_GROUP_KNOWS = ("mode", "reasoning_efforts", "supported_params")
_THE_LISTING_KNOWS = ("mode", "context_size", "max_output_tokens")
_KNOWN_TO = {
    DEPLOYMENTS: tuple(field.name for field in dataclasses.fields(ModelFacts)),
    GROUP: _ONLY_THE_GROUP_KNOWS,
    LISTING: _THE_LISTING_KNOWS,
}
"""Which facts are missing when an endpoint does not answer."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is known of one model, by endpoint, from the most detailed to the least.

    A value of None: the endpoint answered without this model; an error: it could not be asked.
    An endpoint that was not asked is missing.
    """

    by_endpoint: Mapping[str, ModelFacts | ProxyError | None]

    @property
    def was_reached(self) -> bool:
        """Return whether at least one endpoint could be asked."""
        return any(not isinstance(found, ProxyError) for found in self.by_endpoint.values())

    @property
    def is_complete(self) -> bool:
        """Return whether every endpoint that was asked answered."""
        return not any(isinstance(found, ProxyError) for found in self.by_endpoint.values())

    def completed_by(self, stored: ModelFacts) -> ModelFacts:
        """Return the facts, and for what could not be asked those that were found before."""
        fields: set[str] = set()
        for name, known_there in _KNOWN_TO.items():
            if isinstance(self.by_endpoint.get(name), ProxyError):
                fields.update(known_there)
        return self.facts.supplemented(stored, fields)

    @property
    def facts(self) -> ModelFacts:
        """Return the facts; where deployments are known, what they do not agree on is unknown."""
        return _combined(
            self._facts_from(DEPLOYMENTS), self._facts_from(GROUP), self._facts_from(LISTING)
        )

    def source(self, field: str) -> str | None:
        """Return the endpoint that a known fact came from."""
        value = getattr(self.facts, field)
        if value is None:
            return None
        order = (DEPLOYMENTS, GROUP, LISTING)
        known = ((name, self._facts_from(name)) for name in order)
        return next(name for name, facts in known if facts and getattr(facts, field) == value)

    def _facts_from(self, name: str) -> ModelFacts | None:
        found = self.by_endpoint.get(name)
        return found if isinstance(found, ModelFacts) else None


@lru_cache(maxsize=1024)
def _combined(
    deployments: ModelFacts | None, group: ModelFacts | None, listing: ModelFacts | None
) -> ModelFacts:
    if deployments:
        facts = deployments.supplemented(group or NOTHING_KNOWN, _ONLY_THE_GROUP_KNOWS)
    else:
        facts = group or NOTHING_KNOWN
    return facts.supplemented(listing or NOTHING_KNOWN, _THE_LISTING_KNOWS)


def facts_of_deployments(deployments: Deployments) -> Iterator[tuple[str, ModelFacts]]:
    """Yield every public name with its merged facts; a thousand take about 50 ms."""
    by_name: dict[str, list[ModelFacts]] = {}
    for deployment in deployments.data:
        by_name.setdefault(deployment.model_name, []).append(deployment.facts)
    give_way()
    for name, rows in by_name.items():
        yield intern(name), shared(merged(rows))


def facts_of_groups(groups: ModelGroups) -> Iterator[tuple[str, ModelFacts]]:
    """Yield the name of every group with its facts."""
    for row in groups.data:
        if row.model_group:
            yield intern(row.model_group), shared(row.facts)


def facts_of_listing(listing: ModelList) -> Iterator[tuple[str, ModelFacts]]:
    """Yield every listed name with its facts."""
    for row in listing.data:
        yield intern(row.id), shared(row.facts)


@lru_cache(maxsize=8192)
def shared(facts: ModelFacts) -> ModelFacts:
    """Return facts that are equal to these and there once: keys of one proxy see the same models."""
    return facts
