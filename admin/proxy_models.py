"""Read all models of a key and their data, in three requests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyError, ProxyRejected
from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import Deployments, ModelGroups
from models.facts_cache import VALIDATION_SECONDS
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

_FIRST_SERVER_ERROR = 500
_REJECTED = frozenset({401, 403, 404, 422})
"""Statuses (seen in LiteLLM 1.106) of a route that the key may not use, or that does not exist."""


@dataclass(frozen=True, slots=True)
class ProxyModels:
    """The models that a key can call.

    `discoveries` has what the endpoints say of each model, by its name on the proxy and in the
    proxy's order. `patterns` are the names with a wildcard. `expansions` has the pattern of each name
    that is listed only because of a wildcard; it is empty if /v1/model/info failed, and lacks a name
    that is the only one of its wildcard. `providers` has LiteLLM's providers by model name, `failed`
    the errors of endpoints.
    """

    discoveries: Mapping[str, Discovery]
    patterns: tuple[str, ...]
    expansions: Mapping[str, str]
    providers: Mapping[str, tuple[str, ...]]
    failed: Mapping[str, ProxyError]


def read_models(settings: Settings) -> ProxyModels:
    """Request the models. Raises ProxyError.

    The list of names is required. Rejections and server errors of the other two endpoints are in
    `failed`.
    """
    client = ProxyClient(settings.proxy, total_seconds=VALIDATION_SECONDS)
    listing = client.models(with_patterns=True)
    rows = _tried(client.deployments)
    deployments = rows if isinstance(rows, ProxyError) else dict(facts_of_deployments(rows))
    answer = _tried(client.model_groups)
    groups = answer if isinstance(answer, ProxyError) else dict(facts_of_groups(answer))
    listed = dict(facts_of_listing(listing))
    patterns = tuple(name for name in listed if "*" in name)
    configured = set(listed) if isinstance(rows, ProxyError) else _configured(rows)
    asked = {DEPLOYMENTS: rows, GROUP: answer}
    return ProxyModels(
        discoveries={
            name: Discovery(
                {
                    DEPLOYMENTS: _of(deployments, name),
                    GROUP: _of(groups, name),
                    LISTING: listed[name],
                }
            )
            for name in listed
            if name not in patterns
        },
        patterns=patterns,
        expansions={
            name: pattern
            for name in listed
            if name not in configured and name not in patterns
            for pattern in patterns
            if fnmatchcase(name, pattern)
        },
        providers=_providers(answer),
        failed={path: each for path, each in asked.items() if isinstance(each, ProxyError)},
    )


def _tried[A](ask: Callable[[], A]) -> A | ProxyError:
    try:
        return ask()
    except ProxyRejected as error:
        if error.status not in _REJECTED and not _is_fault(error):
            raise
        return error


def _is_fault(error: ProxyRejected) -> bool:
    """Return whether the proxy failed, as LiteLLM 1.53 does at a route if it has a speech model."""
    return error.status is not None and error.status >= _FIRST_SERVER_ERROR


def _of(known: Mapping[str, ModelFacts] | ProxyError, model: str) -> ModelFacts | ProxyError | None:
    return known if isinstance(known, ProxyError) else known.get(model)


def _configured(rows: Deployments) -> set[str]:
    """Return the names that have a deployment of their own.

    A row is an expansion if its id stands in rows of several names and its backend has the public
    name: LiteLLM 1.106 copies a wildcard's deployment for each name (litellm/proxy/auth/model_checks.py).
    """
    names: dict[str | None, set[str]] = {}
    for row in rows.data:
        names.setdefault(row.id, set()).add(row.model_name)
    return {
        row.model_name
        for row in rows.data
        if len(names[row.id]) == 1
        or not (row.litellm_params and row.litellm_params.model == row.model_name)
    }


def _providers(groups: ModelGroups | ProxyError) -> Mapping[str, tuple[str, ...]]:
    rows = () if isinstance(groups, ProxyError) else groups.data
    return {row.model_group: tuple(row.providers or ()) for row in rows if row.model_group}
